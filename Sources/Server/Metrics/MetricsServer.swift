internal import Glibc
package import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Answers HTTP requests for a server's figures and health, on a thread of its own, so that neither disturbs the other.
///
/// It trusts nobody: a request is a few kilobytes, has ten seconds, and is the only one of its connection.
package final class MetricsServer: Sendable {
    /// What the pages say.
    package struct Pages: Sendable {
        /// The page of `/metrics`.
        package var metrics: @Sendable () -> String
        /// Why the server is of no use any more; nil: it is.
        package var illness: @Sendable () -> String?
        /// Why no client should be sent here now; nil: they may come.
        package var unreadiness: @Sendable () -> String?

        package init(
            metrics: @escaping @Sendable () -> String, illness: @escaping @Sendable () -> String?,
            unreadiness: @escaping @Sendable () -> String?
        ) {
            self.metrics = metrics
            self.illness = illness
            self.unreadiness = unreadiness
        }
    }

    /// Requests at the same time; more are closed at once. The descriptors are those that are kept back from clients.
    private static let maximumConnections = 16
    /// How long one may take.
    private static let limit = TimeAmount.seconds(10)

    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel

    /// Listens there and answers from now on.
    package init(host: String, port: Int, pages: Pages) async throws {
        let name = hostAndPort(host, port)
        let address: SocketAddress
        do {
            address = try SocketAddress.makeAddressResolvingHost(host, port: port)
        } catch {
            throw ServerError(unknownHost: host, in: name)
        }
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let places = ConnectionPlaces(limit: Self.maximumConnections)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Where clients cannot be let in, those of the ports are told of.
                    try channel.pipeline.syncOperations.addHandlers([
                        AcceptPauseHandler(places: places, observer: nil), AdmissionHandler(places: places) { _, _ in },
                    ])
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try Self.configure(channel, pages) }
            }
        do {
            channel = try await bootstrap.bind(to: address).get()
        } catch {
            try? await group.shutdownGracefully()
            throw ServerError(cannotListenOn: name, because: error)
        }
    }

    /// The address that is listened on.
    package var address: SocketAddress? { channel.localAddress }

    /// Answers no more.
    package func stop() async { try? await group.shutdownGracefully() }

    private static func configure(_ channel: any Channel, _ pages: Pages) throws {
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(RequestSizeHandler())
        try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false)
        try pipeline.addHandler(MetricsHandler(pages))
        let timeout = channel.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in timeout.cancel() }
    }
}

/// Closes a connection that sends more than a request for a page has.
private final class RequestSizeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private static let maximumBytes = 16 << 10
    private var count = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        count += unwrapInboundIn(data).readableBytes
        guard count <= Self.maximumBytes else { return context.close(promise: nil) }
        context.fireChannelRead(data)
    }
}

@available(*, unavailable)
extension RequestSizeHandler: Sendable {}
