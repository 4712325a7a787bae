import Glibc
import NIOCore
import TestSupport
import Testing

@testable import Server

@Suite("What a busy loop reads itself") struct SocketSweepTests {
    /// One end of a connection that is swept, and what came of it.
    private final class Swept: SocketReader {
        var isReadable = true
        private(set) var bytes: [[UInt8]] = []
        private(set) var completed = 0
        private(set) var failures: [CInt] = []
        /// Happens with each read.
        var whenReceived: () -> Void = {}
        let near: LoopbackClient
        let far: LoopbackClient

        init(_ listener: LoopbackListener) async throws {
            far = try LoopbackClient(port: listener.port)
            near = try await listener.accept()
        }

        /// A pair within the system, where all that was sent is there at once.
        init() throws {
            var pair: [CInt] = [-1, -1]
            guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &pair) == 0 else {
                throw LoopbackClient.Failure(call: "socketpair", number: errno)
            }
            (far, near) = (LoopbackClient(descriptor: pair[0]), LoopbackClient(descriptor: pair[1]))
        }

        /// Sends it bytes, and returns when they are there.
        func receives(_ bytes: [UInt8]) async throws {
            try await far.send(bytes)
            wait(for: POLLIN)
        }

        func wait(for what: Int32) {
            var poll = pollfd(fd: near.descriptor, events: Int16(what), revents: 0)
            _ = Glibc.poll(&poll, 1, 30_000)
        }

        func received(_ bytes: ByteBuffer) {
            self.bytes.append(Array(bytes.readableBytesView))
            whenReceived()
        }

        func readCompleted() { completed += 1 }

        func lost(by error: any Error) { failures.append((error as? IOError)?.errnoCode ?? 0) }
    }

    private let listener: LoopbackListener
    private let sweep: SocketSweep

    init() throws {
        listener = try LoopbackListener()
        sweep = try #require(SocketSweep(ReceiveBuffer()))
    }

    private func swept() async throws -> Swept {
        let swept = try await Swept(listener)
        sweep.add(swept.near.descriptor, swept)
        return swept
    }

    @Test("is each socket that has bytes, once a round, and not those that have none")
    func rounds() async throws {
        let (first, quiet, second) = try await (swept(), swept(), swept())
        #expect(sweep.readAll().sockets == 0)
        try await first.receives([1, 2])
        try await second.receives([3])
        #expect(sweep.readAll() == (2, 3))
        #expect(first.bytes == [[1, 2]] && second.bytes == [[3]] && quiet.bytes.isEmpty)
        #expect(first.completed == 1 && second.completed == 1 && quiet.completed == 0)
        #expect(sweep.readAll().sockets == 0)
    }

    @Test("is what fits into one read; what is left of more stays with the channel until more comes")
    func long() async throws {
        let one = try Swept()
        sweep.add(one.near.descriptor, one)
        try await one.receives(Array(repeating: 1, count: 100_000))
        #expect(sweep.readAll().bytes == 64 << 10)
        #expect(sweep.readAll().sockets == 0)
        #expect(await one.near.read(100_000 - 64 << 10).count == 100_000 - 64 << 10)
        try await one.receives([2])
        #expect(sweep.readAll().sockets == 1)
        #expect(one.bytes.last == [2] && one.completed == 2)
    }

    @Test("is not a stream that ends, with what came before its end: both are left to the channel")
    func end() async throws {
        let one = try await swept()
        try await one.receives([1])
        one.far.finish()
        // POLLRDHUP, which Glibc leaves out.
        one.wait(for: 0x2000)
        #expect(sweep.readAll().sockets == 0)
        #expect(one.bytes.isEmpty && one.failures.isEmpty)
        #expect(await one.near.readToEnd() == ([1], .closed))
    }

    @Test("is not a connection that was reset: the channel finds that")
    func reset() async throws {
        let one = try await swept()
        one.far.reset()
        one.wait(for: 0)
        #expect(sweep.readAll().sockets == 0)
        #expect(one.failures.isEmpty)
        #expect(await one.near.readToEnd().end == .reset)
    }

    @Test("is not a connection that takes nothing now: its channel reads that later; what comes then is read here")
    func paused() async throws {
        let one = try await swept()
        one.isReadable = false
        try await one.receives([1])
        #expect(sweep.readAll().sockets == 0)
        one.isReadable = true
        #expect(sweep.readAll().sockets == 0)
        #expect(await one.near.read(1) == [1])
        try await one.receives([2])
        #expect(sweep.readAll().sockets == 1)
        #expect(one.bytes == [[2]])
    }

    @Test("hides nobody behind more sockets than are told of at a time that are left alone")
    func crowd() async throws {
        var paused: [Swept] = []
        for _ in 0..<150 {
            let one = try await swept()
            one.isReadable = false
            try await one.receives([1])
            paused.append(one)
        }
        let last = try await swept()
        try await last.receives([2])
        while last.bytes.isEmpty { _ = sweep.readAll() }
        #expect(last.bytes == [[2]] && paused.allSatisfy { $0.bytes.isEmpty })
    }

    @Test("is not a connection that another's bytes have ended in the same round")
    func endedMeanwhile() async throws {
        let (first, second) = try await (swept(), swept())
        for one in [first, second] {
            let other = one === first ? second : first
            one.whenReceived = { other.isReadable = false }
            try await one.receives([1])
        }
        #expect(sweep.readAll().sockets == 1)
        #expect(first.bytes.count + second.bytes.count == 1)
    }

    @Test("tells of a loss that nobody else hears of any more")
    func loss() async throws {
        let (first, second) = try await (swept(), swept())
        for one in [first, second] {
            let other = one === first ? second : first
            // Behind the system's back: the other one had bytes, and is lost when its turn comes.
            one.whenReceived = {
                var byte: UInt8 = 0
                recv(other.near.descriptor, &byte, 1, CInt(MSG_DONTWAIT))
                other.far.reset()
                other.wait(for: 0)
            }
            try await one.receives([1])
        }
        #expect(sweep.readAll().sockets == 1)
        #expect(first.failures + second.failures == [ECONNRESET])
    }

    @Test("of a closed connection is forgotten, and what has its number by now is not")
    func numbers() async throws {
        let (old, new) = try await (swept(), swept())
        // As where the system gives a number again before the loop hears that its first owner has closed.
        sweep.remove(new.near.descriptor, old)
        try await new.receives([1])
        #expect(sweep.readAll().sockets == 1)
        sweep.remove(new.near.descriptor, new)
        try await new.receives([2])
        #expect(sweep.readAll().sockets == 0)
        #expect(new.bytes == [[1]])
    }

    @Test("of a socket that cannot be watched is nothing, and of the others what they bring")
    func unwatchable() async throws {
        let one = try await swept()
        sweep.add(-1, one)
        sweep.remove(-1, one)
        sweep.remove(CInt.max, one)
        try await one.receives([1])
        #expect(sweep.readAll().sockets == 1)
    }
}
