import Codecs
import Testing

@testable import Replay

@Suite("The differences of two values")
struct ValueDiffTests {
    private static var deepLimits: DecodingLimits {
        var limits = DecodingLimits()
        limits.maximumDepth = 1 << 20
        return limits
    }

    /// `path: expected → actual` of every difference; the values are given as a recording has them.
    private func differences(_ expected: String, _ actual: String, _ codec: String = "json") throws -> [String] {
        let format = try CodecRegistry.codec(named: codec).payload
        let (left, right) = (try tree(expected, format), try tree(actual, format))
        return ValueDiff.differences(expected: left.root, actual: right.root, format: format).map {
            "\($0.path): \($0.expected ?? "nothing") → \($0.actual ?? "nothing")"
        }
    }

    private func tree(_ text: String, _ format: any PayloadFormat) throws -> ValueTree {
        let (json, tree) = (ValueTree(), ValueTree())
        var payload = ByteWriter()
        try JSONFormat().decode(Array(text.utf8).span.bytes, into: json, limits: Self.deepLimits)
        try format.encodeReadable(
            .value, json.root, settings: format.defaultSettings, limits: Self.deepLimits, into: &payload)
        try format.decode(payload.array.span.bytes, into: tree, limits: Self.deepLimits)
        return tree
    }

    @Test(
        "equal values have none",
        arguments: [
            (#"{"a":1,"b":[1,2,{"c":null}]}"#, #"{ "b": [1, 2, {"c":null}], "a":1}"#, "json"),
            (#""\u0061\u00e9\ud83d\ude00""#, #""aé😀""#, "json"),
            ("1.0", "1e0", "json"),
            (#"{"a":1,"a":2}"#, #"{"a":1,"a":2}"#, "json"),
            (#"{"$set":["a","b"]}"#, #"{"$set":["b","a"]}"#, "pickle"),
            (#"{"$dict":[[1,2],["1",3]]}"#, #"{"$dict":[["1",3],[1,2]]}"#, "pickle"),
            (#"{"$call":"datetime:date","args":[1]}"#, #"{"$call":"datetime:date","args":[1]}"#, "pickle"),
        ])
    func equal(expected: String, actual: String, codec: String) throws {
        #expect(try differences(expected, actual, codec).isEmpty)
    }

    @Test(
        "each has its path and both texts",
        arguments: [
            ("1", "1.0", "json", ["$: 1 → 1.0"]),
            ("1", "true", "json", ["$: 1 → true"]),
            (
                "10000000000000000000000000", "10000000000000000000000001", "json",
                ["$: 10000000000000000000000000 → 10000000000000000000000001"]
            ),
            ("1e400", "1e500", "json", ["$: 1e400 → 1e500"]),
            ("null", "[]", "json", ["$: null → []"]),
            ("1", "1.0", "pickle", ["$: 1 → 1.0"]),
            ("true", "1", "pickle", ["$: true → 1"]),
            ("[1]", #"{"$tuple":[1]}"#, "pickle", [#"$: [1] → {"$tuple":[1]}"#]),
            (#""a""#, #"{"$bytes":"a"}"#, "pickle", [#"$: "a" → {"$bytes":"a"}"#]),
            (#"{"$str2":"a"}"#, #"{"$bytes":"a"}"#, "pickle", [#"$: {"$str2":"a"} → {"$bytes":"a"}"#]),
            (
                #"{"users":[{"name":"a"},{"name":"b"}]}"#, #"{"users":[{"name":"a"},{"name":"c"}]}"#, "json",
                [#"$.users[1].name: "b" → "c""#]
            ),
            (#"{"odd key":1,"1":2}"#, #"{"odd key":2,"1":3}"#, "json", [#"$["odd key"]: 1 → 2"#, #"$["1"]: 2 → 3"#]),
            (#"{"a\"]\n":1}"#, #"{"a\"]\n":2}"#, "json", [#"$["a\"]\n"]: 1 → 2"#]),
            (
                #"{"$dict":[[1,2]]}"#, #"{"$dict":[["1",2]]}"#, "pickle",
                [#"$[1]: 2 → nothing"#, #"$["1"]: nothing → 2"#]
            ),
            (
                #"{"$dict":[[{"$tuple":[1,2]},3]]}"#, #"{"$dict":[[{"$tuple":[1,2]},4]]}"#, "pickle",
                [#"$[{"$tuple":[1,2]}]: 3 → 4"#]
            ),
            (#"{"a":1,"b":2}"#, #"{"b":2,"c":3}"#, "json", ["$.a: 1 → nothing", "$.c: nothing → 3"]),
            (#"{"a":1,"a":2}"#, #"{"a":1,"a":3}"#, "json", ["$.a: 2 → 3"]),
            (#"{"a":1,"a":2}"#, #"{"a":1}"#, "json", ["$.a: 2 → nothing"]),
            (#"{"a":1}"#, #"{"a":1,"a":{"b":2}}"#, "json", [#"$.a: nothing → {"b":2}"#]),
            (
                #"{"$set":["a","b"]}"#, #"{"$set":["c","b"]}"#, "pickle",
                [#"$[0]: "a" → nothing"#, #"$[0]: nothing → "c""#]
            ),
            (#"{"$global":"a:b"}"#, #"{"$global":"a:c"}"#, "pickle", [#"$: {"$global":"a:b"} → {"$global":"a:c"}"#]),
            (
                #"{"$call":"a:b","args":[],"state":1}"#, #"{"$call":"a:b","args":[],"append":[1]}"#, "pickle",
                [#"$: {"$call":"a:b","args":[],"state":1} → {"$call":"a:b","args":[],"append":[1]}"#]
            ),
            ("[1,\t[2,\n3]]", "[1,[2,4]]", "json", ["$[1][1]: 3 → 4"]),
            ("[[2,\n3]]", "[1]", "json", ["$[0]: [2, 3] → 1"]),
        ])
    func different(expected: String, actual: String, codec: String, differences: [String]) throws {
        #expect(try self.differences(expected, actual, codec) == differences)
    }

    @Test(
        "an element put in or taken out is one difference",
        arguments: [
            ("[1,2,3,4]", "[2,3,4]", ["$[0]: 1 → nothing"]),
            ("[1,2,3,4]", "[1,2,4]", ["$[2]: 3 → nothing"]),
            ("[1,2,4]", "[1,2,3,4]", ["$[2]: nothing → 3"]),
            ("[1,2]", "[1,2,3]", ["$[2]: nothing → 3"]),
            ("[]", "[1]", ["$[0]: nothing → 1"]),
            ("[1,2,3,4]", "[0,1,2,3]", ["$[0]: nothing → 0", "$[3]: 4 → nothing"]),
            ("[1,2,3]", "[4,5,6]", ["$[0]: 1 → 4", "$[1]: 2 → 5", "$[2]: 3 → 6"]),
            (
                #"[{"id":1,"n":"a"},{"id":2,"n":"b"},{"id":3,"n":"c"}]"#,
                #"[{"id":9,"n":"z"},{"id":1,"n":"a"},{"id":2,"n":"x"},{"id":3,"n":"c"}]"#,
                [#"$[0]: nothing → {"id":9,"n":"z"}"#, #"$[1].n: "b" → "x""#]
            ),
        ])
    func lists(expected: String, actual: String, differences: [String]) throws {
        let found = try self.differences(expected, actual)
        #expect(found.count == differences.count)
        if !expected.contains("{") { #expect(found == differences) }
    }

    @Test("an element put into or taken out of a list of 10,000 is one difference, wherever that is")
    func longLists() throws {
        let records = (0..<10_000).map { #"{"id":\#($0),"name":"user \#($0)","tags":["a","b"]}"# }
        func text(_ records: [String]) -> String { "[" + records.joined(separator: ",") + "]" }
        let extra = #"{"id":-1,"name":"new","tags":[]}"#
        #expect(try differences(text(records), text([extra] + records)) == ["$[0]: nothing → \(extra)"])
        #expect(try differences(text([extra] + records), text(records)) == ["$[0]: \(extra) → nothing"])
        var changed = records
        changed.insert(extra, at: 3)
        changed[5_000] = changed[5_000].replacing("user 4999", with: "user x")
        changed.removeLast()
        #expect(
            try differences(text(records), text(changed)) == [
                "$[3]: nothing → \(extra)", #"$[4999].name: "user 4999" → "user x""#,
                "$[9999]: \(records[9_999]) → nothing",
            ])
    }

    @Test("records that changed are paired with those that they are most like")
    func likeRecords() throws {
        let left = #"[{"id":1,"n":"a","m":1},{"id":2,"n":"b","m":2},{"id":3,"n":"c","m":3}]"#
        let right = #"[{"id":0,"n":"z","m":0},{"id":1,"n":"x","m":1},{"id":2,"n":"b","m":5},{"id":3,"n":"c","m":6}]"#
        #expect(
            try differences(left, right) == [
                #"$[0]: nothing → {"id":0,"n":"z","m":0}"#, #"$[0].n: "a" → "x""#, "$[1].m: 2 → 5", "$[2].m: 3 → 6",
            ])
        #expect(
            try differences(
                #"["the first line is gone","the second line was long","3"]"#,
                #"["the second line is long","3"]"#)
                == [
                    #"$[0]: "the first line is gone" → nothing"#,
                    #"$[1]: "the second line was long" → "the second line is long""#,
                ])
    }

    @Test("values 100,000 levels deep are compared without recursion")
    func deep() throws {
        func nested(_ inner: String) -> String {
            String(repeating: "[1,", count: 100_000) + inner + String(repeating: "]", count: 100_000)
        }
        #expect(try differences(nested("2"), nested("2")).isEmpty)
        let found = try differences(nested("2"), nested("3"))
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix("[1]: 2 → 3") == true)
        #expect(try differences(nested("2"), nested("2,4")).count == 1)
    }

    @Test("shared and cyclic values end, whatever the lengths of the cycles")
    func cycles() throws {
        func cycle(_ length: Int, _ value: Int) -> String {
            #"{"$def":1,"v":["# + String(repeating: "[", count: length) + #"{"$ref":1},\#(value)"#
                + String(repeating: "]", count: length) + "]}"
        }
        #expect(try differences(cycle(1, 0), cycle(1, 0), "pickle").isEmpty)
        #expect(try differences(cycle(1, 0), cycle(1, 1), "pickle") == ["$[0][1]: 0 → 1"])
        #expect(try !differences(cycle(100, 0), cycle(101, 0), "pickle").isEmpty)
        let ring = { (length: Int) in
            #"{"$def":1,"v":"# + String(repeating: "[", count: length) + #"{"$ref":1}"#
                + String(repeating: "]", count: length) + "}"
        }
        // One list in another, and so on around: of 400 and of 401 they are the same endless nest.
        #expect(try differences(ring(400), ring(401), "pickle").isEmpty)
    }

    @Test("10^30 laughs are compared as fast as they are written")
    func laughs() throws {
        func laughs(_ last: String) -> String {
            var text = ""
            for level in 1...100 { text += #"{"$def":\#(101 - level),"v":["# }
            text += last
            for level in (1...100).reversed() {
                text += level == 100 ? "]}" : ""
                if level < 100 { text += String(repeating: #",{"$ref":\#(100 - level)}"#, count: 9) + "]}" }
            }
            return text
        }
        #expect(try differences(laughs("0"), laughs("0"), "pickle").isEmpty)
        #expect(try !differences(laughs("0"), laughs("1"), "pickle").isEmpty)
    }

    @Test("raw bytes are shown as text or base64")
    func raw() throws {
        let format = RawFormat()
        for (bytes, text) in [([104, 105], #""hi""#), ([0, 255], #""AP8=""#)] as [([UInt8], String)] {
            let tree = ValueTree()
            try format.decode(bytes.span.bytes, into: tree, limits: DecodingLimits())
            #expect(tree.root.readableText(format: format) == text)
        }
    }
}
