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
        guard isTaken else { return session.refuse(side, context) }
        // What waited for this may have ended it.
        guard context.channel.isActive, let socket = session.socket(of: side) else { return }
        session.loop.sweep?.add(socket, self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard isTaken else { return }
        session.loop.turn.readByNIO()
        session.received(unwrapInboundIn(data), from: side)
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
        if isTaken { lost(by: error) } else { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) { closed() }

    func handlerRemoved(context: ChannelHandlerContext) { closed() }

    private func closed() {
        guard isTaken else { return }
        if let socket = session.socket(of: side) { session.loop.sweep?.remove(socket, self) }
        session.closed(side)
    }
}

extension RelayHandler: SocketReader {
    var isReadable: Bool { session.isReadable(side) }

    func received(_ bytes: ByteBuffer) { session.received(bytes, from: side) }

    func readCompleted() { session.readCompleted(from: side) }

    func lost(by error: any Error) { session.failed(side, error) }
}

@available(*, unavailable)
extension RelayHandler: Sendable {}
