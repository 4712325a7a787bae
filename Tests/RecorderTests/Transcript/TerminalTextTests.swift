import Testing

@testable import Recorder

@Suite("Text for a terminal") struct TerminalTextTests {
    @Test("has no character that moves, colours, hides or turns anything")
    func everyCharacter() {
        // C0, DEL, C1; then what Unicode 15 calls Bidi_Control, Zl, Zp, and what has no width (UAX 9, UAX 44).
        let unseen: [ClosedRange<UInt32>] = [
            0...0x1F, 0x7F...0x9F, 0xAD...0xAD, 0x61C...0x61C, 0x180E...0x180E, 0x200B...0x200F, 0x2028...0x202E,
            0x2060...0x2064, 0x2066...0x206F, 0xFEFF...0xFEFF, 0xFFF9...0xFFFB, 0xE0001...0xE0001, 0xE0020...0xE007F,
        ]
        for value in unseen.joined() {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = TerminalText.escaped(String(scalar))
            #expect(text.hasPrefix("\\u") && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "U+\(value)")
        }
        for text in ["plain ~", "é", "日本", "😀", "\\", "\"", "\u{A0}", "שלום"] {
            #expect(TerminalText.escaped(text) == text)
        }
    }

    @Test(
        "shows escapes for what it cannot show",
        arguments: zip(
            [
                [0x1B, 0x5B, 0x41], [0x0D, 0x0A], [0xC2, 0x85], [0xE2, 0x80, 0xAE], [0xF3, 0xA0, 0x81, 0x81],
                [0x41, 0xFF], [],
            ]
                as [[UInt8]], ["\\u001b[A", "\\u000d\\u000a", "\\u0085", "\\u202e", "\\ue0041", "A\u{FFFD}", ""]))
    func escapes(_ bytes: [UInt8], _ text: String) { #expect(TerminalText.escaped(bytes) == text) }

    @Test(
        "is folded where a terminal ends, behind a blank if one is near, with what goes on set in",
        arguments: [
            ("short", "short"), (String(repeating: "a", count: 30), String(repeating: "a", count: 30)),
            (String(repeating: "a", count: 31), String(repeating: "a", count: 30) + "\n     a"),
            // A wide character has two columns, and does not stand half on each row.
            (
                "a" + String(repeating: "世", count: 29),
                "a" + String(repeating: "世", count: 14) + "\n     " + String(repeating: "世", count: 12) + "\n     世世世"
            ),
            (#"0.1  → {"first": 1000000, "b":22}"#, "0.1  → {\"first\": 1000000, \n     \"b\":22}"),
            // Colours take no room, and a picture is not taken apart.
            (
                "\u{1B}[2m" + String(repeating: "b", count: 30) + "\u{1B}[0m",
                "\u{1B}[2m\(String(repeating: "b", count: 30))\u{1B}[0m"
            ),
            (String(repeating: "c", count: 28) + "👨‍👩‍👧", String(repeating: "c", count: 28) + "\n     👨‍👩‍👧"),
            (
                "\u{1B}[2m\u{301}" + String(repeating: "d", count: 31),
                "\u{1B}[2m\u{301}" + String(repeating: "d", count: 30) + "\n     d"
            ),
        ] as [(String, String)])
    func folding(line: String, folded: String) {
        #expect(TerminalText.folded(line, columns: 30, indent: 5) == folded)
    }

    @Test("is not folded where there is hardly room for anything")
    func narrow() {
        let line = String(repeating: "a", count: 100)
        #expect(TerminalText.folded(line, columns: 24, indent: 5) == line)
        #expect(TerminalText.folded(line, columns: 0, indent: 5) == line)
    }

    @Test("is cut at a number of characters, whatever they are made of, and says how many there were")
    func cut() {
        #expect(TerminalText.escaped("abc", limit: 3) == "abc")
        #expect(TerminalText.escaped("abcd", limit: 3) == "abc… (4 characters)")
        #expect(TerminalText.escaped("日本語だ", limit: 3) == "日本語… (4 characters)")
        #expect(TerminalText.escaped("\n\n\n", limit: 1) == "\\u000a… (3 characters)")
        #expect(TerminalText.escaped("", limit: 0) == "")
        #expect(TerminalText.escaped("a", limit: 0) == "… (1 characters)")
        // One letter with a million accents is a million and one characters.
        let accents = "e" + String(repeating: "\u{301}", count: 1_000_000)
        #expect(TerminalText.escaped(accents, limit: 2) == "e\u{301}… (1000001 characters)")
        let garbage = [UInt8](repeating: 0x80, count: 100)
        #expect(TerminalText.escaped(garbage, limit: 2).hasPrefix("\u{FFFD}\u{FFFD}… ("))
    }

    @Test("has bytes as Python writes them")
    func bytes() {
        // repr(bytes([0, 9, 10, 13, 27, 34, 92, 127, 128, 255]) + b"az ~'"), with the quotes turned
        let bytes: [UInt8] = [0, 9, 10, 13, 27, 34, 92, 127, 128, 255] + Array("az ~'".utf8)
        #expect(TerminalText.bytes(bytes, limit: 100) == #"b"\x00\t\n\r\x1b\"\\\x7f\x80\xffaz ~'""#)
        #expect(TerminalText.bytes(bytes, limit: 15) == TerminalText.bytes(bytes, limit: 100))
        #expect(TerminalText.bytes(bytes, limit: 2) == #"b"\x00\t"… (15 bytes)"#)
        #expect(TerminalText.bytes(bytes, limit: 0) == #"b""… (15 bytes)"#)
        #expect(TerminalText.bytes([], limit: 0) == #"b"""#)
        #expect(TerminalText.bytes([1], limit: -1) == #"b""… (1 bytes)"#)
    }

    @Test(
        "keeps the joiner of two pictures, and shows it anywhere else",
        arguments: [
            ("👨\u{200D}👩\u{200D}👧", "👨\u{200D}👩\u{200D}👧"), ("❤\u{FE0F}\u{200D}🔥", "❤\u{FE0F}\u{200D}🔥"),
            ("👍🏽\u{200D}👍", "👍🏽\u{200D}👍"), ("a\u{200D}b", "a\\u200db"), ("👨\u{200D}", "👨\\u200d"),
            ("\u{200D}👨", "\\u200d👨"), ("1\u{200D}2", "1\\u200d2"), ("👨\u{200D}\u{200D}👩", "👨\\u200d\\u200d👩"),
            ("👨\u{200D}\u{202E}", "👨\\u200d\\u202e"),
        ])
    func joiners(_ text: String, _ shown: String) {
        #expect(TerminalText.escaped(text) == shown)
        #expect(TerminalText.front(of: text.utf8, columns: 80).text == shown)
        #expect(TerminalText.back(of: Array(text.utf8), columns: 80).text == shown)
    }

    @Test("is taken apart between the characters that a person counts")
    func characterStarts() {
        for (text, place, start) in [
            ("abc", 2, 2), ("é日", 1, 0), ("e\u{301}x", 1, 0), ("a👍🏽", 5, 1), ("🇩🇪🇯🇵", 4, 0), ("🇩🇪🇯🇵", 8, 8),
            ("👨\u{200D}👩", 7, 0), ("ab", 2, 2), ("ab", 0, 0), ("", 0, 0),
            (String(repeating: "é", count: 100), 151, 150),
        ] {
            #expect(TerminalText.characterStart(in: Array(text.utf8)[...], at: place) == start, "\(text) \(place)")
        }
        // One letter with accents without end is taken apart somewhere.
        let accents = Array(("e" + String(repeating: "\u{301}", count: 1_000)).utf8)
        #expect((900...1_001).contains(TerminalText.characterStart(in: accents[...], at: 1_001)))
    }

    @Test("keeps the lines of a text, and nothing else of its controls")
    func lines() {
        #expect(TerminalText.escapedLines(Array("a\r\n\u{1B}b\n".utf8)) == "a\\u000d\n\\u001bb\n")
    }
}
