internal import Recorder

/// A value that differs from run to run: the recorded one, the present one, and from where to where it went.
package struct ReplayBinding: Sendable, Hashable {
    /// Who gives the value.
    package enum Origin: Sendable, Hashable {
        case clientPort
        case clientHost
        case serverPort
        case serverHost
        /// The server made it up, and a client sent it back.
        case server
        /// A rule says so: `capture as` that name.
        case captured(String)
    }

    /// Lines that are named.
    static let maximumLines = 5

    package var recorded: String
    package var actual: String
    /// The session whose client it belongs to, or in which the server issued it.
    package var session: Int
    package var origin = Origin.clientPort
    /// The recording's line in which the server issued it; 0 where the transport gave it.
    package var line = 0
    /// Lines in which clients sent it, the first ones …
    package var lines: [Int] = []
    /// … of so many.
    package var uses = 0
    /// It stood in a message.
    var isShown = false

    /// Whose it is, where it was issued and where it was sent: `the server's, line 4 → lines 5, 9`.
    var journey: String {
        let source =
            switch origin {
            case .clientPort: "client's port of session \(session)"
            case .clientHost: "client's address in session \(session)"
            case .serverPort: "the server's port"
            case .serverHost: "the server's address"
            case .server: "the server's, line \(line)"
            case .captured(let name): "captured as \(TerminalText.escaped(name, limit: 40)), line \(line)"
            }
        guard !lines.isEmpty else { return source }
        let more = uses > lines.count ? " and \(uses - lines.count) more" : ""
        return "\(source) → line\(uses == 1 ? "" : "s") \(lines.map(String.init).joined(separator: ", "))\(more)"
    }
}
