import Foundation
import TestSupport
import Testing

@testable import Codecs
@testable import Recorder

@Suite("A check of a recording")
struct RecordingCheckTests {
    @Test("finds nothing in one that is whole, whatever went wrong in what it recorded")
    func whole() throws {
        #expect(try CheckedSample(lines: CheckedSample.whole).check() == [])
        #expect(try CheckedSample(CheckedSample.twoParts.utf8).check() == [])
        let sample = try CheckedSample(CheckedSample.twoParts.utf8)
        let summary = try RecordingCheck(sample.path).run { _ in }
        #expect(summary == RecordingCheck.Summary(sessions: 3, messages: 6, findings: 0))
        // Sessions that go on from an earlier file, and in the next one; a gap and what it took away.
        #expect(
            try CheckedSample(lines: [
                #"{"t":0.0,"s":7,"open":{"port":12000,"peer":"p","continued":true}}"#,
                #"{"t":1.0,"s":7,"from":"server","value":1}"#, #"{"t":2.0,"end":{"sessions":0,"messages":1}}"#,
            ]).check() == [])
        #expect(
            try CheckedSample(lines: [
                CheckedSample.open, #"{"t":1.0,"gap":{"events":12,"why":"the disk was full"}}"#,
                #"{"t":2.0,"s":4,"from":"server","value":1}"#, #"{"t":3.0,"end":{"sessions":4,"messages":8}}"#,
            ]).check() == [])
    }

    @Test("knows TLS, and what was taken out of messages")
    func newerKeys() throws {
        let header = CheckedSample.header.replacing("json/lines\"", with: "json/lines\",\"tls\":true")
        let lines = [
            CheckedSample.open,
            #"{"t":1.0,"s":1,"from":"client","value":{"password":"a"},"redacted":["$.password"]}"#,
            #"{"t":2.0,"s":1,"from":"client","base64":"","redacted":["bytes"],"withheld":23,"partial":true}"#,
            CheckedSample.close, #"{"t":9.0,"end":{"sessions":1,"messages":2}}"#,
        ]
        #expect(try CheckedSample(lines: lines, header: header).check() == [])
        let damaged = try CheckedSample(lines: lines, header: "x" + header)
        try damaged.repair()
        #expect(try ReadRecording(path: damaged.path).header.ports.map(\.usesTLS) == [true, false, false])
    }

    @Test("finds nothing in the recordings of the project")
    func captures() throws {
        for name in try FileManager.default.subpathsOfDirectory(atPath: Fixtures.url("../captures").path)
        where name.hasSuffix(".tape.jsonl") {
            var findings: [CheckFinding] = []
            _ = try RecordingCheck(Fixtures.url("../captures/" + name).path).run { findings.append($0) }
            #expect(findings == [], "\(name)")
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var kind: CheckFinding.Kind
        var line: Int
        var what: String
        var lines: [String]
        var header = CheckedSample.header
        /// Whether a repair leaves nothing to be found.
        var isMended: Bool
        /// How many things are wrong; the first is looked at.
        var count: Int

        init(
            _ kind: CheckFinding.Kind, _ line: Int, _ what: String, mended: Bool, count: Int = 1,
            header: String = CheckedSample.header,
            _ lines: [String]
        ) {
            self.kind = kind
            self.line = line
            self.what = what
            self.lines = lines
            self.header = header
            isMended = mended
            self.count = count
        }

        var testDescription: String { "\(kind): \(what)" }
    }

    private static let open = CheckedSample.open
    private static let message = CheckedSample.message
    private static let close = CheckedSample.close
    private static let end = CheckedSample.end

    static let cases: [Case] = [
        // The file.
        Case(.damaged, 3, "damaged at byte", mended: true, [open, "{\"t\":1.0,\"s\":1,\"fro", message, close, end]),
        Case(.damaged, 3, "an event is a JSON object", mended: true, [open, "[]", message, close, end]),
        Case(
            .damaged, 3, "\"t\" must be the time", mended: true,
            [open, #"{"s":1,"eof":"client"}"#, message, close, end]),
        Case(
            .damaged, 3, "\"s\", the number", mended: true, [open, #"{"t":1.0,"eof":"client"}"#, message, close, end]),
        Case(
            .damaged, 3, "one of \"value\", \"text\" and \"base64\"", mended: true,
            [open, #"{"t":1.0,"s":1,"from":"client"}"#, message, close, end]),
        Case(.encoding, 2, "CR LF", mended: true, [open + "\r", message + "\r", close + "\r", end + "\r"]),
        // The end.
        Case(.end, 4, "there is no end behind this line", mended: true, [open, message, close]),
        Case(
            .end, 4, "the end stands here, but line 5", mended: true, count: 2,
            [open, message, end.replacing("9.0", with: "2.0"), close]),
        Case(
            .end, 5, "counts 1 session and 2 messages; there are 1 session and 1 message", mended: true,
            [open, message, close, #"{"t":9.0,"end":{"sessions":1,"messages":2}}"#]),
        Case(.end, 5, "does not count", mended: true, [open, message, close, #"{"t":9.0,"end":{"sessions":1}}"#]),
        Case(
            .end, 5, "before this header was never ended", mended: true,
            [open, message, close, CheckedSample.header, #"{"t":0.0,"end":{"sessions":0,"messages":0}}"#]),
        // Times.
        Case(
            .time, 3, "the time, 5.0", mended: true,
            [open, #"{"t":5.0,"s":1,"from":"client","value":1}"#, close, close.replacing("3.0", with: "3.1"), end]
                .map { $0.replacing(#""s":1,"close":"clean"}"#, with: #""s":1,"eof":"client"}"#) }),
        Case(
            .time, 4, "earlier than that of the line before", mended: true,
            [open, message, #"{"t":0.5,"s":1,"eof":"client"}"#, close, end]),
        Case(
            .time, 5, "goes back here", mended: false,
            [
                open, message, #"{"t":1.3,"s":1,"eof":"client"}"#, #"{"t":0.1,"s":1,"eof":"server"}"#,
                #"{"t":0.2,"s":1,"close":"clean"}"#, #"{"t":0.3,"end":{"sessions":1,"messages":1}}"#,
            ]),
        // Sessions.
        Case(
            .session, 2, "session 1 was not opened", mended: true,
            [message, close, end.replacing("s\":1,", with: "s\":0,")]),
        Case(
            .session, 5, "session 1 goes on behind its close", mended: true,
            [open, message, close, #"{"t":4.0,"s":1,"eof":"client"}"#, end]),
        Case(
            .session, 3, "opened a second time", mended: true,
            [open, open, message, close, end.replacing("sessions\":1", with: "sessions\":2")]),
        Case(
            .session, 5, "an earlier one had its number", mended: true,
            [
                open, message, close, open.replacing("0.1", with: "4.1"),
                end.replacing("sessions\":1", with: "sessions\":2"),
            ]),
        // Headers.
        Case(
            .header, 2, "port 12009 is not among", mended: false,
            [open.replacing("12000", with: "12009"), message, close, end]),
        Case(
            .header, 1, "unknown payload \"jsom\": did you mean \"json\"?", mended: false,
            header: CheckedSample.header.replacing("json/lines", with: "jsom/lines"), CheckedSample.whole),
        Case(
            .header, 1, "is no HOST:PORT", mended: false,
            header: CheckedSample.header.replacing("127.0.0.1:12002", with: "nowhere"), CheckedSample.whole),
        Case(
            .header, 1, "port 12001 is listed twice", mended: false,
            header: CheckedSample.header.replacing(":12002", with: ":12001"), CheckedSample.whole),
        Case(
            .header, 1, "\"created\" is no time", mended: false,
            header: CheckedSample.header.replacing("10:00:00.000000Z", with: "ten o'clock"), CheckedSample.whole),
        Case(
            .header, 1, "\"rules\" in the header", mended: false,
            header: CheckedSample.header.replacing("\"tool\"", with: "\"rules\":1,\"tool\""), CheckedSample.whole),
        Case(
            .header, 1, "these can be read: 127.0.0.1:12000, 127.0.0.1:12001, 127.0.0.1:12002", mended: true,
            header: "x" + CheckedSample.header, CheckedSample.whole),
        Case(
            .key, 1, "the header lacks \"tool\"", mended: false,
            header: CheckedSample.header.replacing(#""tool":"tapedeck 0.1.0","#, with: ""), CheckedSample.whole),
        // Keys.
        Case(
            .key, 3, "a message has the unknown key \"colour\"", mended: false,
            [open, message.replacing("\"from\"", with: "\"colour\":1,\"from\""), close, end]),
        Case(
            .key, 2, "\"open\" has the unknown key \"pear\"", mended: false,
            [open.replacing("\"peer\"", with: "\"peer\":\"p\",\"pear\""), message, close, end]),
        Case(
            .key, 3, "a message has \"from\" twice", mended: false,
            [open, message.replacing("\"from\"", with: "\"from\":\"server\",\"from\""), close, end]),
        Case(
            .key, 2, "\"open\" lacks \"peer\"", mended: false,
            [#"{"t":0.0,"s":1,"open":{"port":12000}}"#, message, close, end]),
        Case(
            .event, 3, "unknown kind, \"weather\"", mended: false,
            [open, #"{"t":1.0,"s":1,"weather":"rain"}"#, message, close, end]),
        Case(
            .event, 3, "several in one: \"from\", \"eof\"", mended: false,
            [open, message.replacing("\"from\"", with: "\"eof\":\"client\",\"from\""), close, end]),
        // Messages.
        Case(
            .message, 3, "cannot be written in its codec", mended: false,
            [
                open.replacing("12000", with: "12001"),
                message.replacing(#"{"message":"hi","id":3}"#, with: #"{"$tupel":[]}"#),
                close, end,
            ]),
        Case(
            .message, 3, "\"base64\" cannot be written in its codec", mended: false,
            [
                open.replacing("12000", with: "12002"),
                #"{"t":1.0,"s":1,"from":"client","base64":"A==="}"#, close, end,
            ]),
        Case(
            .message, 3, "stands under \"base64\"", mended: false,
            [open, message.replacing("3}}", with: "3},\"error\":\"byte 0\"}"), close, end].map {
                $0.replacing("\"value\":{\"message\":\"hi\",\"id\":3}", with: "\"value\":{}")
            }),
        Case(
            .raw, 3, "\"raw\" and \"value\" are not the same", mended: false,
            [open, #"{"t":1.0,"s":1,"from":"client","value":{"a": 2},"raw":"eyJhIjogMX0NCg=="}"#, close, end]),
        Case(
            .raw, 3, "\"raw\" holds no whole message", mended: false,
            [open, #"{"t":1.0,"s":1,"from":"client","value":1,"raw":"MSA="}"#, close, end].map {
                $0.replacing("\"raw\":\"MSA=\"", with: "\"raw\":\"\"")
            }),
        Case(
            .raw, 3, "\"raw\" does not read as json/lines", mended: false,
            [open, #"{"t":1.0,"s":1,"from":"client","value":1,"raw":"e2JhZAo="}"#, close, end]),
        Case(
            .raw, 3, "2 bytes more", mended: false,
            [open, #"{"t":1.0,"s":1,"from":"client","value":1,"raw":"MQoyCg=="}"#, close, end]),
        Case(
            .raw, 3, "\"raw\" and \"text\" are not the same", mended: false,
            [
                open.replacing("12000", with: "12002"),
                #"{"t":1.0,"s":1,"from":"client","text":"hello","raw":"AAAABWhlbGxv"}"#.replacing("Gxv", with: "GxP"),
                close, end,
            ]),
        Case(
            .raw, 3, "\"raw\" and \"value\" are not the same", mended: false,
            [
                open.replacing("12000", with: "12001"),
                #"{"t":1.0,"s":1,"from":"client","value":[1,"too"],"raw":"gASVCwAAAAAAAABdKEsBjAN0d29lLg=="}"#, close,
                end,
            ]),
    ]

    @Test("finds what is wrong, once, with its line, and a repair mends what it may", arguments: cases)
    func finds(_ example: Case) throws {
        let sample = try CheckedSample(lines: example.lines, header: example.header)
        let findings = try sample.check()
        #expect(findings.count == example.count, "\(findings)")
        #expect(findings.first?.kind == example.kind, "\(findings)")
        #expect(findings.first?.line == example.line, "\(findings)")
        #expect(findings.first?.what.contains(example.what) == true, "\(findings)")
        #expect(findings.first?.advice.isEmpty == false)
        let before = sample.bytes
        try sample.repair()
        let left = try sample.check()
        if example.isMended {
            #expect(left == [], "\(sample.text)")
        } else {
            #expect(left == findings)
            #expect(sample.bytes == before)
            #expect(sample.names == ["a.tape.jsonl"])
        }
    }

    @Test("takes a value that is only written otherwise for the same as its raw")
    func sameValue() throws {
        for value in [#"{"a":1}"#, #"{ "a" : 1 }"#, #"{"\u0061": 1}"#] {
            let sample = try CheckedSample(lines: [
                CheckedSample.open, #"{"t":1.0,"s":1,"from":"client","value":\#(value),"raw":"eyJhIjogMX0NCg=="}"#,
                CheckedSample.close, CheckedSample.end,
            ])
            #expect(try sample.check() == [], "\(value)")
        }
        for value in ["{}", #"{"a":1.0}"#, #"{"b":1}"#, "[1]", #"{"a":[1]}"#, #"{"a":1,"a":1}"#] {
            let sample = try CheckedSample(lines: [
                CheckedSample.open, #"{"t":1.0,"s":1,"from":"client","value":\#(value),"raw":"eyJhIjogMX0NCg=="}"#,
                CheckedSample.close, CheckedSample.end,
            ])
            #expect(try sample.check().map(\.kind) == [.raw], "\(value)")
        }
    }

    @Test("tells of a byte order mark, and of a key that stands in every line only once")
    func once() throws {
        let marked = try CheckedSample([0xEF, 0xBB, 0xBF] + Array(CheckedSample.twoParts.utf8))
        #expect(try marked.check().map(\.kind) == [.encoding])
        try marked.repair()
        #expect(marked.text == CheckedSample.twoParts)
        let noted = CheckedSample.whole.map { $0.replacing("{\"t\"", with: "{\"note\":1,\"t\"") }
        let findings = try CheckedSample(lines: noted).check()
        #expect(findings.map(\.line) == [2, 3, 4, 5], "each kind of event once")
        let many = [CheckedSample.open] + Array(repeating: CheckedSample.message, count: 9)
        let repeated = many.map { $0.replacing("{\"t\"", with: "{\"note\":1,\"t\"") }
        #expect(try CheckedSample(lines: repeated).check().map(\.kind) == [.key, .key, .end])
    }

    @Test("tells of a part that a newer version wrote, which no repair touches")
    func newerPart() throws {
        let sample = try CheckedSample(lines: CheckedSample.whole + [#"{"tapedeck":2}"#, CheckedSample.open])
        let before = sample.bytes
        #expect(try sample.check().first?.kind == .version)
        let error = #expect(throws: RecordingError.self) { try sample.repair() }
        #expect(error?.code == .newerVersion && error?.line == 6)
        #expect(sample.bytes == before)
        #expect(sample.names == ["a.tape.jsonl"])
    }

    @Test("is as strict about the file as every reader")
    func foreign() throws {
        for (bytes, code) in [
            (Array("Dear reader,\nthis is a letter.\n".utf8), RecordingError.Code.foreign), ([], .unbegun),
            (Array("{\"tapedeck\":2}\n".utf8), .newerVersion),
        ] {
            let sample = try CheckedSample(bytes)
            let error = #expect(throws: RecordingError.self) { try sample.check() }
            #expect(error?.code == code)
            #expect(throws: RecordingError.self) { try sample.repair() }
            #expect(sample.bytes == bytes)
            #expect(sample.names == ["a.tape.jsonl"])
        }
    }
}
