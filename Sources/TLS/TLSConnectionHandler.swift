package import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Makes a TLS connection look like a plain one to the handler behind it.
///
/// ```
/// socket > TLSClosingHandler > NIOSSLHandler > TLSConnectionHandler > ConnectionHandler or RelayHandler
/// ```
///
/// - It becomes active when its handshake is done, which has a time limit; a failure is told to the watcher alone.
/// - The other side's end is its close_notify. A FIN without one is an end as well, told of as `cut` before.
/// - Closing the output sends close_notify and a FIN once all that was written has left. Closing altogether sends
///   close_notify and waits for nothing of the other side's (RFC 8446, 6.1 lets it). `omitCloseNotify` leaves it out: what
///   came cut or reset is passed on like that.
package final class TLSConnectionHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// What it tells the handler behind it, beside what a plain connection tells.
    package enum InboundEvent: Sendable {
        /// The other side's end, which is told of next, came without close_notify: something may be missing.
        case cut
    }

    /// What the handler behind may ask for, with `triggerUserOutboundEvent`.
    package enum OutboundEvent: Sendable {
        /// Close without close_notify, so that the other side cannot take it for an orderly end.
        case omitCloseNotify
    }

    private enum Phase {
        case new
        case handshaking
        case established
        case over
    }

    private let handler: NIOSSLHandler
    private let wording: TLSHandshakeFailure.Wording
    private let limit: TimeAmount
    private var watcher: (any TLSHandshakeWatcher)?
    private var phase = Phase.new
    private var timeout: Scheduled<Void>?
    /// That of the first handler: what starts there does not pass through TLS.
    private var beneath: ChannelHandlerContext?
    private var inputIsCut = false
    private var inputHasEnded = false
    private var outputIsClosing = false
    private var omitsCloseNotify = false

    init(
        behind handler: NIOSSLHandler, wording: TLSHandshakeFailure.Wording, limit: TimeAmount,
        watcher: any TLSHandshakeWatcher
    ) {
        self.handler = handler
        self.wording = wording
        self.limit = limit
        self.watcher = watcher
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        beneath = try? context.pipeline.syncOperations.context(handlerType: TLSClosingHandler.self)
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        timeout?.cancel()
        beneath = nil
    }
}

// MARK: The handshake

extension TLSConnectionHandler {
    package func channelActive(context: ChannelHandlerContext) {
        guard phase == .new else { return }
        phase = .handshaking
        timeout = context.eventLoop.assumeIsolated().scheduleTask(in: limit) { [self] in
            end(.late(after: limit))
            beneath?.close(promise: nil)
        }
        watcher?.handshakeBegan(context)
    }

    private func established(_ context: ChannelHandlerContext) {
        guard phase == .handshaking else { return }
        phase = .established
        tellWatcher(nil)
        context.fireChannelActive()
    }

    /// The handshake came to nothing.
    private func end(_ failure: TLSHandshakeFailure) {
        guard phase == .handshaking || phase == .new else { return }
        phase = .over
        tellWatcher(failure)
    }

    private func tellWatcher(_ failure: TLSHandshakeFailure?) {
        timeout?.cancel()
        timeout = nil
        let watcher = watcher.take()
        watcher?.handshakeEnded(failure)
    }
}

// MARK: What comes in

extension TLSConnectionHandler {
    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted: established(context)
        case TLSUserEvent.shutdownCompleted: break
        case ChannelEvent.inputClosed: inputClosed(context)
        default: if phase == .established { context.fireUserInboundEventTriggered(event) }
        }
    }

    private func inputClosed(_ context: ChannelHandlerContext) {
        // Of close_notify and the FIN behind it the first counts.
        guard phase == .established, !inputHasEnded else { return }
        inputHasEnded = true
        if inputIsCut { context.fireUserInboundEventTriggered(InboundEvent.cut) }
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch phase {
        case .new, .handshaking: end(wording.failure(for: error, peerCertificate: handler.peerCertificate))
        case .established:
            if case NIOSSLError.uncleanShutdown? = error as? NIOSSLError {
                // The end itself is told of next.
                inputIsCut = true
            } else {
                // There is nobody left who could be told of an orderly end.
                omitsCloseNotify = true
                context.fireErrorCaught(error is IOError ? error : wording.connectionError(for: error))
            }
        case .over: break
        }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        let wasEstablished = phase == .established
        end(.abandoned)
        phase = .over
        guard wasEstablished else { return }
        // Where this side has ended before, the other's FIN is told of by this alone.
        if inputIsCut, !inputHasEnded { context.fireUserInboundEventTriggered(InboundEvent.cut) }
        context.fireChannelInactive()
    }
}

// MARK: What goes out

extension TLSConnectionHandler {
    package func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard case OutboundEvent.omitCloseNotify? = event as? OutboundEvent else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        omitsCloseNotify = true
        promise?.succeed()
    }

    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard phase == .established else {
            end(.abandoned)
            beneath?.close(mode: mode, promise: promise)
            return
        }
        switch mode {
        case .output: closeOutput(context, promise)
        case .all: closeAll(context, promise)
        case .input: context.close(mode: .input, promise: promise)
        }
    }

    /// TLS must not be told before all is written: should the other side's end come meanwhile, it would drop the rest.
    private func closeOutput(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        guard !outputIsClosing else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        outputIsClosing = true
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { [self] _ in
            if omitsCloseNotify {
                beneath?.close(mode: .output, promise: promise)
            } else {
                context.close(mode: .output, promise: promise)
            }
        }
    }

    private func closeAll(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        guard let beneath else { return context.close(promise: promise) }
        guard !omitsCloseNotify, !outputIsClosing else { return beneath.close(promise: promise) }
        outputIsClosing = true
        let sent = context.eventLoop.makePromise(of: Void.self)
        let limit = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(10)) { beneath.close(promise: nil) }
        context.close(mode: .output, promise: sent)
        sent.futureResult.assumeIsolated().whenComplete { _ in
            limit.cancel()
            beneath.close(promise: promise)
        }
    }
}

@available(*, unavailable)
extension TLSConnectionHandler: Sendable {}

extension ChannelHandlerContext {
    /// Has a connection that speaks TLS closed without close_notify, so that the other side cannot take it for an orderly
    /// end. Without TLS it does nothing.
    package func omitCloseNotify() {
        triggerUserOutboundEvent(TLSConnectionHandler.OutboundEvent.omitCloseNotify, promise: nil)
    }
}
