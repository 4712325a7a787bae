package import Recorder
package import TLS

/// What a server listens on, and how it runs and ends.
package struct ServerConfiguration: Sendable {
    package var ports: [PortConfiguration]
    /// Clients that the kernel keeps waiting for `accept`, for each port.
    package var backlog = 512
    /// How long `stop` may take at most.
    package var drain: Duration = .seconds(5)
    /// How long a TLS handshake may take, with clients and with upstreams.
    package var handshakeLimit: Duration = .seconds(10)
    /// What clients may take of it.
    package var limits = ConnectionLimits()
    /// Takes the secrets of all TLS connections, on any thread and before the connection carries anything.
    package var keyLog: TLSKeyLog?
    /// What is taken out of messages before they are recorded.
    package var redaction: Redaction?
    /// Event loops, each a thread.
    package var threads: Int

    package init(ports: [PortConfiguration], threads: Int) {
        self.ports = ports
        self.threads = max(threads, 1)
    }
}
