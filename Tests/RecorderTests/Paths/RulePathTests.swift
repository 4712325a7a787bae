import Testing

@testable import Recorder

@Suite("The path of a rule")
struct RulePathTests {
    @Test(
        "names steps from the message to its values",
        arguments: [
            ("$", ""), ("$.time", ".time"), ("$.users[*].id", ".users * .id"), ("$..etag", "...etag"), ("$..*", "..*"),
            ("$..[*]", "..*"), ("$..[2]", "..[2]"), (#"$["odd key"]"#, ".odd key"), (#"$['it''s"]"#, "?"),
            (#"$['a\'b\\c']"#, #".a'b\c"#), (#"$["a\"b\u00e9"]"#, #".a"bé"#), ("$[-1][0]", "[-1] [0]"),
            ("$.*.a", "* .a"),
            ("$.größe.x-y", ".größe .x-y"), (#"$[""]"#, "."),
        ])
    func steps(text: String, expected: String) {
        let path = try? RulePath(text)
        let steps = path?.steps.map { step in
            let selector =
                switch step.selector {
                case .any: "*"
                case .index(let index): "[\(index)]"
                case .member(let name): "." + String(decoding: name, as: UTF8.self)
                }
            return (step.descends ? ".." : "") + selector
        }
        #expect(steps?.joined(separator: " ") ?? "?" == expected)
        #expect(path == nil || path?.text == text)
    }

    @Test(
        "names bytes of a payload",
        arguments: [
            ("bytes[4:12]", 4..<12, 4..<6, true), ("bytes[-4:]", 16..<20, 2..<6, true),
            ("bytes[:8]", 0..<8, 0..<6, true),
            ("bytes[2:-2]", 2..<18, 2..<4, false), ("bytes[:]", 0..<20, 0..<6, false),
            ("bytes[-8:-2]", 12..<18, 0..<4, true), ("bytes[18:-18]", 18..<18, 6..<6, false),
        ])
    func bytes(text: String, inTwenty: Range<Int>, inSix: Range<Int>, isFixed: Bool) throws {
        let range = try #require(try RulePath(text).bytes)
        #expect(range.resolved(in: 20) == inTwenty)
        #expect(range.resolved(in: 6) == inSix)
        #expect(range.isFixed == isFixed)
    }

    @Test(
        "is refused with what is wrong",
        arguments: [
            ("time", "begins with $"), ("$time", "after $"), ("$.", "a name is missing"), ("$.a.", "after $.a."),
            ("$.a[", "lacks its \"]\""), ("$.a[b]", "in brackets"), ("$['a", "closing quote"),
            ("$[\"a\"", "\"]\" is missing"),
            ("$[\"\\x\"]", "no JSON string"), ("$[1", "in brackets"), ("$[99999999999999999999]", "in brackets"),
            ("bytes[1]", "a range of bytes"), ("bytes[4:4]", "holds no bytes"), ("bytes[1:2", "ends with"),
            ("$ x", "goes on"),
            ("$" + String(repeating: ".a", count: 65), "more than 64 steps"), ("$...a", "a name is missing"),
        ])
    func refuses(text: String, reason: String) {
        let error = #expect(throws: RuleError.self) { try RulePath(text) }
        #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    }
}
