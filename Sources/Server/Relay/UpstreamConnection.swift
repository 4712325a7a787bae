internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Recorder

/// Where a relay connects its clients to, and how.
struct UpstreamConnection {
    let host: String
    let port: Int

    /// `HOST:PORT`.
    var name: String { hostAndPort(host, port) }

    /// Connects on the session's own event loop. Success is told by the channel's becoming active.
    func connect(
        for session: RelaySession, of port: ServedPort, loop: LoopContext, failed: @escaping (any Error) -> Void
    ) {
        let parts = NIOLoopBound((session, port, loop), eventLoop: loop.eventLoop)
        let bootstrap = ClientBootstrap(group: loop.eventLoop)
            .connectTimeout(.seconds(10))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let (session, port, loop) = parts.value
                    try ConnectionPipeline.configure(upstream: channel, port: port, session: session, loop: loop)
                }
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
        case ChannelError.connectTimeout: "no answer within 10 seconds"
        default: "\(error)"
        }
    }
}
