internal import Glibc
internal import NIOCore
internal import NIOPosix

/// Listens on one port; accepts only once it is told to.
struct PortListener: Sendable {
    /// How often is looked at most whether clients wait, once the port is to be closed: others may come without end.
    private static let mostLooks = 1_000

    let channel: any Channel

    /// The address that is listened on.
    var address: SocketAddress? { channel.localAddress }

    /// Binds the port's address and listens there. Clients wait in the kernel until `accept`.
    static func bind(
        _ port: PortConfiguration, backlog: Int, group: MultiThreadedEventLoopGroup, observer: any ServerObserver,
        places: ConnectionPlaces, refused: @escaping @Sendable (any Channel, any EventLoop) -> Void,
        configure: @escaping @Sendable (any Channel) throws -> Void
    ) async throws -> PortListener {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Int32(clamping: backlog))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.autoRead, value: false)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        AcceptPauseHandler(places: places, observer: observer),
                        AdmissionHandler(places: places, refused: refused),
                    ])
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try configure(channel) }
            }
        if case .descriptor(let socket)? = port.inherited {
            return PortListener(channel: try await bootstrap.withBoundSocket(socket).get())
        }
        let name = hostAndPort(port.host, port.port)
        let address = try address(of: port, name)
        do {
            return PortListener(channel: try await bootstrap.bind(to: address).get())
        } catch {
            throw ServerError(cannotListenOn: name, because: error)
        }
    }

    private static func address(of port: PortConfiguration, _ name: String) throws(ServerError) -> SocketAddress {
        // The resolver reads files and asks services, also for what is an address already.
        if let address = try? SocketAddress(ipAddress: port.host, port: port.port) { return address }
        do {
            return try SocketAddress.makeAddressResolvingHost(port.host, port: port.port)
        } catch {
            throw ServerError(unknownHost: port.host, in: name)
        }
    }

    /// Starts accepting, so many clients in a turn of the event loop.
    func accept(inATurn count: Int) async throws {
        try await channel.setOption(.maxMessagesPerRead, value: UInt(count)).get()
        try await channel.setOption(.autoRead, value: true).get()
    }

    /// How many clients have connected and wait to be accepted.
    private func waitingClients() async -> UInt32 {
        guard let provider = channel as? any SocketOptionProvider, let info = try? await provider.getTCPInfo().get()
        else {
            return 0
        }
        // Of a socket that listens, `tcpi_unacked` is the length of that queue: the fifth of the numbers behind eight bytes
        // (tcp_get_info in Linux's net/ipv4/tcp.c).
        return withUnsafeBytes(of: info) { $0.load(fromByteOffset: 8 + 4 * 4, as: UInt32.self) }
    }

    /// Stops listening. Clients that wait in the kernel by now are let in first: closing would reset them, and what they have sent
    /// would be lost.
    ///
    /// - Parameters:
    ///   - mayWait: whether there is time for that.
    ///   - settle: waits until those who were let in have come to their event loops; NIO closes them should the port be closed before.
    func close(while mayWait: () -> Bool = { false }, settle: () async -> Void = {}) async {
        for _ in 0..<Self.mostLooks {
            guard mayWait(), await waitingClients() > 0 else { break }
            try? await channel.eventLoop.scheduleTask(in: .milliseconds(1)) {}.futureResult.get()
        }
        try? await channel.setOption(.autoRead, value: false).get()
        await settle()
        try? await channel.close().get()
    }
}
