internal import Codecs
internal import NIOCore
internal import Recorder

/// One connection of a load: finds frames in what the server sends, and tells its client. Payloads are not read here: what
/// is compared is read then.
///
/// Confined to the event loop.
final class LoadHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private weak var client: LoadClient?
    private var scanner: any FrameScanner
    /// Whether what comes is wanted, not only that it comes.
    private let keepsBytes: Bool
    private var rest = ByteBuffer()
    private var isLost = false
    private var hasEnded = false

    init(_ client: LoadClient, codec: Codec, limits: DecodingLimits, keepsBytes: Bool) {
        self.client = client
        self.keepsBytes = keepsBytes
        scanner = codec.framing.makeScanner(limits: limits)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isLost else { return }
        var bytes = unwrapInboundIn(data)
        client?.received(bytes.readableBytes)
        if rest.readableBytes > 0 { rest.writeBuffer(&bytes) } else { rest = bytes }
        do throws(FramingError) {
            while rest.readableBytes > 0, let frame = try scanner.nextFrame(in: rest.readableBytesSpan) { take(frame) }
            rest.discardReadBytes()
        } catch {
            lose(error)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { client?.advance() }

    /// What comes from now on is not told of.
    func leave() { client = nil }

    private func take(_ frame: FrameExtent) {
        guard keepsBytes, let wire = rest.readBytes(length: frame.frameBytes) else {
            rest.moveReaderIndex(forwardBy: min(frame.frameBytes, rest.readableBytes))
            client?.take(ActualMessage(payload: [], wire: []))
            return
        }
        let payload = frame.payload == wire.indices ? wire : Array(wire[frame.payload])
        client?.take(ActualMessage(payload: payload, wire: wire))
    }

    private func lose(_ error: FramingError) {
        isLost = true
        client?.lose(error.reason)
    }

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

    /// The server has ended the connection, by a reset or not; told of once or several times.
    private func ended(isReset: Bool) {
        guard !hasEnded else { return }
        hasEnded = true
        do throws(FramingError) {
            while !isLost, rest.readableBytes > 0, let frame = try scanner.finish(in: rest.readableBytesSpan) {
                take(frame)
            }
        } catch {
            isLost = true
        }
        client?.ended(isReset: isReset)
    }
}
