import Codecs
import Foundation
import Testing

@testable import Recorder

@Suite("Messages around bytes that a capture lacks")
struct ImportedGapTests {
    /// What stands in a recording, in short: a message's text, `bytes N` for what did not read, `gap N`.
    private static func events(
        _ codec: String, _ parts: [(bytes: [UInt8], isLost: Bool)]
    ) throws -> [String] {
        let folder = try TemporaryFolder()
        let client = IPEndpoint(address: .version4(0x0A00_0001), port: 40_000)
        let server = IPEndpoint(address: .version4(0x0A00_0002), port: 12_000)
        var connection = SynthesizedConnection(client: client, server: server, initialSequence: 7)
        var packets = PacketWriter(format: .pcap)
        var lost = PacketWriter(format: .pcap)
        packets.begin(CaptureInterface(name: "a", linkType: .raw), application: "test")
        connection.open(at: 0, into: &packets)
        for part in parts {
            part.bytes.withUnsafeBytes { bytes in
                if part.isLost {
                    connection.pass(bytes, from: .client, at: 0, into: &lost)
                } else {
                    connection.pass(bytes, from: .client, at: 0, into: &packets)
                }
            }
        }
        connection.end(.client, at: 0, into: &packets)
        connection.end(.server, at: 0, into: &packets)
        try Data(packets.bytes.array).write(to: URL(fileURLWithPath: folder / "a.pcap"))
        _ = try CaptureImporter(
            path: folder / "a.pcap", output: folder / "a.tape.jsonl", settings: CaptureImporterTests.settings(codec)
        ).run()
        var findings: [CheckFinding] = []
        _ = try RecordingCheck(folder / "a.tape.jsonl").run { findings.append($0) }
        #expect(findings.isEmpty, "\(findings)")
        let reader = try RecordingReader(path: folder / "a.tape.jsonl")
        let found = try CodecRegistry.codec(named: codec)
        var events: [String] = []
        while let event = try reader.next() {
            switch event.kind {
            case .message(let message) where message.isDecoded:
                events.append(String(decoding: message.text, as: UTF8.self))
            case .message(let message):
                let bytes = try message.wire(
                    codec: found, settings: WritingSettings(), limits: DecodingLimits())
                events.append("bytes \(bytes.count)\(message.isPartial ? " partial" : "")")
            case .gap(let gap): events.append("gap \(gap.bytes ?? 0)")
            default: break
            }
        }
        return events
    }

    /// Cuts a stream in three; the middle is lost.
    private static func lost(_ range: Range<Int>, of bytes: [UInt8]) -> [(bytes: [UInt8], isLost: Bool)] {
        [
            (Array(bytes[..<range.lowerBound]), false), (Array(bytes[range]), true),
            (Array(bytes[range.upperBound...]), false),
        ]
    }

    private static func frames(_ codec: String, _ payloads: [String]) throws -> [[UInt8]] {
        let codec = try CodecRegistry.codec(named: codec)
        return try payloads.map { payload in
            var output = ByteWriter()
            try codec.framing.write(payload: Array(payload.utf8).span.bytes, into: &output)
            return output.array
        }
    }

    @Test(
        "a message whose length is known ends where it says, and the next one reads",
        arguments: ["u32be", "u8", "u16le", "u64be", "varint", "mp", "netstring", "content-length", "u32be+4"])
    func counted(framing: String) throws {
        let codec = "raw/" + framing
        let frames = try Self.frames(codec, ["first", String(repeating: "x", count: 40), "last"])
        let header = frames[0].count + frames[1].count - 40 - (framing == "netstring" ? 1 : 0)
        let all = Array(frames.joined())
        let front = header - frames[0].count + 10
        let trailer = framing == "netstring" ? 1 : 0
        #expect(
            try Self.events(codec, Self.lost(header + 10..<header + 30, of: all))
                == ["\"first\"", "bytes \(front)", "gap 20", "bytes \(10 + trailer)", "\"last\""])
        // The gap ends where the message does.
        let end = frames[0].count + frames[1].count
        #expect(
            try Self.events(codec, Self.lost(header + 10..<end, of: all))
                == ["\"first\"", "bytes \(front)", "gap \(end - header - 10)", "\"last\""])
        // It takes the next one's header too: nobody knows any more where a message begins.
        #expect(
            try Self.events(codec, Self.lost(header + 10..<end + 1, of: all))
                == ["\"first\"", "bytes \(front)", "gap \(end - header - 9)", "bytes \(frames[2].count - 1)"])
        // A gap between messages may hold some.
        #expect(
            try Self.events(codec, Self.lost(frames[0].count..<end, of: all))
                == ["\"first\"", "gap \(frames[1].count)", "bytes \(frames[2].count)"])
    }

    @Test("a line's end begins a line again, whatever was lost", arguments: [("lines", "\n"), ("nul", "\0")])
    func delimited(framing: String, delimiter: String) throws {
        let all = Array(["{\"a\":1}", "{\"b\":2}", "{\"c\":3}", "{\"d\":4}", ""].joined(separator: delimiter).utf8)
        #expect(
            try Self.events("json/" + framing, Self.lost(10..<18, of: all))
                == ["{\"a\":1}", "bytes 2", "gap 8", "bytes 6", "{\"d\":4}"])
        // What was lost may have ended with a line; nothing tells, so that the next one is not believed.
        #expect(
            try Self.events("json/" + framing, Self.lost(8..<16, of: all))
                == ["{\"a\":1}", "gap 8", "bytes 8", "{\"d\":4}"])
    }

    @Test("a record separator begins a text again")
    func recordSeparators() throws {
        let all = Array("\u{1E}{\"a\":1}\n\u{1E}{\"b\":2}\n\u{1E}{\"c\":3}\n".utf8)
        #expect(
            try Self.events("json/rs", Self.lost(12..<15, of: all))
                == ["{\"a\":1}", "bytes 3", "gap 3", "bytes 3", "{\"c\":3}"])
    }

    @Test("where nothing tells, the rest stays bytes", arguments: ["pickle/stream", "json/concat", "msgpack/stream"])
    func unknown(codec: String) throws {
        let found = try CodecRegistry.codec(named: codec)
        let message = Array("{\"key\": [1, 2, 3]}".utf8)
        let tree = ValueTree()
        try JSONFormat().decode(message.span.bytes, into: tree, limits: DecodingLimits())
        var payload = ByteWriter()
        try found.payload.encodeReadable(
            .value, tree.root, settings: found.payload.defaultSettings, limits: DecodingLimits(), into: &payload)
        let one = payload.array
        let events = try Self.events(codec, Self.lost(one.count + 3..<one.count + 5, of: one + one + one))
        #expect(events.count == 4)
        #expect(events.dropFirst() == ["bytes 3", "gap 2", "bytes \(2 * one.count - 5)"])
    }

    @Test("without frames bytes go on behind the gap") func chunks() throws {
        #expect(
            try Self.events("raw/chunks", Self.lost(3..<5, of: Array("abcdefg".utf8))) == [
                "\"abc\"", "gap 2", "\"fg\"",
            ])
    }

    @Test("a message that the end cuts off is partial") func partial() throws {
        #expect(
            try Self.events("raw/u32be", [([0, 0, 0, 2, 65, 66, 0, 0, 0, 9, 67], false)])
                == ["\"AB\"", "bytes 5 partial"])
    }
}
