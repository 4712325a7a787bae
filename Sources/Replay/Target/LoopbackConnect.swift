internal import Glibc
internal import NIOCore

/// Connects to a server on this machine without a turn of the event loop: the kernel makes such a connection within the call.
///
/// What is not connected at once (nobody listens, or the server's queue is full, so that the kernel has dropped the attempt) is
/// closed again, and left to the ordinary way, which knows how to wait and what went wrong.
enum LoopbackConnect {
    /// Whether connections to the address are made within this machine.
    static func applies(to address: SocketAddress) -> Bool {
        switch address.protocol {
        case .inet: address.ipAddress?.hasPrefix("127.") == true
        case .inet6: address.ipAddress == "::1"
        default: false
        }
    }

    /// A connected socket that never blocks; nil where there is none at once.
    static func socket(to address: SocketAddress) -> CInt? {
        let family = address.protocol == .inet ? AF_INET : AF_INET6
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = Glibc.socket(family, kind, 0)
        guard descriptor >= 0 else { return nil }
        let error = address.withSockAddr { Glibc.connect(descriptor, $0, socklen_t($1)) == 0 ? 0 : errno }
        guard error == 0 || error == EINPROGRESS && isConnected(descriptor) else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Whether a connection that was begun stands, without waiting for it.
    private static func isConnected(_ descriptor: CInt) -> Bool {
        var asked = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&asked, 1, 0) == 1 else { return false }
        var error: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0
    }
}
