import Codecs
import Foundation
import TestSupport
import Testing

@testable import Recorder

@Suite("Amending a recording")
struct RecordingAmendingTests {
    private static let lines = [
        #"{"tapedeck":1,"created":"","tool":"","ports":[{"listen":"127.0.0.1:7000","codec":"json/lines"}]}"#,
        #"{"t":0.0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:5"}}"#,
        #"{"t":1.5,"s":1,"from":"client","value":{"a": 1}}"#,
        #"{ "t":2.0, "s":1,"from":"server", "value" : {"b": 2} ,"raw":"eyJiIjogMn0NCg==","mine":[1, 2]}"#,
        #"{"t":3.0,"s":1,"eof":"client"}"#,
        #"{"t":3.0,"s":1,"close":"clean"}"#,
        #"{"t":4.0,"end":{"sessions":1,"messages":2}}"#,
    ]

    private static func message(
        _ text: String, form: ReadableForm.Key = .value, raw: String? = nil
    ) -> RecordedMessage {
        var message = RecordedMessage(from: .server, form: form, text: Array(text.utf8))
        message.raw = raw.map { Array($0.utf8) }
        return message
    }

    /// Amends, and gives the lines.
    private func amended(_ change: (inout RecordingAmendments) -> Void) throws -> [String] {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.lines.joined(separator: "\n") + "\n", to: "a.tape.jsonl")
        chmod(path, 0o640)
        var amendments = RecordingAmendments()
        change(&amendments)
        try RecordingAmending.amend(path, amendments)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.tape.jsonl"])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o640)
        let text = try #require(folder.text("a.tape.jsonl"))
        #expect(text.hasSuffix("}\n"))
        return text.split(separator: "\n").map(String.init)
    }

    @Test("changes a message's form and bytes, and nothing else in its line or any other")
    func change() throws {
        var lines = Self.lines
        lines[3] = #"{ "t":2.0, "s":1,"from":"server", "value" : {"b": 3},"mine":[1, 2]}"#
        #expect(try amended { $0.changed[4] = Self.message(#"{"b": 3}"#) } == lines)
        lines[3] = #"{ "t":2.0, "s":1,"from":"server", "value" : {"b": 3} ,"raw":"eA==","mine":[1, 2]}"#
        #expect(try amended { $0.changed[4] = Self.message(#"{"b": 3}"#, raw: "x") } == lines)
        lines[3] = #"{ "t":2.0, "s":1,"from":"server", "base64" : "AAE=","mine":[1, 2]}"#
        #expect(try amended { $0.changed[4] = Self.message(#""AAE=""#, form: .base64) } == lines)
    }

    @Test("takes messages out and puts them in, in time, before the session's end, and counts them")
    func count() throws {
        var lines = Self.lines
        lines.remove(at: 3)
        lines[5] = #"{"t":4.0,"end":{"sessions":1,"messages":1}}"#
        #expect(try amended { $0.removed = [4] } == lines)
        lines = Self.lines
        lines.insert(#"{"t":2.000000,"s":1,"from":"server","value":[1]}"#, at: 4)
        lines.insert(#"{"t":2.000000,"s":1,"from":"server","text":"x"}"#, at: 5)
        lines.insert(#"{"t":0.000000,"s":1,"from":"server","value":0}"#, at: 2)
        lines[9] = #"{"t":4.0,"end":{"sessions":1,"messages":5}}"#
        let found = try amended {
            $0.inserted = [
                .init(session: 1, message: Self.message("[1]"), behind: 4),
                .init(session: 1, message: Self.message("\"x\"", form: .text), behind: 7),
                .init(session: 1, message: Self.message("0"), behind: 2),
            ]
        }
        #expect(found == lines)
    }

    @Test("in a copy leaves the recording alone, and tells which line each one comes from")
    func copy() throws {
        let folder = try ScratchFolder()
        let text = Self.lines.joined(separator: "\n") + "\n"
        let path = try folder.write(text, to: "a.tape.jsonl")
        var amendments = RecordingAmendments()
        amendments.removed = [4]
        amendments.inserted = [.init(session: 1, message: Self.message("0"), behind: 2)]
        let copy = try NamelessFile()
        #expect(try RecordingAmending.copy(path, amendments, to: copy) == [1, 2, 2, 3, 5, 6, 7])
        #expect(folder.text("a.tape.jsonl") == text)
        let reader = try RecordingReader(path: copy.path)
        var lines: [Int] = []
        while let event = try reader.next() { lines.append(event.line) }
        #expect(lines == [2, 3, 4, 5, 6, 7])
    }

    @Test("of a recording that is not what it was, or is damaged, does nothing", arguments: [3, 5, 9])
    func stale(line: Int) throws {
        let folder = try ScratchFolder()
        let text = Self.lines.joined(separator: "\n") + (line == 9 ? "\n{\"t\":5" : "\n")
        let path = try folder.write(text, to: "a.tape.jsonl")
        var amendments = RecordingAmendments()
        if line == 9 { amendments.changed[4] = Self.message("1") } else { amendments.removed = [line + 1, 40] }
        #expect(throws: RecordingError.self) { try RecordingAmending.amend(path, amendments) }
        #expect(folder.text("a.tape.jsonl") == text)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.tape.jsonl"])
    }

    @Test("a disk that fails leaves the recording as it was", arguments: ["write", "sync", "move"])
    func faulty(fault: String) throws {
        let folder = try ScratchFolder()
        let text = Self.lines.joined(separator: "\n") + "\n"
        let path = try folder.write(text, to: "a.tape.jsonl")
        var operations = FileOperations.system
        switch fault {
        case "write": operations.write = { _, _ in Int(-ENOSPC) }
        case "sync": operations.sync = { _ in -EIO }
        default: operations.move = { _, _, _ in -EACCES }
        }
        var amendments = RecordingAmendments()
        amendments.changed[4] = Self.message("1")
        #expect(throws: RecordingError.self) { try RecordingAmending.amend(path, amendments, operations: operations) }
        #expect(folder.text("a.tape.jsonl") == text)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.tape.jsonl"])
    }

    @Test("keeps a compressed recording compressed", .enabled(if: ZstandardTool.isInstalled))
    func packed() throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.lines.joined(separator: "\n") + "\n", to: "a.tape.jsonl")
        #expect(try ShortProgram.run("zstd", ["-q", "--rm", path]).status == 0)
        var amendments = RecordingAmendments()
        amendments.removed = [4]
        try RecordingAmending.amend(path + ".zst", amendments)
        let unpacked = try ShortProgram.run("zstd", ["-dcq", path + ".zst"])
        #expect(String(decoding: unpacked.output, as: UTF8.self).split(separator: "\n").count == 6)
    }
}
