internal import Glibc
internal import NIOCore

/// A socket that connects to a server and never blocks. Whoever has it closes its descriptor.
struct ClientSocket {
    /// Why there is none: the system's number.
    struct Failure: Error {
        var number: CInt
    }

    let descriptor: CInt
    /// On this machine the kernel makes a connection within the call; elsewhere it stands when the socket can be written to.
    let isConnected: Bool
    /// It stood, and the server has reset it already; that is told of once only.
    let wasReset: Bool

    /// Begins to connect.
    init(to address: SocketAddress) throws(Failure) {
        let family =
            switch address.protocol {
            case .inet6: AF_INET6
            case .unix: AF_UNIX
            default: AF_INET
            }
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { throw Failure(number: errno) }
        var one: CInt = 1
        _ = setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<CInt>.size))
        let number = Self.connect(descriptor, to: address)
        wasReset = Self.tellsOfReset(number)
        switch number {
        case 0, EISCONN: isConnected = true
        case EINPROGRESS, EALREADY: isConnected = false
        case _ where wasReset: isConnected = true
        default:
            close(descriptor)
            throw Failure(number: number)
        }
    }

    /// Begins, and asks at once what has come of it.
    private static func connect(_ descriptor: CInt, to address: SocketAddress) -> CInt {
        address.withSockAddr { target, size in
            for _ in 0..<2 {
                if Glibc.connect(descriptor, target, socklen_t(size)) == 0 { return 0 }
                guard errno == EINPROGRESS else { return errno }
            }
            return EINPROGRESS
        }
    }

    /// What has come of a connection that was begun: 0 where it stands, or the system's number.
    static func outcome(of descriptor: CInt) -> CInt {
        var number: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &size) == 0 ? number : errno
    }

    /// Whether the number says that the connection stood: a server that takes none refuses it.
    static func tellsOfReset(_ number: CInt) -> Bool { number == ECONNRESET || number == EPIPE }

    /// The address of the socket itself.
    static func localAddress(of descriptor: CInt) -> SocketAddress? { address { getsockname(descriptor, $0, $1) } }

    /// The address of the socket that it is connected to.
    static func remoteAddress(of descriptor: CInt) -> SocketAddress? { address { getpeername(descriptor, $0, $1) } }

    private static func address(
        _ ask: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> CInt
    ) -> SocketAddress? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            let raw = UnsafeMutableRawPointer(pointer)
            guard ask(raw.assumingMemoryBound(to: sockaddr.self), &size) == 0 else { return nil }
            switch CInt(pointer.pointee.ss_family) {
            case AF_INET: return SocketAddress(raw.load(as: sockaddr_in.self))
            case AF_INET6: return SocketAddress(raw.load(as: sockaddr_in6.self))
            default: return nil
            }
        }
    }

    /// Ends a connection with RST.
    static func reset(_ descriptor: CInt) {
        var option = linger(l_onoff: 1, l_linger: 0)
        _ = setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close(descriptor)
    }
}
