/// A way of answering that needs to know nothing but its port: what `reply=` calls it, and what answers then.
///
/// To add one, write its responder in a file of its own, and put it into ``all``.
package struct PlainReply: Sendable {
    /// What `reply=` calls it.
    package let name: String
    /// What it answers, in a line of help.
    package let purpose: String
    /// Makes the responder of a port on one event loop.
    let makeResponder: @Sendable (PortConfiguration) throws -> any Responder

    package static let echo = PlainReply(name: "echo", purpose: "answer with the message itself (default)") { _ in
        EchoResponder()
    }
    package static let ack = PlainReply(name: "ack", purpose: #"answer {"message": "server got the data"}"#) { port in
        try AckResponder(port: port)
    }
    package static let none = PlainReply(name: "none", purpose: "do not answer") { _ in SilentResponder() }

    /// All that there are.
    package static let all = [echo, ack, none]

    /// The one of that name.
    package static func named(_ name: String) -> PlainReply? { all.first { $0.name == name } }
}

extension PlainReply: Hashable {
    package static func == (left: PlainReply, right: PlainReply) -> Bool { left.name == right.name }

    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
