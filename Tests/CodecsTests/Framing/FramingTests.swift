import Codecs
import TestSupport
import Testing

/// A stream, how it is framed, and what it must read as.
private struct Case: Sendable, CustomTestStringConvertible {
    var codec: String
    var stream: [UInt8]
    var payloads: [String]
    /// Part of the last error, if there must be one.
    var error: String?
    /// Bytes that no frame takes.
    var rest = 0

    init(_ codec: String, _ stream: String, _ payloads: [String], error: String? = nil, rest: Int = 0) {
        self.init(codec, Array(stream.utf8), payloads, error: error, rest: rest)
    }

    init(_ codec: String, _ stream: [UInt8], _ payloads: [String], error: String? = nil, rest: Int = 0) {
        self.codec = codec
        self.stream = stream
        self.payloads = payloads
        self.error = error
        self.rest = rest
    }

    var testDescription: String { "\(codec): \(String(decoding: stream.prefix(60), as: UTF8.self).debugDescription)" }

    func check() throws {
        // What a stream looks like can be said only when its first bytes come together.
        let isGuess = error?.contains("looks like") ?? false
        for cut in isGuess ? [Cut.whole] : [.whole, .bytes, .random(seed: 7)] {
            let result = DripFeed.read(stream, as: try CodecRegistry.codec(named: codec), cut: cut)
            #expect(result.payloads.map { String(decoding: $0, as: UTF8.self) } == payloads, "\(cut)")
            if let error {
                #expect(result.errors.last?.description.contains(error) == true, "\(cut): \(result.errors)")
            } else {
                #expect(result.errors.isEmpty, "\(cut): \(result.errors)")
                #expect(result.rest.count == rest, "\(cut)")
            }
        }
    }
}

@Suite("Framings with a length") struct LengthFramingTests {
    @Test(
        "read and refuse",
        arguments: [
            Case("raw/u32be", [0, 0, 0, 2, 0x68, 0x69, 0, 0, 0, 0], ["hi", ""]),
            Case("raw/u16le", [2, 0, 0x68, 0x69, 1], ["hi"], rest: 1),
            Case("raw/u64be", [0, 0, 0, 0, 0, 0, 0, 1, 0x68], ["h"]),
            Case("raw/u64le", [1, 0, 0, 0, 0, 0, 0, 0, 0x68], ["h"]),
            Case("raw/u8", [2, 0x68, 0x69, 1, 0x21], ["hi", "!"]),
            Case("raw/u32be+4", [0, 0, 0, 6, 0x68, 0x69], ["hi"]),
            Case("raw/u32be+4", [0, 0, 0, 3], [], error: "the length is 3; u32be+4 says 4 at least"),
            Case(
                "raw/u64be", Array(repeating: 0xFF, count: 8), [],
                error: "claims a payload of 18446744073709551615 bytes"),
            Case(
                "raw/u64be+8", Array(repeating: 0xFF, count: 8), [],
                error: "claims a payload of 18446744073709551607 bytes"),
            Case(
                "raw/u32be", "GET / HTTP/1.1\r\n", [],
                error: "looks like an HTTP request, not raw/u32be (raw/chunks takes any bytes): "),
            Case("raw/u32be", [0x16, 3, 1, 2, 0], [], error: "looks like TLS"),
            Case("raw/u32be", "SSH-2.0-x", [], error: "looks like SSH"),
            Case("raw/u32be", [0x80, 4, 0x95, 0], [], error: "looks like a pickle"),
            Case("json/u32be", #"{"a":1}"#, [], error: "looks like a JSON text"),
            Case("raw/varint", [0x02, 0x68, 0x69, 0x00, 0x81, 0x00, 0x21], ["hi", "", "!"]),
            Case("raw/varint", Array(repeating: 0x80, count: 9) + [2], [], error: "longer than 64 bits"),
            Case("raw/varint", Array(repeating: 0xFF, count: 5), [], error: "claims a payload"),
            Case("raw/varint", Array(repeating: 0x80, count: 9) + [0], [""]),
            // Python: multiprocessing.connection.Connection(...).send_bytes(b"hello"), send_bytes(b"").
            Case("raw/mp", [0, 0, 0, 5, 0x68, 0x65, 0x6C, 0x6C, 0x6F, 0, 0, 0, 0], ["hello", ""]),
            Case("raw/mp", [255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 1, 0x68], ["h"]),
            Case("raw/mp", [255, 255, 255, 255] + Array(repeating: 255, count: 8), [], error: "claims a payload"),
            Case("raw/mp", [255, 255, 255, 254], [], error: "the length is -2"),
            // The examples of the netstring specification.
            Case("raw/netstring", "12:hello world!,0:,", ["hello world!", ""]),
            Case("raw/netstring", "01:a,", [], error: "leading zero"),
            Case("raw/netstring", "00:,", [], error: "leading zero"),
            Case("raw/netstring", "3:abcd", [], error: "byte 5: found another byte, expected \",\""),
            Case("raw/netstring", ":a,", [], error: "expected a digit"),
            Case("raw/netstring", "-1:a,", [], error: "expected a digit"),
            Case("raw/netstring", "1 :a,", [], error: "byte 1: found no length of a netstring"),
            Case("raw/netstring", "99999999999999999999999:a,", [], error: "a frame may have"),
            Case(
                "json/content-length", "Content-Length: 2\r\n\r\n{}content-LENGTH:2\r\nContent-Type: x; y=z\r\n\r\n[]",
                ["{}", "[]"]),
            Case("raw/content-length", "Content-Length: 2 \t\r\n\r\né", ["é"]),
            Case("raw/content-length", "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", ["a"]),
            Case("raw/content-length", "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", [], error: "say 1 and 2"),
            Case("raw/content-length", "Content-Length: -1\r\n\r\n", [], error: "no number of bytes"),
            Case("raw/content-length", "Content-Length: +1\r\n\r\n", [], error: "no number of bytes"),
            Case("raw/content-length", "Content-Length: 1, 1\r\n\r\n", [], error: "no number of bytes"),
            Case("raw/content-length", "Content-Length:\r\n\r\n", [], error: "is empty"),
            Case("raw/content-length", "Content-Type: x\r\n\r\n", [], error: "without Content-Length"),
            Case("raw/content-length", "\r\n", [], error: "without Content-Length"),
            Case("raw/content-length", "Content-Length: 1\n\na", [], error: "byte 17: found another byte"),
            Case("raw/content-length", "Content-Length 1\r\n\r\na", [], error: "expected \":\""),
            Case("raw/content-length", "Content-Length: 99999999999999999999\r\n\r\na", [], error: "a frame may have"),
            Case("raw/content-length", [0x16, 3, 1], [], error: "looks like TLS"),
            Case(
                "json/lines", "Content-Length: 2\r\n\r\n{}", ["{}"],
                error: "looks like a message with a Content-Length header"),
            Case(
                "raw/content-length", "X: " + String(repeating: "y", count: 70_000), [], error: "more than 65536 bytes"),
        ])
    fileprivate func readAndRefuse(_ example: Case) throws { try example.check() }

    @Test(
        "refuse to write what the prefix cannot say",
        arguments: [
            ("raw/u8", 255, true), ("raw/u8", 256, false), ("raw/u8+1", 254, true), ("raw/u8+1", 255, false),
            ("raw/u16be", 65535, true), ("raw/u16be", 65536, false),
        ])
    func refuseTooLong(_ name: String, _ count: Int, _ fits: Bool) throws {
        let framing = try CodecRegistry.codec(named: name).framing
        let payload = [UInt8](repeating: 1, count: count)
        var output = ByteWriter()
        do throws(FramingError) {
            try framing.write(payload: payload.span.bytes, into: &output)
            #expect(fits)
        } catch {
            #expect(!fits && error.code == .cannotCarry)
        }
    }

    @Test(
        "have multiprocessing's long header from 2 GiB on",
        arguments: [
            (0, "00000000"), (0x7FFF_FFFF, "7fffffff"), (0x8000_0000, "ffffffff0000000080000000"),
        ])
    func writeLongHeader(_ length: Int, _ expected: String) {
        // Python: struct.pack("!i", n), or struct.pack("!i", -1) + struct.pack("!Q", n) for n > 0x7fffffff.
        var output = ByteWriter()
        MultiprocessingFraming.writeHeader(length: length, into: &output)
        #expect(output.array.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() == expected)
    }

    @Test(
        "write as others do",
        arguments: [
            ("raw/u32be", [0, 0, 0, 2, 104, 105]), ("raw/u32le", [2, 0, 0, 0, 104, 105]),
            ("raw/u16be", [0, 2, 104, 105]),
            ("raw/u16le", [2, 0, 104, 105]), ("raw/u64be+8", [0, 0, 0, 0, 0, 0, 0, 10, 104, 105]),
            ("raw/u8", [2, 104, 105]),
            ("raw/varint", [2, 104, 105]), ("raw/mp", [0, 0, 0, 2, 104, 105]), ("raw/netstring", Array("2:hi,".utf8)),
            ("raw/content-length", Array("Content-Length: 2\r\n\r\nhi".utf8)), ("raw/nul", [104, 105, 0]),
            ("raw/lines", [104, 105, 10]), ("raw/chunks", [104, 105]),
        ] as [(String, [UInt8])])
    func writeAsOthers(_ name: String, _ expected: [UInt8]) throws {
        var output = ByteWriter()
        try CodecRegistry.codec(named: name).framing.write(payload: Array("hi".utf8).span.bytes, into: &output)
        #expect(output.array == expected)
    }
}

@Suite("Framings with a separator") struct SeparatorFramingTests {
    @Test(
        "read and refuse",
        arguments: [
            Case("json/lines", "{}\r\n\n  \r\n[]\n1", ["{}", "[]", "1"]),
            Case("json/lines", "{}\n \r\n", ["{}"], rest: 3),
            Case("raw/lines", "a\n\r\n\nb", ["a", "", "", "b"]),
            Case("raw/lines", "a\rb\r\r\n", ["a\rb\r"]),
            Case("json/lines", "{]\n[]\n", ["[]"], error: "byte 1: found \"]\", expected a string or \"}\""),
            Case(
                "json/lines", "GET / HTTP/1.1\r\n\r\n", [],
                error: "looks like an HTTP request, not json/lines (raw/chunks takes any bytes): found \"G\""),
            Case("json/nul", [0x31, 0, 0, 0x20, 0, 0x32, 0, 0x33], ["1", "2"], rest: 1),
            Case("raw/nul", [0x31, 0, 0, 0x32, 0], ["1", "", "2"]),
            // RFC 7464: any RS before, LF behind; a text cut short loses itself only.
            Case("json/rs", "\u{1E}{\"a\":1}\n\u{1E}[1,\n2]\n\u{1E}\u{1E}true\n", ["{\"a\":1}", "[1,\n2]", "true"]),
            Case("json/rs", "\u{1E}{\"a\":\n\u{1E}[2]\n", ["[2]"], error: "found the end, expected"),
            Case("json/rs", "\u{1E}{\"a\": \"\u{1E}[2]\n", ["[2]"], error: "found the end, expected"),
            Case("json/rs", "\u{1E}12\u{1E}[2]\n", ["[2]"], error: "may be cut short"),
            Case("json/rs", "\u{1E}12 \u{1E}[2]\n", ["12 ", "[2]"]),
            Case("json/rs", "\u{1E}[1]", ["[1]"]),
            Case("json/rs", "\u{1E}12", [], rest: 3),
            Case("json/rs", "\u{1E}[1]\n\n \u{1E}", ["[1]"], rest: 3),
            Case("json/rs", "\u{1E}oops\n\u{1E}[2]\n", ["[2]"], error: "expected a JSON value"),
            Case("json/rs", "[1]\n", [], error: "expected RS (1E)"),
        ])
    fileprivate func readAndRefuse(_ example: Case) throws { try example.check() }

    @Test(
        "refuse to write what holds the separator",
        arguments: [
            ("raw/lines", "a\nb"), ("raw/lines", "a\r"), ("json/lines", " "), ("json/lines", ""),
            ("json/lines", "[\n1]"),
            ("raw/nul", "a\0"), ("json/nul", ""), ("json/rs", "\"\u{1E}\""), ("json/rs", ""), ("json/concat", ""),
            ("json/concat", "1 2"), ("json/concat", "[1"), ("json/concat", "[][]"),
        ])
    func refuseSeparators(_ name: String, _ payload: String) throws {
        let framing = try CodecRegistry.codec(named: name).framing
        var output = ByteWriter()
        let error = #expect(throws: FramingError.self) {
            try framing.write(payload: Array(payload.utf8).span.bytes, into: &output)
        }
        #expect(error?.code == .cannotCarry)
        #expect(output.count == 0)
    }

    @Test(
        "call an end clean where only padding is left",
        arguments: [
            ("json/concat", "{}\n", true), ("json/concat", "{} [", false), ("json/lines", "{}\n \r\n", true),
            ("raw/nul", "a\0 ", false), ("json/nul", "1\0 ", true), ("raw/u32be", "\0\0\0\u{1}", false),
            ("json/rs", "\u{1E}[]\n\n", true),
        ])
    func tellCleanEnds(_ name: String, _ stream: String, _ isClean: Bool) throws {
        let result = DripFeed.read(Array(stream.utf8), as: try CodecRegistry.codec(named: name))
        #expect(result.endsCleanly == isClean)
    }
}

@Suite("JSON texts one after another") struct ConcatFramingTests {
    @Test(
        "read and refuse",
        arguments: [
            Case("json/concat", "{}[]  \n{\"a\":\"}\"}", ["{}", "[]", "{\"a\":\"}\"}"]),
            Case("json/concat", #"1"a"2 3[4]null{"#, ["1", "\"a\"", "2", "3", "[4]", "null"], rest: 1),
            Case("json/concat", #""\\""\"""#, [#""\\""#, #""\"""#]),
            Case("json/concat", "true false", ["true", "false"]),
            Case("json/concat", "truefalse", [], error: "byte 4: found \"f\", expected nothing behind the value"),
            Case("json/concat", "truefalse [1]", ["[1]"], error: "expected nothing behind"),
            Case("json/concat", "[1]]", ["[1]"], error: "byte 3: no JSON text begins with this byte"),
            Case("json/concat", "1,2", [], error: "byte 1: found a byte that ends no number or literal"),
            Case("json/concat", "[}[]", ["[]"], error: "byte 1: found \"}\""),
            Case("json/concat", "GET / HTTP/1.1", [], error: "looks like an HTTP request"),
            Case("json/concat", "12", ["12"]),
            Case("json/concat", "-", [], error: "expected a digit"),
        ])
    fileprivate func readAndRefuse(_ example: Case) throws { try example.check() }

    @Test("put LF behind a number or literal only")
    func endScalars() throws {
        let framing = try CodecRegistry.codec(named: "json/concat").framing
        var output = ByteWriter()
        for payload in ["1", "[2]", "null", "\"a\""] {
            try framing.write(payload: Array(payload.utf8).span.bytes, into: &output)
        }
        #expect(output.string == "1\n[2]null\n\"a\"")
    }
}
