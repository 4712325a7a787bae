import Glibc
import Recorder
import Synchronization
import Testing

@Suite("A recording that the disk has to have")
struct DiskDurabilityTests {
    /// A disk that takes what was written when it is told to.
    private final class HeldDisk: Sendable {
        private let state = Mutex((begun: 0, ended: 0, mayEnd: Int.max))

        func sync(_ descriptor: Int32) -> Int32 {
            let turn = state.withLock { state in
                state.begun += 1
                return state.begun
            }
            while state.withLock({ $0.mayEnd < turn }) { sched_yield() }
            return FileOperations.system.sync(descriptor)
        }

        /// Holds what begins from now on.
        func hold() { state.withLock { $0.mayEnd = $0.begun } }
        func releaseOne() { state.withLock { $0.mayEnd += 1 } }
        func releaseAll() { state.withLock { $0.mayEnd = .max } }

        /// Waits until as many have begun as may end, and one more.
        func isHolding() async { while state.withLock({ $0.begun <= $0.mayEnd }) { await Task.yield() } }
    }

    @Test("lets no answer leave with those before it, when it was given while the disk took theirs")
    func answersOfTheNextCommit() async throws {
        let disk = HeldDisk()
        var settings = RecordingSettings()
        settings.durability = .disk
        settings.operations.sync = { disk.sync($0) }
        let server = try await TestServer.start("raw/u32be", settings: settings, threads: 1)
        let recording = try #require(server.recording)
        let client = try LoopbackClient(port: server.port)
        // It is the only one that is answered: what it is sent waits for no turn.
        for text in ["first", "again"] {
            try await client.send(frame(text))
            #expect(await client.read(9) == frame(text))
        }
        disk.hold()
        for (number, text) in ["one  ", "two  ", "three", "four "].enumerated() {
            try await client.send(frame(text))
            while recording.counts.messages < 4 + 2 * (number + 1) { await Task.yield() }
            // The disk is taking the one before, which is answered when it has that.
            await disk.isHolding()
            guard number > 0 else { continue }
            disk.releaseOne()
            #expect(await client.read(9) == frame(["one  ", "two  ", "three"][number - 1]))
            #expect(!client.hasUnread)
            await disk.isHolding()
        }
        disk.releaseAll()
        #expect(await client.read(9) == frame("four "))
        client.close()
        try await server.stop()
    }
}
