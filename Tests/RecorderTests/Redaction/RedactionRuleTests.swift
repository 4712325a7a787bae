import Testing

@testable import Recorder

@Suite("A rule about what is secret")
struct RedactionRuleTests {
    @Test(
        "is read as it is written",
        arguments: [
            "defaults", "key=customer_id", "key=*token", "path=$.a.b[*]", "path=bytes[4:12]", "regex=tok_([0-9a-f]+)",
        ])
    func reads(text: String) throws { #expect(try RedactionRule(option: text).text == text) }

    @Test(
        "is refused with what is wrong",
        arguments: [
            ("default", "did you mean \"defaults\"?"), ("password", "a rule is defaults, key=NAME"),
            ("key=", "needs the name"),
            ("key=--", "needs the name"), ("key=a*b", "a * stands"), ("key=*a*", "a * stands"),
            ("path=a", "begins with $"),
            ("regex=(", "is wrong at byte 1"), ("regex=", "needs a regular"), ("regexp=a", "did you mean \"regex\"?"),
            ("", "a rule is"), ("=x", "unknown \"\""),
        ])
    func refuses(text: String, reason: String) {
        let error = #expect(throws: RuleError.self) { try RedactionRule(option: text) }
        #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    }
}
