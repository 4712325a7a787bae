import Recorder
import Testing

@testable import Replay

@Suite("A value and the recorded one, side by side")
struct ValueComparisonTextTests {
    private func lines(
        _ expected: String?, _ actual: String?, columns: Int = 68, colour: Bool = false, maximumLines: Int = 14
    ) -> [String] {
        ValueComparisonText(
            styled: TerminalStyle(usesColour: colour), columns: columns, maximumLines: maximumLines,
            place: "a.tape.jsonl:7"
        ).lines(ValueDifference(path: "$", expected: expected, actual: actual))
    }

    private func text(_ lines: [String]) -> String { lines.joined(separator: "\n") }

    @Test("are a line each where they are short")
    func short() {
        #expect(lines("44.82", "49.8") == ["          - 44.82", "          + 49.8"])
        #expect(lines(#""Ada""#, #""Eva""#) == [#"          - "Ada""#, #"          + "Eva""#])
        #expect(lines(nil, "[1]") == ["          + [1]"])
        #expect(lines("[1]", #"{"$tuple":[1]}"#) == ["          - [1]", #"          + {"$tuple":[1]}"#])
    }

    @Test("have the words marked that differ where they are longer")
    func words() {
        let (left, right) = (
            #""the quick brown fox jumps over the dog""#, #""the quick red fox jumps over a lazy dog""#
        )
        #expect(
            text(lines(left, right)) == """
                          - "the quick [-brown-] fox jumps over [-the-] dog"
                          + "the quick {+red+} fox jumps over {+a lazy+} dog"
                """)
        #expect(
            lines(left, right, colour: true).first
                == "\u{1B}[32m          - \u{1B}[0m\u{1B}[32m\"the quick \u{1B}[0m\u{1B}[32;7mbrown\u{1B}[0m"
                + "\u{1B}[32m fox jumps over \u{1B}[0m\u{1B}[32;7mthe\u{1B}[0m\u{1B}[32m dog\"\u{1B}[0m")
    }

    @Test("have no marks where they share little, or hold what marks would be taken for")
    func noMarks() {
        #expect(
            lines(#""nothing of this is the same there""#, #""another sentence, with its own words""#) == [
                #"          - "nothing of this is the same there""#,
                #"          + "another sentence, with its own words""#,
            ])
        let code = #""if (a[-1]) { return the value of it; }""#
        #expect(lines(code, code.replacing("the value", with: "a value")).first == "          - " + code)
    }

    @Test("are compared by lines where they have several")
    func several() {
        let left = (1...40).map { "line \($0)" }
        var right = left
        right[19] = "line XX"
        right.remove(at: 29)
        func json(_ lines: [String]) -> String { "\"" + lines.joined(separator: "\\n") + "\\n\"" }
        #expect(
            text(lines(json(left), json(right))) == """
                          ⋮ line 18
                            line 18
                            line 19
                          - line [-20-]
                          + line {+XX+}
                            line 21
                            line 22
                          ⋮ line 28
                            line 28
                            line 29
                          - line 30
                            line 31
                            line 32
                """)
        #expect(
            text(lines(json(left), json(right.reversed()), maximumLines: 3)) == """
                          - line 1
                          - line 2
                          - line 3
                          … and 74 more lines that differ
                            (cut from 311 and 303 characters; whole: a.tape.jsonl:7, --full)
                """)
    }

    @Test("tell a line's end that is missing, and its carriage return")
    func lineEnds() {
        #expect(
            text(lines(#""a\nb\n""#, #""a\nb""#)) == """
                            a
                          - b
                          + b  (no line's end)
                """)
        #expect(
            text(lines(#""a\r\nb""#, #""a\nb""#)) == """
                          - a[-\\u000d-]
                          + a
                            b
                """)
    }

    @Test("are laid out where whole containers stand for each other, and only what differs is shown")
    func containers() {
        let items = (1...12).map { #"{"id":\#($0),"name":"a name of some length","price":\#($0).5}"# }
        let left = #"{"kind":"order","items":["# + items.joined(separator: ",") + "]}"
        let right = #"{"$tuple":["# + items.joined(separator: ",").replacing("7.5", with: "8.5") + "]}"
        #expect(
            text(lines(left, right)) == """
                            {
                          -   "kind": "order",
                          -   "items": [
                          +   "$tuple": [
                                {"id": 1, "name": "a name of some length", "price": 1.5},
                                {"id": 2, "name": "a name of some length", "price": 2.5},
                          ⋮ line 8
                                {"id": 5, "name": "a name of some length", "price": 5.5},
                                {"id": 6, "name": "a name of some length", "price": 6.5},
                          -     {"id": 7, "name": "a name of some length", "price": [-7-].5},
                          +     {"id": 7, "name": "a name of some length", "price": {+8+}.5},
                                {"id": 8, "name": "a name of some length", "price": 8.5},
                                {"id": 9, "name": "a name of some length", "price": 9.5},
                """)
    }

    @Test("are cut around what differs, however long they are, and told where the rest stands")
    func long() {
        let words = (0..<20_000).map { "word\($0)" }
        var changed = words
        changed[10_000] = "other"
        changed[15_000] = "another"
        let found = lines("\"" + words.joined(separator: " ") + "\"", "\"" + changed.joined(separator: " ") + "\"")
        #expect(
            text(found) == """
                          - …997 word9998 word9999 [-word10000-] word10001 word10002 w…7 word14998 word14999 [-word15000-] word15001 word15002 word15003 word15004 word150…
                          + …997 word9998 word9999 {+other+} word10001 word10002 w…7 word14998 word14999 {+another+} word15001 word15002 word15003 word15004 word15005 wor…
                            (cut from 188891 and 188885 characters; whole: a.tape.jsonl:7, --full)
                """)
        for line in found.prefix(2) { #expect(TerminalText.columns(of: line) <= 12 + 2 * 68 + 8) }
        // A text with something put in is cut at the same places as the other.
        var longer = words
        longer[10_000] += " new words"
        let inserted = lines("\"" + words.joined(separator: " ") + "\"", "\"" + longer.joined(separator: " ") + "\"")
        #expect(inserted[0].hasPrefix("          - …98 word9999 word10000 word10001"), "\(inserted)")
        #expect(inserted[1].hasPrefix("          + …98 word9999 word10000 {+new words +}word10001"), "\(inserted)")
    }

    @Test("are shown as wholes where that is asked for")
    func full() {
        func full(_ expected: String, _ actual: String) -> [String] {
            ValueComparisonText(
                styled: TerminalStyle(usesColour: false), columns: 68, maximumLines: 3, isFull: true, place: ""
            ).lines(ValueDifference(path: "$", expected: expected, actual: actual))
        }
        let lines = (1...40).map { "line \($0)" }
        let left = "\"" + lines.joined(separator: "\\n") + "\""
        let found = full(left, left.replacing("line 20", with: "line XX"))
        #expect(found.count == 41 && found.first == "            line 1" && found.last == "            line 40")
        #expect(found[19...20] == ["          - line [-20-]", "          + line {+XX+}"])
        let items = "[" + (1...40).map { #"{"id":\#($0),"name":"a name"}"# }.joined(separator: ",") + "]"
        #expect(full(items, #"{"items":\#(items)}"#).contains(#"          -   {"id": 40, "name": "a name"}"#))
        let long = String(repeating: "word ", count: 100_000)
        #expect(full("\"\(long)\\n\(long)a\"", "\"\(long)\\n\(long)b\"").map(\.utf8.count).max() ?? 0 > 1_000_000)
    }

    @Test("let nothing hostile through, and count wide characters and marks")
    func hostile() {
        let evil = "\\u001b[2J\u{1B}[31m\u{202E}\r\u{9B}"
        for (left, right) in [
            ("\"\(evil) and words and more words\"", "\"\(evil) and words and less words\""),
            ("\"a\\n\(evil)\"", "\"b\\n\(evil)\""), ("{\"\(evil)\":[1,2,3,4,5,6,7,8]}", "[\"\(evil)\",1,2,3,4]"),
        ] {
            for columns in [20, 68] {
                let scalars = text(lines(left, right, columns: columns)).unicodeScalars
                #expect(!scalars.contains { $0.value < 32 && $0 != "\n" || $0 == "\u{202E}" || $0 == "\u{9B}" })
            }
        }
        let wide = String(repeating: "漢字👍", count: 40)
        let marks = "e" + String(repeating: "\u{301}", count: 3_000)
        for found in [lines("\"\(wide)a\"", "\"\(wide)b\""), lines("\"\(marks)a\"", "\"\(marks)b\"")] {
            for line in found.prefix(2) {
                #expect(TerminalText.columns(of: line) <= 12 + 2 * 68 + 8)
                #expect(line.unicodeScalars.count < 400)
            }
            #expect(found.count == 3)
        }
    }

    @Test("that are long are compared in bounded time, whatever they hold")
    func huge() {
        var generator = SystemRandomNumberGenerator()
        func noise(_ separator: String) -> String {
            var text = ""
            while text.utf8.count < 3 << 17 { text += String(generator.next(), radix: 36) + separator }
            return "\"" + text + "\""
        }
        for separator in [" ", "\\n", ""] {
            let (one, other) = (noise(separator), noise(separator))
            #expect(lines(one, other).count <= 17)
            #expect(lines(one, one.dropLast(2) + "#\"").count <= 17)
        }
    }
}
