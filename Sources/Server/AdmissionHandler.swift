internal import NIOCore

/// Gives a place to each client that is accepted, and closes at once those for whom there is none.
final class AdmissionHandler: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let places: ConnectionPlaces
    private let refused: @Sendable (any Channel, any EventLoop) -> Void

    /// - Parameter refused: told of each client that is closed, on the listener's event loop.
    init(places: ConnectionPlaces, refused: @escaping @Sendable (any Channel, any EventLoop) -> Void) {
        self.places = places
        self.refused = refused
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let client = unwrapInboundIn(data)
        guard places.take() else {
            refused(client, context.eventLoop)
            client.close(promise: nil)
            return
        }
        client.closeFuture.whenComplete { [places] _ in places.giveBack() }
        context.fireChannelRead(data)
    }
}

@available(*, unavailable)
extension AdmissionHandler: Sendable {}
