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
            descriptor = try LoopbackSocket.bound(listening: backlog)
            address = try SocketAddress(ipAddress: "127.0.0.1", port: LoopbackSocket.localPort(of: descriptor))
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
