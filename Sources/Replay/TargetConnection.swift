internal import Codecs
internal import NIOCore

/// One client connection of a replay: finds messages in what the server sends, and tells the run.
///
/// Confined to the run's event loop.
final class TargetConnection: TargetHandler {
    typealias InboundIn = ByteBuffer

    private let session: Int
    private var reader: MessageReader
    private let tree: ValueTree
    /// Gone when the replay is done before the connection is.
    private weak var run: ReplayRun?
    /// What has come of an unfinished message.
    private var rest = ByteBuffer()
    private var isLost = false
    private var hasEnded = false

    init(session: Int, codec: Codec, limits: DecodingLimits, tree: ValueTree, run: ReplayRun) {
        self.session = session
        reader = MessageReader(codec: codec, limits: limits)
        self.tree = tree
        self.run = run
    }

    /// What has come of a message that is not whole yet.
    var unfinishedBytes: [UInt8] { Array(rest.readableBytesView) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if rest.readableBytes > 0 {
            rest.writeBuffer(&bytes)
        } else {
            rest = bytes
        }
        readMessages()
    }

    private func readMessages() {
        guard !isLost else {
            let bytes = rest.readBytes(length: rest.readableBytes) ?? []
            return tell(
                ActualMessage(payload: bytes, wire: bytes, fault: "follows bytes that did not decode", isLost: true))
        }
        while rest.readableBytes > 0 {
            do throws(MessageError) {
                guard let frame = try reader.nextMessage(in: rest.readableBytesSpan, into: tree) else { break }
                take(frame, fault: nil)
            } catch {
                isLost = error.frame == nil
                let all = FrameExtent(payload: 0..<rest.readableBytes, frameBytes: rest.readableBytes)
                take(error.frame ?? all, fault: error.description)
            }
        }
        rest.discardReadBytes()
    }

    private func take(_ frame: FrameExtent, fault: String?) {
        guard let wire = rest.readBytes(length: frame.frameBytes) else { return }
        let payload = frame.payload == wire.indices ? wire : Array(wire[frame.payload])
        tell(ActualMessage(payload: payload, wire: wire, fault: fault, isLost: isLost))
    }

    func ended(isReset: Bool) {
        guard !hasEnded else { return }
        hasEnded = true
        if !isLost { finishReading() }
        run?.take(.ended(session: session, isReset: isReset))
    }

    private func finishReading() {
        while true {
            do throws(MessageError) {
                guard let frame = try reader.finish(in: rest.readableBytesSpan, into: tree) else { break }
                take(frame, fault: nil)
            } catch {
                break
            }
        }
        guard rest.readableBytes > 0, let bytes = rest.readBytes(length: rest.readableBytes) else { return }
        tell(ActualMessage(payload: bytes, wire: bytes, fault: "the connection ended inside this message"))
    }

    private func tell(_ message: ActualMessage) { run?.take(.received(session: session, message)) }
}
