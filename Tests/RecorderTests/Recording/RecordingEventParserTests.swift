import Testing

@testable import Codecs
@testable import Recorder

@Suite("A line of a recording") struct RecordingEventParserTests {
    private func kind(_ body: String) throws -> TranscriptEvent.Kind? {
        let read = try ReadRecording(lines: "{\"t\":0.5,\"s\":1,\(body)}")
        #expect(read.damaged == [])
        return read.events.first?.kind
    }

    static let times: [(String, Int64?)] = [
        ("0", 0), ("0.000001", 1), ("1.204471", 1_204_471), ("1e3", 1_000_000_000),
        ("99999999999", 99_999_999_999_000_000),
        ("4294967296.123456", 4_294_967_296_123_456), ("0.0000004", 0), ("-0", 0),
        ("-1", nil), ("1e11", nil), ("1e400", nil), ("\"1\"", nil), ("null", nil), ("true", nil), ("[]", nil),
    ]

    @Test("has a time in seconds, from 0", arguments: times.indices)
    func time(_ index: Int) throws {
        let (text, expected) = Self.times[index]
        let read = try ReadRecording(lines: "{\"t\":\(text),\"s\":1,\"eof\":\"client\"}")
        #expect(read.events.map(\.time) == (expected.map { [$0] } ?? []))
        if expected == nil {
            #expect(read.damaged.map(\.reason) == ["\"t\" must be the time in seconds since the start"])
        }
    }

    static let sessions: [(String, Int?)] = [
        ("1", 1), ("9007199254740991", 9_007_199_254_740_991), ("0", nil), ("-1", nil), ("9007199254740992", nil),
        ("1.0", nil), ("99999999999999999999", nil), ("\"1\"", nil), ("null", nil),
    ]

    @Test("has a session's number, from 1", arguments: sessions.indices)
    func session(_ index: Int) throws {
        let (text, expected) = Self.sessions[index]
        let read = try ReadRecording(lines: "{\"t\":0.5,\"s\":\(text),\"eof\":\"client\"}")
        #expect(read.events.map(\.session) == (expected.map { [$0] } ?? []))
        if expected == nil {
            #expect(read.damaged.map(\.reason) == ["\"s\" must be the number of a session, from 1"])
        }
    }

    @Test("may have keys that are not known, and be of a kind that is not known")
    func unknown() throws {
        #expect(try kind(#""eof":"client","colour":{"deep":[1,2]}"#) == .endOfStream(.client))
        #expect(try kind(#""weather":"fine""#) == .unknown)
        #expect(
            try kind(#""open":{"port":1,"peer":"a","more":[]}"#) == .opened(SessionOpening(port: 1, peer: "a")))
    }

    static let bad: [(String, String)] = [
        ("[]", "an event is a JSON object; this is none"), ("12", "an event is a JSON object; this is none"),
        ("{}", "\"t\" must be the time in seconds since the start"),
        (#"{"t":0,"eof":"client"}"#, "\"s\", the number of the session, is missing"),
        (#"{"t":0,"s":1,"eof":"both"}"#, "\"eof\" must be \"client\" or \"server\""),
        (#"{"t":0,"s":1,"eof":1}"#, "\"eof\" must be \"client\" or \"server\""),
        (#"{"t":0,"s":1,"from":"me","value":1}"#, "\"from\" must be \"client\" or \"server\""),
        (
            #"{"t":0,"s":1,"from":"client"}"#,
            "a message has one of \"value\", \"text\" and \"base64\"; this has none"
        ),
        (
            #"{"t":0,"s":1,"from":"client","value":1,"text":"1"}"#,
            "a message has one of \"value\", \"text\" and \"base64\", not several"
        ),
        (#"{"t":0,"s":1,"from":"client","text":1}"#, "\"text\" must be a JSON string"),
        (#"{"t":0,"s":1,"from":"client","base64":["AAAA"]}"#, "\"base64\" must be a JSON string"),
        (#"{"t":0,"s":1,"from":"client","value":1,"protocol":256}"#, "\"protocol\" must be a small number"),
        (#"{"t":0,"s":1,"from":"client","value":1,"protocol":-1}"#, "\"protocol\" must be a small number"),
        (#"{"t":0,"s":1,"from":"client","value":1,"raw":1}"#, "\"raw\" must be base64 in a JSON string"),
        (
            #"{"t":0,"s":1,"from":"client","value":1,"raw":"A A="}"#,
            "\"raw\" at symbol 1: this byte is no base64 symbol"
        ),
        (#"{"t":0,"s":1,"open":{"peer":"a"}}"#, "\"open\" lacks \"port\", the port that the client connected to"),
        (#"{"t":0,"s":1,"open":{"port":65536}}"#, "\"open\" lacks \"port\", the port that the client connected to"),
        (#"{"t":0,"s":1,"open":7}"#, "\"open\" lacks \"port\", the port that the client connected to"),
        (
            #"{"t":0,"s":1,"close":"broken"}"#,
            "\"close\" must be clean, reset, timeout, limit, error or shutdown"
        ),
        (#"{"t":0,"s":1,"close":"reset","by":"nobody"}"#, "\"by\" must be \"client\" or \"server\""),
        (#"{"t":0,"gap":{"from":"nobody"}}"#, "\"from\" must be \"client\" or \"server\""),
        (
            #"{"tapedeck":1,"ports":[{"listen":"a:1"}]}"#,
            "a port in the header lacks \"listen\" or \"codec\""
        ),
    ]

    @Test("that is damaged is named with what was expected, and the next is read", arguments: bad.indices)
    func damaged(_ index: Int) throws {
        let (line, reason) = Self.bad[index]
        let read = try ReadRecording(lines: line, RecordingSamples.close)
        #expect(read.damaged.map(\.reason) == [reason], "\(line)")
        #expect(read.damaged.map(\.line) == [2])
        #expect(read.damaged.map(\.code) == [.damagedLine])
        #expect(read.events.map(\.line) == [3])
    }

    @Test("that tells of a gap has only counts that can be")
    func gaps() throws {
        #expect(try kind(#""gap":{"bytes":5,"events":0}"#) == .gap(RecordingGap(bytes: 5, events: 0)))
        #expect(try kind(#""gap":{"bytes":-5,"events":1e400,"why":3}"#) == .gap(RecordingGap()))
        #expect(try kind(#""gap":null"#) == .gap(RecordingGap()))
    }

    @Test("may spell its keys and texts with escapes")
    func escapes() throws {
        #expect(try kind(#""\u0065of":"cl\u0069ent""#) == .endOfStream(.client))
        guard case .message(let message) = try kind(#""from":"client","base64":"AAD\/","raw":"\u0041AAA""#) else {
            Issue.record("no message")
            return
        }
        #expect(message.raw == [0, 0, 0])
        let raw = try CodecRegistry.codec(named: "raw/u8")
        #expect(try message.payload(codec: raw, settings: WritingSettings(), limits: DecodingLimits()) == [0, 0, 0xFF])
    }

    @Test("that a person edited is written anew: the value without its `raw`")
    func edited() throws {
        let read = try ReadRecording(lines: #"{"t":0,"s":1,"from":"client","value":{"message":"ho"},"protocol":4}"#)
        let pickle = try CodecRegistry.codec(named: "pickle")
        let wire = try read.messages.first?.wire(codec: pickle, settings: WritingSettings(), limits: DecodingLimits())
        // pickle.dumps({"message": "ho"}, 4)
        #expect(
            wire
                == [0x80, 4, 0x95, 19, 0, 0, 0, 0, 0, 0, 0] + Array("}".utf8) + [0x94, 0x8C, 7] + Array("message".utf8)
                + [0x94, 0x8C, 2] + Array("ho".utf8) + [0x94] + Array("s.".utf8))
    }

    @Test("whose message does not suit its codec says so when its bytes are asked for")
    func unsuitable() throws {
        let read = try ReadRecording(
            lines: #"{"t":0,"s":1,"from":"client","text":"x"}"#, #"{"t":0,"s":1,"from":"client","base64":"A"}"#,
            #"{"t":0,"s":1,"from":"client","value":{"$nonsense":1}}"#)
        for name in ["json/lines", "pickle/stream"] {
            let codec = try CodecRegistry.codec(named: name)
            for (index, message) in read.messages.enumerated() where !(index == 2 && name == "json/lines") {
                #expect(throws: PayloadError.self, "\(name), message \(index)") {
                    try message.wire(codec: codec, settings: WritingSettings(), limits: DecodingLimits())
                }
            }
        }
    }
}
