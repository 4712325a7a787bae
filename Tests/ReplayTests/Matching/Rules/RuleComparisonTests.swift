import Testing

@testable import Replay

@Suite("Values under rules")
struct RuleComparisonTests {
    private typealias Case = (rules: [String], expected: String, actual: String, differences: [String])

    private func check(
        _ rules: [String], _ expected: String, _ actual: String, _ differences: [String], _ codec: String
    )
        throws
    {
        let found = try RuleComparison(rules, codec: codec).differences(expected, actual)
        #expect(found == differences, "\(rules)")
    }

    @Test(
        "ignore: anything, also nothing",
        arguments: [
            (["$.t ignore"], #"{"t":1,"a":2}"#, #"{"t":[],"a":2}"#, []), (["$.t ignore"], #"{"t":1}"#, "{}", []),
            (["$.t ignore"], "{}", #"{"t":1}"#, []),
            (["$.t ignore"], #"{"t":1,"a":2}"#, #"{"t":2,"a":3}"#, ["$.a: 2 → 3"]),
            (["$..t ignore"], #"{"t":1,"a":[{"t":1},{"b":{"t":2}}]}"#, #"{"a":[{},{"b":{"t":3}}]}"#, []),
            (["$..t ignore"], #"{"t":{"u":1},"u":1}"#, #"{"t":{"u":2},"u":2}"#, ["$.u: 1 → 2"]),
            (["$[*].t ignore"], #"[{"t":1},{"t":1,"x":1}]"#, #"[{"t":2},{"x":2}]"#, ["$[1].x: 1 → 2"]),
            (["$[1] ignore"], "[1,2,3]", "[1,5,3]", []), (["$[-1] ignore"], "[1,2,3]", "[1,2,4]", []),
            (["$[1] ignore"], "[1,2,3]", "[1,2,4]", ["$[2]: 3 → 4"]),
            (["$[*] ignore"], "[1,2,3]", "[4]", []), (["$.* ignore"], #"{"a":1}"#, #"{"b":[2]}"#, []),
            (["$..* ignore"], #"{"a":1}"#, #"{"b":[2]}"#, []), (["$ ignore"], "1", "[]", []),
            (["$..[0] ignore"], #"{"a":[1,2]}"#, #"{"a":[5,2]}"#, []),
            (["$..[0] ignore"], #"{"a":[1,2]}"#, #"{"a":[1,3]}"#, ["$.a[1]: 2 → 3"]),
            ([#"$["odd key"] ignore"#], #"{"odd key":1}"#, #"{"odd key":2}"#, []),
            ([#"$.é ignore"#], #"{"\u00e9":1}"#, #"{"é":2}"#, []),
            (["$..a..b ignore"], #"{"a":{"x":{"b":1}},"b":1}"#, #"{"a":{"x":{"b":2}},"b":2}"#, ["$.b: 1 → 2"]),
            (["$.a.b ignore"], #"{"a":{"b":1},"b":1}"#, #"{"a":{"b":2},"b":2}"#, ["$.b: 1 → 2"]),
        ] as [Case])
    private func ignore(_ test: Case) throws {
        try check(test.rules, test.expected, test.actual, test.differences, "json")
    }

    @Test(
        "type: the same kind, whatever is in it",
        arguments: [
            (["$ type"], "1", "2", []), (["$ type"], "1", "1.5", ["$: 1 → 1.5 (type)"]),
            (["$ type numeric"], "1", "1.5", []),
            (["$ type"], "true", "false", []), (["$ type"], "true", "1", ["$: true → 1 (type)"]),
            (["$ type"], "null", "false", ["$: null → false (type)"]), (["$ type"], "[1]", "[]", []),
            (["$ type"], "[1]", "{}", ["$: [1] → {} (type)"]), (["$ type"], #""a""#, #""""#, []),
            (["$.a type"], #"{"a":1}"#, "{}", ["$.a: 1 → nothing (type)"]),
            (["$ type"], "5", "50000000000000000000000", []),
        ] as [Case])
    private func type(_ test: Case) throws {
        try check(test.rules, test.expected, test.actual, test.differences, "json")
    }

    @Test(
        "regex: the answered text matches; what is as recorded passes in any case",
        arguments: [
            (["$ regex ^[0-9a-f]{4}$"], #""12ab""#, #""98ef""#, []),
            (["$ regex ^[0-9a-f]{4}$"], #""12ab""#, #""98eg""#, [#"$: "12ab" → "98eg" (regex ^[0-9a-f]{4}$)"#]),
            (["$ regex ^x"], #""12ab""#, #""12ab""#, []), (["$ regex ^[0-9]+$"], "12", "345", []),
            (["$ regex ^[0-9]+$"], "12", #""345""#, [#"$: 12 → "345""#]), (["$ regex a b"], #""a b""#, #""x a b""#, []),
            (["$ regex ."], "true", "false", ["$: true → false"]),
            (["$ regex ^é$"], #""a""#, #""\u00e9""#, []),
        ] as [Case])
    private func regex(_ test: Case) throws {
        try check(test.rules, test.expected, test.actual, test.differences, "json")
    }

    @Test(
        "mask: what matches is set aside on both sides",
        arguments: [
            ([#"$ mask \d\d:\d\d"#], #""at 10:20 ok""#, #""at 11:30 ok""#, []),
            (
                [#"$ mask \d\d:\d\d"#], #""at 10:20 ok""#, #""at 11:30 no""#,
                [#"$: "at 10:20 ok" → "at 11:30 no" (mask \d\d:\d\d)"#]
            ),
            ([#"$ mask \d\d:\d\d"#], #""at 10:20""#, #""at ""#, [#"$: "at 10:20" → "at " (mask \d\d:\d\d)"#]),
            ([#"$ mask \d+"#], #""1 and 2""#, #""1 and""#, [#"$: "1 and 2" → "1 and" (mask \d+)"#]),
            // What stood between two masked places still counts.
            ([#"$ mask \d"#], #""1a2b""#, #""1ab2""#, [#"$: "1a2b" → "1ab2" (mask \d)"#]),
            ([#"$ mask \d+"#, "$ mask [A-Z]+"], #""a1B""#, #""a2C""#, []),
            ([#"$ mask \d+"#, "$ ignore"], #""a1B""#, #""a2C""#, [#"$: "a1B" → "a2C" (mask \d+)"#]),
            ([#"$ mask \d+"#], "12", "13", []), ([#"$ mask \d"#], "[1]", "[2]", ["$[0]: 1 → 2"]),
        ] as [Case])
    private func mask(_ test: Case) throws {
        try check(test.rules, test.expected, test.actual, test.differences, "json")
    }

    @Test(
        "tolerance and numeric: numbers by their value",
        arguments: [
            (["$ tolerance 0.5"], "1.0", "1.5", []),
            (["$ tolerance 0.5"], "1.0", "1.51", ["$: 1.0 → 1.51 (tolerance 0.5)"]),
            (["$ tolerance 0.1"], "1.0", "1.1", []), (["$ tolerance 10%"], "200", "180", []),
            (["$ tolerance 10%"], "200", "221", ["$: 200 → 221 (tolerance 10%)"]),
            (["$ tolerance 10%"], "-200", "-210", []), (["$ tolerance 1"], "1", "1.5", ["$: 1 → 1.5 (tolerance 1)"]),
            (["$ numeric tolerance 1"], "1", "1.5", []),
            (["$ tolerance 1"], "1", #""1""#, [#"$: 1 → "1" (tolerance 1)"#]),
            (
                ["$ tolerance 1"], "9007199254740993", "9007199254740995",
                ["$: 9007199254740993 → 9007199254740995 (tolerance 1)"]
            ),
            (["$ tolerance 2"], "9007199254740993", "9007199254740995", []),
            (
                ["$ tolerance 1"], "-9223372036854775808", "9223372036854775807",
                ["$: -9223372036854775808 → 9223372036854775807 (tolerance 1)"]
            ),
            (["$ tolerance 1"], "1e400", "2e400", ["$: 1e400 → 2e400 (tolerance 1)"]),
            (["$ numeric"], "1", "1.0", []), (["$ numeric"], "100", "1e2", []), (["$ numeric"], "0.1", "1E-1", []),
            (["$ numeric"], "-0", "0.0", []),
            (
                ["$ numeric"], "1", "1.0000000000000000000001",
                ["$: 1 → 1.0000000000000000000001 (numeric)"]
            ),
            (["$ numeric"], "10000000000000000000000000", "1e25", []),
            (["$ numeric"], "10000000000000000000000001", "1e25", ["$: 10000000000000000000000001 → 1e25 (numeric)"]),
            (["$ numeric"], "1", "true", ["$: 1 → true (numeric)"]),
            (["$ numeric"], "1", #""1""#, [#"$: 1 → "1" (numeric)"#]),
            (["$ numeric"], "[1]", "[1.0]", ["$[0]: 1 → 1.0"]), (["$..* numeric"], "[1,[2]]", "[1.0,[2e0]]", []),
        ] as [Case])
    private func numbers(_ test: Case) throws {
        try check(test.rules, test.expected, test.actual, test.differences, "json")
    }

    @Test(
        "numbers of pickles as well",
        arguments: [
            (["$ numeric"], "1", "1.0", []),
            (
                ["$ numeric"], "9007199254740993", "9007199254740992.0",
                [#"$: {"$int":"9007199254740993"} → 9007199254740992.0 (numeric)"#]
            ),
            (["$ numeric"], #"{"$int":"1267650600228229401496703205376"}"#, "1.2676506002282294e+30", []),
            (["$ numeric"], #"{"$int":"-1267650600228229401496703205376"}"#, "-1.2676506002282294e+30", []),
            (
                ["$ numeric"], #"{"$int":"1267650600228229401496703205377"}"#, "1.2676506002282294e+30",
                [#"$: {"$int":"1267650600228229401496703205377"} → 1.2676506002282294e+30 (numeric)"#]
            ),
            (["$ numeric"], "true", "1", ["$: true → 1"]),
            (
                ["$ tolerance 1%"], #"{"$int":"1267650600228229401496703205376"}"#,
                #"{"$int":"1267650600228229401496703205377"}"#, []
            ),
            (["$ type"], "1", #"{"$int":"1267650600228229401496703205377"}"#, []),
            (["$.b mask [0-9]+"], #"{"b":{"$bytes":"a1"}}"#, #"{"b":{"$bytes":"a2"}}"#, []),
            (["$.b mask [0-9]+"], #"{"b":{"$bytes":"a1"}}"#, #"{"b":"a2"}"#, [#"$.b: {"$bytes":"a1"} → "a2""#]),
            (["$[1] ignore"], #"{"$dict":[[1,2],[2,3]]}"#, #"{"$dict":[[1,5],[2,3]]}"#, []),
            (["$[1] ignore"], #"{"$dict":[[1,2],[2,3]]}"#, #"{"$dict":[[2,3]]}"#, []),
            (["$[0] ignore"], #"{"$tuple":[1,2]}"#, #"{"$tuple":[5,2]}"#, []),
        ] as [Case])
    private func pickles(_ test: Case) throws {
        try check(test.rules, test.expected, test.actual, test.differences, "pickle")
    }

    @Test(
        "the first that fits decides, and what is in a value has rules of its own",
        arguments: [
            (["$.a type", "$.a ignore"], #"{"a":1}"#, #"{"a":"x"}"#, [#"$.a: 1 → "x" (type)"#]),
            (["$.a ignore", "$.a type"], #"{"a":1}"#, #"{"a":"x"}"#, []),
            (["$..id type", "$.a ignore"], #"{"a":{"id":1,"b":2}}"#, #"{"a":{"id":2,"b":3}}"#, []),
            (["$.a capture as x", "$.a ignore"], #"{"a":1}"#, #"{"a":2}"#, ["$.a: 1 → 2"]),
            (["port=7001 $.a ignore"], #"{"a":1}"#, #"{"a":2}"#, ["$.a: 1 → 2"]),
            (["port=7000 from=server $.a ignore"], #"{"a":1}"#, #"{"a":2}"#, []),
        ] as [Case])
    private func precedence(_ test: Case) throws {
        try check(test.rules, test.expected, test.actual, test.differences, "json")
    }

    @Test("lists of records are aligned by what is compared of them")
    func alignment() throws {
        let rules = try RuleComparison(["$[*].t ignore"])
        #expect(
            try rules.differences(
                #"[{"n":1,"t":1},{"n":2,"t":2},{"n":3,"t":3}]"#, #"[{"n":1,"t":7},{"n":3,"t":8}]"#)
                == [#"$[1]: {"n":2,"t":2} → nothing"#])
    }

    @Test("a raw text is one value, and of bytes a rule names some")
    func raw() throws {
        #expect(try RuleComparison(["$ mask [0-9]+"], codec: "raw/lines").differences(#""a 1""#, #""a 22""#).isEmpty)
        let bytes = try RuleComparison(["bytes[1:3] ignore", "bytes[-1:] ignore"], codec: "raw/lines")
        #expect(try bytes.differences(#""abcdef""#, #""aXYdeZ""#).isEmpty)
        #expect(
            try bytes.differences(#""abcdef""#, #""aXYDeZ""#)
                == [#"$: "abcdef" → "aXYDeZ" (bytes[1:3] ignore, bytes[-1:] ignore)"#])
        // Ranges of so many bytes must be there in full.
        #expect(try bytes.differences(#""ab""#, #""a""#).count == 1)
        #expect(
            try RuleComparison(["bytes[2:] ignore"], codec: "raw/lines").differences(#""abc""#, #""abxyz""#).isEmpty)
    }

    @Test("a value that stands in two places is compared by the rules of both")
    func shared() throws {
        func value(_ number: Int) -> String { #"{"a":{"$def":1,"v":{"x":\#(number)}},"b":{"$ref":1}}"# }
        let rules = try RuleComparison(["$.a.x ignore"], codec: "pickle")
        #expect(try rules.differences(value(1), value(2)) == ["$.b.x: 1 → 2"])
    }
}
