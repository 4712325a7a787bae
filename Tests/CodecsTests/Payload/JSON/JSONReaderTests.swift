import Codecs
import Foundation
import TestSupport
import Testing

@Suite("The JSON reader") struct JSONReaderTests {
    private static let suite = "CodecsTests/Fixtures/json/JSONTestSuite/test_parsing"

    /// What RFC 8259 leaves open (`i_`), decided: numbers are kept as text, escapes of lone surrogates too; what is no UTF-8 and
    /// a byte order mark are refused.
    private static let refusedOpenCases: Set<String> = [
        "i_string_UTF-16LE_with_BOM.json", "i_string_UTF-8_invalid_sequence.json",
        "i_string_UTF8_surrogate_U+D800.json",
        "i_string_invalid_utf-8.json", "i_string_iso_latin_1.json", "i_string_lone_utf8_continuation_byte.json",
        "i_string_not_in_unicode_range.json", "i_string_overlong_sequence_2_bytes.json",
        "i_string_overlong_sequence_6_bytes.json", "i_string_overlong_sequence_6_bytes_null.json",
        "i_string_truncated-utf-8.json", "i_string_utf16BE_no_BOM.json", "i_string_utf16LE_no_BOM.json",
        "i_structure_UTF-8_BOM_empty_object.json",
    ]

    @Test("decides JSONTestSuite's files as RFC 8259 does", arguments: Fixtures.names(in: suite))
    func agreesWithTheSuite(_ name: String) throws {
        let text = try Fixtures.bytes(Self.suite + "/" + name)
        let isTaken = error(of: text) == nil
        switch name.prefix(2) {
        case "y_": #expect(isTaken)
        case "n_": #expect(!isTaken)
        default: #expect(isTaken == !Self.refusedOpenCases.contains(name))
        }
    }

    @Test("has the whole suite") func suiteIsThere() {
        #expect(Fixtures.names(in: Self.suite).count == 318)
    }

    @Test("agrees with CPython on 3,000 texts, good and spoilt, and on every string in them")
    func agreesWithCPython() throws {
        let corpus = String(decoding: try Fixtures.bytes("CodecsTests/Fixtures/json/corpus.txt"), as: UTF8.self)
        let lines = corpus.split(separator: "\n")
        #expect(lines.count == 3000)
        for line in lines {
            let fields = line.split(separator: " ")
            let text = fields[1] == "-" ? [] : Array(try #require(Data(base64Encoded: String(fields[1]))))
            let tree = ValueTree()
            if let error = error(of: text, into: tree) {
                #expect(fields[0] == "no", "\(line): \(error)")
                continue
            }
            try #require(fields[0] == "ok", "\(line)")
            let (values, hash) = digest(of: tree)
            #expect(String(values) == fields[2], "\(line)")
            #expect(String(hash, radix: 16) == fields[3].drop { $0 == "0" }, "\(line)")
        }
    }

    /// The number of values, and the FNV-1a hash of all strings, as `make_corpus.py` makes them.
    private func digest(of tree: ValueTree) -> (values: Int, hash: UInt64) {
        var values = 0
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in 0..<UInt32(tree.nodeCount) {
            let value = Value(tree: tree, index: index)
            if value.kind == .end { continue }
            values += 1
            guard let text = value.text else { continue }
            for byte in [0] + text { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        return (values, hash)
    }

    @Test(
        "says where and what",
        arguments: [
            ("", 0, "found an empty payload, expected a JSON value", true),
            ("  ", 2, "found the end, expected a JSON value", true),
            ("{\"a\" 1}", 5, "found \"1\", expected \":\"", false),
            ("[1,]", 3, "found \"]\", expected a JSON value", false),
            ("[1 2]", 3, "found \"2\", expected \",\" or \"]\"", false),
            ("{,}", 1, "found \",\", expected a string or \"}\"", false),
            ("{\"a\":1,}", 7, "found \"}\", expected a string", false),
            ("01", 1, "expected no digit behind a leading zero", false),
            ("nulx", 3, "found \"x\", expected the rest of \"null\"", false), ("tru", 3, "found the end", true),
            ("-", 1, "found the end, expected a digit", true), ("1.e1", 2, "found \"e\", expected a digit", false),
            ("\"a\u{1}\"", 2, "found byte 0x01", false), ("\"a", 2, "found the end", true),
            ("\"\\x\"", 2, "behind a backslash", false), ("\"\\u12g4\"", 5, "expected a hexadecimal digit", false),
            ("[][]", 2, "expected nothing behind the value", false),
            ("[1}", 2, "found \"}\", expected \",\" or \"]\"", false),
            ("\u{FEFF}1", 0, "byte order mark", false), ("NaN", 0, "found \"N\"", false),
            ("// x", 0, "found \"/\"", false),
        ])
    func explains(_ text: String, _ offset: Int, _ reason: String, _ isTruncated: Bool) throws {
        let found = error(of: Array(text.utf8))
        let error = try #require(found)
        #expect(error.offset == offset)
        #expect(error.reason.contains(reason), "\(error.reason)")
        #expect(error.code == (isTruncated ? .truncated : .malformed))
    }

    @Test(
        "refuses bytes that are no UTF-8 where they stand",
        arguments: [
            [0x22, 0x61, 0xC0, 0x80, 0x22], [0x22, 0x61, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0x61, 0xF4, 0x90, 0x80, 0x80, 0x22],
            [0x22, 0x61, 0xE0, 0x9F, 0xBF, 0x22], [0x22, 0x61, 0xF0, 0x8F, 0xBF, 0xBF, 0x22], [0x22, 0x61, 0x80, 0x22],
            [0x22, 0x61, 0xE2, 0x82], [0x22, 0x61, 0xF5, 0x80, 0x80, 0x80, 0x22], [0x22, 0x61, 0xC2, 0x22],
        ] as [[UInt8]])
    func refusesBadUTF8(_ text: [UInt8]) {
        #expect(error(of: text)?.offset == 2)
    }

    @Test("keeps its limits") func keepsLimits() {
        var limits = DecodingLimits()
        limits.maximumDepth = 3
        #expect(error(of: Array("[[[1]]]".utf8), limits) == nil)
        #expect(error(of: Array("[[[[1]]]]".utf8), limits)?.code == .overLimit)
        limits = DecodingLimits()
        limits.maximumElements = 4
        #expect(error(of: Array("[1,2,3]".utf8), limits) == nil)
        #expect(error(of: Array("[1,2,3,4]".utf8), limits)?.code == .overLimit)
        #expect(error(of: Array(#"{"a":1}"#.utf8), limits) == nil)
        #expect(error(of: Array(#"{"a":1,"b":2}"#.utf8), limits)?.code == .overLimit)
        #expect(error(of: Array(repeating: UInt8(ascii: "["), count: 1_000_000)) != nil)
        limits = DecodingLimits()
        limits.maximumDepth = 1_000_000
        let deep =
            Array(repeating: UInt8(ascii: "["), count: 500_000) + Array(repeating: UInt8(ascii: "]"), count: 500_000)
        #expect(error(of: deep, limits) == nil)
    }

    @Test("keeps number text, order, repeated names, and where each value stands")
    func keepsWhatWasSent() throws {
        let text = #" {"b": 1.0, "a":[1E+2 ,-0], "b":"\ud83d\ude00\ud800", "n":null,"t":true,"f":false, "e":{}} "#
        let tree = ValueTree()
        try JSONFormat().decode(Array(text.utf8).span.bytes, into: tree, limits: DecodingLimits())
        let entries = Array(tree.root.entries)
        #expect(entries.map { $0.key.string } == ["b", "a", "b", "n", "t", "f", "e"])
        let sources = try entries.map { entry in
            String(decoding: tree.payload[try #require(entry.value.sourceRange)], as: UTF8.self)
        }
        #expect(sources == ["1.0", "[1E+2 ,-0]", #""\ud83d\ude00\ud800""#, "null", "true", "false", "{}"])
        #expect(entries[2].value.text == [0xF0, 0x9F, 0x98, 0x80, 0xED, 0xA0, 0x80])
        #expect(tree.root.sourceRange == 1..<text.utf8.count - 1)
        #expect(tree.root.childCount == 14)
        #expect(tree.root["a"]?.children.map { $0.double } == [100, 0])
    }

    private func error(
        of text: [UInt8], _ limits: DecodingLimits = DecodingLimits(), into tree: ValueTree = ValueTree()
    ) -> PayloadError? {
        do throws(PayloadError) {
            try JSONFormat().decode(text.span.bytes, into: tree, limits: limits)
            return nil
        } catch {
            return error
        }
    }
}
