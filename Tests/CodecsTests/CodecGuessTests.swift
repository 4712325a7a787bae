import Codecs
import Foundation
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
}
