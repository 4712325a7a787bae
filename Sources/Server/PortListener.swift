internal import Glibc
internal import NIOCore
internal import NIOPosix

/// Listens on one port; accepts only once it is told to.
struct PortListener: Sendable {
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
            .serverChannelOption(.maxMessagesPerRead, value: 64)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        AcceptPauseHandler(observer: observer), AdmissionHandler(places: places, refused: refused),
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

    /// Starts accepting.
    func accept() async throws {
        try await channel.setOption(.autoRead, value: true).get()
    }

    /// Stops listening; clients that wait in the kernel are refused.
    func close() async {
        try? await channel.close().get()
    }
}

/// Rests for a moment when no descriptor is left for another client.
///
/// The listening socket stays readable all that time, so without a rest the event loop would spin.
final class AcceptPauseHandler: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let observer: any ServerObserver
    /// When clients last had to wait.
    private var lastRest: NIODeadline?
    /// As long after that it is news again.
    private static let silence = TimeAmount.seconds(10)

    init(observer: any ServerObserver) {
        self.observer = observer
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (error as? IOError)?.errnoCode {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: rest(context, error)
        // The client gave up before it was accepted.
        case ECONNABORTED: break
        default:
            observer.serverProblem("a port no longer takes clients: \(ServerError.cause(of: error))")
            context.fireErrorCaught(error)
        }
    }

    private func rest(_ context: ChannelHandlerContext, _ error: any Error) {
        let now = NIODeadline.now()
        // One client that leaves makes room for one other; that is no news.
        let isKnown = lastRest.map { now - $0 < Self.silence } ?? false
        lastRest = now
        if !isKnown {
            observer.serverProblem(
                "clients have to wait: \(ServerError.cause(of: error)); "
                    + "those that are connected are served")
        }
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(100)) {
            try? context.channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}

@available(*, unavailable)
extension AcceptPauseHandler: Sendable {}
