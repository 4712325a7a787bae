import Glibc
import NIOCore
import TestSupport
import Testing

@testable import Replay

@Suite("Clients' sockets")
struct ClientSocketTests {
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

    @Test("are connected at once to a server of this machine that listens, before it accepts, and never block")
    func listening() throws {
        let listener = try Listener(backlog: 8)
        let socket = try ClientSocket(to: listener.address)
        #expect(socket.isConnected && ClientSocket.outcome(of: socket.descriptor) == 0)
        #expect(
            fcntl(socket.descriptor, F_GETFL) & O_NONBLOCK != 0 && fcntl(socket.descriptor, F_GETFD) & FD_CLOEXEC != 0)
        #expect(ClientSocket.remoteAddress(of: socket.descriptor) == listener.address)
        #expect(ClientSocket.localAddress(of: socket.descriptor)?.ipAddress == "127.0.0.1")
        let accepted = accept(listener.descriptor, nil, nil)
        defer { close(accepted) }
        var byte: UInt8 = 7
        #expect(write(socket.descriptor, &byte, 1) == 1)
        byte = 0
        #expect(read(accepted, &byte, 1) == 1 && byte == 7)
        ClientSocket.reset(socket.descriptor)
        #expect(read(accepted, &byte, 1) == -1 && errno == ECONNRESET)
    }

    @Test("are not connected yet where the server's queue is full")
    func full() throws {
        let listener = try Listener(backlog: 0)
        var sockets: [ClientSocket] = []
        defer { for socket in sockets { close(socket.descriptor) } }
        repeat {
            sockets.append(try ClientSocket(to: listener.address))
        } while sockets.last?.isConnected == true && sockets.count < 8
        #expect((2..<8).contains(sockets.count))
    }

    @Test("are none where nobody listens, for the system's reason")
    func refused() throws {
        let address = try Listener(backlog: 1).address
        let failure = #expect(throws: ClientSocket.Failure.self) { _ = try ClientSocket(to: address) }
        #expect(failure?.number == ECONNREFUSED)
    }
}
