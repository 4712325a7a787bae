import Dispatch
import Recorder
import Synchronization
import Testing

@Suite("A recording that the disk has to have")
struct DiskDurabilityTests {
    /// A disk that takes what was written when it is told to, once it is held.
    private final class HeldDisk: Sendable {
        private struct State {
            var isHeld = false
            var written: [UInt8] = []
            var safe = ""
        }

        private let state = Mutex(State())
        private let mayEnd = DispatchSemaphore(value: 0)
        private let begun = AsyncStream<Void>.makeStream()

        var operations: FileOperations {
            var operations = FileOperations.system
            let write = operations.write
            operations.write = { [self] descriptor, bytes in
                let count = write(descriptor, bytes)
                if count > 0 { state.withLock { $0.written += bytes.prefix(count) } }
                return count
            }
            operations.sync = { [self] _ in
                let (isHeld, written) = state.withLock { ($0.isHeld, $0.written) }
                if isHeld {
                    begun.continuation.yield()
                    mayEnd.wait()
                }
                state.withLock { $0.safe = String(decoding: written, as: UTF8.self) }
                return 0
            }
            return operations
        }

        func hold() { state.withLock { $0.isHeld = true } }

        /// Waits until it is about to take something.
        func begins() async { for await _ in begun.stream { return } }
        func takes() { mayEnd.signal() }

        func letGo() {
            state.withLock { $0.isHeld = false }
            takes()
        }

        func hasAnswer(_ text: String) -> Bool {
            state.withLock { $0.safe.contains(#""from":"server","text":"\#(text)"}"#) }
        }
    }

    @Test("lets no answer leave with those before it, when it was given while the disk took theirs")
    func answersOfTheNextCommit() async throws {
        let disk = HeldDisk()
        var settings = RecordingSettings()
        settings.durability = .disk
        settings.operations = disk.operations
        let server = try await TestServer.start("raw/u32be", settings: settings, threads: 1)
        // The only one that is answered: what it is sent waits for no turn.
        let client = try LoopbackClient(port: server.port)
        let texts = (0..<40).map { String(10_000 + $0) }
        var answered = 0
        func take() async {
            #expect(await client.read(9) == frame(texts[answered]))
            #expect(disk.hasAnswer(texts[answered]), "\(texts[answered])")
            answered += 1
        }
        for (number, text) in texts.enumerated() {
            try await client.send(frame(text))
            guard number > 1 else {
                await take()
                if number == 1 { disk.hold() }
                continue
            }
            // Its answer is made while the disk takes the one before.
            #expect(await server.observer.until { $0.messages == 2 * (number + 1) })
            if number > 2 { disk.takes() }
            await disk.begins()
            while client.hasUnread { await take() }
        }
        disk.letGo()
        while answered < texts.count { await take() }
        client.close()
        try await server.stop()
    }
}
