import Testing

@testable import Replay

@Suite("Paths followed together")
struct RuleAutomatonTests {
    @Test("leave no rule unused that fits something, also where nothing differs")
    func uses() throws {
        let rules = try RuleComparison(
            [
                "$.a ignore", "$..b type", "$.c ignore", "$.a type", "$.d[*].e mask x", "$.d[*].e mask y",
                "$.f capture as z",
            ])
        try rules.noteUses(in: #"{"a":{"b":1},"d":[{"e":"x"}]}"#)
        // Inside what is ignored nothing is compared, and of two rules for one value the second says nothing; masks add up.
        #expect(rules.unused == ["$..b type", "$.c ignore", "$.a type", "$.f capture as z"])
        #expect(try rules.differences(#"{"b":1,"f":1}"#, #"{"b":2,"f":1}"#).isEmpty)
        #expect(rules.unused == ["$.c ignore", "$.a type"])
    }

    @Test("tell where values stand that are made up anew")
    func captures() throws {
        let rules = try RuleComparison(["$..id capture as user", "$.token capture as token"])
        #expect(
            try rules.captures(in: #"{"token":"abc","list":[{"id":7},{"x":{"id":8}}]}"#).sorted()
                == ["token \"abc\"", "user 7", "user 8"])
    }

    @Test("a value that is reached in endless ways is visited once by each state")
    func cycles() throws {
        let rules = try RuleComparison(["$..x..y ignore", "$.a ignore"], codec: "pickle")
        let ring = #"{"$def":1,"v":{"x":{"$ref":1},"y":{"x":{"$ref":1}}}}"#
        try rules.noteUses(in: ring)
        #expect(rules.unused == ["$.a ignore"])
        #expect(try rules.differences(ring, ring).isEmpty)
    }

    @Test("$..x costs no more on a deep value than on a flat one")
    func deep() throws {
        let rules = try RuleComparison((0..<100).map { "$..x\($0) ignore" })
        func nested(_ last: String) -> String {
            String(repeating: #"{"a":1,"n":"#, count: 20_000) + last + String(repeating: "}", count: 20_000)
        }
        #expect(try rules.differences(nested(#"{"x99":1}"#), nested(#"{"x99":2}"#)).isEmpty)
        #expect(try rules.differences(nested(#"{"y":1}"#), nested(#"{"y":2}"#)).count == 1)
    }

    @Test("paths that branch without end make the value differ, and use no memory for it")
    func branching() throws {
        // Whether one of the last fourteen keys was an a: 2^14 states.
        let rules = try RuleComparison(["$..a" + String(repeating: ".*", count: 14) + " mask x"])
        func value(_ last: Int) -> String {
            var number = 1
            let keys = (0..<40_000).map { _ in
                number = number &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return number < 0 ? "a" : "b"
            }
            return keys.map { #"{"\#($0)":"# }.joined() + "\(last)" + String(repeating: "}", count: keys.count)
        }
        let found = try rules.differences(value(1), value(2))
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix("(\(RuleAutomaton.overflowText))") == true)
        #expect(try rules.differences(#"{"a":1}"#, #"{"a":2}"#) == ["$.a: 1 → 2"], "the next message is compared again")
    }

    @Test("a pattern that takes too long makes the value differ, and says so")
    func hostilePattern() throws {
        let rules = try RuleComparison(["$[*] mask ^(a+)+[bc]"])
        let text = "\"" + String(repeating: "a", count: 40) + "\""
        let found = try rules.differences("[\(text)]", "[\"aa\"]")
        #expect(found.count == 1)
        #expect(found.first?.contains("takes too long on this value") == true, "\(found)")
    }
}
