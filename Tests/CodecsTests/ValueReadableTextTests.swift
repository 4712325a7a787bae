import Codecs
import Testing

@Suite("A value's readable text")
struct ValueReadableTextTests {
    @Test(
        "is the same in every format, for a value inside a message as well",
        arguments: [
            ("json", Array(#"["text", null, [1]]"#.utf8)),
            // pickle.dumps(['text', None, [1]], 3)
            (
                "pickle",
                [0x80, 3, 0x5D, 0x71, 0, 0x28, 0x58, 4, 0, 0, 0, 0x74, 0x65, 0x78, 0x74, 0x71, 1, 0x4E, 0x5D]
                    + [0x71, 2, 0x4B, 1, 0x61, 0x65, 0x2E]
            ),
            ("msgpack", [0x93, 0xA4, 0x74, 0x65, 0x78, 0x74, 0xC0, 0x91, 1]),
        ] as [(String, [UInt8])])
    func inside(_ name: String, _ payload: [UInt8]) throws {
        let format = try CodecRegistry.codec(named: name).payload
        let tree = ValueTree()
        try format.decode(payload.span.bytes, into: tree, limits: DecodingLimits())
        #expect(tree.root.children.map { $0.readableText(format: format) } == ["\"text\"", "null", "[1]"])
    }
}
