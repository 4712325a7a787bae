import Recorder
import TestSupport
import Testing

@testable import CLI

@Suite("A file of rules about secrets")
struct RedactionRuleFileTests {
    private static let good = #"""
        # What nobody is to read.
        redact:
          - defaults
          - key: customer_id
          - path: $.users[*].mail
          - {regex: 'tok_([0-9a-f]+)'}
          - key=*nummer

        """#

    @Test("is read in order, also as part of a project file")
    func reads() throws {
        let texts = ["defaults", "key=customer_id", "path=$.users[*].mail", "regex=tok_([0-9a-f]+)", "key=*nummer"]
        #expect(try RedactionRuleFile.parse(Self.good, path: "r.yaml").map(\.text) == texts)
        #expect(try ProjectFile.parse(Self.good, path: "tapedeck.yaml").redact.map(\.text) == texts)
    }

    @Test(
        "is refused with the line that is wrong, and what was probably meant",
        arguments: [
            (
                "redact:\n  - default\n",
                "2: a rule is defaults, key=NAME, path=PATH or regex=PATTERN; this is \"default\": did you mean \"defaults\"?"
            ),
            ("redact:\n  - defaults\n  - kee: x\n", "3: unknown \"kee\" in a rule: did you mean \"key\"?"),
            ("redact:\n  - key: x\n    path: $.a\n", "2: a rule says one thing"),
            ("redact:\n  - key: [x]\n", "2: \"key\" must be a text"),
            ("redact:\n\n  - path: a\n", "3: a path begins with $"),
            ("redact:\n  - regex: '('\n", "2: the regular expression \"(\" is wrong at byte 1"),
            ("redact: defaults\n", "1: \"redact\" must be a list"), ("redact:\n", "\"redact\" must be a list"),
            ("redact: []\n", "holds no rules"), ("", "holds no rules"), ("rules: []\n", "1: unknown key \"rules\""),
            ("redact:\n  - [a]\n", "2:5: a rule must hold"), ("redact:\n  - {path: $.a[*].b}\n", "2:17: is no YAML"),
        ])
    func refuses(text: String, reason: String) {
        let error = #expect(throws: (any Error).self) {
            try ProjectFileError.named("r.yaml") { try RedactionRuleFile.parse(text, path: "r.yaml") }
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains(reason), "\(error.map { "\($0)" } ?? "")")
    }
}
