import Foundation
import Glibc
import TestSupport

/// A client over loopback with blocking calls, so that a test says exactly what is sent, and when the connection ends how.
///
/// Sendable though its descriptor may change: a test closes it when nobody else uses it any more.
final class LoopbackClient: @unchecked Sendable {
    /// How a stream ended.
    enum End: Equatable, Sendable {
        case closed
        case reset
        case timedOut
    }

    typealias Failure = LoopbackSocket.Failure

    private(set) var descriptor: Int32

    init(port: Int, receiveBuffer: Int32? = nil) throws {
        descriptor = try LoopbackSocket.make()
        // A safety net only: no test waits for it.
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        if var receiveBuffer { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, 4) }
        try LoopbackSocket.connect(descriptor, to: port)
    }

    /// A connection that somebody else has accepted.
    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close() }

    var localPort: Int { LoopbackSocket.localPort(of: descriptor) }

    private func sendNow(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(call: "send", number: errno) }
            sent += count
        }
    }

    private func sendUntilFullNow(_ bytes: [UInt8], limit: Int) -> Int {
        var total = 0
        while total < limit {
            var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            // Nobody takes anything for this long: the path is full.
            guard Glibc.poll(&poll, 1, 300) > 0 else { break }
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if count <= 0 { break }
            total += count
        }
        return total
    }

    private func readNow(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < count {
            let got = recv(descriptor, &buffer, min(buffer.count, count - bytes.count), 0)
            guard got > 0 else { break }
            bytes += buffer[..<got]
        }
        return bytes
    }

    private func readToEndNow() -> (bytes: [UInt8], end: End) {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let got = recv(descriptor, &buffer, buffer.count, 0)
            if got == 0 { return (bytes, .closed) }
            if got < 0 { return (bytes, errno == ECONNRESET ? .reset : .timedOut) }
            bytes += buffer[..<got]
        }
    }

    func send(_ bytes: [UInt8]) async throws { try await onThread { try self.sendNow(bytes) } }

    /// Sends as much as fits without anybody reading; gives how much that was.
    func sendUntilFull(_ bytes: [UInt8], limit: Int) async -> Int {
        await onThread { self.sendUntilFullNow(bytes, limit: limit) }
    }

    /// Exactly that many bytes, or fewer if the stream ends before.
    func read(_ count: Int) async -> [UInt8] { await onThread { self.readNow(count) } }

    /// Whether there is anything to read now.
    var hasUnread: Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&poll, 1, 0) > 0
    }

    /// Everything until the stream ends, and how it ended.
    func readToEnd() async -> (bytes: [UInt8], end: End) { await onThread { self.readToEndNow() } }

    /// Says that it has no more to send.
    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    func reset() {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }
}

/// A listening socket whose clients the test serves itself.
final class LoopbackListener: Sendable {
    private let descriptor: Int32
    let port: Int

    init() throws {
        descriptor = try LoopbackSocket.make()
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { [descriptor] in
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard result else { throw LoopbackClient.Failure(call: "listen", number: errno) }
        port = Int(in_port_t(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }

    func accept() async throws -> LoopbackClient {
        try await onThread { try self.acceptNow() }
    }

    private func acceptNow() throws -> LoopbackClient {
        let accepted = Glibc.accept(descriptor, nil, nil)
        guard accepted >= 0 else { throw LoopbackClient.Failure(call: "accept", number: errno) }
        return LoopbackClient(descriptor: accepted)
    }
}

/// Runs blocking calls on a thread of their own, so that the tests' few threads are never all blocked.
private func onThread<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () throws(Failure) -> Value
) async throws(Failure) -> Value {
    let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
        Thread.detachNewThread {
            do throws(Failure) {
                continuation.resume(returning: .success(try body()))
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
    }
    return try result.get()
}
