import Codecs
import Testing

@Suite("What a stream looks like that its codec does not read")
struct StreamLookTests {
    struct Case: Sendable {
        var codec: String
        var bytes: [UInt8]
        /// What is said before the reason; nil: nothing.
        var said: String?

        init(_ codec: String, _ text: String, _ said: String?) { self.init(codec, Array(text.utf8), said) }

        init(_ codec: String, _ bytes: [UInt8], _ said: String?) {
            self.codec = codec
            self.bytes = bytes
            self.said = said
        }
    }

    /// `pickle.dumps({'a': 1}, 4)`
    private static let pickle: [UInt8] = [
        0x80, 4, 0x95, 10, 0, 0, 0, 0, 0, 0, 0, 0x7D, 0x94, 0x8C, 1, 0x61, 0x94, 0x4B, 1, 0x73, 0x2E,
    ]

    private static let cases: [Case] = [
        Case("pickle", "{\"a\": 1}\n", "a JSON text, not pickle/stream (json/lines reads it)"),
        Case("json", pickle, "a pickle, not json/lines (pickle/stream reads it)"),
        Case("pickle", [0, 0, 0, 21] + pickle, "messages of pickle/u32be, not pickle/stream"),
        Case("json", "\u{0}\u{0}\u{0}\u{7}{\"a\":1}", "messages of json/u32be, not json/lines"),
        Case("json", "Content-Length: 7\r\n\r\n{\"a\":1}", "json/content-length"),
        Case("pickle", "7:{\"a\":1},", "messages of json/netstring, not pickle/stream"),
        Case("json", [0, 0, 0, 3, 1, 0xFF, 2, 0, 0, 0, 1, 9], "a 4-byte length, not json/lines (raw/u32be reads"),
        Case("pickle", [3, 0, 0, 0, 1, 0xFF, 2], "a 4-byte length, not pickle/stream (raw/u32le reads"),
        Case("json", [0, 2, 1, 0xFF, 0, 1, 9], "a 2-byte length, not json/lines (raw/u16be reads"),
        Case("json", "GET / HTTP/1.1\r\n\r\n", "an HTTP request, not json/lines (raw/chunks takes any bytes)"),
        Case("json", [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3], "TLS, not json/lines (tls=CERT.pem has a port"),
        // What is only wrong looks like nothing else.
        Case("json", "{bad}\n", nil), Case("json", "hello\n", nil), Case("pickle", "hello\nthere\n", nil),
        Case("json", [0x80, 0xFF, 10], nil), Case("raw/u32be", [0xFF, 0xFF, 0xFF, 0xFF, 1], nil),
    ]

    /// The reason why the stream does not read.
    private func reason(_ codec: String, _ bytes: [UInt8]) throws -> String? {
        var reader = MessageReader(codec: try CodecRegistry.codec(named: codec), limits: DecodingLimits())
        do throws(MessageError) {
            if try reader.nextMessage(in: bytes.span.bytes, into: ValueTree()) == nil {
                _ = try reader.finish(in: bytes.span.bytes, into: ValueTree())
            }
            return nil
        } catch {
            return error.reason
        }
    }

    @Test(
        "is told with the codec that reads it",
        arguments: cases)
    func told(_ example: Case) throws {
        let reason = try #require(try reason(example.codec, example.bytes), "\(example) reads")
        if let said = example.said {
            #expect(reason.hasPrefix("this looks like ") && reason.contains(said), "\(reason)")
        } else {
            #expect(!reason.contains("looks like"), "\(reason)")
        }
    }

    @Test("is told of the first message only")
    func first() throws {
        var reader = MessageReader(codec: try CodecRegistry.codec(named: "json"), limits: DecodingLimits())
        let bytes = Array("[1]\nGET / HTTP/1.1\r\n".utf8)
        _ = try reader.nextMessage(in: bytes.span.bytes, into: ValueTree())
        let rest = Array(bytes[4...])
        do throws(MessageError) {
            _ = try reader.nextMessage(in: rest.span.bytes, into: ValueTree())
            Issue.record("it reads")
        } catch {
            #expect(error.reason == "found \"G\", expected a JSON value")
        }
    }

    @Test("is told of many bytes after a look at few of them")
    func bounded() throws {
        // A JSON text that goes on and on: what reads it would have to read all.
        let long = Array("{\"a\":\"".utf8) + [UInt8](repeating: 0x61, count: 1 << 22) + Array("\"}\n".utf8)
        let reason = try #require(try reason("pickle", long))
        #expect(
            reason.hasPrefix("this looks like a JSON text, not pickle/stream (json/lines reads it): "), "\(reason)")
    }
}
