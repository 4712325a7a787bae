import Foundation
import TestSupport
import Testing

@testable import Codecs
@testable import Recorder

@Suite("What a session records") struct SessionRecorderTests {
    /// A frame that Python made; `Fixtures/make_frames.py` tells of the keys.
    struct Sample: Decodable, Sendable, CustomTestStringConvertible {
        var codec: String
        var name: String
        var frame: Data
        var form: String
        var `protocol`: Int?
        var raw: Bool

        var testDescription: String { "\(codec) \(name)" }
    }

    static let samples: [String: [Sample]] = {
        let lines = (try? Fixtures.bytes("RecorderTests/Fixtures/frames.jsonl"))?.split(separator: 10) ?? []
        let decoder = JSONDecoder()
        let found = Dictionary(
            grouping: lines.compactMap { try? decoder.decode(Sample.self, from: Data($0)) }, by: \.codec)
        let others = CodecRegistry.all.filter { found[$0.name] == nil }.map { ($0.name, corpus(of: $0)) }
        return found.merging(others.filter { !$0.1.isEmpty }) { own, _ in own }
    }()

    /// A codec whose frames Python has not made stands in with the corpus of its payload format, as far as its framing
    /// carries that.
    private static func corpus(of codec: Codec) -> [Sample] {
        struct Line: Decodable {
            var name: String
            var payload: Data
            var exact: Bool
        }
        let path = "CodecsTests/Fixtures/\(codec.payload.name)/corpus.jsonl"
        let lines = (try? Fixtures.bytes(path))?.split(separator: 10) ?? []
        return lines.compactMap { text in
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(text)) else { return nil }
            var frame = ByteWriter()
            do throws(FramingError) {
                try codec.framing.write(payload: Array(line.payload).span.bytes, into: &frame)
            } catch {
                return nil
            }
            return Sample(
                codec: codec.name, name: line.name, frame: Data(frame.array), form: "value", protocol: nil,
                raw: !line.exact)
        }
    }

    @Test("there are samples for every codec")
    func everyCodec() { #expect(CodecRegistry.all.map(\.name).filter { Self.samples[$0] == nil } == []) }

    /// Records frames as a session of that codec and gives the file's lines and what it reads as.
    private func record(
        _ frames: [[UInt8]], as codec: Codec, limits: DecodingLimits = DecodingLimits()
    ) throws -> (lines: [[UInt8]], read: ReadRecording) {
        try recordMessages(as: codec, limits: limits) { _, record in
            for (index, frame) in frames.enumerated() {
                try frame.withUnsafeBytes { try record(index % 2 == 0 ? .client : .server, $0) }
            }
        }
    }

    /// Records whole messages as a session of that codec, wherever they stand, and gives the file's lines and what it reads as.
    private func recordMessages(
        as codec: Codec, limits: DecodingLimits = DecodingLimits(),
        _ body: (SessionRecorder.Scratch, _ record: (Side, UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws -> (lines: [[UInt8]], read: ReadRecording) {
        let folder = try TemporaryFolder()
        let settings = codec.payload.defaultSettings
        let port = RecordedPort(listen: "127.0.0.1:1", codec: codec.name, settings: settings)
        let writer = try RecordingWriter(
            path: folder / "a", header: RecordingHeader(created: "", tool: "", ports: [port]))
        let scratch = SessionRecorder.Scratch()
        let recorder = SessionRecorder(
            writer: writer, number: writer.nextSession(), codec: codec, settings: settings, limits: limits,
            scratch: scratch)
        let tree = ValueTree()
        try body(scratch) { side, bytes in
            let frame = RawSpan(_unsafeBytes: bytes)
            var reader = MessageReader(codec: codec, limits: limits)
            let found = try reader.nextMessage(in: frame, into: tree)
            let extent = try #require(try found ?? reader.finish(in: frame, into: tree))
            #expect(extent.frameBytes == bytes.count)
            recorder.message(from: side, frame: frame, payload: extent.payload, tree: tree)
        }
        try writer.end()
        let lines = try Data(contentsOf: URL(filePath: folder / "a")).split(separator: 10).map { Array($0) }
        return (lines, try ReadRecording(path: folder / "a"))
    }

    @Test("gives the very bytes back, with `raw` only where the form does not", arguments: CodecRegistry.all)
    func roundTrip(_ codec: Codec) throws {
        let samples = try #require(Self.samples[codec.name])
        let (lines, read) = try record(samples.map { Array($0.frame) }, as: codec)
        #expect(read.damaged == [])
        try #require(read.messages.count == samples.count)
        let settings = try #require(read.header.ports.first).settings
        for (index, (sample, message)) in zip(samples, read.messages).enumerated() {
            #expect(message.from == (index % 2 == 0 ? .client : .server))
            #expect(message.form.rawValue == sample.form, "\(sample.testDescription)")
            #expect((message.raw != nil) == sample.raw, "\(sample.testDescription)")
            if let version = sample.protocol, version >= 0 {
                #expect(message.settings.protocolVersion == version, "\(sample.testDescription)")
            }
            let wire = try message.wire(codec: codec, settings: settings, limits: DecodingLimits())
            #expect(wire == Array(sample.frame), "\(sample.testDescription)")
            let line = String(decoding: lines[index + 1], as: UTF8.self)
            #expect(line.contains(#","raw":""#) == sample.raw, "\(sample.testDescription)")
            // A reader that shares nothing with ours; it knows no lone surrogates and no 1e400.
            if codec.payload.name != "json", !line.contains(#"\ud"#) {
                #expect(throws: Never.self, "\(sample.testDescription)") {
                    try JSONSerialization.jsonObject(with: Data(lines[index + 1]))
                }
            }
        }
    }

    @Test("of an echo has the line of its request, but for whom it is from", arguments: CodecRegistry.all)
    func echo(_ codec: Codec) throws {
        for sample in try #require(Self.samples[codec.name]) {
            let frame = Array(sample.frame)
            let apart = try record([frame, frame], as: codec).lines
            let together = try recordMessages(as: codec) { scratch, record in
                scratch.beginRead()
                try frame.withUnsafeBytes { bytes in
                    try record(.client, bytes)
                    try record(.server, bytes)
                    try record(.server, bytes)
                }
                scratch.endRead()
            }.lines
            #expect(together.count == 5)
            #expect(together[1...3].map(Self.withoutTime) == [apart[1], apart[2], apart[2]].map(Self.withoutTime))
        }
    }

    @Test("within a read waits for its end, for another kind of event, or until who commits asks for it")
    func togetherWithinARead() throws {
        let codec = try CodecRegistry.codec(named: "raw/lines")
        let folder = try TemporaryFolder()
        let header = RecordingHeader(created: "", tool: "", ports: [])
        let writer = try RecordingWriter(path: folder / "a", header: header) { 0 }
        let scratch = SessionRecorder.Scratch()
        let recorders = (1...2).map { _ in
            SessionRecorder(
                writer: writer, number: writer.nextSession(), codec: codec, settings: WritingSettings(),
                limits: DecodingLimits(), scratch: scratch)
        }
        let bytes = Array("text\n".utf8)
        let tree = ValueTree()
        tree.holdBytes(bytes.span.bytes.extracting(first: 4))
        func message(_ recorder: Int, _ side: Side) {
            recorders[recorder].message(from: side, frame: bytes.span.bytes, payload: 0..<4, tree: tree)
        }
        message(0, .client)
        #expect(writer.counts.messages == 1)
        scratch.beginRead()
        message(0, .client)
        message(0, .server)
        #expect(writer.counts.messages == 1)
        scratch.submit()
        #expect(writer.counts.messages == 3)
        message(0, .server)
        recorders[0].endOfStream(.server)
        #expect(writer.counts.messages == 4)
        message(0, .client)
        message(1, .server)
        #expect(writer.counts.messages == 5)
        scratch.endRead()
        #expect(writer.counts.messages == 6)
        try writer.end()
        let lines = try String(contentsOfFile: folder / "a", encoding: .utf8).split(separator: "\n")
        #expect(
            lines.dropFirst().dropLast().map { Self.withoutTime(Array($0.utf8)) } == [
                #""s":1,"from":"client","text":"text"}"#, #""s":1,"from":"client","text":"text"}"#,
                #""s":1,"from":"server","text":"text"}"#, #""s":1,"from":"server","text":"text"}"#,
                #""s":1,"eof":"server"}"#, #""s":1,"from":"client","text":"text"}"#,
                #""s":2,"from":"server","text":"text"}"#,
            ])
    }

    @Test("of other bytes at the place of the request is read for itself")
    func samePlace() throws {
        let codec = try CodecRegistry.codec(named: "raw/lines")
        var bytes = Array("one\n".utf8)
        let lines = try recordMessages(as: codec) { scratch, record in
            scratch.beginRead()
            try bytes.withUnsafeMutableBytes { bytes in
                try record(.client, UnsafeRawBufferPointer(bytes))
                scratch.endRead()
                bytes.copyBytes(from: "two\n".utf8)
                scratch.beginRead()
                try record(.server, UnsafeRawBufferPointer(bytes))
                // A server's bytes may be gone before the read ends.
                bytes.copyBytes(from: "six\n".utf8)
                try record(.server, UnsafeRawBufferPointer(bytes))
                try record(.client, UnsafeRawBufferPointer(rebasing: bytes[...]))
                try record(.server, UnsafeRawBufferPointer(rebasing: bytes[2...]))
            }
            scratch.endRead()
        }.lines
        let texts = lines.dropFirst().dropLast().map { Self.withoutTime($0) }
        #expect(
            texts == [
                #""s":1,"from":"client","text":"one"}"#, #""s":1,"from":"server","text":"two"}"#,
                #""s":1,"from":"server","text":"six"}"#, #""s":1,"from":"client","text":"six"}"#,
                #""s":1,"from":"server","text":"x"}"#,
            ])
    }

    private static func withoutTime(_ line: [UInt8]) -> String {
        String(decoding: line.drop { $0 != UInt8(ascii: ",") }.dropFirst(), as: UTF8.self)
    }

    @Test("is lossless where nothing is deeper than a recording may be, but wider than one message may")
    func manyElements() throws {
        // 200 values within the limit of 200 are 600 nodes of the notation.
        var limits = DecodingLimits()
        limits.maximumElements = 210
        let elements = [UInt8](repeating: UInt8(ascii: ")"), count: 200)
        let pickle = [0x80, 4, UInt8(ascii: "]"), UInt8(ascii: "(")] + elements + Array("e.".utf8)
        let codec = try CodecRegistry.codec(named: "pickle")
        let (_, read) = try record([pickle], as: codec, limits: limits)
        let message = try #require(read.messages.first)
        #expect(message.form == .value)
        #expect(try message.wire(codec: codec, settings: WritingSettings(), limits: limits) == pickle)
    }

    @Test(
        "keeps the bytes of a message whose text would be over the limit, and gives them back",
        arguments: ["pickle", "json/lines", "msgpack", "raw/u8", "raw/lines"])
    func expanded(name: String) throws {
        let frames: [String: [UInt8]] = [
            "pickle": Array("](NNe.".utf8), "json/lines": Array("[null,1]\n".utf8), "msgpack": [0x92, 0xC0, 0xC0],
            "raw/u8": [4, 0, 0, 0xFF, 0xFF], "raw/lines": Array("abcdefgh\n".utf8),
        ]
        let frame = try #require(frames[name])
        let codec = try CodecRegistry.codec(named: name)
        var limits = DecodingLimits()
        limits.maximumExpandedBytes = 7
        let (lines, read) = try record([frame, frame], as: codec, limits: limits)
        #expect(read.damaged == [])
        #expect(read.messages.count == 2)
        for message in read.messages {
            #expect(message.form == .base64 && message.isDecoded && message.raw == nil)
            #expect(try message.wire(codec: codec, settings: codec.payload.defaultSettings, limits: limits) == frame)
        }
        #expect(lines.count == 4)
    }

    @Test("embeds JSON verbatim: spaces, number text, order and repetition of keys")
    func verbatim() throws {
        let text = #"{"b": 1.0,  "a":1E+2, "b":-0, "é\u00e9\/": "\ud800"}"#
        let (lines, _) = try record([Array(text.utf8) + [10]], as: CodecRegistry.codec(named: "json/lines"))
        let line = String(decoding: lines[1], as: UTF8.self)
        #expect(line.hasSuffix(#","s":1,"from":"client","value":\#(text)}"#))
    }

    @Test("never writes a control character, nor a second line, whatever passes")
    func noControls() throws {
        let nasty = Array("\r\n\u{1B}[2J\u{0}\u{7F}\u{85}\u{202E}\"},{\"t\":9".utf8) + [0xFF, 0xC0]
        for name in ["raw/u32be", "raw/chunks"] {
            let codec = try CodecRegistry.codec(named: name)
            for text in [nasty, Array(nasty[0..<2]), Array("\"}\n{\"t\":0,\"s\":1,\"eof\":\"client\"}".utf8)] {
                var frame = ByteWriter()
                try codec.framing.write(payload: text.span.bytes, into: &frame)
                let (lines, read) = try record([frame.array], as: codec)
                #expect(lines.count == 3)
                #expect(lines.allSatisfy { line in line.allSatisfy { $0 >= 0x20 && $0 != 0x7F } })
                #expect(read.messages.count == 1)
            }
        }
    }

    @Test("keeps bytes that do not decode, that follow them, and that were cut off, as they are")
    func undecoded() throws {
        let folder = try TemporaryFolder()
        let codec = try CodecRegistry.codec(named: "json/lines")
        let writer = try RecordingWriter(
            path: folder / "a", header: RecordingHeader(created: "", tool: "", ports: []))
        let recorder = SessionRecorder(
            writer: writer, number: 7, codec: codec, settings: WritingSettings(), limits: DecodingLimits(),
            scratch: SessionRecorder.Scratch())
        recorder.opened(SessionOpening(port: 1, peer: "p"))
        let error = MessageError(layer: .payload(.malformed), offset: 3, reason: "found \"\n\u{202E}", frame: nil)
        recorder.undecodable(from: .client, bytes: Array("{bad\n".utf8).span.bytes, error: error)
        recorder.unread(from: .client, bytes: [UInt8(0), 0xFF].span.bytes)
        recorder.partial(from: .server, bytes: Array("{\"a".utf8).span.bytes)
        recorder.partial(from: .server, bytes: [UInt8]().span.bytes)
        recorder.endOfStream(.server)
        recorder.closed(SessionClosing(.error, by: .client, reason: "bad"))
        try writer.end()
        let read = try ReadRecording(path: folder / "a")
        #expect(read.damaged == [])
        #expect(read.events.map(\.session) == [7, 7, 7, 7, 7, 7, 7, 0])
        let messages = read.messages
        #expect(messages.map(\.error) == ["byte 3: found \"\n\u{202E}", "follows bytes that did not decode", nil, nil])
        #expect(messages.map(\.isPartial) == [false, false, true, true])
        #expect(messages.allSatisfy { !$0.isDecoded && $0.raw == nil && $0.form == .base64 })
        let wires = try messages.map {
            try $0.wire(codec: codec, settings: WritingSettings(), limits: DecodingLimits())
        }
        #expect(wires == [Array("{bad\n".utf8), [0, 0xFF], Array("{\"a".utf8), []])
        let text = try String(contentsOfFile: folder / "a", encoding: .utf8)
        #expect(text.hasSuffix(#""end":{"sessions":1,"messages":4}}"# + "\n"))
    }

    @Test("takes secrets out of what it says of errors, gaps and the end")
    func redactedSentences() throws {
        let folder = try TemporaryFolder()
        let codec = try CodecRegistry.codec(named: "json/lines")
        let writer = try RecordingWriter(
            path: folder / "a", header: RecordingHeader(created: "", tool: "", ports: []))
        let recorder = SessionRecorder(
            writer: writer, number: 7, codec: codec, settings: WritingSettings(), limits: DecodingLimits(),
            scratch: SessionRecorder.Scratch(),
            redaction: Redaction(rules: [.defaults, try RedactionRule(option: "regex=tok_[0-9]+")]))
        recorder.opened(SessionOpening(port: 1, peer: "p"))
        let plain = MessageError(layer: .payload(.malformed), offset: 3, reason: "found tok_123", frame: nil)
        recorder.undecodable(from: .client, bytes: Array("{bad\n".utf8).span.bytes, error: plain)
        let telling = MessageError(layer: .payload(.malformed), offset: 5, reason: "found \"9\"", frame: nil)
        recorder.undecodable(from: .client, bytes: Array("{password=hunter2\n".utf8).span.bytes, error: telling)
        recorder.unread(from: .client, bytes: [UInt8(0)].span.bytes, why: "it said tok_456")
        recorder.gap(RecordingGap(bytes: 1, reason: "password=hunter2"))
        // The same words would tell of it here.
        recorder.closed(SessionClosing(.error, by: .server, reason: telling.description))
        recorder.closed(SessionClosing(.error, by: .server, reason: "Authorization: Basic aHVudGVyMg==abc1"))
        try writer.end()
        let text = try String(contentsOfFile: folder / "a", encoding: .utf8)
        for secret in ["hunter2", "tok_123", "tok_456", "found \\\"9", "aHVudGVyMg"] { #expect(!text.contains(secret)) }
        let read = try ReadRecording(path: folder / "a")
        #expect(read.damaged == [] && read.events.count == 8)
        #expect(
            read.events.map(\.kind.redacted) == [
                [], ["error[14:21]"], ["bytes[10:17]"], ["error[8:15]"], ["gap.why[9:16]"], [], ["reason[21:37]"], [],
            ], "\(text)")
        #expect(read.messages.map(\.error)[1] == "byte 5: does not decode")
        #expect(text.contains(#""close":"error","by":"server","reason":"byte 5: does not decode"}"#))
        #expect(try CheckedSample(text.utf8).check().map(\.kind).contains(.key) == false)
    }
}
