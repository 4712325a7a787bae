internal import NIOCore
internal import TLS

/// Tells a relay's session when the TLS handshake with its upstream fails. That it is done, the channel tells by becoming
/// active.
final class UpstreamHandshake: TLSHandshakeWatcher {
    private let session: RelaySession

    init(session: RelaySession) {
        self.session = session
    }

    func handshakeBegan(_ context: ChannelHandlerContext) {}

    func handshakeEnded(_ failure: TLSHandshakeFailure?) {
        if let failure { session.connectFailed(failure) }
    }
}

@available(*, unavailable)
extension UpstreamHandshake: Sendable {}
