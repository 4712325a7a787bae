package import Codecs
package import Recorder
package import TLS

/// One listened port: where, what it speaks, and what is done with what arrives.
package struct PortConfiguration: Sendable {
    /// What a port does for its clients.
    package enum Role: Sendable {
        /// It answers them itself.
        case answer(reply: Reply, greeting: Greeting?)
        /// It connects them to another server and passes all bytes on.
        case relay(host: String, port: Int)
    }

    /// How messages are answered.
    package enum Reply: Sendable, Hashable {
        /// In a way that needs to know nothing but the port.
        case plain(PlainReply)
        /// By a child process, which a shell starts with this command.
        case exec(command: String)
        /// As the server did whose conversation this recording holds: what `answers` says.
        case recording(path: String)

        /// With the frame's own bytes.
        package static var echo: Reply { .plain(.echo) }
        /// With `{'message': 'server got the data'}` in the port's codec.
        package static var ack: Reply { .plain(.ack) }
        /// Not at all.
        package static var none: Reply { .plain(.none) }
    }

    /// Which socket of those that this process was started with.
    package enum InheritedSocket: Sendable, Hashable {
        case descriptor(Int32)
        /// The service manager's name for it, or for several.
        case named(String)
    }

    /// A name or an address.
    package var host: String
    /// 0 picks a free one.
    package var port: Int
    /// A socket that listens already and was handed to this process: it stands for host and port.
    package var inherited: InheritedSocket?
    package var codec: Codec
    /// How greetings and acknowledgements are written: the pickle protocol.
    package var settings: WritingSettings
    package var limits: DecodingLimits
    package var role: Role
    /// What is done wrong with answers from the start on.
    package var faults = FaultPlan()
    /// Where the answers of a recording come from; it is opened by whoever makes the server.
    package var answers: (any AnswerSource)?
    /// Whether a client ends whose message the recording does not know; else it only gets no answer.
    package var closesUnmatched = false
    /// The server that is asked what the recording does not know; nil: there is none.
    package var fallback: (host: String, port: Int)?
    /// How long a child may take for its answer, or the fallback for its own; nil: a child need not answer, and a fallback
    /// has the usual time.
    package var replyTimeout: Duration?
    /// How clients are spoken to in TLS; nil: they are not.
    package var tls: ListenerTLS?
    /// How a relay speaks TLS to its upstream; nil: it does not.
    package var upstreamTLS: UpstreamTLS?

    package init(
        host: String = "127.0.0.1", port: Int, codec: Codec, settings: WritingSettings = WritingSettings(),
        limits: DecodingLimits = DecodingLimits(), role: Role
    ) {
        self.host = host
        self.port = port
        self.codec = codec
        self.settings = settings
        self.limits = limits
        self.role = role
    }
}
