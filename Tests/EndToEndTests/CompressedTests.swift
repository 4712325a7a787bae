import Foundation
import TestSupport
import Testing

@Suite("Compressed recordings, from outside", .enabled(if: ZstandardTool.isInstalled, "the zstd tool is not installed"))
struct CompressedTests {
    /// Compresses a recording of the project into a folder.
    private static func pack(_ name: String, into folder: ScratchFolder) throws -> String {
        let path = folder.path("a.tape.jsonl.zst")
        #expect(try ShortProgram.run("zstd", ["-q", "\(PythonProgram.root)/\(name)", "-o", path]).status == 0)
        return path
    }

    @Test("are read like any other by show, scan and check", arguments: ["show", "scan", "check"])
    func readers(command: String) async throws {
        let folder = try ScratchFolder()
        let plain = PythonProgram.root + "/captures/pickle/lab.tape.jsonl"
        let packed = try Self.pack("captures/pickle/lab.tape.jsonl", into: folder)
        let expected = try await BuiltBinary.run(command, plain)
        let found = try await BuiltBinary.run(command, packed)
        #expect(found.exit == .status(0))
        #expect(found.complaints == expected.complaints)
        #expect(found.output == expected.output.replacingOccurrences(of: plain, with: packed))
        #expect(!found.output.isEmpty)
    }

    @Test("are replayed, also out of a folder")
    func replay() async throws {
        let folder = try ScratchFolder()
        _ = try Self.pack("captures/pickle/lab.tape.jsonl", into: folder)
        let run = try await BuiltBinary.run(
            "replay", folder.path, "--start", "python3 \(PythonProgram.root)/Examples/lab_server.py {port}")
        #expect(run.exit == .status(0), "\(run)")
        #expect(run.output.contains("1 passed, 0 failed (7 answers compared"), "\(run)")
    }

    @Test("that are cut off are shown as far as they go, and named")
    func torn() async throws {
        let folder = try ScratchFolder()
        // Two frames, the second of them cut.
        let plain = PythonProgram.root + "/captures/pickle/two-clients.tape.jsonl"
        let packed = folder.path("a.tape.jsonl.zst")
        let script = "{ head -n 9 \(plain) | zstd -q; tail -n +10 \(plain) | zstd -q | head -c -10; } > \(packed)"
        #expect(try ShortProgram.run("sh", ["-c", script]).status == 0)
        let shown = try await BuiltBinary.run("show", packed)
        #expect(shown.exit == .status(0), "\(shown)")
        #expect(shown.complaints.contains("\(packed):9: the compressed file is cut off behind this line: "), "\(shown)")
        #expect(shown.output.split(separator: "\n").count == 8, "\(shown)")
        #expect(try await BuiltBinary.run("check", packed).exit == .status(1))
    }
}
