import Testing

@testable import Replay

@Suite("Lists whose order does not matter")
struct UnorderedTests {
    @Test(
        "have the same elements as often",
        arguments: [
            ("[1,2,3]", "[3,1,2]", []), ("[1,1,2]", "[1,2,1]", []), ("[]", "[]", []),
            ("[1,1,2]", "[1,2,2]", ["$[1]: 1 → 2 (unordered)"]),
            ("[1,2]", "[2,1,3]", ["$[2]: nothing → 3 (unordered)"]),
            ("[1,2]", "[2]", ["$[0]: 1 → nothing (unordered)"]),
            (#"[{"a":1,"b":2},{"a":3}]"#, #"[{"a":3},{"b":2,"a":1}]"#, []),
            (#"[{"a":1,"b":2},{"a":3}]"#, #"[{"a":3},{"b":2,"a":9}]"#, ["$[0].a: 1 → 9"]),
            ("[[1,2]]", "[[1,3]]", ["$[0][1]: 2 → 3"]), ("[1]", "{}", ["$: [1] → {} (unordered)"]),
        ])
    func multiset(expected: String, actual: String, differences: [String]) throws {
        #expect(try RuleComparison(["$ unordered"]).differences(expected, actual) == differences)
    }

    @Test("may hold values that rules let differ; as many as can be are paired")
    func rulesInside() throws {
        let records = try RuleComparison(["$ unordered", "$[*].t ignore"])
        #expect(
            try records.differences(
                #"[{"n":1,"t":1},{"n":2,"t":1}]"#, #"[{"n":2,"t":5},{"n":1,"t":6}]"#
            ).isEmpty)
        // 1.0 could stand for 1.4 and for 0.8; only one of both ways leaves none over.
        let near = try RuleComparison(["$ unordered", "$[*] tolerance 0.5"])
        #expect(try near.differences("[1.0,1.4,2.1]", "[1.4,1.8,0.8]").isEmpty)
        #expect(try near.differences("[1.0,1.4]", "[1.4,2.5]").count == 1)
        let nested = try RuleComparison(["$..* unordered", "$ unordered"])
        #expect(try nested.differences("[[1,[2,3]],[4]]", "[[4],[[3,2],1]]").isEmpty)
        #expect(try nested.differences("[[1,[2,3]],[4]]", "[[4],[[3,5],1]]").count == 1)
    }

    @Test("that are sets have rules for their elements too")
    func sets() throws {
        let rules = try RuleComparison(["$[*] tolerance 0.5"], codec: "pickle")
        #expect(try rules.differences(#"{"$set":[1.0,5.0]}"#, #"{"$set":[5.1,1.2]}"#).isEmpty)
        #expect(try rules.differences(#"{"$set":[1.0,5.0]}"#, #"{"$set":[5.1,9.0]}"#).count == 1)
    }

    @Test("may be long, deep or cyclic")
    func large() throws {
        func list(_ numbers: some Sequence<Int>) -> String {
            "[" + numbers.map(String.init).joined(separator: ",") + "]"
        }
        let plain = try RuleComparison(["$ unordered"])
        #expect(try plain.differences(list(0..<50_000), list((0..<50_000).reversed())).isEmpty)
        #expect(try plain.differences(list(0..<50_000), list((1..<50_001).reversed())).count == 1)
        func records(_ numbers: some Sequence<Int>) -> String {
            "[" + numbers.map { #"{"n":\#($0),"t":\#($0 * 7 % 5),"u":"x","v":[1,2,3]}"# }.joined(separator: ",") + "]"
        }
        let ruled = try RuleComparison(["$ unordered", "$[*].t ignore"])
        #expect(try ruled.differences(records(0..<300), records((0..<300).reversed())).isEmpty)
        let everywhere = try RuleComparison(["$..* unordered", "$ unordered"])
        func nested(_ inner: String) -> String {
            String(repeating: "[1,", count: 10_000) + inner + String(repeating: "]", count: 10_000)
        }
        #expect(try everywhere.differences(nested("2"), nested("3")).count >= 1)
        let cyclic = try RuleComparison(["$..* unordered", "$ unordered"], codec: "pickle")
        let ring = #"{"$def":1,"v":[0,[{"$ref":1},1]]}"#
        #expect(try cyclic.differences(ring, ring).isEmpty)
        #expect(try !cyclic.differences(ring, #"{"$def":1,"v":[0,[{"$ref":1},2]]}"#).isEmpty)
    }
}
