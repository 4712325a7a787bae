import Foundation
import TestSupport
import Testing

@Suite("The exit status, from outside")
struct StatusTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var arguments: [String]
        var status: Int32
        /// What stderr must name.
        var named: String

        init(_ arguments: String, _ status: Int32, _ named: String) {
            self.arguments = arguments.split(separator: " ").map(String.init)
            self.status = status
            self.named = named
        }

        var testDescription: String { arguments.joined(separator: " ") }
    }

    @Test(
        "is 64 for wrong usage, with the argument that is wrong",
        arguments: [
            Case("--nonsense", 64, "--nonsense"),
            Case("sing", 64, "sing"),
            Case("serve", 64, "--listen"),
            Case("serve --listen 0:json --nonsense", 64, "--nonsense"),
            Case("serve --listen 0:pickel", 64, "pickel"),
            Case("serve --listen 0:json/stream", 64, "stream"),
            Case("serve --listen 0", 64, "lacks a codec"),
            Case("serve --listen 65536:json", 64, "65536"),
            Case("serve --listen 0:json,reply=mirror", 64, "reply=mirror"),
            Case("serve --listen 0:json,wrong=1", 64, "wrong=1"),
            Case("serve --listen 0:json --reply mirror", 64, "mirror"),
            Case("serve --listen 0:json --max-frame much", 64, "much"),
            Case("serve --listen 0:json --max-frame 0", 64, "--max-frame"),
            Case("serve --listen 0:json --drain soon", 64, "soon"),
            Case("serve --listen 0:json --protocol 6", 64, "--protocol"),
            Case("serve --listen 0:json --greet {", 64, "greet={"),
            Case("serve --listen 0:json --color mauve", 64, "mauve"),
            Case("serve --listen 0:json --record a.tape.jsonl --append --force", 64, "exclude each other"),
            Case("serve --listen 0:json --rotate 1h", 64, "--record FILE"),
            Case("serve --listen 0:json --record a.tape.jsonl --rotate 100", 64, "--rotate"),
            Case("serve --listen 0:json --record a.tape.jsonl --rotate 1KB", 64, "--rotate"),
            Case("serve --listen 0:json --record a/ --rotate 1h", 64, "--rotate goes with a file"),
            Case("serve --listen 0:json --record a/ --append", 64, "--append goes with a file"),
            Case("record --listen 0:json --to 127.0.0.1:1 --append", 64, "--record FILE"),
            Case("record --listen 0:json", 64, "--to"),
            Case("record --listen 0:json --to 127.0.0.1:1 --start true", 64, "--start"),
            Case("record --listen 0:json --to nowhere", 64, "nowhere"),
            Case("replay --target 127.0.0.1:1 --start true", 64, "--start"),
            Case("replay --target nowhere", 64, "nowhere"),
            Case("replay --timeout soon", 64, "soon"),
            Case("show", 64, "<paths>"),
            Case("show x.tape.jsonl --width 0", 64, "--width"),
        ])
    func usage(_ example: Case) async throws {
        let folder = try ScratchFolder()
        let run = try await BuiltBinary.run(example.arguments, in: folder.path)
        #expect(run.exit == .status(example.status), "\(run)")
        #expect(run.complaints.contains(example.named), "\(run)")
        #expect(run.output.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test(
        "is 2 for what cannot be done, with what is lacking",
        arguments: [
            Case("show missing.tape.jsonl", 2, "missing.tape.jsonl"),
            Case("show folder", 2, "folder"),
            Case("show foreign.tape.jsonl", 2, "foreign.tape.jsonl"),
            Case("show empty.tape.jsonl", 2, "empty.tape.jsonl"),
            Case("show newer.tape.jsonl", 2, "7"),
            Case("replay folder --target 127.0.0.1:1", 2, "no recording"),
            Case("replay missing.tape.jsonl --target 127.0.0.1:1", 2, "missing.tape.jsonl"),
            Case("serve --listen 0:json --record foreign.tape.jsonl", 2, "foreign.tape.jsonl"),
            Case("serve --listen 0:json --record link.tape.jsonl", 2, "link.tape.jsonl"),
            Case(
                "serve --listen 0:json --record foreign.tape.jsonl/", 2, "foreign.tape.jsonl/: is a file, not a folder"),
            Case("serve --listen 0:json --record foreign.tape.jsonl --append", 2, "foreign.tape.jsonl"),
            Case("serve --listen 0:json --record newer.tape.jsonl --append", 2, "7"),
            Case("serve --listen 0:json --record link.tape.jsonl --append", 2, "link.tape.jsonl: is a link"),
            Case("serve --listen 0:json --record link.tape.jsonl --force", 2, "link.tape.jsonl: is a link"),
            Case("serve --listen 0:json --record missing/a.tape.jsonl", 2, "missing/a.tape.jsonl"),
            Case("serve --listen 192.0.2.1:0:json", 2, "192.0.2.1"),
            Case("serve --listen no.such.host.invalid:0:json", 2, "no.such.host.invalid"),
        ])
    func impossible(_ example: Case) async throws {
        let folder = try ScratchFolder()
        try folder.write("GET / HTTP/1.1\n", to: "foreign.tape.jsonl")
        try folder.write("", to: "empty.tape.jsonl")
        try folder.write("{\"tapedeck\":7,\"created\":\"2030-01-01T00:00:00Z\"}\n", to: "newer.tape.jsonl")
        try folder.write("", to: "folder/note.txt")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("link.tape.jsonl"), withDestinationPath: folder.path("elsewhere"))
        let run = try await BuiltBinary.run(example.arguments, in: folder.path)
        #expect(run.exit == .status(example.status), "\(run)")
        #expect(run.complaints.contains(example.named), "\(run)")
        #expect(folder.text("foreign.tape.jsonl") == "GET / HTTP/1.1\n")
        #expect(folder.text("elsewhere") == nil)
    }

    @Test("is 2 for a replay of what is no recording, which the report names")
    func foreignReplay() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write("GET / HTTP/1.1\n", to: "foreign.tape.jsonl")
        let run = try await BuiltBinary.run("replay", path, "--target", "127.0.0.1:1")
        #expect(run.exit == .status(2), "\(run)")
        #expect(run.output.contains("ERROR  \(path)"), "\(run)")
        let lost = try await BuiltBinary.run("replay", path)
        #expect(lost.exit == .status(2), "\(lost)")
        #expect(lost.complaints.contains("--target HOST:PORT"), "\(lost)")
    }

    @Test("is 2 for a port that is taken, which is named, and makes no recording")
    func busyPort() async throws {
        let folder = try ScratchFolder()
        let first = try await BuiltServer.start("serve", listen: ["0:json"])
        let path = folder.path("a.tape.jsonl")
        let run = try await BuiltBinary.run("serve", "--listen", "\(first.port):json", "--record", path)
        #expect(run.exit == .status(2), "\(run)")
        #expect(run.complaints.contains("127.0.0.1:\(first.port)"), "\(run)")
        #expect(folder.text("a.tape.jsonl") == nil)
    }

    @Test("is 0 for help and version, on stdout")
    func help() async throws {
        for arguments in [["--help"], ["serve", "--help"], ["help", "replay"], ["--version"], ["codecs"]] {
            let run = try await BuiltBinary.run(arguments)
            #expect(run.exit == .status(0), "\(arguments): \(run)")
            #expect(!run.output.isEmpty && run.complaints.isEmpty, "\(arguments): \(run)")
        }
    }
}
