import NIOCore
import NIOPosix
import Recorder
import Synchronization
import Testing

@testable import Server

@Suite("What gives memory up") struct MemoryReliefTests {
    /// Holds memory that is counted as its loop's.
    private final class Holder: LoopConnection {
        var place = 0
        private(set) var heldBytes: Int
        private let loop: LoopContext
        private let whileGivingUp: () -> Void

        init(_ heldBytes: Int, _ loop: LoopContext, _ whileGivingUp: @escaping () -> Void = {}) {
            self.heldBytes = heldBytes
            self.loop = loop
            self.whileGivingUp = whileGivingUp
            _ = loop.admit(self)
            loop.memoryChanged(by: heldBytes)
        }

        func giveUpMemory() {
            whileGivingUp()
            loop.memoryChanged(by: -heldBytes)
            heldBytes = 0
        }

        func flushAtEndOfTurn() {}
        func commitBegins() {}
        func flushAfterCommit() {}
        func drainStep() {}
        func drainEnds() {}
        func abort(_ closing: SessionClosing) {}
        func tick() {}
    }

    /// What each of three connections holds that have 100, 60 and 10 bytes, once the first loop was told to give memory up, and
    /// whether another one was asked to.
    private func held(
        limit: Int,
        _ whileGivingUp: @escaping @Sendable (_ other: MemoryBudget.Share, MemoryBudget) -> Void = { _, _ in }
    ) async throws -> (bytes: [Int], asked: Bool) {
        let memory = MemoryBudget(limit: limit, loops: 2)
        let asked = Mutex(false)
        let isGivingUp = Mutex(false)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let eventLoop = group.next()
        let bytes = try await eventLoop.submit {
            let loop = LoopContext(
                eventLoop: eventLoop, ports: [], recording: nil, redaction: nil, capture: nil,
                sessions: SessionNumbers(), observer: CollectingObserver(), limits: ConnectionLimits(), memory: memory,
                memoryShare: memory.shares[0],
                relieve: { if isGivingUp.withLock({ $0 }) { asked.withLock { $0 = true } } })
            let other = memory.shares[1]
            let holders = [100, 60, 10].map { Holder($0, loop) { whileGivingUp(other, memory) } }
            isGivingUp.withLock { $0 = true }
            loop.giveUpMemory()
            let bytes = holders.map(\.heldBytes)
            for holder in holders { loop.remove(holder) }
            return bytes
        }.get()
        try await group.shutdownGracefully()
        return (bytes, asked.withLock { $0 })
    }

    @Test("is the connection that holds the most, and the next, until what is left is within the limit")
    func largestFirst() async throws {
        #expect(try await held(limit: 170) == ([100, 60, 10], false))
        #expect(try await held(limit: 169) == ([0, 60, 10], false))
        #expect(try await held(limit: 70) == ([0, 60, 10], false))
        #expect(try await held(limit: 69) == ([0, 0, 10], false))
    }

    @Test("is asked of the loop that has come to hold the most meanwhile; nobody else answers for it")
    func overtaken() async throws {
        let found = try await held(limit: 150) { other, memory in _ = memory.change(by: 200, in: other) }
        #expect(found == ([0, 60, 10], true))
    }
}
