internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Recorder

/// Where a relay connects its clients to, or a mock asks what it does not know, and how.
struct UpstreamConnection {
    let host: String
    let port: Int

    /// `HOST:PORT`.
    var name: String { hostAndPort(host, port) }

    /// Connects on the session's own event loop. Success is told by the channel's becoming active.
    func connect(
        for session: RelaySession, of port: ServedPort, loop: LoopContext, failed: @escaping (any Error) -> Void
    ) {
        connect(within: Self.limit, on: loop, failed: failed) { channel in
            try ConnectionPipeline.configure(upstream: channel, port: port, session: session, loop: loop)
        }
    }

    /// The same for what a mock does not know.
    func connect(
        for fallback: FallbackConnection, of port: ServedPort, loop: LoopContext, within limit: Duration,
        failed: @escaping (any Error) -> Void
    ) {
        connect(within: min(limit, Self.limit), on: loop, failed: failed) { channel in
            try ConnectionPipeline.configure(fallback: channel, connection: fallback, loop: loop)
        }
    }

    private static let limit = Duration.seconds(10)

    private func connect(
        within limit: Duration, on loop: LoopContext, failed: @escaping (any Error) -> Void,
        _ configure: @escaping (any Channel) throws -> Void
    ) {
        let setUp = NIOLoopBound(configure, eventLoop: loop.eventLoop)
        let bootstrap = ClientBootstrap(group: loop.eventLoop)
            .connectTimeout(TimeAmount(limit))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try setUp.value(channel) }
            }
        // An address needs no resolver, which would take a thread.
        let address = try? SocketAddress(ipAddress: host, port: self.port)
        let connecting = address.map { bootstrap.connect(to: $0) } ?? bootstrap.connect(host: host, port: self.port)
        connecting.assumeIsolated().whenFailure(failed)
    }

    /// The system's words for why a connection could not be made.
    static func reason(of error: any Error) -> String {
        switch error {
        case let error as IOError: systemMessage(error.errnoCode)
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { reason(of: $0.error) } ?? "the name has no address"
        case ChannelError.connectTimeout(let limit):
            "no answer within \(Duration.nanoseconds(limit.nanoseconds).phrase)"
        default: "\(error)"
        }
    }
}
