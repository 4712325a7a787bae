internal import Glibc
internal import NIOCore
internal import Recorder

/// Turns what passes through a channel into packets of a capture: bytes when they are read, and when the kernel has taken
/// them to send; FIN and RST where they happen.
///
/// A close with bytes of the other side unread is a FIN here, though the kernel makes a RST of it: nothing tells.
final class CaptureHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What is written is told of in pieces of this size, a segment each, so that most of it is there when a connection
    /// breaks.
    private static let pieceBytes = SynthesizedConnection.segmentBytes

    private let capture: LoopCapture
    private let ownSide: Side
    private var context: ChannelHandlerContext?
    private var connection: SynthesizedConnection?
    /// This program closed the channel, or is about to.
    private var isClosing = false
    /// Closing it breaks the connection off.
    var closesByReset = false
    private var failure: (any Error)?

    /// - Parameter ownSide: which end of the connection this program is.
    init(capture: LoopCapture, ownSide: Side) {
        self.capture = capture
        self.ownSide = ownSide
    }

    /// The connection belongs to a session; before that nothing of it is captured.
    func open(_ session: SessionIdentity, _ detail: String) {
        guard connection == nil, let channel = context?.channel else { return }
        let own = Self.endpoint(channel.localAddress)
        let other = Self.endpoint(channel.remoteAddress)
        // A relay's two connections of one session must not share a number.
        let number =
            SynthesizedConnection.initialSequence(session: session.number) ^ (ownSide == .client ? 0x5555_5555 : 0)
        var opened = SynthesizedConnection(
            client: ownSide == .client ? own : other, server: ownSide == .client ? other : own, initialSequence: number)
        let comment = "session \(session.number), port \(session.port), \(detail)"
        capture.add { packets, time in opened.open(at: time, comment: comment, into: &packets) }
        connection = opened
    }

    private static func endpoint(_ address: SocketAddress?) -> IPEndpoint {
        IPEndpoint(
            address: address?.ipAddress.flatMap { IPAddress($0) } ?? .version4(0),
            port: UInt16(clamping: address?.port ?? 0))
    }

    // MARK: What the channel tells

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        passed(unwrapInboundIn(data), from: ownSide.other)
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event as? ChannelEvent {
        case .inputClosed: ended(ownSide.other)
        case .outputClosed: ended(ownSide)
        case nil: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        keep(error)
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        close()
        context.fireChannelInactive()
    }

    // MARK: What this program does

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var rest = unwrapOutboundIn(data)
        while rest.readableBytes > Self.pieceBytes, let piece = rest.readSlice(length: Self.pieceBytes) {
            write(piece, nil, context)
        }
        write(rest, promise, context)
    }

    private func write(_ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) {
        let written = promise ?? context.eventLoop.makePromise()
        written.futureResult.assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success: passed(bytes, from: ownSide)
            case .failure(let error): keep(error)
            }
        }
        context.write(wrapOutboundOut(bytes), promise: written)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .all { isClosing = true }
        context.close(mode: mode, promise: promise)
    }

    /// Keeps the system's reason for the end, or else the last one.
    private func keep(_ error: any Error) {
        if !(failure is IOError) { failure = error }
    }

    // MARK: Packets

    private func passed(_ bytes: ByteBuffer, from side: Side) {
        guard connection != nil, bytes.readableBytes > 0 else { return }
        bytes.withUnsafeReadableBytes { bytes in
            capture.add { packets, time in connection?.pass(bytes, from: side, at: time, into: &packets) }
        }
    }

    private func ended(_ side: Side) {
        guard connection != nil else { return }
        capture.add { packets, time in connection?.end(side, at: time, into: &packets) }
    }

    /// The channel has closed: what the kernel sent for it, or got.
    private func close() {
        guard connection != nil else { return }
        switch (failure as? IOError)?.errnoCode {
        case ECONNRESET, EPIPE: reset(by: ownSide.other)
        // Nobody said anything any more.
        case ETIMEDOUT: break
        default:
            if isClosing {
                if closesByReset { reset(by: ownSide) } else { ended(ownSide) }
            } else if connection?.hasEnded(ownSide) == true {
                // NIO tells of the second FIN by closing.
                ended(ownSide.other)
            } else if connection?.hasEnded(ownSide.other) == true {
                ended(ownSide)
            } else {
                reset(by: ownSide.other)
            }
        }
        connection = nil
    }

    private func reset(by side: Side) {
        capture.add { packets, time in connection?.reset(by: side, at: time, into: &packets) }
    }
}

@available(*, unavailable)
extension CaptureHandler: Sendable {}
