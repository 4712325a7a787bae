import Testing

@testable import Replay

@Suite("The edits between two JSON texts")
struct JSONMergeTests {
    private struct Example {
        var old: String
        var new: String
        var merged: String
        var edits: Int
    }

    private static let examples = [
        Example(
            old: #"{"a": 1.0, "b" : [ 1,2 ]}"#, new: #"{"b":[1,2],"a":1.0}"#, merged: #"{"a": 1.0, "b" : [ 1,2 ]}"#,
            edits: 0),
        Example(old: #"{"a": 1, "b": 2}"#, new: #"{"a":1,"b":3}"#, merged: #"{"a": 1, "b": 3}"#, edits: 1),
        Example(old: #"{"a": 1, "b": 2}"#, new: #"{"b":2}"#, merged: #"{"b": 2}"#, edits: 1),
        Example(old: #"{"a": 1, "b": 2}"#, new: #"{"a":1}"#, merged: #"{"a": 1}"#, edits: 1),
        Example(old: #"{"a": 1, "b": 2}"#, new: "{}", merged: "{}", edits: 2),
        Example(old: #"{"a": 1}"#, new: #"{"c":[3],"a":1}"#, merged: #"{"a": 1, "c":[3]}"#, edits: 1),
        Example(
            old: #"{"a":1,"b":2}"#, new: #"{"a":1,"b":2,"c":3,"d":4}"#, merged: #"{"a":1,"b":2,"c":3,"d":4}"#, edits: 2),
        Example(old: "{ }", new: #"{"a":1,"b":2}"#, merged: #"{"a":1, "b":2 }"#, edits: 2),
        Example(old: "[1, 2, 3]", new: "[0,1,2,3]", merged: "[0, 1, 2, 3]", edits: 1),
        Example(old: "[1, 2, 3]", new: "[1,3]", merged: "[1, 3]", edits: 1),
        Example(old: "[1, 2, 3]", new: "[2,3,4]", merged: "[2, 3, 4]", edits: 2),
        Example(old: #"[{"x": 1, "y": 2}]"#, new: #"[{"x":1,"y":"z"}]"#, merged: #"[{"x": 1, "y": "z"}]"#, edits: 1),
        Example(old: #"{"a": [1]}"#, new: #"{"a":{"b":1}}"#, merged: #"{"a": {"b":1}}"#, edits: 1),
        Example(old: #"{"a":1,"a":2}"#, new: #"{"a":1,"a":3}"#, merged: #"{"a":1,"a":3}"#, edits: 1),
        Example(old: " 1 ", new: "2", merged: " 2 ", edits: 1),
        Example(old: #"{"\u0061":1}"#, new: #"{"a":2}"#, merged: #"{"\u0061":2}"#, edits: 1),
    ]

    @Test("keep what both have byte for byte, and give what the new one says", arguments: examples)
    private func merges(example: Example) throws {
        let merge = try #require(JSONMerge(old: Array(example.old.utf8), new: Array(example.new.utf8)))
        #expect(String(decoding: merge.text(), as: UTF8.self) == example.merged)
        #expect(merge.count == example.edits)
        #expect(String(decoding: merge.text(without: Set(0..<merge.count)), as: UTF8.self) == example.old)
    }

    @Test("can be left out one by one")
    func parts() throws {
        let old = #"{"time": 1, "total": 2, "gone": 3, "list": [1, 2]}"#
        let merge = try #require(
            JSONMerge(old: Array(old.utf8), new: Array(#"{"time":8,"total":9,"list":[1],"new":0}"#.utf8)))
        let texts = (0..<merge.count).map { String(decoding: merge.text(without: [$0]), as: UTF8.self) }
        #expect(
            texts == [
                #"{"time": 1, "total": 9, "list": [1], "new":0}"#, #"{"time": 8, "total": 2, "list": [1], "new":0}"#,
                #"{"time": 8, "total": 9, "gone": 3, "list": [1], "new":0}"#,
                #"{"time": 8, "total": 9, "list": [1, 2], "new":0}"#, #"{"time": 8, "total": 9, "list": [1]}"#,
            ])
    }

    @Test("of what is no JSON, or too deep, there are none")
    func none() {
        #expect(JSONMerge(old: Array("{".utf8), new: Array("1".utf8)) == nil)
        #expect(JSONMerge(old: [], new: Array("1".utf8)) == nil)
        let deep = String(repeating: "[", count: 5_000) + String(repeating: "]", count: 5_000)
        #expect(JSONMerge(old: Array(deep.utf8), new: Array("1".utf8)) == nil)
    }
}
