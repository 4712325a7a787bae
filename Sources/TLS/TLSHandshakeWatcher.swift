package import NIOCore

/// Is told how a TLS handshake goes; on the channel's event loop.
package protocol TLSHandshakeWatcher: AnyObject {
    /// The connection is there, and the handshake begins.
    func handshakeBegan(_ context: ChannelHandlerContext)
    /// The handshake is over: nil when it is done, and the connection becomes active for what is behind it right after
    /// this. Else it never will.
    func handshakeEnded(_ failure: TLSHandshakeFailure?)
}
