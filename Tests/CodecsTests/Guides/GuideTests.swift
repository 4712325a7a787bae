import Codecs
import TestSupport
import Testing

@Suite("The examples of the guides to adding a codec and a framing")
struct GuideTests {
    private static let codec = Codec(payload: FlagsFormat(), framing: QuadFraming())

    @Test("are what the guides show", arguments: [("FlagsFormat", "AddingACodec"), ("QuadFraming", "AddingAFraming")])
    func shown(file: String, guide: String) throws {
        try GuideExample.expect("CodecsTests/Guides/\(file).swift", in: "Codecs/Codecs.docc/\(guide).md")
    }

    @Test("read in any cut what was sent", arguments: CodecContractTests.cuts)
    func reading(cut: Cut) {
        let result = DripFeed.read([1, 0, 0, 1, 0, 0, 0, 0, 1], as: Self.codec, cut: cut)
        #expect(result.payloads == [[1, 0, 0, 1], [0, 0, 0, 0]])
        #expect(result.errors.isEmpty)
        #expect(result.rest == [1])
    }

    @Test("say where a byte is wrong, and refuse what they cannot carry")
    func errors() throws {
        let result = DripFeed.read([1, 0, 0, 2], as: Self.codec)
        #expect(result.errors.map(\.layer) == [.payload(.malformed)])
        var output = ByteWriter()
        #expect(throws: FramingError.self) {
            try QuadFraming().write(payload: ([1, 0] as [UInt8]).span.bytes, into: &output)
        }
    }

    @Test("are written as they were read, and stand in a recording as a list")
    func writing() throws {
        let tree = ValueTree()
        try FlagsFormat().decode(([1, 0] as [UInt8]).span.bytes, into: tree, limits: DecodingLimits())
        var output = ByteWriter()
        try FlagsFormat().encode(tree.root, settings: WritingSettings(), into: &output)
        #expect(output.array == [1, 0])
        var text = ByteWriter()
        let form = try FlagsFormat().writeReadable(tree, limits: DecodingLimits(), into: &text)
        #expect(String(decoding: text.array, as: UTF8.self) == "[true,false]")
        #expect(form.isExact)
    }
}
