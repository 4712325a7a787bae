import TestSupport
import Testing

@testable import Codecs

@Suite("Strings of JSON") struct JSONStringTests {
    @Test(
        "are written as CPython's json spells them",
        arguments: [
            ("", #""""#), ("plain", #""plain""#), ("\"\\/", #""\"\\/""#), ("\u{8}\u{C}\n\r\t", #""\b\f\n\r\t""#),
            ("\0\u{1F}\u{7F}", #""\u0000\u001f\u007f""#), ("\u{80}\u{9F}\u{A0}", "\"\\u0080\\u009f\u{A0}\""),
            ("\u{2028}\u{2029}", #""\u2028\u2029""#),
            ("\u{202A}\u{202E}\u{2066}\u{2069}", #""\u202a\u202e\u2066\u2069""#),
            ("\u{61C}\u{200E}\u{200F}\u{FEFF}", #""\u061c\u200e\u200f\ufeff""#), ("é日😀\u{200D}", "\"é日😀\u{200D}\""),
            ("more than eight bytes \"quoted\" and a tail\n", #""more than eight bytes \"quoted\" and a tail\n""#),
            ("12345678\u{7F}", #""12345678\u007f""#), ("1234567é", "\"1234567é\""),
        ])
    func areWritten(_ text: String, _ expected: String) {
        #expect(written(Array(text.utf8)) == Array(expected.utf8))
        #expect(JSONString.unescapeArray(Array(expected.utf8.dropFirst().dropLast())) == Array(text.utf8))
    }

    @Test("have escapes for lone surrogates, and U+FFFD for what is no UTF-8")
    func escapeSurrogates() {
        #expect(written([0x61, 0xED, 0xA0, 0x80, 0xED, 0xBF, 0xBF]) == Array(#""a\ud800\udfff""#.utf8))
        #expect(written([0x61, 0xFF, 0x62]) == Array("\"a\u{FFFD}b\"".utf8))
        #expect(written([0xE2, 0x82]) == Array("\"\u{FFFD}\u{FFFD}\"".utf8))
    }

    @Test("read back whatever they were made from, at every length and place")
    func roundTrip() {
        var generator = SeededGenerator(seed: 1)
        let pieces = ["a", "\"", "\\", "\n", "\u{7F}", "é", "日", "😀", "\u{202E}", "\u{85}", "plain text"]
        for count in 0..<400 {
            let text = (0..<count % 40).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            let bytes = Array(text.utf8)
            #expect(JSONString.unescapeArray(written(bytes).dropFirst().dropLast()) == bytes)
        }
    }

    @Test(
        "have their escapes resolved",
        arguments: [
            (#"\u00e9\/\b\f\n\r\t\"\\"#, Array("é/\u{8}\u{C}\n\r\t\"\\".utf8)), (#"\ud83d\ude00"#, Array("😀".utf8)),
            (#"\uD83D\uDE00x"#, Array("😀x".utf8)), (#"\ude00\ud83d"#, [0xED, 0xB8, 0x80, 0xED, 0xA0, 0xBD]),
            (#"\ud83dx"#, [0xED, 0xA0, 0xBD, 0x78]), (#"\ud83d\u0041"#, [0xED, 0xA0, 0xBD, 0x41]), (#"\u0000"#, [0]),
            (#"\x\u12"#, Array(#"\x\u12"#.utf8)), ("\\", [0x5C]),
        ] as [(String, [UInt8])])
    func resolveEscapes(_ inside: String, _ expected: [UInt8]) {
        #expect(JSONString.unescapeArray(Array(inside.utf8)) == expected)
    }

    @Test(
        "are printable without controls",
        arguments: [
            ("", true), ("plain text, long enough", true), ("tab\tline\r\n and so on and on", true), ("é日😀", true),
            ("a\0", false), ("12345678\u{1B}", false), ("\u{7F}", false), ("\u{85}", false), ("\u{202E}", false),
            ("\u{2066}", false), ("\u{FEFF}", false), ("\u{61C}", false), ("\u{200D}", true),
        ])
    func arePrintable(_ text: String, _ expected: Bool) {
        #expect(Array(text.utf8).withUnsafeBytes { JSONString.isPrintable($0) } == expected)
    }

    @Test(
        "are not printable where they are no UTF-8",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]] as [[UInt8]])
    func areNotPrintable(_ bytes: [UInt8]) {
        #expect(!bytes.withUnsafeBytes { JSONString.isPrintable($0) })
    }

    @Test(
        "have what is not plain found at every place of a long text",
        arguments: [0x00, 0x09, 0x1F, 0x22, 0x5C, 0x7F, 0xC2])
    func findEverywhere(_ byte: UInt8) {
        let isShown = [0x09, 0x22, 0x5C].contains(byte)
        for count in 1...100 {
            for place in 0..<count {
                var text = [UInt8](repeating: 0x7E, count: count)
                text[place] = byte
                #expect(text.withUnsafeBytes { JSONString.isPrintable($0) } == isShown)
                let inside = written(text).dropFirst().dropLast()
                #expect(inside.prefix(place).allSatisfy { $0 == 0x7E })
                #expect(inside.dropFirst(place).first != (byte == 0x5C ? nil : byte))
                #expect(inside.suffix(count - place - 1).allSatisfy { $0 == 0x7E })
                #expect(inside.count > count)
            }
        }
    }

    @Test("are written as what can be read by a person, or not at all")
    func printableOnly() {
        var generator = SeededGenerator(seed: 2)
        let common: [[UInt8]] = ["plain", "a longer text of 40 bytes, without escapes", "\"\\", "\t\r\n", "é日😀"].map {
            Array($0.utf8)
        }
        let rare: [[UInt8]] = [
            [0], [0x1B], [0x7F], [0xFF], [0xC2, 0x85], [0xE2, 0x80, 0xAE], [0xED, 0xA0, 0x80], [0xF0],
        ]
        var printable = 0
        for count in 0..<2_000 {
            var text = (0..<count % 12).flatMap { _ in common.randomElement(using: &generator) ?? [] }
            if count % 3 == 0, let piece = rare.randomElement(using: &generator) {
                text.insert(contentsOf: piece, at: Int.random(in: 0...text.count, using: &generator))
            }
            var output = ByteWriter()
            output.append("before" as StaticString)
            let isWritten = text.withUnsafeBytes { JSONString.writePrintable($0, into: &output) }
            #expect(isWritten == text.withUnsafeBytes { JSONString.isPrintable($0) })
            #expect(output.array == Array("before".utf8) + (isWritten ? written(text) : []))
            printable += isWritten ? 1 : 0
        }
        #expect((1_200..<1_900).contains(printable))
    }

    private func written(_ text: [UInt8]) -> [UInt8] {
        var output = ByteWriter()
        text.withUnsafeBytes { JSONString.write($0, into: &output) }
        return output.array
    }
}

extension JSONString {
    fileprivate static func unescapeArray(_ inside: some Sequence<UInt8>) -> [UInt8] {
        Array(inside).withUnsafeBytes { unescape($0) }
    }
}
