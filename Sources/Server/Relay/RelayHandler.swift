internal import NIOCore
internal import Recorder
internal import TLS

/// One of the two channels of a relayed session; tells the session what happens there.
final class RelayHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let session: RelaySession
    private let side: Side
    /// The session uses this channel.
    private var isTaken = false

    init(session: RelaySession, side: Side) {
        self.session = session
        self.side = side
    }

    func channelActive(context: ChannelHandlerContext) {
        isTaken = session.connected(side, context)
        if !isTaken { context.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isTaken { session.received(unwrapInboundIn(data), from: side) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isTaken { session.readCompleted(from: side) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if isTaken { session.writabilityChanged(of: side, isWritable: context.channel.isWritable) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard isTaken else { return }
        switch event {
        case ChannelEvent.inputClosed: session.inputEnded(from: side)
        case ChannelEvent.outputClosed: session.outputEnded(to: side)
        case TLSConnectionHandler.InboundEvent.cut: session.inputWasCut(from: side)
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isTaken { session.failed(side, error) }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if isTaken { session.closed(side) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if isTaken { session.closed(side) }
    }
}

@available(*, unavailable)
extension RelayHandler: Sendable {}
