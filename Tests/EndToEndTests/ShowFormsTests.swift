import Foundation
import TestSupport
import Testing

@Suite("show --raw, --hex, --stats and a selection, from outside")
struct ShowFormsTests {
    private static func capture(_ name: String) -> String { PythonProgram.root + "/captures/" + name }

    /// What a shell makes of a command line in which `$0` is the program and `$1` a file.
    private static func shell(_ text: String, _ path: String) async throws -> RunningProgram {
        let run = try RunningProgram("/bin/sh", ["-c", text, BuiltBinary.path, path])
        #expect(try await run.exit() == .status(0))
        return run
    }

    @Test(
        "--raw gives the very bytes that a client sent and was sent, whatever they are",
        arguments: ["pickle", "json", "raw", "raw/lines", "raw/chunks", "json/content-length"])
    func rawBytes(codec: String) async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start(
            "serve", listen: ["0:\(codec),greet=none"], ["--record", path, "--quiet"])
        let client = try await PythonProgram.run(
            text: """
                import hashlib, random
                random.seed(5)
                codec = '\(codec)'
                def message(number):
                    blob = random.randbytes(random.choice([0, 1, 300, 70000]))
                    if codec == 'pickle': return pickle.dumps({'n': number, 'b': blob}, number % 6)
                    if codec == 'raw': return struct.pack('>I', len(blob)) + blob
                    if codec.startswith('raw'): return blob.replace(b'\\n', b'') + b'\\r\\n'
                    body = json.dumps({'n': number, 'b': blob.hex()}, indent=1 if 'length' in codec else None).encode()
                    if codec == 'json': return b' ' + body + b' \\n'
                    return b'content-length:  %d\\r\\nX: y\\r\\n\\r\\n' % len(body) + body
                stream = connect().makefile('rwb')
                sent = b''
                for number in range(12):
                    data = message(number); sent += data
                    stream.write(data); stream.flush()
                    assert stream.read(len(data)) == data
                print(hashlib.sha256(sent).hexdigest())
                """, port: server.port)
        #expect(try await server.stop() == .status(0), "\(client)")
        for side in ["client", "server"] {
            let sum = try await Self.shell("\"$0\" show --raw --from \(side) \"$1\" | sha256sum", path)
            #expect(sum.output == client.output.trimmingCharacters(in: .newlines) + "  -\n", "\(sum.output)")
            #expect(sum.complaints.isEmpty)
        }
    }

    @Test("--raw says that messages of several sessions follow one another, and picks one")
    func rawSessions() async throws {
        let path = Self.capture("pickle/chat/chat.tape.jsonl")
        let both = try await Self.shell("\"$0\" show --raw --from client \"$1\" | wc -c", path)
        #expect(both.output.trimmingCharacters(in: .whitespacesAndNewlines) == "117")
        #expect(both.complaints.contains("--session N picks one"))
        let one = try await Self.shell("\"$0\" show --raw --from client --session 2 \"$1\" | wc -c", path)
        #expect(one.output.trimmingCharacters(in: .whitespacesAndNewlines) == "38")
        #expect(one.complaints.isEmpty)
    }

    @Test("--raw ends at a line whose bytes are not there, with status 2")
    func rawDamage() async throws {
        let folder = try ScratchFolder()
        let text = try String(contentsOfFile: Self.capture("json/lines.tape.jsonl"), encoding: .utf8)
        var lines = text.components(separatedBy: "\n")
        lines[4] = "{\"damaged"
        let path = try folder.write(lines.joined(separator: "\n"), to: "a.tape.jsonl")
        let shown = try await BuiltBinary.run("show", "--raw", "--from", "client", path)
        #expect(shown.exit == .status(2))
        #expect(shown.complaints.contains("\(path):5: "), "\(shown)")
    }

    @Test("--hex shows the bytes as they passed")
    func hex() async throws {
        let shown = try await BuiltBinary.run(
            "show", "--hex", "--session", "1", "--from", "client", Self.capture("pickle/chat/chat.tape.jsonl"))
        #expect(shown.exit == .status(0))
        #expect(
            shown.output.contains("#1   → 45 bytes\n  00000000  80 04 95 22 00 00 00 00  00 00 00 7d 94 8c 04 74"),
            "\(shown)")
        #expect(!shown.output.contains("←"))
        let cut = try await BuiltBinary.run(
            "show", "--hex", "--width", "16", Self.capture("pickle/chat/chat.tape.jsonl"))
        #expect(cut.output.contains("\n  … (45 bytes)\n"), "\(cut)")
    }

    @Test("--stats measures the answers of a server that takes its time")
    func statistics() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start("serve", listen: ["0:json"], ["--record", path, "--quiet"])
        let client = try await PythonProgram.run(
            text: """
                stream = connect().makefile('rwb')
                stream.readline()
                for number in range(5): stream.write(b'[%d]\\n' % number)
                stream.flush()
                for number in range(5): stream.readline()
                """, port: server.port)
        #expect(client.exit == .status(0), "\(client)")
        #expect(try await server.stop() == .status(0))
        let json = try await BuiltBinary.run("show", path, "--stats", "--format", "json")
        // One greeting, five answers.
        #expect(json.output.hasPrefix("{\"session\":1,\"port\":\(server.port),\"seconds\":"), "\(json)")
        for text in [
            "\"client\":{\"messages\":5,\"bytes\":20}", "\"server\":{\"messages\":6,",
            "\"latency\":{\"answers\":5,\"p50\":",
            "\"unasked\":1,\"unanswered\":0,\"close\":\"clean\"}\n{\"total\":{\"sessions\":1,",
        ] {
            #expect(json.output.contains(text), "\(text): \(json)")
        }
        let some = try await BuiltBinary.run("show", path, "--stats", "-g", "^\\[3")
        #expect(some.output.split(separator: "\n").count == 4, "\(some)")
    }

    @Test(
        "a part that nothing is in is told of, with status 2",
        arguments: [["--session", "9"], ["--port", "1"], ["-g", "no such"]])
    func nothing(options: [String]) async throws {
        for form in [[], ["--stats"], ["--hex"], ["--format", "json"]] {
            let shown = try await BuiltBinary.run(["show", Self.capture("json/lines.tape.jsonl")] + options + form)
            #expect(shown.exit == .status(2))
            #expect(shown.output.isEmpty)
            #expect(shown.complaints.contains("nothing is selected by \(options[0])"), "\(shown)")
        }
    }

    @Test("several files and folders stand under their names, and one that cannot be read hinders none")
    func several() async throws {
        let folder = try ScratchFolder()
        for name in ["a.tape.jsonl", "deep/b.tape.jsonl"] {
            try folder.write(String(contentsOfFile: Self.capture("json/lines.tape.jsonl"), encoding: .utf8), to: name)
        }
        try folder.write("none", to: "c.tape.jsonl")
        let shown = try await BuiltBinary.run("show", folder.path, "--session", "1")
        #expect(shown.exit == .status(2))
        #expect(shown.output.hasPrefix("==> \(folder.path)/a.tape.jsonl <==\n  0."), "\(shown)")
        #expect(shown.output.contains("\n\n==> \(folder.path)/deep/b.tape.jsonl <==\n"))
        #expect(shown.complaints.contains("c.tape.jsonl"))
        // A name stands only above something.
        let part = try await BuiltBinary.run("show", folder.path("a.tape.jsonl"), folder.path("deep"), "-g", "no such")
        #expect(part.output.isEmpty)
    }

    @Test(
        "options that contradict one another are refused by name",
        arguments: [
            (["--hex", "--stats"], "two ways"), (["--raw"], "--from"), (["--stats", "--from", "client"], "--from"),
            (["--stats", "--width", "3"], "--width"), (["--format", "json", "--hex"], "--format json"),
            (["--textconv", "--follow"], "--follow"), (["--follow", "--codec", "auto"], "--codec auto"),
            (["--session", "3-1"], "3-1"), (["-g", "("], "("),
        ])
    func contradictions(options: [String], word: String) async throws {
        let shown = try await BuiltBinary.run(["show", Self.capture("json/lines.tape.jsonl")] + options)
        #expect(shown.exit == .status(64), "\(shown)")
        #expect(shown.complaints.contains(word), "\(shown)")
        #expect(shown.output.isEmpty)
    }

    @Test("--format json gives lines that Python reads, and that are a recording")
    func json() async throws {
        let folder = try ScratchFolder()
        let path = Self.capture("pickle/lab.tape.jsonl")
        let shown = try await BuiltBinary.run("show", path, "--format", "json")
        #expect(shown.exit == .status(0))
        let copy = try folder.write(shown.output, to: "b.tape.jsonl")
        #expect(try await BuiltBinary.run("show", copy).output == BuiltBinary.run("show", path).output)
        // A part of it is one, too.
        for part in [[], ["--session", "1"], ["-g", "message"], ["--from", "client"], ["--codec", "pickle/stream"]] {
            let shown = try await BuiltBinary.run(["show", path, "--format", "json"] + part)
            let copy = try folder.write(shown.output, to: "part.tape.jsonl")
            let check = try await BuiltBinary.run("check", copy)
            #expect(check.exit == .status(0), "\(part): \(check)\n\(shown)")
        }
        let python = try RunningProgram(
            "python3", ["-c", "import json, sys\nfor line in open(sys.argv[1]): json.loads(line)", copy])
        #expect(try await python.exit() == .status(0), "\(python.complaints)")
    }

    @Test("what --format json gives of a recording is replayed as it is, a part of it also read with another codec")
    func replayed() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start("serve", listen: ["0:json,greet=none"], ["--record", path, "--quiet"])
        let client = try await PythonProgram.run(
            text: """
                for number in range(2):
                    stream = connect().makefile('rwb')
                    stream.write(b'[%d]\\n' % number)
                    stream.flush()
                    stream.readline()
                """, port: server.port)
        #expect(client.exit == .status(0), "\(client)")
        #expect(try await server.stop() == .status(0))
        let other = try await BuiltServer.start("serve", listen: ["0:json,greet=none"], ["--quiet"])
        for options in [[], ["--session", "2"], ["-g", "1]"], ["--codec", "raw/lines"]] {
            let shown = try await BuiltBinary.run(["show", path, "--format", "json"] + options)
            #expect(shown.exit == .status(0), "\(shown)")
            let copy = try folder.write(shown.output, to: "b.tape.jsonl")
            #expect(try await BuiltBinary.run("check", copy).exit == .status(0), "\(options): \(shown.output)")
            let replay = try await BuiltBinary.run("replay", copy, "--target", "127.0.0.1:\(other.port)")
            #expect(replay.exit == .status(0), "\(options): \(replay)\n\(shown.output)")
        }
        #expect(try await other.stop() == .status(0))
    }

    @Test("a name that is not there keeps nobody from the others, and the status is 2")
    func missing() async throws {
        let folder = try ScratchFolder()
        let path = Self.capture("json/lines.tape.jsonl")
        let shown = try await BuiltBinary.run("show", folder.path("nope"), path)
        #expect(shown.exit == .status(2))
        #expect(shown.output.hasPrefix("==> \(path) <==\n"), "\(shown)")
        #expect(shown.output.hasSuffix("end of the recording\n"))
        #expect(shown.complaints == "tapedeck: \(folder.path("nope")): cannot open: No such file or directory\n")
    }

    @Test("a pattern that takes too long on one message is told of with its line; the others are shown")
    func slowPattern() async throws {
        let folder = try ScratchFolder()
        func message(_ text: String) -> String {
            #"{"t":1,"s":1,"from":"client","text":"\#(text)"}"# + "\n"
        }
        let path = try folder.write(
            #"{"tapedeck":1,"created":"c","tool":"t","ports":[{"listen":"h:1","codec":"raw/lines"}]}"# + "\n"
                + #"{"t":0,"s":1,"open":{"port":1,"peer":"p"}}"# + "\n" + message("aab")
                + message(String(repeating: "a", count: 60) + "c") + message("aaab")
                + #"{"t":2,"s":1,"close":"clean"}"# + "\n" + #"{"t":2,"end":{"sessions":1,"messages":3}}"# + "\n",
            to: "a.tape.jsonl")
        let shown = try await BuiltBinary.run("show", path, "-g", "(a+)+[bd]\"")
        #expect(shown.exit == .status(2))
        #expect(shown.output.contains("\"aab\"\n") && shown.output.contains("\"aaab\"\n"), "\(shown)")
        #expect(
            shown.complaints.hasPrefix("tapedeck: \(path):4: -g cannot be searched for here, so it is not shown: "),
            "\(shown)")
        #expect(shown.complaints.split(separator: "\n").count == 1, "\(shown)")
    }

    @Test("--raw of sessions in which no byte passed is told of as nothing, with status 2")
    func noBytes() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(
            #"{"tapedeck":1,"created":"c","tool":"t","ports":[{"listen":"h:1","codec":"raw/lines"}]}"# + "\n"
                + #"{"t":0,"s":1,"open":{"port":1,"peer":"p"}}"# + "\n"
                + #"{"t":0,"s":1,"from":"client","text":"x"}"# + "\n" + #"{"t":0,"s":1,"close":"clean"}"# + "\n"
                + #"{"t":2,"end":{"sessions":1,"messages":1}}"# + "\n", to: "a.tape.jsonl")
        let shown = try await BuiltBinary.run("show", path, "--raw", "--session", "1", "--from", "server")
        #expect(shown.exit == .status(2))
        #expect(shown.output.isEmpty)
        #expect(shown.complaints.contains("nothing is selected by --session 1 --from server"), "\(shown)")
        #expect(try await BuiltBinary.run("show", path, "--raw", "--from", "client").exit == .status(0))
    }
}
