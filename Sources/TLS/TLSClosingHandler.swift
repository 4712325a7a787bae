internal import NIOCore

/// Lets what TLS has written leave before it closes the socket.
///
/// `NIOSSLHandler` writes its close_notify, or an alert, and closes in one go. A socket that has no room just then, since
/// the other side reads slowly, would never send it, and the other side would have to take a whole answer for a cut one.
final class TLSClosingHandler: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long there may be no room.
    private static let limit = TimeAmount.seconds(10)

    private var isClosing = false

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .all, !isClosing else { return context.close(mode: mode, promise: promise) }
        isClosing = true
        let limit = context.eventLoop.assumeIsolated().scheduleTask(in: Self.limit) { context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
            limit.cancel()
            context.close(promise: promise)
        }
    }
}

@available(*, unavailable)
extension TLSClosingHandler: Sendable {}
