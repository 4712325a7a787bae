import Codecs
import Testing

/// Cases that a fuzzer found, as small as they get. The files beside the fuzzer hold them as they were.
@Suite("Pickles that were once read or written wrongly")
struct PickleRegressionTests {
    private static let longText = [0x58, 0x82, 0, 0, 0] + [UInt8](repeating: 97, count: 130)

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]

        init(_ name: String, _ bytes: [UInt8]) {
            testDescription = name
            self.bytes = bytes
        }
    }

    static let cases = [
        Case("a name without a letter, which no line of protocol 0 holds", [0x8C, 0, 0x8C, 0, 0x93, 0x2E]),
        Case("two names that are equal, and one of them changed", Array("cm\nn\ncm\nn\n}a".utf8) + [0x86, 0x2E]),
        Case("a changed name among its own arguments", Array("cm\nn\ncm\nn\n}a".utf8) + [0x81, 0x2E]),
        Case("a long text that is a name as well", longText + [0x71, 0, 0x68, 0, 0x68, 0, 0x93, 0x86, 0x2E]),
        Case("a long text that is a persistent id as well", longText + [0x71, 0, 0x51, 0x68, 0, 0x86, 0x2E]),
    ]

    @Test("read the same from what is written of them, in every protocol", arguments: cases, 0...5)
    func comeBack(_ example: Case, version: Int) throws {
        let tree = try PickleExamples.tree(of: example.bytes)
        let text = try PickleExamples.notation(of: tree)
        for written in [tree, try PickleExamples.tree(reading: text)] {
            let pickle = try PickleExamples.pickle(written, version: version)
            #expect(try PickleExamples.notation(of: PickleExamples.tree(of: pickle)) == text)
        }
    }

    @Test("a pickle is read on an empty stack, also after one whose bytes were not proved to the end")
    func readsOnEmptyStack() throws {
        // A list in a list: the writer is in both when it meets the first number, which has a byte more than it needs.
        let numbers = [[UInt8]](repeating: [0x4D, 5, 0], count: 400).joined()
        let unusual = [0x80, 4, 0x5D, 0x94, 0x5D, 0x94, 0x28] + Array(numbers) + [0x65, 0x61, 0x2E]
        let tree = ValueTree()
        try PickleFormat().decode(unusual.span.bytes, into: tree, limits: DecodingLimits())
        var text = ByteWriter()
        let form = try PickleFormat().writeReadable(tree, limits: DecodingLimits(), into: &text)
        #expect(!form.isExact)
        // POP, REDUCE, TUPLE2: each finds too little below it.
        for next: [UInt8] in [[0x30, 0x4E, 0x2E], [0x4E, 0x52, 0x2E], [0x4E, 0x86, 0x2E]] {
            guard case .refused(let error) = PickleVerdict(next, tree: tree) else {
                Issue.record("\(next) is taken")
                continue
            }
            #expect(error.code == .malformed)
            try PickleFormat().decode(unusual.span.bytes, into: tree, limits: DecodingLimits())
            text.removeAll()
            _ = try PickleFormat().writeReadable(tree, limits: DecodingLimits(), into: &text)
        }
    }

    @Test(
        "a text that says what no pickle may hold is refused, as CPython refuses the pickle",
        arguments: [
            #"{"$dict":[[[1],2]]}"#, #"{"$set":[{"a":1}]}"#,
            #"{"$frozenset":[{"$tuple":[1,{"$tuple":[{"$set":[]}]}]}]}"#,
            #"[{"$def":1,"v":[]},{"$dict":[[{"$ref":1},0]]}]"#, #"{"$obj":null,"args":[]}"#, #"{"$call":5,"args":[]}"#,
            #"{"$new":"m:f","args*":5}"#, #"{"$new":"m:f","args":[],"kwargs":5}"#, #"{"$global":[1,"f"]}"#,
        ])
    func refusesWhatNoPickleHolds(_ text: String) throws {
        let line = ValueTree()
        try JSONFormat().decode(Array(text.utf8).span.bytes, into: line, limits: DecodingLimits())
        var pickle = ByteWriter()
        do throws(PayloadError) {
            try PickleFormat().encodeReadable(
                .value, line.root, settings: WritingSettings(), limits: DecodingLimits(), into: &pickle)
            Issue.record("taken")
        } catch {
            #expect(error.code == .notRepresentable)
        }
    }

    @Test("keys that can be hashed are taken, shared tuples too")
    func takesKeys() throws {
        let text = #"[{"$def":1,"v":{"$tuple":[1,{"$frozenset":[2]}]}},{"$dict":[[{"$ref":1},0],[null,1]]}]"#
        let pickle = try PickleExamples.pickle(PickleExamples.tree(reading: text), version: 4)
        #expect(try PickleExamples.notation(of: PickleExamples.tree(of: pickle)) == text)
    }

    @Test(
        "what the scanner says of a stream over its limits does not depend on how the stream is cut",
        arguments: [
            ([0x80, 2, 0x4E, 0x2E], 1, 100), ([0x47, 0, 0, 0, 0, 0, 0, 0, 0, 0x2E], 1, 100),
            ([0x4E, 0x4E, 0x4E, 0x4E, 0x4E, 0x4E, 0xFF], 5, 100), ([0x4E, 0x4E, 0x4E, 0x4E, 0xFF], 100, 2),
            ([0x56, 0x61, 0x62, 0x63, 0x64, 0x0A, 0x2E], 4, 100), ([0x4E, 0x56, 0x61, 0x62, 0x0A, 0x2E], 4, 1),
            ([0x95, 0, 0, 0, 0, 0, 0, 0, 0, 0x4E, 0x2E], 6, 100), ([0x8B, 0xFF, 0xFF, 0xFF, 0xFF, 0x2E], 3, 100),
            ([0x4E, 0x4E, 0x4E, 0x4E, 0x4E, 0x4E, 0x4E, 0x4E, 0x4E, 0x4E, 0x4E, 0x2E], 100, 5),
        ] as [([UInt8], Int, Int)])
    func cuts(_ bytes: [UInt8], maximumFrameBytes: Int, maximumOpcodes: Int) {
        var limits = DecodingLimits()
        limits.maximumFrameBytes = maximumFrameBytes
        limits.maximumOpcodes = maximumOpcodes
        var whole = PickleStreamScanner(limits: limits)
        let expected = Result { () throws(FramingError) in try whole.nextFrame(in: bytes.span.bytes) }
        var dripped = PickleStreamScanner(limits: limits)
        var found: Result<FrameExtent?, FramingError> = .success(nil)
        for count in 1...bytes.count {
            found = Result { () throws(FramingError) in
                try dripped.nextFrame(in: bytes.span.bytes.extracting(0..<count))
            }
            if case .failure = found { break }
        }
        #expect(found == expected)
        if case .success = expected { Issue.record("taken") }
    }
}
