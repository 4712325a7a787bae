import Foundation
import TestSupport
import Testing

@Suite("check, from outside")
struct CheckTests {
    private static let lab = PythonProgram.root + "/captures/pickle/lab.tape.jsonl"

    /// A copy of a recording of the project, changed.
    private static func copy(into folder: ScratchFolder, _ change: (String) -> String) throws -> String {
        try folder.write(change(try String(contentsOfFile: lab, encoding: .utf8)), to: "a.tape.jsonl")
    }

    @Test("finds nothing in the recordings of the project, file by file")
    func captures() async throws {
        let run = try await BuiltBinary.run("check", "captures", "Examples", in: PythonProgram.root)
        #expect(run.exit == .status(0), "\(run)")
        #expect(run.output.split(separator: "\n").allSatisfy { $0.contains(": nothing is wrong (") }, "\(run)")
        #expect(run.complaints.isEmpty)
        let quiet = try await BuiltBinary.run("check", "captures", "-q", in: PythonProgram.root)
        #expect(quiet.exit == .status(0) && quiet.output.isEmpty, "\(quiet)")
    }

    @Test("names file, line, and what to do; a repair mends it, and the recording replays as torn no more")
    func torn() async throws {
        let folder = try ScratchFolder()
        let path = try Self.copy(into: folder) { String($0.dropLast(60)) }
        let found = try await BuiltBinary.run("check", path)
        #expect(found.exit == .status(1))
        #expect(found.output.contains("\(path):17: the last line is torn after "), "\(found)")
        #expect(found.output.contains("; all before it reads; tapedeck check --repair mends it\n"), "\(found)")

        let server = "python3 \(PythonProgram.root)/Examples/lab_server.py {port}"
        let replayed = try await BuiltBinary.run("replay", path, "--start", server)
        #expect(replayed.output.contains("line 17 is torn"), "\(replayed)")

        let repaired = try await BuiltBinary.run("check", path, "--repair")
        #expect(repaired.exit == .status(0), "\(repaired)")
        #expect(
            repaired.output.contains("; to be mended: it is cut off; a gap and an end take its place\n"), "\(repaired)")
        #expect(repaired.output.contains("the recording as it was is \(path).bak\n"), "\(repaired)")
        #expect(try await BuiltBinary.run("check", folder.path).exit == .status(0))
        let again = try await BuiltBinary.run("replay", path, "--start", server)
        #expect(!again.output.contains("torn"), "\(again)")
        #expect(again.output.contains("1 gap in the recording"), "\(again)")
    }

    @Test("says of no repair that it is done when the disk is full, and changes nothing")
    func fullDisk() async throws {
        let folder = try ScratchFolder()
        let path = try Self.copy(into: folder) { String($0.dropLast(60)) }
        let before = folder.text("a.tape.jsonl")
        let shell = try RunningProgram(
            "/bin/sh", ["-c", "ulimit -f 1; exec \"$@\"", "sh", BuiltBinary.path, "check", path, "--repair"])
        #expect(try await shell.exit() == .status(2))
        #expect(shell.output.contains(": the last line is torn after "), "\(shell.output)")
        #expect(!shell.output.contains("; mended") && !shell.output.contains(" mended;"), "\(shell.output)")
        #expect(shell.complaints.contains("cannot write: File too large; nothing was changed"), "\(shell.complaints)")
        #expect(folder.text("a.tape.jsonl") == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.tape.jsonl"])
    }

    @Test("prints an object a line for programs")
    func json() async throws {
        let folder = try ScratchFolder()
        let path = try Self.copy(into: folder) {
            $0.replacingOccurrences(of: "\"peer\":", with: "\"péér\":1,\"peer\":")
        }
        let run = try await BuiltBinary.run("check", path, "--format", "json")
        #expect(run.exit == .status(1))
        let object = try #require(
            JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
        #expect(object["file"] as? String == path)
        #expect(object["line"] as? Int == 2)
        #expect(object["kind"] as? String == "key")
        #expect((object["what"] as? String)?.contains("unknown key \"péér\"") == true)
        #expect((object["advice"] as? String)?.isEmpty == false)
        #expect(object["repair"] == nil)
    }

    @Test("lets no control character of a recording through")
    func hostile() async throws {
        let folder = try ScratchFolder()
        let path = try Self.copy(into: folder) {
            $0.replacingOccurrences(of: "\"peer\":", with: "\"\\u001b[2J\\u202e\":1,\"peer\":")
        }
        for arguments in [["check", path], ["check", path, "--repair"], ["check", path, "--format", "json"]] {
            let run = try await BuiltBinary.run(arguments)
            #expect(run.exit == .status(1))
            #expect(!run.output.unicodeScalars.contains { $0.value < 32 && $0 != "\n" || $0.value == 0x202E }, "\(run)")
        }
    }

    @Test("ends with status 2 for what is no recording, and checks the others all the same")
    func foreign() async throws {
        let folder = try ScratchFolder()
        let letter = try folder.write("Dear reader,\n", to: "letter.txt")
        let path = try Self.copy(into: folder) { String($0.dropLast(1)) }
        let run = try await BuiltBinary.run("check", letter, folder.path("missing"), path)
        #expect(run.exit == .status(2), "\(run)")
        let both = try await BuiltBinary.run("check", letter, path)
        #expect(both.exit == .status(2), "\(both)")
        #expect(both.complaints.contains("\(letter)") && both.complaints.contains("is no recording"), "\(both)")
        #expect(both.output.contains("\(path):18: the last line lacks its LF"), "\(both)")
        let empty = try ScratchFolder()
        #expect(try await BuiltBinary.run("check", empty.path).exit == .status(2))
        #expect(try await BuiltBinary.run("check", path, "-o", "x").exit == .status(64))
        #expect(try await BuiltBinary.run("check", path, letter, "--repair", "-o", "x").exit == .status(64))
    }

    @Test("leaves the recording as it was where the repaired one cannot be written")
    func readOnly() async throws {
        let folder = try ScratchFolder()
        let path = try Self.copy(into: folder) { String($0.dropLast(60)) }
        let before = try String(contentsOfFile: path, encoding: .utf8)
        let run = try await BuiltBinary.run("check", path, "--repair", "-o", folder.path("missing/b.tape.jsonl"))
        #expect(run.exit == .status(2), "\(run)")
        #expect(run.complaints.contains("No such file or directory"), "\(run)")
        let limited = try RunningProgram(
            "/bin/sh", ["-c", "ulimit -f 1; trap '' XFSZ; exec \"$0\" check \"$1\" --repair", BuiltBinary.path, path])
        #expect(try await limited.exit() == .status(2), "\(limited.output)")
        #expect(limited.complaints.contains("File too large"), "\(limited.complaints)")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.tape.jsonl"])
    }
}
