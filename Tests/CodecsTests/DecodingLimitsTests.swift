import Testing

@testable import Codecs

@Suite("Limits of what is read and written")
struct DecodingLimitsTests {
    /// A message that needs exactly so much of one limit.
    struct Case: Sendable, CustomTestStringConvertible {
        var limit: String
        var codec: String
        var frame: [UInt8]
        var needed: Int
        var set: @Sendable (inout DecodingLimits, Int) -> Void
        /// Whether the limit shows when the message is written as text.
        var isOfText = false

        var testDescription: String { "\(limit), \(codec), \(needed)" }
    }

    private static func cases(
        _ limit: String, _ frames: [(codec: String, frame: [UInt8], needed: Int)], isOfText: Bool = false,
        _ set: @escaping @Sendable (inout DecodingLimits, Int) -> Void
    ) -> [Case] {
        frames.map {
            Case(
                limit: limit, codec: $0.codec, frame: $0.frame, needed: $0.needed, set: set, isOfText: isOfText)
        }
    }

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    static let all: [Case] =
        cases(
            "frame bytes",
            [
                ("pickle", bytes("](NNe."), 6), ("json/lines", bytes("[1,2]\n"), 6), ("json/concat", bytes("[1,2]"), 5),
                ("msgpack", [0x92, 1, 2], 3), ("raw/u32be", [0, 0, 0, 2, 65, 65], 6),
            ]
        ) { $0.maximumFrameBytes = $1 }
        + cases(
            "depth",
            [
                // An empty list is no level of a pickle: nothing can be in it.
                ("pickle", bytes("]]]Naaa."), 3), ("pickle", bytes("]]]aa."), 2),
                ("pickle", [0x4E, 0x85, 0x85, 0x2E], 2),
                ("pickle", bytes("}N(N(Ntts."), 3), ("json/concat", bytes("[[[]]]"), 3),
                ("json/concat", bytes(#"{"a":[{}]}"#), 3), ("msgpack", [0x91, 0x81, 1, 0x90], 3),
            ]
        ) { $0.maximumDepth = $1 }
        + cases(
            "elements",
            [
                ("pickle", bytes("](K\u{1}K\u{2}K\u{3}e."), 4), ("json/concat", bytes("[1,2,3]"), 4),
                ("json/concat", bytes(#"{"a":1,"b":2}"#), 5), ("msgpack", [0x93, 1, 2, 3], 4),
            ]
        ) { $0.maximumElements = $1 }
        + cases("opcodes", [("pickle", bytes("](NNNe."), 7), ("pickle/u8", bytes("\u{7}](NNNe."), 7)]) {
            $0.maximumOpcodes = $1
        }
        + cases(
            "memo entries",
            [
                ("pickle", [0x5D, 0x94, 0x94, 0x94, 0x2E], 3), ("pickle", bytes("]q\u{0}q\u{1}q\u{2}q\u{2}."), 3),
                ("pickle", bytes("]p0\np9\np5000\n."), 3), ("pickle", bytes("NNN00."), 3),
            ]
        ) { $0.maximumMemoEntries = $1 }
        + cases("marks", [("pickle", bytes("(((111N."), 3)]) { $0.maximumMarks = $1 }
        + cases(
            "expanded bytes",
            [
                ("pickle", bytes("](NNe."), bytes("[null,null]").count),
                ("pickle", bytes("X") + [6, 0, 0, 0] + bytes("ab\ncd\"."), bytes(#""ab\ncd\"""#).count),
                ("json/concat", bytes("[1, 2]"), 6), ("msgpack", [0x92, 0xC0, 0xC3], bytes("[null,true]").count),
                ("raw/lines", bytes("ab\"c\n"), bytes(#""ab\"c""#).count),
                ("raw/u8", [3, 0, 1, 255], bytes(#""AAH/""#).count),
            ], isOfText: true
        ) { $0.maximumExpandedBytes = $1 }

    /// Reads the frame, and writes it as text where the limit is of that; nil where both were done.
    private static func refusal(_ item: Case, _ maximum: Int) throws -> String? {
        var limits = DecodingLimits()
        item.set(&limits, maximum)
        let codec = try CodecRegistry.codec(named: item.codec)
        var reader = MessageReader(codec: codec, limits: limits)
        let tree = ValueTree()
        do throws(MessageError) {
            var frame = try reader.nextMessage(in: item.frame.span.bytes, into: tree)
            if frame == nil { frame = try reader.finish(in: item.frame.span.bytes, into: tree) }
            #expect(frame?.frameBytes == item.frame.count)
        } catch {
            #expect([.framing(.tooLong), .payload(.overLimit)].contains(error.layer), "\(error)")
            #expect(!item.isOfText)
            return error.reason
        }
        guard item.isOfText else { return nil }
        var output = ByteWriter()
        output.append("before")
        do throws(PayloadError) {
            _ = try codec.payload.writeReadable(tree, limits: limits, into: &output)
            return nil
        } catch {
            #expect(error.code == .overLimit)
            #expect(output.string == "before", "what was begun is taken back")
            return error.reason
        }
    }

    @Test("take what needs all of them or less, and refuse what needs one more, naming the limit", arguments: all)
    func exact(item: Case) throws {
        #expect(try Self.refusal(item, item.needed + 1) == nil)
        #expect(try Self.refusal(item, item.needed) == nil)
        let reason = try #require(try Self.refusal(item, item.needed - 1))
        #expect(reason.contains("\(item.needed - 1)"), "\(reason)")
    }

    @Test("hold for one value of a message too", arguments: all.filter { $0.isOfText })
    func values(item: Case) throws {
        let codec = try CodecRegistry.codec(named: item.codec)
        var reader = MessageReader(codec: codec, limits: DecodingLimits())
        let tree = ValueTree()
        _ = try reader.nextMessage(in: item.frame.span.bytes, into: tree)
        for (maximum, fits) in [(item.needed, true), (item.needed - 1, false)] {
            var limits = DecodingLimits()
            item.set(&limits, maximum)
            var output = ByteWriter()
            do throws(PayloadError) {
                try codec.payload.writeText(of: tree.root, limits: limits, into: &output)
                #expect(fits && output.count == item.needed)
            } catch {
                #expect(!fits && error.code == .overLimit && output.count == 0)
            }
        }
    }

    @Test(
        "keep a short text that is fetched over and over from becoming more than four times the message",
        arguments: ["list", "tuple", "dict"])
    func fetchedTexts(way: String) throws {
        // A text of 128 control characters, fetched with two bytes each time and written with 768.
        let text = [0x8C, 128] + [UInt8](repeating: 1, count: 128) + [0x94, 0x30]
        let fetches = [UInt8](repeatElement([0x68, 0], count: 200_000).joined())
        let pickle: [UInt8] =
            switch way {
            case "list": [0x80, 4] + text + [0x5D, 0x28] + fetches + [0x65, 0x2E]
            case "tuple": [0x80, 4] + text + [0x28] + fetches + [0x74, 0x2E]
            default: [0x80, 4] + text + [0x28] + fetches + [0x64, 0x2E]
            }
        let tree = try PickleExamples.tree(of: pickle)
        var output = ByteWriter()
        let error = #expect(throws: PayloadError.self) {
            try ValueNotation.write(tree, limits: DecodingLimits(), into: &output)
        }
        #expect(error?.code == .overLimit)
        #expect(output.count == 0)
        #expect(output.capacity <= 4 * DecodingLimits().maximumText(ofPayloadBytes: pickle.count))
    }

    @Test("keep a long text that alone is over the limit from being written first")
    func longText() throws {
        var limits = DecodingLimits()
        limits.maximumExpandedBytes = 1000
        let text = [UInt8](repeating: 97, count: 1 << 20)
        let length = (0..<4).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
        for opcode in [PickleOpcode.binUnicode, PickleOpcode.binBytes, PickleOpcode.binString] {
            let tree = try PickleExamples.tree(of: [opcode] + length + text + [PickleOpcode.stop])
            var output = ByteWriter()
            #expect(throws: PayloadError.self) { try ValueNotation.write(tree, limits: limits, into: &output) }
            #expect(output.capacity < 4096)
        }
    }
}
