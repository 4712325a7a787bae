import Foundation
import TestSupport
import Testing

@Suite("show, from outside")
struct ShowTests {
    @Test("lets no raw control or bidirectional character of a payload through", arguments: ["json", "pickle", "raw"])
    func hostilePayload(codec: String) async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start("serve", listen: ["0:\(codec),greet=none"], ["--record", path])
        let client = try await PythonProgram.run(
            text: """
                text = '\\x1b[2J\\x1b]0;owned\\x07 \\r\\n\\x9b31m \\u202e\\u2028\\u200f \\x7f end'
                stream = connect().makefile('rwb')
                for kind in range(2):
                    if '\(codec)' == 'pickle': data = pickle.dumps(text if kind else {text: text.encode()}, 4)
                    elif '\(codec)' == 'json': data = json.dumps(text, ensure_ascii=kind == 0).encode() + b'\\n'
                    else: data = struct.pack('>I', len(text.encode())) + text.encode()
                    stream.write(data); stream.flush()
                    print(stream.read(len(data)) == data)
                """, port: server.port)
        #expect(client.output == "True\nTrue\n", "\(client)")
        #expect(try await server.stop() == .status(0))
        var texts = [server.program.output, server.program.complaints]
        for form in [[], ["-g", "owned"], ["--hex"], ["--format", "json"], ["--textconv"], ["--stats"]] {
            let shown = try await BuiltBinary.run(["show", path, "--color", "never"] + form)
            #expect(shown.exit == .status(0), "\(shown.complaints)")
            // These need not have the bytes as one text.
            let isSplit = form == ["--stats"] || form == ["--hex"] || form == ["--format", "json"] && codec == "raw"
            #expect(isSplit || shown.output.contains("owned"), "\(shown)")
            texts += [shown.output, shown.complaints]
        }
        for text in texts {
            let raw = text.unicodeScalars.filter(Self.isHostile)
            #expect(raw.isEmpty, "\(raw.map { String($0.value, radix: 16) })")
        }
    }

    private static func isHostile(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 10: false
        case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    @Test("reads on behind a damaged line, names it, and ends with status 2")
    func damaged() async throws {
        let folder = try ScratchFolder()
        let text = try String(
            contentsOf: URL(fileURLWithPath: PythonProgram.root + "/captures/json/lines.tape.jsonl"), encoding: .utf8)
        var lines = text.components(separatedBy: "\n")
        lines[3] = String(lines[3].dropLast(4))
        let path = try folder.write(lines.joined(separator: "\n"), to: "a.tape.jsonl")
        let shown = try await BuiltBinary.run("show", path)
        #expect(shown.exit == .status(2))
        #expect(shown.complaints.contains("\(path):4: "), "\(shown.complaints)")
        #expect(shown.output.hasSuffix("end of the recording\n"))
    }

    @Test("tells of a recording that was never ended")
    func noEnd() async throws {
        let folder = try ScratchFolder()
        let whole = PythonProgram.root + "/captures/json/lines.tape.jsonl"
        let lines = try String(contentsOfFile: whole, encoding: .utf8).split(separator: "\n")
        let path = try folder.write(lines.dropLast().joined(separator: "\n") + "\n", to: "a.tape.jsonl")
        let shown = try await BuiltBinary.run("show", path)
        #expect(shown.exit == .status(0))
        #expect(shown.complaints.contains("\(path): has no end"), "\(shown)")
        #expect(try await BuiltBinary.run("show", whole).complaints.isEmpty)
    }

    @Test("tells of sessions that began in an earlier file, and of those that go on in the next")
    func continued() async throws {
        let folder = try ScratchFolder()
        let header = try String(contentsOfFile: PythonProgram.root + "/captures/json/lines.tape.jsonl", encoding: .utf8)
            .prefix { $0 != "\n" }
        let path = try folder.write(
            header + """

                {"t":0.0,"s":4,"open":{"port":12000,"peer":"127.0.0.1:5","continued":true}}
                {"t":1.0,"s":4,"close":"clean"}
                {"t":2.0,"s":5,"open":{"port":12000,"peer":"127.0.0.1:6"}}
                {"t":3.0,"end":{"sessions":1,"messages":0}}

                """, to: "a.tape.jsonl")
        let shown = try await BuiltBinary.run("show", path)
        #expect(shown.exit == .status(0), "\(shown)")
        #expect(shown.output.contains("continued  127.0.0.1:5"), "\(shown)")
        #expect(shown.complaints.contains("1 session began in an earlier file"), "\(shown)")
        #expect(shown.complaints.contains("1 session still open at its end"), "\(shown)")
    }

    @Test("ends with status 2 and says why where what it prints cannot be written", arguments: ["show", "scan"])
    func fullDisk(command: String) async throws {
        let run = try RunningProgram(
            "/bin/sh",
            [
                "-c", "\"$0\" \(command) \"$1\" > /dev/full", BuiltBinary.path,
                PythonProgram.root + "/captures/pickle/lab.tape.jsonl",
            ])
        #expect(try await run.exit() == .status(2))
        #expect(run.complaints.contains("cannot write to stdout: No space left on device"), "\(run.complaints)")
    }

    @Test("takes a reader that goes away for no error")
    func closedPipe() async throws {
        let run = try RunningProgram(
            "/bin/sh",
            [
                "-c", "{ \"$0\" show \"$1\"; echo status $? >&2; } | true", BuiltBinary.path,
                PythonProgram.root + "/captures/json/lines.tape.jsonl",
            ])
        #expect(try await run.exit() == .status(0))
        #expect(run.complaints == "status 0\n")
    }

    @Test("says what is wrong with a file without what its name would do to the terminal")
    func hostileName() async throws {
        let folder = try ScratchFolder()
        let name = "a\u{1B}[31m\u{202E}.tape.jsonl"
        try folder.write(
            """
            {"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"tapedeck 0.1.0","ports":[{"listen":"127.0.0.1:1","codec":"json/lines"}]}
            {"t":0,"s":1,"open":{"port":1,"peer":"127.0.0.1:50001"}}
            {"t"
            """, to: name)
        for arguments in [["show"], ["export", "-o", "a.pcapng"], ["scan"], ["check"]] {
            let run = try await BuiltBinary.run(arguments + [name], in: folder.path)
            let printed = run.complaints + run.output
            #expect(printed.contains("\\u001b[31m\\u202e"), "\(run)")
            #expect(!printed.unicodeScalars.contains { [0x1B, 0x202E].contains($0.value) }, "\(run)")
        }
    }
}
