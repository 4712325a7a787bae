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
