import Testing

@testable import Replay

@Suite("A value that is made smaller")
struct ValueShrinkingTests {
    private func shrink(_ text: String, holds: (String) -> Bool) async throws -> String {
        let value = try #require(ShrinkableValue(text: Array(text.utf8)))
        let smaller = try await ValueShrinking.shrink(value) { holds(String(decoding: $0.text, as: UTF8.self)) }
        return String(decoding: smaller.text, as: UTF8.self)
    }

    @Test(
        "keeps what it needs, and nothing else",
        arguments: [
            (#"{"a":1,"b":{"bad":true,"c":[1,2]},"d":"x"}"#, #""bad":true"#, #"{"b":{"bad":true}}"#),
            (#"[1,[2,[3,[4]]],5]"#, "4", "[[[[4]]]]"), (#"{"n":123456789}"#, "1234", #"{"n":1234}"#),
            (#"{"n":123456789}"#, "n", #"{"n":0}"#), (#"{"n":1.25}"#, #""n":"#, #"{"n":0.0}"#),
            (#"{"a":1,"a":2}"#, "2", #"{"a":2}"#), (#""short""#, "sh", #""short""#),
            (#""a text that is rather longer than sixteen""#, "rather", #""rather""#),
            (#"["é\u00e9\n", "ü"]"#, #"\n"#, #"["éé\n"]"#), (#"{"$tuple":[1,2]}"#, "$tuple", #"{"$tuple":[]}"#),
            ("null", "null", "null"),
        ])
    func kept(text: String, needed: String, result: String) async throws {
        #expect(try await shrink(text) { $0.contains(needed) } == result)
    }

    @Test("of a long text keeps pieces")
    func long() async throws {
        let text = String(repeating: "abcdefgh", count: 500) + "!" + String(repeating: "z", count: 1_000)
        #expect(try await shrink("\"\(text)\"") { $0.contains("!") } == "\"!\"")
    }

    @Test("is none where it is too deep", arguments: [(512, true), (513, false)])
    func depth(levels: Int, isTaken: Bool) {
        let text = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        #expect((ShrinkableValue(text: Array(text.utf8)) != nil) == isTaken)
    }

    @Test("is known to lack what its answers repeat")
    func repetition() throws {
        func value(_ text: String) throws -> ShrinkableValue {
            try #require(ShrinkableValue(text: Array(text.utf8)))
        }
        let said = Repetition(
            of: try value(#"{"op":"put","id":7,"list":[7,8],"text":"hello","n":0}"#),
            in: [try value(#"{"id":7,"said":"you said hello"}"#)])
        #expect(said.stands(in: try value(#"{"id":7,"list":[7],"text":"hello"}"#)))
        #expect(!said.stands(in: try value(#"{"list":[7],"text":"hello"}"#)))
        #expect(!said.stands(in: try value(#"{"id":7,"list":[7,8],"text":"hell"}"#)))
    }
}
