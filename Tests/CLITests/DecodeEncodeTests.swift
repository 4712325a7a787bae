import Codecs
import Foundation
import TestSupport
import Testing

@testable import CLI

@Suite("Decoding to lines and encoding them again")
struct DecodeEncodeTests {
    private func lines(of stream: [UInt8], as codec: Codec, cut: Int) throws -> String {
        var decoding = StreamDecoding(codec: codec, limits: DecodingLimits())
        var lines = ByteWriter()
        var start = 0
        while start < stream.count {
            let end = min(start + cut, stream.count)
            decoding.bytes += stream[start..<end]
            start = end
            while try decoding.writeNext(isLast: start == stream.count, into: &lines) {}
        }
        try decoding.checkEnd()
        return lines.string
    }

    private func stream(of lines: String, as codec: Codec, version: Int? = nil) throws -> [UInt8] {
        let settings = WritingSettings(protocolVersion: version ?? codec.payload.defaultSettings.protocolVersion)
        let encoding = LineEncoding(codec: codec, settings: settings, limits: DecodingLimits())
        var output = ByteWriter()
        for line in lines.utf8.split(separator: 10) { try encoding.write(Array(line)[...], at: 0, into: &output) }
        return output.array
    }

    /// Plain values as CPython pickles them, two after one another, as base64: a line each, protocol by protocol.
    private static let script = """
        import base64, pickle
        values = [
            None, True, 0, -1, 255, 256, 65536, 2**31, -2**63, 2**64, 10**30, 0.5, -0.0, float('inf'), '', 'a', '\\u00e9\\n\\\\',
            'x' * 300, [], [1, [2, [3]]], (), (1,), (1, 2, 3, 4), {}, {'a': 1, 'b': [None]}, {1: 2, (3,): 4}, list(range(1001)),
            {'k%d' % i: i for i in range(1001)}, ['x' * 70000, 1], {'$ref': 1},
        ]
        for protocol in range(6):
            for value in values:
                print(protocol, base64.b64encode(pickle.dumps(value, protocol) + pickle.dumps([value], protocol)).decode())
        """

    @Test("gives back the very pickles that CPython writes of plain values, in every protocol")
    func pickles() throws {
        let codec = try CodecRegistry.codec(named: "pickle")
        let output = String(decoding: try ShortProgram.run("python3", ["-c", Self.script]).output, as: UTF8.self)
        var count = 0
        for line in output.split(separator: "\n") {
            let parts = line.split(separator: " ")
            let bytes = Array(try #require(Data(base64Encoded: String(parts[1]))))
            let text = try lines(of: bytes, as: codec, cut: 1_000)
            #expect(text.utf8.count { $0 == 10 } == 2)
            #expect(
                try stream(of: text, as: codec, version: Int(parts[0])) == bytes,
                "protocol \(parts[0]): \(text.prefix(80))")
            count += 1
        }
        #expect(count == 180)
    }

    @Test("is the same bytes again in every codec")
    func everyCodec() throws {
        for codec in CodecRegistry.all where codec.framing.keepsBoundaries {
            let text =
                codec.payload.isStructured
                ? "{\"a\":[1,2.5,null]}\n\"text\"\n[true]\n" : "{\"text\":\"some text\"}\n{\"base64\":\"gP8=\"}\n"
            let bytes = try stream(of: text, as: codec)
            for cut in [1, 5, 1_000] { #expect(try lines(of: bytes, as: codec, cut: cut) == text, "\(codec.name)") }
            #expect(try stream(of: lines(of: bytes, as: codec, cut: 3), as: codec) == bytes, "\(codec.name)")
        }
    }

    @Test(
        "says at which byte the input is wrong",
        arguments: [
            ("json", "[1]\n[1,,2]\n", "byte 7:"), ("json/concat", "[1][2", "byte 5:"), ("pickle", "N.{", "byte 2:"),
            ("json/netstring", "3:[1],x", "byte 6:"),
        ])
    func wrong(name: String, stream: String, place: String) throws {
        do {
            _ = try lines(of: Array(stream.utf8), as: CodecRegistry.codec(named: name), cut: 100)
            Issue.record("read \(stream)")
        } catch let error as StreamError {
            #expect(error.description.hasPrefix(place), "\(error)")
        }
    }

    @Test(
        "refuses lines that describe no message",
        arguments: [("raw", "{\"a\":1}"), ("raw", "[1]"), ("pickle", "{\"$x\":1}"), ("json", "{")])
    func refuses(name: String, line: String) throws {
        let codec = try CodecRegistry.codec(named: name)
        #expect(throws: StreamError.self) { try stream(of: line, as: codec) }
    }
}
