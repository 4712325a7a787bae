import Glibc
import NIOCore
import TestSupport
import Testing

@testable import Replay

@Suite("Connections within this machine are made at once")
struct LoopbackConnectTests {
    /// A socket that listens at 127.0.0.1, and accepts nothing.
    private final class Listener {
        let descriptor: CInt
        let address: SocketAddress

        init(backlog: CInt) throws {
            let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
            let wanted = try SocketAddress(ipAddress: "127.0.0.1", port: 0)
            let bound = wanted.withSockAddr { bind(descriptor, $0, socklen_t($1)) }
            var name = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let named = withUnsafeMutablePointer(to: &name) { name in
                name.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
            }
            let isListening = bound == 0 && named == 0 && listen(descriptor, backlog) == 0
            self.descriptor = descriptor
            address = try SocketAddress(ipAddress: "127.0.0.1", port: Int(UInt16(bigEndian: name.sin_port)))
            try #require(isListening)
        }

        deinit { close(descriptor) }
    }

    @Test("a server that listens is connected to before it accepts, with a socket that never blocks")
    func listening() throws {
        let listener = try Listener(backlog: 8)
        let connected = try #require(LoopbackConnect.socket(to: listener.address))
        defer { close(connected) }
        #expect(fcntl(connected, F_GETFL) & O_NONBLOCK != 0 && fcntl(connected, F_GETFD) & FD_CLOEXEC != 0)
        let accepted = accept(listener.descriptor, nil, nil)
        defer { close(accepted) }
        var byte: UInt8 = 7
        #expect(write(connected, &byte, 1) == 1)
        byte = 0
        #expect(read(accepted, &byte, 1) == 1 && byte == 7)
    }

    @Test("where the server's queue is full there is none, and none that comes later")
    func full() throws {
        let listener = try Listener(backlog: 0)
        var connected: [CInt] = []
        while connected.count < 8, let next = LoopbackConnect.socket(to: listener.address) { connected.append(next) }
        defer { for socket in connected { close(socket) } }
        #expect((1..<8).contains(connected.count))
        for _ in connected { close(accept(listener.descriptor, nil, nil)) }
        var asked = pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&asked, 1, 0) == 0)
    }

    @Test("where nobody listens there is none")
    func refused() throws {
        let address = try Listener(backlog: 1).address
        #expect(LoopbackConnect.socket(to: address) == nil)
    }

    @Test(
        "only addresses of this machine alone are connected to in this way",
        arguments: [
            ("127.0.0.1", true), ("127.8.9.10", true), ("::1", true), ("192.0.2.1", false), ("0.0.0.0", false),
            ("::", false), ("::ffff:192.0.2.1", false), ("2001:db8::1", false),
        ])
    func addresses(host: String, isOwn: Bool) throws {
        #expect(LoopbackConnect.applies(to: try SocketAddress(ipAddress: host, port: 1)) == isOwn)
    }
}
