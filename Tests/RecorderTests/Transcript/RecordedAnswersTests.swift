import Codecs
import Recorder
import TestSupport
import Testing

@Suite("The answers of a recorded server")
struct RecordedAnswersTests {
    private static let header =
        #"{"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"test","ports":[{"listen":"127.0.0.1:12000","codec":"json/lines"},{"listen":"127.0.0.1:12001","codec":"raw/lines"}]}"#

    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func answers(_ events: [String], codec: String = "json/lines", maximum: Int = 1 << 20) throws
        -> RecordedAnswers
    {
        let lines = [Self.header] + events.map { "{\"t\":0.000001," + $0.dropFirst() }
        let path = try folder.write(lines.joined(separator: "\n") + "\n", to: "a.tape.jsonl")
        return try RecordedAnswers(
            path: path, codec: try CodecRegistry.codec(named: codec), limits: DecodingLimits(), maximumBytes: maximum)
    }

    private func texts(_ answer: RecordedAnswers.Answer?) -> [String]? {
        answer?.frames.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func content(_ text: String, _ form: ReadableForm.Key = .value) -> MessageContent {
        MessageContent(form, text: Array(text.utf8).span.bytes)
    }

    @Test("are those that followed the message in its session; what came first is the greeting")
    func exchanges() throws {
        let answers = try answers([
            #"{"s":1,"open":{"port":12000,"peer":"127.0.0.1:1"}}"#, #"{"s":1,"from":"server","value":"hello 1"}"#,
            #"{"s":2,"open":{"port":12000,"peer":"127.0.0.1:2"}}"#, #"{"s":1,"from":"client","value":{"a":1,"b":[2]}}"#,
            #"{"s":2,"from":"server","value":"hello 2"}"#, #"{"s":1,"from":"server","value":1}"#,
            #"{"s":2,"from":"client","value":"bye"}"#, #"{"s":1,"from":"server","value":2}"#,
            #"{"s":2,"from":"server","value":"bye"}"#, #"{"s":2,"eof":"server"}"#, #"{"s":2,"close":"clean"}"#,
            #"{"s":1,"from":"client","value":"silence"}"#,
        ])
        #expect(texts(answers.nextGreeting()) == ["\"hello 1\"\n"])
        #expect(texts(answers.nextGreeting()) == ["\"hello 2\"\n"])
        #expect(texts(answers.nextGreeting()) == ["\"hello 2\"\n"])
        let first = answers.nextAnswer(to: Self.content(#"{ "b": [2], "a": 1 }"#))
        #expect(texts(first) == ["1\n", "2\n"])
        #expect(first?.line == 5 && first?.closes == false)
        let bye = answers.nextAnswer(to: Self.content(#""\u0062ye""#))
        #expect(texts(bye) == ["\"bye\"\n"])
        #expect(bye?.closes == true)
        #expect(texts(answers.nextAnswer(to: Self.content("\"silence\""))) == [])
        #expect(answers.nextAnswer(to: Self.content("\"unknown\"")) == nil)
    }

    @Test("come in their order where a message was recorded several times, and the last ones again after that")
    func order() throws {
        let answers = try answers([
            #"{"s":1,"open":{"port":12000,"peer":"127.0.0.1:1"}}"#,
            #"{"s":2,"open":{"port":12000,"peer":"127.0.0.1:2"}}"#,
            #"{"s":2,"from":"client","value":"next"}"#, #"{"s":1,"from":"client","value":"next"}"#,
            #"{"s":1,"from":"server","value":2}"#, #"{"s":1,"from":"client","value":"next"}"#,
            #"{"s":2,"from":"server","value":1}"#, #"{"s":1,"from":"server","value":3}"#,
        ])
        let given = (0..<5).map { _ in texts(answers.nextAnswer(to: Self.content("\"next\"")))?.first }
        #expect(given == ["1\n", "2\n", "3\n", "3\n", "3\n"])
    }

    @Test(
        "belong to a value, not to how it is written",
        arguments: [
            ("1", "1.0", false), ("1", "\"1\"", false), ("[1,2]", "[2,1]", false), ("[1, 2]", "[1,2]", true),
            (#"{"a":1,"b":2}"#, #"{"b":2,"a":1}"#, true), (#"{"a":1,"b":2}"#, #"{"a":2,"b":1}"#, false),
            ("{}", "[]", false), ("null", "false", false), ("[[]]", "[]", false), ("[[1],2]", "[1,[2]]", false),
            (#"{"a":{"b":1}}"#, #"{"a":{},"b":1}"#, false), ("\"\\u00e9\"", "\"é\"", true),
        ])
    func contents(one: String, other: String, isSame: Bool) {
        #expect((Self.content(one) == Self.content(other)) == isSame)
    }

    @Test("of bytes are found too, and a text is no base64 of the same letters")
    func raw() throws {
        let answers = try answers(
            [
                #"{"s":1,"open":{"port":12001,"peer":"127.0.0.1:1"}}"#, #"{"s":1,"from":"client","base64":"AAEC"}"#,
                #"{"s":1,"from":"server","text":"bytes"}"#, #"{"s":1,"from":"client","text":"AAEC"}"#,
                #"{"s":1,"from":"server","text":"text","raw":"dGV4dA0K"}"#,
            ], codec: "raw/lines")
        #expect(texts(answers.nextAnswer(to: Self.content("\"AAEC\"", .base64))) == ["bytes\n"])
        #expect(texts(answers.nextAnswer(to: Self.content("\"AAEC\"", .text))) == ["text\r\n"])
    }

    @Test("name the recorded message that is most like one that is not there")
    func nearest() throws {
        let answers = try answers([
            #"{"s":1,"open":{"port":12000,"peer":"127.0.0.1:1"}}"#,
            #"{"s":1,"from":"client","value":{"do":"login","name":"Ada"}}"#,
            #"{"s":1,"from":"client","value":{"do":"list"}}"#,
        ])
        #expect(answers.nearest(to: Array(#"{"do":"login","name":"Ben"}"#.utf8))?.line == 3)
        #expect(answers.nearest(to: Array(#"{"do":"lost"}"#.utf8))?.line == 4)
    }

    @Test("are within a limit, and of a codec that the recording speaks")
    func limits() throws {
        let events = [
            #"{"s":1,"open":{"port":12000,"peer":"127.0.0.1:1"}}"#, #"{"s":1,"from":"client","value":1}"#,
            #"{"s":1,"from":"server","value":"0123456789"}"#,
        ]
        // 64 for each answer and each message, and the 13 bytes of the only one.
        _ = try answers(events, maximum: 64 + 64 + 13)
        let tooLong = #expect(throws: RecordingError.self) { try answers(events, maximum: 64 + 64 + 12) }
        #expect(tooLong?.reason.contains("which are kept in memory") == true)
        let foreign = #expect(throws: RecordingError.self) { try answers(events, codec: "pickle/stream") }
        #expect(foreign?.reason == "holds no session in pickle/stream; its ports speak json/lines, raw/lines")
    }

    @Test("that did not decode are left out and counted")
    func undecoded() throws {
        let answers = try answers([
            #"{"s":1,"open":{"port":12000,"peer":"127.0.0.1:1"}}"#, #"{"s":1,"from":"client","value":1}"#,
            #"{"s":1,"from":"server","base64":"AAEC","error":"byte 0: no JSON"}"#,
            #"{"s":1,"from":"server","value":2}"#,
        ])
        #expect(answers.leftOut == 1)
        #expect(texts(answers.nextAnswer(to: Self.content("1"))) == ["2\n"])
    }
}
