import Codecs
import Testing

@Suite("JSON in a recording") struct JSONFormatTests {
    @Test(
        "stands verbatim, and says when it cannot",
        arguments: [
            (#"{"a": 1.0, "b":[ ]}"#, #"{"a": 1.0, "b":[ ]}"#, true), (" 1", "1", false), ("[1]\n", "[1]", false),
            ("{\n  \"a\": 1,\n  \"b\": [\n    2,\n\t3\n  ]\n}", #"{"a": 1, "b": [2, 3]}"#, false),
            ("[\"a,\", \r\n1 ]", "[\"a,\", 1 ]", false), ("\"\u{7F}\u{85}\u{202E}\"", "\"\u{7F}\u{85}\u{202E}\"", true),
            ("[\t]", "[]", false), ("[1\n,\n2]", "[1, 2]", false),
        ])
    func isVerbatim(_ payload: String, _ expected: String, _ isExact: Bool) throws {
        let tree = try tree(of: payload)
        var output = ByteWriter()
        let form = try JSONFormat().writeReadable(tree, limits: DecodingLimits(), into: &output)
        #expect(output.string == expected)
        #expect(form == ReadableForm(key: .value, isExact: isExact))
        _ = try self.tree(of: expected)
    }

    @Test("is left to base64 where it is deeper than common readers go")
    func refusesDepth() throws {
        for (depth, fits) in [(512, true), (513, false)] {
            let tree = try tree(of: String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
            var output = ByteWriter()
            do throws(PayloadError) {
                _ = try JSONFormat().writeReadable(tree, limits: DecodingLimits(), into: &output)
                #expect(fits)
            } catch {
                #expect(!fits && error.code == .overLimit)
            }
        }
    }

    @Test("gives the very text of a value back, or the bytes of base64")
    func encodesReadable() throws {
        let line = try tree(of: #"{"t":1,"value":{"a": 1.0 , "a":"\u00e9"},"base64":"ICAx"}"#)
        var output = ByteWriter()
        let settings = WritingSettings()
        let limits = DecodingLimits()
        let value = try #require(line.root["value"])
        try JSONFormat().encodeReadable(.value, value, settings: settings, limits: limits, into: &output)
        #expect(output.string == #"{"a": 1.0 , "a":"\u00e9"}"#)
        output.removeAll()
        let base64 = try #require(line.root["base64"])
        try JSONFormat().encodeReadable(.base64, base64, settings: settings, limits: limits, into: &output)
        #expect(output.string == "  1")
        #expect(throws: PayloadError.self) {
            try JSONFormat().encodeReadable(.text, base64, settings: settings, limits: limits, into: &output)
        }
        #expect(throws: PayloadError.self) {
            try JSONFormat().encodeReadable(.base64, value, settings: settings, limits: limits, into: &output)
        }
    }

    @Test(
        "is encoded without spaces",
        arguments: [
            (
                #" { "a" : [ 1.0 , 1E+2 , -0 ] , "\u0061" : "\/\ud800é" } "#,
                #"{"a":[1.0,1E+2,-0],"\u0061":"\/\ud800é"}"#
            ),
            ("[[],{},[{}],null,true,false]", "[[],{},[{}],null,true,false]"),
            ("\"\u{7F}\u{2028}\"", "\"\u{7F}\u{2028}\""),
        ])
    func isEncoded(_ text: String, _ expected: String) throws {
        #expect(try encoded(try tree(of: text).root) == expected)
    }

    @Test(
        "is written from other formats' values where JSON has their kind",
        arguments: [
            (ValueNode(kind: .int, payload: UInt64(bitPattern: -42)), "-42"),
            (ValueNode(kind: .float, payload: Double(1).bitPattern), "1.0"),
            (ValueNode(kind: .float, payload: 1e16.bitPattern), "1e+16"),
            (ValueNode(kind: .string, offset: 0, count: 3), "\"a\\\"\\n\""),
            (ValueNode(kind: .float, payload: Double.nan.bitPattern), "no number"),
            (ValueNode(kind: .float, payload: Double.infinity.bitPattern), "infinity"),
            (ValueNode(kind: .bytes, offset: 0, count: 3), "JSON cannot hold bytes"),
            (ValueNode(kind: .tuple), "JSON cannot hold a tuple"),
            (ValueNode(kind: .frozenSet), "JSON cannot hold a frozenset"),
        ] as [(ValueNode, String)])
    func isWrittenFromOthers(_ node: ValueNode, _ expected: String) throws {
        let tree = ValueTree()
        try tree.build(from: Array("a\"\n".utf8).span.bytes) { builder in builder.append(node) }
        do throws(PayloadError) {
            #expect(try encoded(tree.root) == expected)
        } catch {
            #expect(error.code == .notRepresentable && error.reason.contains(expected), "\(error.reason)")
        }
    }

    @Test("is not written from a value that holds itself")
    func refusesCycles() throws {
        let tree = ValueTree()
        try tree.build(from: [UInt8]().span.bytes) { builder in
            let list = builder.append(ValueNode(kind: .list))
            builder.appendChild(list, to: list)
            return list
        }
        let error = #expect(throws: PayloadError.self) { try encoded(tree.root) }
        #expect(error?.code == .overLimit)
    }

    private func tree(of text: String) throws -> ValueTree {
        let tree = ValueTree()
        try JSONFormat().decode(Array(text.utf8).span.bytes, into: tree, limits: DecodingLimits())
        return tree
    }

    private func encoded(_ value: Value) throws(PayloadError) -> String {
        var output = ByteWriter()
        try JSONFormat().encode(value, settings: WritingSettings(), into: &output)
        return output.string
    }
}
