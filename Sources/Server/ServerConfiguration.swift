/// What a server listens on, and how it runs and ends.
package struct ServerConfiguration: Sendable {
    package var ports: [PortConfiguration]
    /// Clients that the kernel keeps waiting for `accept`, for each port.
    package var backlog = 512
    /// How long `stop` may take at most.
    package var drain: Duration = .seconds(5)
    /// Event loops, each a thread.
    package var threads: Int

    package init(ports: [PortConfiguration], threads: Int) {
        self.ports = ports
        self.threads = max(threads, 1)
    }
}
