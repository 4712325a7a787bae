import Codecs
import Testing

@testable import Server

@Suite("A line of a child's output")
struct ChildAnswerTests {
    private static func read(_ line: String, _ codec: String) throws -> ChildAnswer {
        let codec = try CodecRegistry.codec(named: codec)
        let port = PortConfiguration(
            port: 0, codec: codec, settings: codec.payload.defaultSettings,
            role: .answer(reply: .none, greeting: nil))
        let reader = ChildAnswerReader(port: port)
        return try Array(line.utf8).withUnsafeBytes { bytes in try reader.read(bytes) }
    }

    @Test(
        "is a message in the port's codec",
        arguments: [
            (#"{"session":7,"value":{"a": 1.0}}"#, "json/lines", "{\"a\": 1.0}\n"),
            (#"{"session":7,"text":"hé\n"}"#, "raw/u8", "\u{4}hé\n"),
            (#"{"value":"hi","session":7}"#, "raw/netstring", "2:hi,"),
            (#"{"session":7,"base64":"AAEC"}"#, "raw/u8", "\u{3}\u{0}\u{1}\u{2}"),
            (#" {"session": 7, "base64": "e30="} "#, "json/lines", "{}\n"),
        ])
    func message(line: String, codec: String, frame: String) throws {
        #expect(try Self.read(line, codec) == ChildAnswer(session: 7, frame: Array(frame.utf8)))
    }

    @Test("is a pickle as CPython writes it, in the protocol that it asks for")
    func pickles() throws {
        // pickle.dumps((1, b'x'), protocol=4) and protocol=2 of {'a': None}
        let four: [UInt8] = [128, 4, 149, 9, 0, 0, 0, 0, 0, 0, 0, 75, 1, 67, 1, 120, 148, 134, 148, 46]
        #expect(
            try Self.read(#"{"session":1,"value":{"$tuple":[1,{"$bytes":"x"}]}}"#, "pickle").frame == four)
        let two: [UInt8] = [128, 2, 125, 113, 0, 88, 1, 0, 0, 0, 97, 113, 1, 78, 115, 46]
        #expect(try Self.read(#"{"session":1,"value":{"a":null},"protocol":2}"#, "pickle").frame == two)
    }

    @Test("can end a session, with a message or without")
    func close() throws {
        #expect(try Self.read(#"{"session":1,"close":true}"#, "json") == ChildAnswer(session: 1, closes: true))
        #expect(
            try Self.read(#"{"session":1,"value":1,"close":true}"#, "json")
                == ChildAnswer(session: 1, frame: Array("1\n".utf8), closes: true))
        #expect(
            try Self.read(#"{"session":1,"value":1,"close":false}"#, "json")
                == ChildAnswer(session: 1, frame: Array("1\n".utf8)))
    }

    @Test(
        "that is none of these is refused with what is wrong, and with its session where it has one",
        arguments: [
            ("debug", nil, "is no JSON (byte 0"), (#"{"session":1,"value":"#, nil, "is no JSON (byte 21"),
            ("[1]", nil, "is no JSON object"), (#"{"value":1}"#, nil, "lacks the number of a session"),
            (#"{"session":0,"value":1}"#, nil, "lacks the number of a session"),
            (#"{"session":"1","value":1}"#, nil, "lacks the number of a session"),
            (#"{"session":99999999999999999999,"value":1}"#, nil, "lacks the number of a session"),
            (#"{"session":3}"#, 3, "has neither a message"),
            (#"{"session":3,"close":false}"#, 3, "has neither a message"),
            (#"{"session":3,"close":1}"#, 3, "has a \"close\" that is no boolean"),
            (#"{"session":3,"value":1,"text":"a"}"#, 3, "has more than one of"),
            (#"{"session":3,"valeu":1}"#, 3, "has an unknown key"),
            (#"{"session":3,"text":"a"}"#, 3, "holds a message that json/lines cannot carry"),
            (#"{"session":3,"value":1,"protocol":2}"#, 3, "has a \"protocol\" that is no pickle protocol"),
        ] as [(String, Int?, String)])
    func faults(line: String, session: Int?, reason: String) {
        let fault = #expect(throws: ChildLineFault.self) { try Self.read(line, "json/lines") }
        #expect(fault?.session == session)
        #expect(fault?.reason.hasPrefix(reason) == true, "\(fault?.reason ?? "")")
    }

    @Test("nested beyond the limit is refused")
    func deep() throws {
        let line = #"{"session":3,"value":"# + String(repeating: "[", count: 100_000)
        let fault = #expect(throws: ChildLineFault.self) { try Self.read(line, "json/lines") }
        #expect(fault?.reason.hasPrefix("is no JSON") == true)
    }

    @Test("with text that the framing cannot carry is refused")
    func lineBreak() throws {
        let fault = #expect(throws: ChildLineFault.self) { try Self.read(#"{"session":3,"text":"a\nb"}"#, "raw/lines") }
        #expect(fault?.session == 3)
    }
}
