import Synchronization
import TestSupport
import Testing

@testable import Codecs
@testable import Recorder

@Suite("The time of what one read brought") struct SharedTimeTests {
    /// Counts how often it is looked at: that is its time.
    private final class Clock: Sendable {
        private let looks = Mutex<Int64>(0)

        func look() -> Int64 {
            looks.withLock {
                $0 += 1
                return $0
            }
        }
    }

    /// The looks at the clock that the messages of a recording stand for, counted from the first one's.
    private func times(
        echoing: Bool = false, _ record: (SessionRecorder.Scratch, _ message: (Int) -> Void) -> Void
    ) throws -> [Int64] {
        let folder = try TemporaryFolder()
        let codec = try CodecRegistry.codec(named: "raw")
        let clock = Clock()
        let port = RecordedPort(listen: "127.0.0.1:1", codec: codec.name)
        let header = RecordingHeader(created: "", tool: "", ports: [port])
        let writer = try RecordingWriter(path: folder / "a", header: header) { clock.look() }
        let scratch = SessionRecorder.Scratch()
        let recorder = SessionRecorder(
            writer: writer, number: writer.nextSession(), codec: codec, settings: WritingSettings(),
            limits: DecodingLimits(), scratch: scratch)
        let tree = ValueTree()
        record(scratch) { count in
            let payload = [UInt8](repeating: 0x61, count: count)
            var frame = ByteWriter()
            try? codec.framing.write(payload: payload.span.bytes, into: &frame)
            tree.holdBytes(payload.span.bytes)
            for side in echoing ? [.client, .server] : [Side.client] {
                recorder.message(from: side, frame: frame.bytes, payload: 4..<frame.count, tree: tree)
            }
        }
        try writer.end()
        // The last event is the end.
        let times = try ReadRecording(path: folder / "a").events.dropLast().map(\.time)
        return times.map { $0 - (times.first ?? 0) }
    }

    @Test("is one look at the clock; what comes behind the read has its own")
    func read() throws {
        let times = try times { scratch, message in
            scratch.beginRead()
            for _ in 0..<3 { message(10) }
            scratch.endRead()
            message(10)
            message(10)
            scratch.beginRead()
            for _ in 0..<2 { message(10) }
            scratch.endRead()
        }
        #expect(times == [0, 0, 0, 1, 2, 3, 3])
    }

    @Test("is looked at again for the echo of a message of more than 4 KiB")
    func longEcho() throws {
        let times = try times(echoing: true) { scratch, message in
            scratch.beginRead()
            for count in [10, 10, 5_000, 10] { message(count) }
            scratch.endRead()
        }
        #expect(times == [0, 0, 0, 0, 0, 1, 2, 2])
    }

    @Test("is looked at again behind 4 KiB of lines")
    func longRead() throws {
        let times = try times { scratch, message in
            scratch.beginRead()
            // Lines of 1,900 bytes and some: the third is the last that begins within 4 KiB.
            for _ in 0..<7 { message(1_900) }
            message(100_000)
            message(10)
            scratch.endRead()
        }
        #expect(times == [0, 0, 0, 1, 1, 1, 2, 2, 3])
    }
}
