import Codecs
import TestSupport
import Testing

@Suite("MessagePack")
struct MessagePackFormatTests {
    private let format = MessagePackFormat()

    private func tree(_ payload: [UInt8], limits: DecodingLimits = DecodingLimits()) throws -> ValueTree {
        let tree = ValueTree()
        try format.decode(payload.span.bytes, into: tree, limits: limits)
        return tree
    }

    private func payload(reading text: String) throws -> [UInt8] {
        let line = ValueTree()
        try JSONFormat().decode(Array(text.utf8).span.bytes, into: line, limits: DecodingLimits())
        var output = ByteWriter()
        try format.encodeReadable(
            .value, line.root, settings: WritingSettings(), limits: DecodingLimits(), into: &output)
        return output.array
    }

    @Test("reads what the reference writes as the same values", arguments: MessagePackCorpus.cases)
    func reads(_ item: MessagePackCorpus.Case) throws {
        var text = ByteWriter()
        let form = try format.writeReadable(tree(item.bytes), limits: DecodingLimits(), into: &text)
        #expect(text.string == item.readable)
        #expect(form.key == .value)
        #expect(form.isExact == item.exact)
    }

    @Test(
        "is written in its smallest form, from the values and from their text",
        arguments: MessagePackCorpus.cases.filter(\.exact))
    func writes(_ item: MessagePackCorpus.Case) throws {
        var output = ByteWriter()
        try format.encode(tree(item.bytes).root, settings: WritingSettings(), into: &output)
        #expect(output.array == item.bytes)
        #expect(try payload(reading: item.readable) == item.bytes)
    }

    @Test("has fixtures")
    func hasFixtures() {
        #expect(MessagePackCorpus.cases.count > 100)
        #expect(MessagePackCorpus.questions.count > 900)
    }

    @Test("is refused, or read to its end, where the reference says so")
    func agreesWithTheReference() {
        let tree = ValueTree()
        for question in MessagePackCorpus.questions {
            var result = MessagePackCorpus.Question.Answer.end(question.payload.count)
            do throws(PayloadError) {
                try format.decode(question.payload.span.bytes, into: tree, limits: DecodingLimits())
            } catch {
                #expect((0...question.payload.count).contains(error.offset))
                switch error.code {
                case .truncated: result = .wantsMore
                // What follows the first value is an error here; the offset is where that ends.
                case .malformed where error.reason.contains("follow"): result = .end(error.offset)
                default: result = .refused
                }
            }
            #expect(result == question.answer, "\(question.name): \(question.payload)")
        }
    }

    @Test(
        "says where it is wrong",
        arguments: [
            ([], PayloadError.Code.truncated, 0), ([0x92, 0x01], .truncated, 0), ([0xC1], .malformed, 0),
            ([0x91, 0xC1], .malformed, 1), ([0x01, 0x02], .malformed, 1), ([0xA5, 0x61], .truncated, 0),
            ([0x91, 0xCD, 0x01], .truncated, 1), ([0x81, 0xA1, 0x61], .truncated, 3),
            ([0xDD, 0xFF, 0xFF, 0xFF, 0xFF], .truncated, 0), ([0xDF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], .truncated, 0),
            ([0xC6, 0xFF, 0xFF, 0xFF, 0xFF, 0x00], .truncated, 0), ([0xC9, 0xFF, 0xFF, 0xFF, 0xFF], .truncated, 0),
        ] as [([UInt8], PayloadError.Code, Int)])
    func errors(_ payload: [UInt8], _ code: PayloadError.Code, _ offset: Int) {
        let error = #expect(throws: PayloadError.self) { try tree(payload) }
        #expect(error?.code == code)
        #expect(error?.offset == offset)
    }

    @Test("keeps its limits on depth, values and bytes")
    func limits() throws {
        var limits = DecodingLimits()
        limits.maximumDepth = 3
        limits.maximumElements = 5
        limits.maximumFrameBytes = 8
        for (payload, offset) in [
            ([0x91, 0x91, 0x91, 0xC0], nil), ([0x91, 0x91, 0x91, 0x90], 3), ([0x94, 1, 2, 3, 4], nil),
            ([0x95, 1, 2, 3, 4, 5], 5), ([0x96, 1, 2, 3, 4, 5, 6], 0), ([0xA7, 1, 2, 3, 4, 5, 6, 7], nil),
            ([0xA8, 1, 2, 3, 4, 5, 6, 7, 8], 8),
        ] as [([UInt8], Int?)] {
            guard let offset else {
                _ = try tree(payload, limits: limits)
                continue
            }
            let error = #expect(throws: PayloadError.self) { try tree(payload, limits: limits) }
            #expect(error?.code == .overLimit, "\(payload)")
            #expect(error?.offset == offset, "\(payload)")
        }
    }

    @Test("of 10,000 levels is read and written, and stands as base64 in a recording")
    func deep() throws {
        let payload = [UInt8](repeating: 0x91, count: 10_000) + [0xC0]
        let tree = try tree(payload)
        var output = ByteWriter()
        try format.encode(tree.root, settings: WritingSettings(), into: &output)
        #expect(output.array == payload)
        let error = #expect(throws: PayloadError.self) {
            try format.writeReadable(tree, limits: DecodingLimits(), into: &output)
        }
        #expect(error?.code == .overLimit)
    }

    @Test("is not written from a short text that stands for a long value")
    func laughs() throws {
        let levels = 1...30
        let opened = levels.map { "[{\"$def\":\($0),\"v\":" }.joined()
        let closed = levels.reversed().map { "},{\"$ref\":\($0)},{\"$ref\":\($0)}]" }.joined()
        let text = opened + "[1]" + closed
        let line = ValueTree()
        try JSONFormat().decode(Array(text.utf8).span.bytes, into: line, limits: DecodingLimits())
        var output = ByteWriter()
        do throws(PayloadError) {
            try format.encodeReadable(
                .value, line.root, settings: WritingSettings(), limits: DecodingLimits(), into: &output)
            Issue.record("written")
        } catch {
            #expect(error.code == .overLimit)
        }
    }

    @Test(
        "is written from JSON by hand",
        arguments: [
            ("9007199254740993", [0xCF, 0, 0x20, 0, 0, 0, 0, 0, 1]), ("1.5", [0xCB, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0]),
            (#"{"$float32":1.5}"#, [0xCA, 0x3F, 0xC0, 0, 0]), (#"{"$float32":2}"#, [0xCA, 0x40, 0, 0, 0]),
            (#"{"$dict":[[1,2]]}"#, [0x81, 1, 2]), (#""\u00e9\n""#, [0xA3, 0xC3, 0xA9, 0x0A]),
            (#"{"$bytearray":"a"}"#, [0xC4, 1, 0x61]), (#"{"$ext":[-128,""]}"#, [0xC7, 0, 0x80]),
            (#"[{"$def":1,"v":[1]},{"$ref":1}]"#, [0x92, 0x91, 1, 0x91, 1]),
        ] as [(String, [UInt8])])
    func byHand(_ text: String, _ expected: [UInt8]) throws {
        #expect(try payload(reading: text) == expected)
    }

    @Test(
        "cannot hold what other formats have",
        arguments: [
            #"{"$tuple":[1]}"#, #"{"$set":[]}"#, #"{"$frozenset":[]}"#, #"{"$global":"a:b"}"#, #"{"$ext":5}"#,
            #"{"$call":"a:b","args":[]}"#, #"{"$buffer":0}"#, #"{"$int":"18446744073709551616"}"#,
            #"{"$int":"-9223372036854775809"}"#, #"{"$pers":1}"#,
        ])
    func notRepresentable(_ text: String) {
        let error = #expect(throws: PayloadError.self) { try payload(reading: text) }
        #expect(error?.code == .notRepresentable)
        #expect(error?.reason.hasPrefix("MessagePack cannot hold ") == true)
    }

    @Test("cannot be made endless by a cycle or by doubling")
    func bounded() {
        let cycle = #"{"$def":1,"v":[{"$ref":1}]}"#
        #expect(throws: PayloadError.self) { try payload(reading: cycle) }
        let long = String(repeating: "ha", count: 100_000)
        var laughs = #"{"$def":1,"v":["\#(long)"]}"#
        for number in 2...40 {
            laughs = #"{"$def":\#(number),"v":[\#(laughs),{"$ref":\#(number - 1)}]}"#
        }
        let error = #expect(throws: PayloadError.self) { try payload(reading: laughs) }
        #expect(error?.code == .overLimit)
    }

    @Test("is no pickle where it has a type number")
    func otherFormats() throws {
        var output = ByteWriter()
        let error = #expect(throws: PayloadError.self) {
            try PickleFormat().encode(
                tree([0xD4, 5, 0]).root, settings: WritingSettings(protocolVersion: 4), into: &output)
        }
        #expect(error?.code == .notRepresentable)
        let json = ValueTree()
        let text = Array(#"{"a":[1,-2.5,"\u00e9",null,18446744073709551615]}"#.utf8)
        try JSONFormat().decode(text.span.bytes, into: json, limits: DecodingLimits())
        try format.encode(json.root, settings: WritingSettings(), into: &output)
        // msgpack.packb(json.loads(...))
        #expect(
            output.array == [
                0x81, 0xA1, 0x61, 0x95, 0x01, 0xCB, 0xC0, 0x04, 0, 0, 0, 0, 0, 0, 0xA2, 0xC3, 0xA9, 0xC0, 0xCF, 0xFF,
                0xFF,
                0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
            ])
    }
}
