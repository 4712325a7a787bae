import Codecs
import Foundation
import TestSupport
import Testing

@Suite("A guess at a codec")
struct CodecGuessTests {
    /// Streams that CPython wrote, as base64 under the codec's name.
    private static let streams: [(name: String, bytes: [UInt8])] = {
        let script = """
            import base64, json, pickle, struct
            values = [{'id': 1, 'text': 'hi'}, [1, 2.5, None], {'nested': {'a': ['b' * 300]}}]
            texts = [json.dumps(v).encode() for v in values]
            words = [b'hello world', b'second line of text', b'x' * 70]
            def out(name, data):
                print(name, base64.b64encode(data).decode())
            for p in range(6):
                out('pickle/stream', b''.join(pickle.dumps(v, p) for v in values))
            out('json/lines', b''.join(t + b'\\n' for t in texts))
            out('json/concat', b''.join(json.dumps(v, indent=2).encode() for v in values))
            out('json/nul', b''.join(t + b'\\0' for t in texts))
            out('json/rs', b''.join(b'\\x1e' + t + b'\\n' for t in texts))
            out('json/content-length', b''.join(b'Content-Length: %d\\r\\n\\r\\n' % len(t) + t for t in texts))
            out('json/netstring', b''.join(b'%d:%s,' % (len(t), t) for t in texts))
            for f, c in (('u32be', '>I'), ('u32le', '<I'), ('u16be', '>H'), ('u64be', '>Q'), ('u64le', '<Q')):
                out('pickle/' + f, b''.join(struct.pack(c, len(d)) + d for d in map(pickle.dumps, values)))
                out('json/' + f, b''.join(struct.pack(c, len(t)) + t for t in texts))
                out('raw/' + f, b''.join(struct.pack(c, len(t)) + t for t in words))
            out('raw/lines', b''.join(w + b'\\n' for w in words))
            out('raw/chunks', bytes(range(200, 256)) * 3)
            """
        let output = (try? PickleExamples.python(script)) ?? Data()
        return String(decoding: output, as: UTF8.self).split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ")
            return Data(base64Encoded: String(parts[1])).map { (String(parts[0]), Array($0)) }
        }
    }()

    @Test("finds what CPython wrote, whole and cut off")
    func findsCodecs() {
        #expect(Self.streams.count == 29)
        for (name, bytes) in Self.streams {
            let whole = CodecGuess(starts: [.init(bytes: bytes, isWhole: true), .init(bytes: [], isWhole: true)])
            #expect(whole.codec.name == name, "\(whole.reason)")
            #expect(whole.isFallback == (name == "raw/chunks"))
            guard !name.hasSuffix("concat"), name != "raw/chunks" else { continue }
            let cut = CodecGuess(starts: [.init(bytes: bytes.dropLast(), isWhole: false)])
            #expect(cut.codec.name == name, "\(cut.reason)")
        }
    }

    @Test("takes the beginning of a long JSON message for that, though a length of two bytes might fit it")
    func begunMessages() throws {
        func text(_ python: String) throws -> [UInt8] {
            Array(try PickleExamples.python("import json, sys\nsys.stdout.write(json.dumps(\(python)))"))
        }
        let start = CodecGuess.usefulBytes
        for value in ["{'x': 'q' * 66000}", "[{'é': 'ü' * 40000}]"] {
            let bytes = try text(value + ", ensure_ascii=False")
            let long = CodecGuess(starts: [.init(bytes: Array(bytes.prefix(start)), isWhole: false)])
            #expect(long.codec.name == "json/lines", "\(long.reason)")
            #expect(long.reason == "the first bytes begin a message of json/lines")
            let answered = CodecGuess(starts: [
                .init(bytes: Array(bytes.prefix(start)), isWhole: false),
                .init(bytes: Array("1\n".utf8), isWhole: true),
            ])
            #expect(answered.codec.name == "json/lines", "\(answered.reason)")
        }
        let indented = try text("{'x': 'q' * 66000}, indent=2").prefix(start)
        #expect(CodecGuess(starts: [.init(bytes: Array(indented), isWhole: false)]).codec.name == "json/concat")
        let binary = Array("{\"".utf8) + [UInt8](repeating: 0xFE, count: start - 2)
        #expect(!CodecGuess(starts: [.init(bytes: binary, isWhole: false)]).codec.name.hasPrefix("json"))
    }

    @Test("takes one that reads both directions")
    func bothDirections() {
        let starts = [
            CodecGuess.Start(bytes: Array("[1]\n".utf8), isWhole: true),
            CodecGuess.Start(bytes: Array("hello\n".utf8), isWhole: true),
        ]
        #expect(CodecGuess(starts: starts).codec.name == "raw/lines")
    }

    @Test(
        "says what it is that no codec reads",
        arguments: [(Array("GET / HTTP/1.1\r\n\r\n".utf8), "HTTP"), ([0x16, 3, 1, 2, 0, 1, 0, 1], "TLS")]
            as [([UInt8], String)])
    func foreign(bytes: [UInt8], what: String) {
        let guess = CodecGuess(starts: [.init(bytes: bytes, isWhole: true)])
        #expect(guess.isFallback)
        #expect(guess.codec.name == "raw/chunks")
        #expect(guess.reason.contains(what))
    }

    @Test("falls back where there is nothing to go by")
    func nothing() { #expect(CodecGuess(starts: []).isFallback) }

    private static func guess(_ bytes: [UInt8], isWhole: Bool = true) -> CodecGuess {
        CodecGuess(starts: [.init(bytes: bytes, isWhole: isWhole)])
    }

    @Test("takes maps and lists of MessagePack, alone, one after another, and behind a length")
    func messagePack() throws {
        let record: [UInt8] =
            [0x82, 0xA2, 0x69, 0x64, 1, 0xA4] + Array("text".utf8) + [0x92, 0xC0, 0xCB] + [63, 0xF0]
            + [UInt8](repeating: 0, count: 6)
        for bytes in [record, record + record, record + [0x93, 1, 2, 3]] {
            #expect(Self.guess(bytes).codec.name == "msgpack/stream", "\(bytes)")
            #expect(Self.guess(bytes + record.dropLast(), isWhole: false).codec.name == "msgpack/stream")
            #expect(Self.guess(bytes + record.dropLast()).codec.name != "msgpack/stream", "the last is cut off")
        }
        let count = UInt8(record.count)
        #expect(Self.guess([0, 0, 0, count] + record).codec.name == "msgpack/u32be")
        #expect(Self.guess([count, 0, 0, 0] + record).codec.name == "msgpack/u32le")
    }

    @Test("takes the lists and maps that the reference implementation wrote, but for odd keys and texts")
    func corpus() {
        let cases = MessagePackCorpus.cases.filter { item in
            let isPlain =
                item.readable.hasPrefix("[") || item.readable.hasPrefix("{\"") && !item.readable.hasPrefix("{\"$")
            return isPlain && item.readable.count > 2 && !item.readable.contains("$str2")
                && !item.readable.contains("$dict")
        }
        #expect(cases.count > 15)
        for item in cases { #expect(Self.guess(item.bytes).codec.name == "msgpack/stream", "\(item.name)") }
    }

    @Test("takes no text, JSON or pickle for MessagePack")
    func noMessagePack() throws {
        for text in ["a", "hello\n", "1\n2\n", "[1]\n", "{}", "\u{700}\u{701}", "\u{7C0}\u{7C1}\u{7C2} text\n", "é\n"] {
            for isWhole in [true, false] {
                #expect(Self.guess(Array(text.utf8), isWhole: isWhole).codec.payload.name != "msgpack", "\(text)")
            }
        }
        // A script of which the first byte of each letter begins a list or map of MessagePack.
        let syriac = Array(String(repeating: "\u{712}\u{73A}\u{72B}\u{741}\u{71D}\u{721}\u{710}. ", count: 6_000).utf8)
        #expect(Self.guess(Array(syriac.prefix(CodecGuess.usefulBytes)), isWhole: false).codec.name != "msgpack/stream")
        for item in PickleCorpus.cases {
            #expect(Self.guess(item.bytes).codec.payload.name != "msgpack", "\(item.name)")
        }
        for (name, bytes) in Self.streams {
            for count in stride(from: 1, to: bytes.count, by: 7) {
                let guess = Self.guess(Array(bytes.prefix(count)), isWhole: false)
                #expect(guess.codec.payload.name != "msgpack", "\(name), \(count)")
            }
        }
    }

    @Test("takes hardly any random bytes for MessagePack")
    func randomBytes() {
        var generator = SeededGenerator(seed: 7)
        var taken = 0
        for _ in 0..<4_000 {
            let bytes = (0..<Int.random(in: 16...200, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            if Self.guess(bytes).codec.payload.name == "msgpack" { taken += 1 }
        }
        #expect(taken == 0)
    }
}
