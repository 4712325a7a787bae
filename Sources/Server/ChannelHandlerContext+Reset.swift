internal import Glibc
internal import NIOCore
internal import TLS

extension ChannelHandlerContext {
    /// Closes the connection at once with a reset, which tells the peer that it was no proper end.
    func reset() {
        omitCloseNotify()
        if let options = channel as? any SocketOptionProvider {
            _ = options.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        close(promise: nil)
    }
}
