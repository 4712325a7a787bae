internal import NIOCore

/// A connection to the server under test: knows how it ends.
///
/// Confined to the event loop.
protocol TargetHandler: ChannelInboundHandler, SendableMetatype {
    /// The server has ended the connection, by a reset or not; told of once or several times.
    func ended(isReset: Bool)
}

extension TargetHandler {
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { endsSoon(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        endsSoon(context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        ended(isReset: true)
        context.close(promise: nil)
    }

    /// A write of ours failed since the server is gone.
    func broken() { ended(isReset: true) }

    /// The stream has ended. A write that was told of a reset leaves nothing but an end to the read, and fails only after
    /// that, so that the manner is known in the loop's next turn.
    private func endsSoon(_ context: ChannelHandlerContext) {
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { handler.value.ended(isReset: false) }
    }
}
