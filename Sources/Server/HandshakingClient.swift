internal import NIOCore
internal import Recorder
internal import TLS

/// A client of a TLS port until its handshake is done: no session yet, but the server's end must not wait for it.
///
/// One whose handshake fails becomes a session that holds nothing but the reason.
final class HandshakingClient: TLSHandshakeWatcher {
    var place = 0
    private let port: ServedPort
    private let loop: LoopContext
    private var channel: (any Channel)?
    private var peer = "unknown:0"

    init(port: ServedPort, loop: LoopContext) {
        self.port = port
        self.loop = loop
    }

    func handshakeBegan(_ context: ChannelHandlerContext) {
        channel = context.channel
        peer = context.remoteAddress?.hostAndPort ?? peer
        if !loop.admit(self) { close() }
    }

    func handshakeEnded(_ failure: TLSHandshakeFailure?) {
        channel = nil
        loop.remove(self)
        if let failure, failure.code != .abandoned { record(failure) }
    }

    private func record(_ failure: TLSHandshakeFailure) {
        let session = SessionIdentity(number: loop.nextSession(), port: port.number, peer: peer)
        let closing = SessionClosing(
            failure.code == .late ? .timeout : .error, by: failure.code == .late ? .server : .client,
            reason: failure.description)
        if let recording = loop.recording {
            let recorder = SessionRecorder(
                writer: recording, number: session.number, codec: port.codec, settings: port.configuration.settings,
                limits: port.limits, scratch: loop.scratch)
            recorder.opened(SessionOpening(port: port.number, peer: peer))
            recorder.closed(closing)
            loop.scheduleCommit()
        }
        loop.observer.sessionOpened(session)
        loop.observer.problem(session, failure.description)
        loop.observer.sessionClosed(session, closing)
    }

    private func close() { channel?.close(promise: nil) }
}

extension HandshakingClient: LoopConnection {
    func commitBegins() {}

    func flushAfterCommit() {}

    func drainStep() { close() }

    func drainEnds() { close() }

    func abort(_ closing: SessionClosing) { close() }
}

@available(*, unavailable)
extension HandshakingClient: Sendable {}
