internal import NIOCore

/// Gives what arrives in a pipe to whoever asked for it, on the pipe's event loop.
final class PipeReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let read: (ByteBuffer) -> Void
    private let ended: () -> Void

    init(read: @escaping (ByteBuffer) -> Void, ended: @escaping () -> Void) {
        self.read = read
        self.ended = ended
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { read(unwrapInboundIn(data)) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) { ended() }
}

@available(*, unavailable)
extension PipeReader: Sendable {}
