internal import Codecs

/// A port as one event loop serves it.
final class ServedPort {
    let configuration: PortConfiguration
    /// The port that is listened on, also where the configuration left the choice.
    let number: Int
    /// That of the next connections.
    var tls: PortTLS
    /// What is done wrong with answers from now on.
    private(set) var faults: FaultPlan
    let counters: PortCounters
    let responder: any Responder

    /// - Parameter makeSharedResponder: makes the responder of a port whose event loops share a child or a recording.
    init(
        _ configuration: PortConfiguration, number: Int, tls: PortTLS, counters: PortCounters = PortCounters(),
        makeSharedResponder: () -> any Responder = { SilentResponder() }
    ) throws {
        self.counters = counters
        self.configuration = configuration
        self.number = number
        self.tls = tls
        faults = configuration.faults
        responder =
            switch configuration.role {
            case .answer(.plain(let reply), _): try reply.makeResponder(configuration)
            case .relay: SilentResponder()
            case .answer(.exec, _), .answer(.recording, _): makeSharedResponder()
            }
    }

    var codec: Codec { configuration.codec }
    var limits: DecodingLimits { configuration.limits }

    /// Has other things done wrong with answers from now on; false where they are the same.
    func setFaults(_ plan: FaultPlan) -> Bool {
        guard plan != faults else { return false }
        faults = plan
        return true
    }

    /// What a client is told first.
    func greeting(clientPort: Int, clientHost: String, session: Int) throws -> PreparedMessage? {
        guard case .answer(_, let greeting?) = configuration.role else { return nil }
        return try PreparedMessage(codec: codec, limits: limits) { output in
            try greeting.write(
                clientPort: clientPort, clientHost: clientHost, session: session, port: configuration, into: &output)
        }
    }

    /// Makes everything that the port would ever say, so that what cannot be written is known before the first client.
    static func check(_ configuration: PortConfiguration, tls: PortTLS) throws {
        do {
            let port = try ServedPort(configuration, number: configuration.port, tls: tls)
            _ = try port.greeting(clientPort: 65_535, clientHost: "127.0.0.1", session: 1)
        } catch {
            let address = hostAndPort(configuration.host, configuration.port)
            throw ServerError(
                .unwritableMessage,
                "the greeting or answer of \(address) cannot be written as \(configuration.codec.name): \(error)")
        }
    }
}
