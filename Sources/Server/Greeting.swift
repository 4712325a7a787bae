internal import Codecs

/// What a client is told first: a JSON text with places for what is known of the connection.
///
/// `{client_port}`, `{client_host}` and `{session}` inside a string are replaced. A value that is nothing but
/// `"{client_port}"` or `"{session}"` becomes a number.
package struct Greeting: Sendable, Hashable {
    /// Tells the client its own port: `{"clientid": 53412}`.
    package static let clientID = Greeting(template: "{\"clientid\": \"{client_port}\"}")

    private enum Part: Sendable, Hashable {
        case text(String)
        case clientPort
        case clientHost
        case session
    }

    private let parts: [Part]

    /// A greeting of that JSON text. It is checked when a server is made with it.
    package init(template: String) {
        var parts: [Part] = []
        var text = ""
        var rest = template[...]
        while let first = rest.first {
            if let (part, length) = Greeting.placeholder(
                at: rest, isInString: text.last != "\"" || text.hasSuffix("\\\""))
            {
                // The quotes of a string that is all placeholder go with it.
                let isWhole = length.quote > 0
                if isWhole { text.removeLast() }
                if !text.isEmpty { parts.append(.text(text)) }
                text = ""
                parts.append(part)
                rest = rest.dropFirst(length.name + length.quote)
            } else {
                text.append(first)
                rest = rest.dropFirst()
            }
        }
        if !text.isEmpty { parts.append(.text(text)) }
        self.parts = parts
    }

    /// The placeholder that `rest` begins with, the length of its name, and 1 where the quote behind it goes too.
    private static func placeholder(
        at rest: Substring, isInString: Bool
    ) -> (Part, (name: Int, quote: Int))? {
        let names: [(String, Part)] = [
            ("{client_port}", .clientPort), ("{client_host}", .clientHost), ("{session}", .session),
        ]
        guard let (name, part) = names.first(where: { rest.hasPrefix($0.0) }) else { return nil }
        let behind = rest.dropFirst(name.count)
        guard !isInString, part != .clientHost, behind.first == "\"" else { return (part, (name.count, 0)) }
        // A member's name stays a string.
        let next = behind.dropFirst().first { !$0.isWhitespace }
        return (part, (name.count, next == ":" ? 0 : 1))
    }

    /// The JSON text for one client.
    func text(clientPort: Int, clientHost: String, session: Int) -> String {
        parts.reduce(into: "") { text, part in
            switch part {
            case .text(let literal): text += literal
            case .clientPort: text += String(clientPort)
            case .clientHost: text += clientHost
            case .session: text += String(session)
            }
        }
    }

    /// Appends the greeting's frame.
    func write(
        clientPort: Int, clientHost: String, session: Int, port: PortConfiguration, into output: inout ByteWriter
    ) throws {
        let tree = ValueTree()
        let text = Array(text(clientPort: clientPort, clientHost: clientHost, session: session).utf8)
        try JSONFormat().decode(text.span.bytes, into: tree, limits: port.limits)
        try port.codec.write(.value, tree.root, settings: port.settings, limits: port.limits, into: &output)
    }
}
