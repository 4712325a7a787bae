import Codecs
import Testing

@Suite("The beginning of a stream that is another protocol")
struct BeginningTests {
    private static let hello: [UInt8] = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3]

    private func refusal(_ codec: String, _ bytes: [UInt8]) throws -> String? {
        let reader = MessageReader(codec: try CodecRegistry.codec(named: codec), limits: DecodingLimits())
        return reader.foreignStart(in: bytes.span.bytes)?.description
    }

    @Test(
        "is refused before its message ends where no message can begin so",
        arguments: [
            ("json/lines", BeginningTests.hello, "TLS"), ("json/nul", BeginningTests.hello, "TLS"),
            ("json/concat", BeginningTests.hello, "TLS"), ("pickle/stream", BeginningTests.hello, "TLS"),
            ("pickle/stream", Array("SSH-2.0-x".utf8), "SSH"), ("json/lines", Array("SSH-2.0-x".utf8), "SSH"),
            ("json/lines", Array("GET / HTTP".utf8), "an HTTP request"),
        ])
    func refused(codec: String, bytes: [UInt8], what: String) throws {
        let advice = what == "TLS" ? "tls=CERT.pem has a port speak it" : "raw/chunks takes any bytes"
        #expect(
            try refusal(codec, bytes) == "byte 0: this looks like \(what), not \(codec) (\(advice))")
    }

    @Test(
        "is waited for where a message may begin so, or nobody knows it",
        arguments: [
            ("json/lines", Array("  {\"a\":".utf8)), ("json/lines", Array("nul".utf8)),
            ("json/lines", Array("what is this".utf8)), ("json/content-length", Array("Content-Length: 7\r\n".utf8)),
            ("json/content-length", BeginningTests.hello), ("json/u32be", Array("GET ".utf8)),
            ("pickle/stream", Array("GET / HTTP".utf8)), ("pickle/stream", Array("S'SSH-2.0".utf8)),
            ("raw/lines", BeginningTests.hello), ("msgpack/stream", BeginningTests.hello), ("json/lines", []),
        ])
    func waitedFor(codec: String, bytes: [UInt8]) throws { #expect(try refusal(codec, bytes) == nil) }
}
