internal import NIOCore
internal import TLS

/// The TLS of a port, read from its files once for all event loops.
struct PortTLS: Sendable {
    /// For its clients.
    var listener: TLSContext?
    /// For its upstream.
    var upstream: TLSContext?
    /// How long a handshake may take.
    var handshakeLimit: TimeAmount

    /// Fails where a file cannot be used.
    init(_ port: PortConfiguration, of server: ServerConfiguration) throws {
        listener = try port.tls.map { try TLSContext($0, keyLog: server.keyLog) }
        if case .relay(let host, _) = port.role {
            upstream = try port.upstreamTLS.map { try TLSContext($0, host: host, keyLog: server.keyLog) }
        }
        handshakeLimit = TimeAmount(server.handshakeLimit)
    }
}
