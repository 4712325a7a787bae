import Recorder
import Testing

@Suite("A pattern")
struct PatternTests {
    private func ranges(_ pattern: String, _ text: [UInt8]) throws -> [Range<Int>] {
        var allowance = Pattern.Allowance()
        return try Pattern(pattern).ranges(in: text.span.bytes, within: &allowance)
    }

    private func matches(_ pattern: String, _ text: String) throws -> Bool {
        var allowance = Pattern.Allowance()
        return try Pattern(pattern).matches(Array(text.utf8).span.bytes, within: &allowance)
    }

    // What Python's re.search finds, but for $ in front of a last line break.
    @Test(
        "matches anywhere, unless it is anchored",
        arguments: [
            ("b", "abc", true), ("^b", "abc", false), ("^[0-9a-f]{8}$", "0123abcd", true),
            ("^[0-9a-f]{8}$", "0123abcde", false), ("^12$", "12\n", false), ("(?m)^12$", "a\n12\nb", true),
            ("(?i)HELLO", "hello", true), ("a.c", "a\nc", false), ("(?s)a.c", "a\nc", true), ("^.$", "é", true),
            ("^\\d$", "٣", false), ("", "", true), ("x*", "", true), ("^$", "", true), ("\\x{1F600}", "😀", true),
        ])
    func searches(pattern: String, text: String, isMatch: Bool) throws {
        #expect(try matches(pattern, text) == isMatch)
    }

    @Test(
        "finds every match from left to right, and no empty one",
        arguments: [
            ("\\d\\d:\\d\\d", "at 10:20 and 11:30", [3..<8, 13..<18]), ("a", "aaa", [0..<1, 1..<2, 2..<3]),
            ("x*", "axxb", [1..<3]), ("é", "aéé", [1..<3, 3..<5]), ("a", "", []), ("(?<=a)b", "abab", [1..<2, 3..<4]),
            ("a\\Kb", "abab", [1..<2, 3..<4]), ("", "abc", []), ("(?=b)", "abc", []),
        ])
    func finds(pattern: String, text: String, expected: [Range<Int>]) throws {
        #expect(try ranges(pattern, Array(text.utf8)) == expected)
    }

    @Test("searches around bytes that are no text")
    func notText() throws {
        #expect(try ranges("b+", [0xFF, 98, 98, 0xC3, 98, 0xED, 0xA0, 0x80, 98]) == [1..<3, 4..<5, 8..<9])
        #expect(try ranges(".", [0xFF, 0x00, 0x80]) == [1..<2])
    }

    @Test(
        "that is none is refused with the place",
        arguments: [("a(b", 3), ("[z-a]", 3), ("a**b", 2), ("(?<n>a)(?<n>b)", 12), ("\\C", 2)])
    func malformed(pattern: String, offset: Int) {
        let error = #expect(throws: PatternError.self) { try Pattern(pattern) }
        #expect(error?.code == .malformed)
        #expect(error?.offset == offset, "\(String(describing: error))")
        #expect(error?.reason.isEmpty == false)
    }

    @Test(
        "that would be too large is refused, not made",
        arguments: [
            String(repeating: "a", count: 5_000), "(((a{1,1000}){1,1000}){1,1000}){1,1000}",
            String(repeating: "(", count: 1_000) + String(repeating: ")", count: 1_000),
        ])
    func tooLarge(pattern: String) {
        #expect(throws: PatternError.self) { try Pattern(pattern) }
    }

    @Test(
        "that takes too long on a text ends as an error",
        arguments: [
            // The classic one; then some whose steps are few at each place where they begin, and many in all. None can be
            // told from the first or the last letter.
            ("^(a+)+[bc]", 40), ("(.*)*[xy]", 100), ("a*a*a*a*[bc]", 3_000), ("a.*[bc]", 1 << 20),
            ("[^x]*[yz]", 1 << 20), ("(?:a?){30}a{30}[bc]", 60), ("(a|aa)+[bc]", 60), ("[^b]{60000}[cd]", 1 << 20),
        ])
    func takesTooLong(pattern: String, count: Int) throws {
        let text = [UInt8](repeating: 97, count: count)
        let pattern = try Pattern(pattern)
        var allowance = Pattern.Allowance(seconds: 0)
        // So that what a byte adds is used up as well.
        allowance.nanoseconds = -Int64(count) * 1_000 + 20_000_000
        #expect(throws: PatternError.self) { try pattern.ranges(in: text.span.bytes, within: &allowance) }
    }

    @Test("that needs much memory ends as an error")
    func memory() throws {
        let text = [UInt8](repeating: 97, count: 1 << 20)
        let pattern = try Pattern("^(?:(a)|b)*+c|^(((a)|b)*)c")
        var allowance = Pattern.Allowance()
        let error = #expect(throws: PatternError.self) { try pattern.ranges(in: text.span.bytes, within: &allowance) }
        #expect(error?.code == .overLimit)
    }

    @Test("may find many matches in a long text, also in one that is no UTF-8")
    func manyMatches() throws {
        let text = [UInt8](repeating: 97, count: 200_000)
        #expect(try ranges("a", text).count == 200_000)
        // Each search checks the rest of such a text, so that only so many can be found in the time.
        #expect(try ranges("a", [0xFF] + text.prefix(5_000)).count == 5_000)
    }

    @Test("uses up an allowance that several texts share, and gets more with every byte")
    func allowance() throws {
        let text = [UInt8](repeating: 97, count: 40)
        let slow = try Pattern("^(a+)+[bc]")
        var allowance = Pattern.Allowance(seconds: 0.02)
        #expect(throws: PatternError.self) { try slow.ranges(in: text.span.bytes, within: &allowance) }
        #expect(allowance.nanoseconds < 1_000_000)
        let quick = try Pattern("b")
        let long = [UInt8](repeating: 97, count: 1 << 20)
        #expect(try quick.ranges(in: long.span.bytes, within: &allowance).isEmpty)
        #expect(allowance.nanoseconds > 1_000_000)
    }
}
