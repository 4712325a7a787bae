import Foundation
import Testing

@testable import Recorder

@Suite("Scrubbing a recording")
struct RecordingScrubTests {
    private static let lines = [
        RecordingSamples.header, RecordingSamples.open,
        #"{"t":1.0, "s":1,"from":"client" , "value":{"user": "bob", "password":"hunter2"},"note":[1, 2],"raw":"eyJwYXNzd29yZCI6Imh1bnRlcjIifQ=="}"#,
        #"{"t":1.100000,"s":1,"from":"server","value":{"message":"hi",  "id":3}}"#,
        #"{"t":1.2,"s":1,"from":"client","base64":"cGFzc3dvcmQ9aHVudGVyMg==","partial":true}"#,
        #"{"t":1.3,"s":1,"from":"client","value":{"edited":1},"raw":"eyJwYXNzd29yZCI6Imh1bnRlcjIifQo="}"#,
        RecordingSamples.close, RecordingSamples.end,
    ]

    private func redaction(_ rules: String...) throws -> Redaction {
        Redaction(rules: try rules.map { try RedactionRule(option: $0) })
    }

    private func write(_ text: String, _ folder: TemporaryFolder) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: folder / "a.tape.jsonl"))
        return folder / "a.tape.jsonl"
    }

    private func lines(_ path: String) throws -> [String] {
        String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self).split(separator: "\n").map(
            String.init)
    }

    @Test("changes lines with secrets alone, drops their bytes, and lists the places")
    func changes() throws {
        let folder = try TemporaryFolder()
        let path = try write(Self.lines.joined(separator: "\n") + "\n", folder)
        let summary = try RecordingScrub.scrub(path, to: .file(folder / "b", replaces: false), redaction("defaults"))
        #expect(summary == RecordingScrub.Summary(lines: 8, changed: 3))
        let found = try lines(folder / "b")
        try #require(found.count == 8)
        for index in [0, 1, 3, 6, 7] { #expect(found[index] == Self.lines[index]) }
        let secret = try #require(found[2].firstMatch(of: #/"password":"([a-z]{6}[0-9])"/#)).1
        #expect(
            found[2]
                == #"{"t":1.0,"s":1,"from":"client","value":{"user": "bob", "password":"\#(secret)"},"note":[1, 2],"redacted":["$.password"]}"#
        )
        let bytes = Data("password=\(secret)".utf8).base64EncodedString()
        #expect(
            found[4]
                == #"{"t":1.2,"s":1,"from":"client","base64":"\#(bytes)","partial":true,"redacted":["bytes[9:16]"]}"#)
        #expect(found[5] == #"{"t":1.3,"s":1,"from":"client","value":{"edited":1},"redacted":["raw"]}"#)
        let rights = try FileManager.default.attributesOfItem(atPath: folder / "b")[.posixPermissions] as? Int
        #expect(rights == 0o600)
        let read = try ReadRecording(path: folder / "b")
        #expect(read.damaged == [] && read.isEnded)
    }

    @Test("changes nothing the second time, and with other rules only what is left")
    func idempotent() throws {
        let folder = try TemporaryFolder()
        let path = try write(Self.lines.joined(separator: "\n") + "\n", folder)
        _ = try RecordingScrub.scrub(
            path, to: .file(folder / "b", replaces: false), redaction("defaults", "regex=b[o]b"))
        let again = try RecordingScrub.scrub(
            folder / "b", to: .file(folder / "c", replaces: false), redaction("defaults", "regex=b[o]b"))
        #expect(again.changed == 0)
        #expect(try lines(folder / "c") == lines(folder / "b"))
        let more = try RecordingScrub.scrub(
            folder / "b", to: .file(folder / "d", replaces: false), redaction("defaults", "key=message"))
        #expect(more.changed == 1)
        #expect(try lines(folder / "d")[2] == lines(folder / "b")[2])
        #expect(try lines(folder / "d")[3].hasSuffix(#"",  "id":3},"redacted":["$.message"]}"#))
    }

    /// A line each of what stands beside messages: a header's and a port's unknown keys, an error, a gap's and a close's reason, an
    /// unknown event, keys that stand twice.
    private static let besides = [
        #"{"tapedeck":1,"created":"c","tool":"t","ports":[{"listen":"127.0.0.1:12000","codec":"json/lines","hint":"pwd=hunter2;"}],"api_key":"hunter2"}"#,
        #"{"t":0.0,"s":1,"open":{"port":12000,"peer":"127.0.0.1:5","note":{"token":["hunter2"]}}}"#,
        #"{"t":1.0,"s":1,"from":"client","base64":"e30=","error":"byte 3: password=hunter2 is wrong"}"#,
        #"{"t":1.1,"s":1,"from":"client","value":{"password":"hunter2"},"bytes":"password=hunter2","odd key":{"pin":"hunter2"},"password=hunter2":0}"#,
        #"{"t":1.2,"banana":{"password":"hunter2","ok":1}}"#,
        #"{"t":1.3,"s":1,"gap":{"bytes":7,"why":"lost: password: \"hunter2\""}}"#,
        #"{"t":2.0,"s":1,"close":"error","reason":"password: hunter2","reason":"see ftp://bob:hunter2@h"}"#,
        #"{"t":9.0,"end":{"sessions":1,"messages":2,"secret":"hunter2"}}"#,
    ]

    @Test(
        "takes them out of errors, reasons and what is unknown, too, each under the pseudonym that it has in messages")
    func besideMessages() throws {
        let folder = try TemporaryFolder()
        let path = try write(Self.besides.joined(separator: "\n") + "\n", folder)
        let summary = try RecordingScrub.scrub(path, to: .file(folder / "b", replaces: false), redaction("defaults"))
        #expect(summary == RecordingScrub.Summary(lines: 8, changed: 8))
        let found = try lines(folder / "b")
        try #require(found.count == 8)
        let secret = String(try #require(found[3].firstMatch(of: #/"value":{"password":"([a-z]{6}[0-9])"/#)).1)
        let places = [
            #"["api_key","ports[0].hint[4:11]"]"#, #"["open.note.token"]"#, #"["error[17:24]"]"#,
            #"["$.password","[\"bytes\"][9:16]","[\"odd key\"].pin","[\"password=\#(secret)\"]~[9:16]"]"#,
            #"["banana.password"]"#, #"["gap.why[17:24]"]"#, #"["reason[10:17]","reason[14:21]"]"#, #"["end.secret"]"#,
        ]
        for (index, line) in found.enumerated() {
            let plain = Self.besides[index].replacing("hunter2", with: secret).dropLast()
            #expect(line == plain + #","redacted":\#(places[index])}"#)
        }
        let again = try RecordingScrub.scrub(
            folder / "b", to: .file(folder / "c", replaces: false), redaction("defaults"))
        #expect(again.changed == 0)
        #expect(try lines(folder / "c") == found)
    }

    @Test("a check for secrets finds those beside messages, and none of them once they are scrubbed")
    func checkBesideMessages() throws {
        let folder = try TemporaryFolder()
        func secrets(_ path: String) throws -> [Int] {
            let check = try RecordingCheck(path)
            check.searchSecrets()
            var lines: [Int] = []
            _ = try check.run { if $0.kind == .secret { lines.append($0.line) } }
            return lines
        }
        // A token has to look like one there.
        let long = Self.besides.map { $0.replacing("hunter2", with: "9f86d081884c7d659a2feaa0c55ad015") }
        let path = try write(long.joined(separator: "\n") + "\n", folder)
        #expect(Set(try secrets(path)) == Set(1...8))
        _ = try RecordingScrub.scrub(path, to: .inPlace, redaction("defaults"))
        #expect(try secrets(path) == [])
    }

    @Test("a regular expression is searched for in errors and in what is unknown, not in what the format says")
    func patternBesideMessages() throws {
        let folder = try TemporaryFolder()
        let path = try write(
            [
                RecordingSamples.header, RecordingSamples.open,
                #"{"t":1.0,"s":1,"from":"client","base64":"e30=","error":"client 12000","client":["clean 127.0.0.1"]}"#,
                RecordingSamples.close, RecordingSamples.end,
            ].joined(separator: "\n") + "\n", folder)
        let summary = try RecordingScrub.scrub(
            path, to: .file(folder / "b", replaces: false), redaction("regex=12000|127.0.0.1|cl(ea)n"))
        #expect(summary.changed == 1)
        let found = try lines(folder / "b")[2]
        #expect(
            try found.wholeMatch(
                of: Regex(
                    #"\{"t":1.0,"s":1,"from":"client","base64":"e30=","error":"client [0-9]{5}","client":\["cl[a-z]{2}n [0-9]{3}\.[0-9]\.[0-9]\.[0-9]"\],"redacted":\["error\[7:12\]","client\[0\]\[2:4\]","client\[0\]\[6:15\]"\]\}"#
                )) != nil, "\(found)")
    }

    @Test("leaves out a torn last line, and says so")
    func torn() throws {
        let folder = try TemporaryFolder()
        let path = try write(
            Self.lines.prefix(4).joined(separator: "\n") + "\n" + #"{"t":2,"s":1,"from":"client","value":"hunter2"#,
            folder)
        let summary = try RecordingScrub.scrub(path, to: .file(folder / "b", replaces: false), redaction("defaults"))
        #expect(summary == RecordingScrub.Summary(lines: 4, changed: 1, tornLine: 5))
        #expect(try lines(folder / "b").count == 4)
    }

    @Test("in place keeps the file until the new one is whole, and only where it has its end")
    func inPlace() throws {
        let folder = try TemporaryFolder()
        let path = try write(Self.lines.joined(separator: "\n") + "\n", folder)
        #expect(try RecordingScrub.scrub(path, to: .inPlace, redaction("defaults")).changed == 3)
        #expect(try !String(contentsOfFile: path, encoding: .utf8).contains("hunter2"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.tape.jsonl"])
        let open = try write(Self.lines.dropLast().joined(separator: "\n") + "\n", folder)
        let error = #expect(throws: RecordingError.self) {
            try RecordingScrub.scrub(open, to: .inPlace, redaction("defaults"))
        }
        #expect(error?.reason.contains("has no end") == true)
        #expect(try lines(open) == Array(Self.lines.dropLast()))
    }

    @Test("stops at a damaged line, and leaves nothing behind")
    func damaged() throws {
        let folder = try TemporaryFolder()
        let path = try write(Self.lines.prefix(3).joined(separator: "\n") + "\n{\"t\":password=hunter2\n", folder)
        let error = #expect(throws: RecordingError.self) {
            try RecordingScrub.scrub(path, to: .file(folder / "b", replaces: false), redaction("defaults"))
        }
        #expect(error?.line == 4)
        #expect(!FileManager.default.fileExists(atPath: folder / "b"))
        let other = #expect(throws: RecordingError.self) {
            try RecordingScrub.scrub(path, to: .file(path, replaces: false), redaction("defaults"))
        }
        #expect(other?.reason.contains("nothing is overwritten") == true)
        #expect(try lines(path).count == 4)
    }
}
