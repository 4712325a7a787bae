import Benchmark
import Codecs
import Foundation
import Recorder

// What one message takes on the way through a codec and a recorder, in the functions that an event loop calls. The messages are
// those of `codec_messages.py`, in the folder that MESSAGES names.

/// One message of a codec, and the memory that an event loop keeps between messages.
final class Sample {
    let name: String
    let codec: Codec
    let bytes: [UInt8]
    let tree = ValueTree()
    private var output = ByteWriter(capacity: 1 << 20)

    init(_ file: String, _ codec: Codec, in folder: String, isLine: Bool) throws {
        name = file
        self.codec = codec
        bytes = try Array(Data(contentsOf: URL(filePath: folder).appending(path: file))) + (isLine ? [10] : [])
    }

    /// Finds the message in what a socket would give, and reads it.
    func read() throws -> FrameExtent {
        var reader = MessageReader(codec: codec, limits: DecodingLimits())
        let bytes = bytes
        guard let frame = try reader.nextMessage(in: bytes.span.bytes, into: tree) else { throw Unfinished() }
        return frame
    }

    /// Writes what a recording's line has of it.
    func writeText() throws -> ReadableForm {
        output.removeAll(keeping: 64 << 20)
        return try codec.writeMember(tree, limits: DecodingLimits(), into: &output)
    }

    struct Unfinished: Error {}
}

/// A session whose messages are recorded into a file that goes away.
final class Recorded {
    private let folder: URL
    private let writer: RecordingWriter
    private let recorder: SessionRecorder
    private var waiting = 0

    init(_ codec: Codec) throws {
        folder = try FileManager.default.url(
            for: .itemReplacementDirectory, in: .userDomainMask, appropriateFor: FileManager.default.temporaryDirectory,
            create: true)
        let settings = codec.payload.defaultSettings
        let port = RecordedPort(listen: "127.0.0.1:1", codec: codec.name, settings: settings)
        writer = try RecordingWriter(
            path: folder.appending(path: "a.tape.jsonl").path,
            header: RecordingHeader(created: "", tool: "", ports: [port]))
        recorder = SessionRecorder(
            writer: writer, number: writer.nextSession(), codec: codec, settings: settings, limits: DecodingLimits(),
            scratch: SessionRecorder.Scratch())
    }

    deinit {
        try? writer.end()
        try? FileManager.default.removeItem(at: folder)
    }

    /// As in an event loop: sixteen messages, then one write.
    func message(_ sample: Sample, _ frame: FrameExtent) throws {
        let bytes = sample.bytes
        recorder.message(from: .client, frame: bytes.span.bytes, payload: frame.payload, tree: sample.tree)
        waiting += 1
        guard waiting == 16 else { return }
        waiting = 0
        try writer.commit()
    }
}

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.throughput, .wallClock], warmupIterations: 3, scalingFactor: .kilo, maxDuration: .milliseconds(500))
    guard let folder = ProcessInfo.processInfo.environment["MESSAGES"] else {
        fatalError("MESSAGES names the folder that codec_messages.py has written")
    }
    for size in ["100B", "9KB"] {
        for (kind, name) in [("pickle", "pickle"), ("json", "json"), ("json", "raw/lines")] {
            let title = "\(name), \(size)"
            Benchmark("\(title): find and read") { benchmark in
                let sample = try makeSample("\(size).\(kind)", name, folder)
                benchmark.startMeasurement()
                for _ in benchmark.scaledIterations { blackHole(try sample.read()) }
            }
            Benchmark("\(title): the text of a line") { benchmark in
                let sample = try makeSample("\(size).\(kind)", name, folder)
                _ = try sample.read()
                benchmark.startMeasurement()
                for _ in benchmark.scaledIterations { blackHole(try sample.writeText()) }
            }
            Benchmark("\(title): read and record") { benchmark in
                let sample = try makeSample("\(size).\(kind)", name, folder)
                let recorded = try Recorded(sample.codec)
                benchmark.startMeasurement()
                for _ in benchmark.scaledIterations { try recorded.message(sample, sample.read()) }
                benchmark.stopMeasurement()
            }
        }
    }
}

@Sendable private func makeSample(_ file: String, _ codec: String, _ folder: String) throws -> Sample {
    try Sample(file, CodecRegistry.codec(named: codec), in: folder, isLine: codec != "pickle")
}
