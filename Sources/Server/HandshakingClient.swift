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
        port.counters.count(.tls)
        loop.record(
            SessionClosing(
                failure.code == .late ? .timeout : .error, by: failure.code == .late ? .server : .client,
                reason: failure.description),
            of: peer, port)
    }

    private func close() { channel?.close(promise: nil) }
}

extension HandshakingClient: LoopConnection {
    func commitBegins() {}

    func flushAtEndOfTurn() {}
    func flushAfterCommit() {}

    func drainStep() { close() }

    func drainEnds() { close() }

    func abort(_ closing: SessionClosing) { close() }

    // The handshake has a time limit of its own.
    func tick() {}

    var heldBytes: Int { 0 }

    func giveUpMemory() {}
}

@available(*, unavailable)
extension HandshakingClient: Sendable {}
