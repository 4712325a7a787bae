internal import Glibc
internal import NIOCore

/// Rests when no descriptor is left for another client, until there is one.
///
/// The listening socket stays readable all that time, so without a rest the event loop would spin.
final class AcceptPauseHandler: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let places: ConnectionPlaces
    private let observer: (any ServerObserver)?
    private var isResting = false
    /// When clients last had to wait.
    private var lastRest: NIODeadline?
    /// As long after that it is news again.
    private static let silence = TimeAmount.seconds(10)

    /// - Parameter observer: told when it rests; nil: nobody.
    init(places: ConnectionPlaces, observer: (any ServerObserver)?) {
        self.places = places
        self.observer = observer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireChannelRead(data)
        if !places.hasRoom { rest(context, IOError(errnoCode: EMFILE, reason: "accept")) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (error as? IOError)?.errnoCode {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: rest(context, error)
        // The client gave up before it was accepted.
        case ECONNABORTED: break
        default:
            observer?.serverProblem("a port no longer takes clients: \(ServerError.cause(of: error))")
            context.fireErrorCaught(error)
        }
    }

    private func rest(_ context: ChannelHandlerContext, _ error: any Error) {
        guard !isResting else { return }
        isResting = true
        let now = NIODeadline.now()
        // One client that leaves makes room for one other; that is no news.
        let isKnown = lastRest.map { now - $0 < Self.silence } ?? false
        lastRest = now
        if !isKnown {
            observer?.serverProblem(
                "clients have to wait: \(ServerError.cause(of: error)); "
                    + "those that are connected are served")
        }
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        goOnWithRoom(context.channel)
    }

    private func goOnWithRoom(_ channel: any Channel) {
        channel.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(100)) { [self] in
            guard channel.isActive else { return }
            guard places.hasRoom else { return goOnWithRoom(channel) }
            isResting = false
            try? channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}

@available(*, unavailable)
extension AcceptPauseHandler: Sendable {}
