import Recorder
import Testing

@testable import Replay

@Suite("Rules are read")
struct RuleParserTests {
    @Test(
        "from an option",
        arguments: [
            ("$.time ignore", "$.time ignore"), ("  $.time   type  ", "$.time type"),
            ("$.msg mask \\d\\d:\\d\\d and more", "$.msg mask \\d\\d:\\d\\d and more"),
            ("$.x tolerance 0.5", "$.x tolerance 0.5"), ("$.x tolerance 10%", "$.x tolerance 10%"),
            ("$.x numeric tolerance 1e-3", "$.x numeric tolerance 1e-3"), ("$.x type numeric", "$.x type numeric"),
            ("$.id capture as user", "$.id capture as user"),
            ("from=server $.id capture as user", "from=server $.id capture as user"),
            ("port=12000 $.time ignore", "port=12000 $.time ignore"),
            ("$.time from=server port=12000 ignore", "port=12000 from=server $.time ignore"),
            (#"$["odd key"] unordered"#, #"$["odd key"] unordered"#), ("bytes[4:12] ignore", "bytes[4:12] ignore"),
        ])
    func options(text: String, expected: String) throws {
        let rule = try RuleParser.rule(option: text)
        #expect(rule.text == expected)
        #expect(try RuleParser.rule(option: rule.text) == rule)
    }

    @Test(
        "and what is none is refused with what is wrong, and what was probably meant",
        arguments: [
            ("", "a rule is PATH KIND"), ("$.time", "lacks what it may be"), ("time ignore", "begins with $"),
            ("$.time ignroe", "did you mean \"ignore\"?"), ("$.time capture user", "followed by \"as\""),
            ("$.time whatever", "There are: path, ignore"), ("$.x tolerance much", "must be a number"),
            ("$.x tolerance -1", "must be a number"), ("$.x tolerance nan", "must be a number"),
            ("$.x tolerance 0x10", "must be a number"), ("$.x regex", "needs a regular expression"),
            ("$.x regex a(", "is wrong at byte 2"), ("$.x ignore type", "says one thing"),
            ("port=0 $.x ignore", "from 1 to 65535"), ("from=both $.x ignore", "must be server"),
            ("from=nobody $.x ignore", "must be server or client"),
            ("bytes[1:2] mask a", "bytes of a payload can be ignored"),
            ("$.x ignore ignore", "twice"), ("$.x capture as", "followed by \"as\""),
            ("$.x capture as a b", "one word"),
        ])
    func refusesOptions(text: String, reason: String) {
        let error = #expect(throws: RuleError.self) { try RuleParser.rule(option: text) }
        #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    }

    @Test("from the keys of a file, with the line of the one that is wrong")
    func items() throws {
        func rule(_ members: (String, RuleItem.Scalar)...) throws -> MatchRule {
            let item = RuleItem(
                members: members.enumerated().map { RuleItem.Member(key: $1.0, value: $1.1, line: $0 + 3) }, line: 3)
            return try RuleParser.rule(item, origin: .file("rules.yaml", line: 3))
        }
        let good = try rule(
            ("path", .text("$.id")), ("capture as", .text("user")), ("port", .number("7000")), ("from", .text("server"))
        )
        #expect(good.text == "port=7000 from=server $.id capture as user")
        #expect("\(good.origin)" == "rules.yaml:3")
        #expect(try rule(("path", .text("$")), ("regex", .number("12"))).text == "$ regex 12")
        let wrong = #expect(throws: RuleError.self) { try rule(("path", .text("$.id")), ("ignore", .flag(false))) }
        #expect(wrong?.line == 4)
        #expect(wrong?.reason.contains("must be true") == true)
        let nothing = #expect(throws: RuleError.self) { try rule(("ignore", .flag(true))) }
        #expect(nothing?.reason.contains("lacks its \"path\"") == true)
        #expect(throws: RuleError.self) { try rule(("path", .other), ("ignore", .flag(true))) }
    }
}
