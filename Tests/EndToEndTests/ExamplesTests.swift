import Foundation
import TestSupport
import Testing

@Suite("What stands in Examples/")
struct ExamplesTests {
    private static let root = PythonProgram.root
    static func has(_ program: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: "/usr/bin/" + program)
    }

    /// Runs a line of the shell, with `$tapedeck` as the built binary.
    private static func shell(_ line: String, in folder: String) async throws -> BuiltBinary.Outcome {
        let program = try RunningProgram(
            "/bin/bash", ["-c", "tapedeck() { \"$TAPEDECK\" \"$@\"; }; set -eu; \(line)"], in: folder,
            environment: ["TAPEDECK": BuiltBinary.path])
        return try await BuiltBinary.outcome(of: program)
    }

    @Test(
        "a service in Node that speaks JSON lines is recorded, shown and replayed",
        .enabled(if: has("node"), "node is not installed"))
    func node() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("stock.tape.jsonl")
        let start = "exec node '\(Self.root)/Examples/stock_server.mjs' {port}"
        let relay = try await BuiltServer.start("record", listen: ["0:json"], ["--start", start, "-o", path])
        let client = try await Self.shell(
            "node '\(Self.root)/Examples/stock_client.mjs' \(relay.port)", in: folder.path)
        #expect(client.exit == .status(0), "\(client)")
        #expect(client.output.contains(#"{"id":6,"stock":{"screw M4":92,"Mutter M4":0}}"#), "\(client)")
        #expect(try await relay.stop() == .status(0), "\(relay.program.complaints)")
        let shown = try await BuiltBinary.run("show", path, "--color", "never")
        #expect(shown.output.contains(#"← {"event":"empty","part":"Mutter M4"}"#), "\(shown)")
        let replayed = try await BuiltBinary.run("replay", path, "--start", start)
        #expect(replayed.exit == .status(0), "\(replayed)")
    }

    @Test(
        "a client in C that speaks messages behind their length is recorded, and replayed to the server in Python",
        .enabled(if: has("cc"), "there is no C compiler"))
    func clientInC() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("framed.tape.jsonl")
        let start = "exec python3 '\(Self.root)/Examples/framed_server.py' {port}"
        let relay = try await BuiltServer.start("record", listen: ["0:raw"], ["--start", start, "-o", path])
        let client = try await Self.shell(
            "cc -Wall -Werror -o client '\(Self.root)/Examples/framed_client.c' && ./client \(relay.port)",
            in: folder.path)
        #expect(
            client.output == "5 bytes -> \"HELLO\"\n0 bytes -> \"\"\n9 bytes -> \"TWO\nLINES\"\n7 bytes -> \"GRüßE\"\n")
        #expect(client.exit == .status(0), "\(client)")
        #expect(try await relay.stop() == .status(0), "\(relay.program.complaints)")
        let replayed = try await BuiltBinary.run("replay", path, "--start", start)
        #expect(replayed.exit == .status(0), "\(replayed)")
        #expect(replayed.output.contains("4 answers compared"), "\(replayed)")
    }

    @Test(
        "a conversation with redis is recorded, shown and replayed to a fresh redis",
        .enabled(if: has("redis-server") && has("redis-cli"), "redis is not installed"))
    func redis() async throws {
        let folder = try ScratchFolder()
        let run = try await Self.shell("'\(Self.root)/Examples/redis.sh'", in: folder.path)
        #expect(run.exit == .status(0), "\(run)")
        #expect(run.output.contains(#"← "*3\r\n$3\r\none\r\n$3\r\ntwo\r\n$5\r\nthree\r\n""#), "\(run)")
        #expect(run.output.contains("1 passed, 0 failed (9 answers compared"), "\(run)")
    }

    @Test(
        "what the workflows run passes where the server is right, and leaves the reports that they keep",
        arguments: [
            ("github.yml", [#"${{ matrix.shard }}"#: ["1", "2"]], ["replay.html", "replay.xml"]),
            ("gitlab.yml", ["$CI_NODE_INDEX": ["1", "2"], "$CI_NODE_TOTAL": ["2"]], ["replay.html", "replay.xml"]),
        ] as [(String, [String: [String]], [String])])
    func workflows(_ name: String, _ variables: [String: [String]], _ reports: [String]) async throws {
        let project = try EchoProject(["captures/a": "one", "captures/b": "two", "captures/c": "three"])
        let text = try String(
            contentsOf: Fixtures.url("../Examples/ci/\(name)"), encoding: .utf8)
        var commands: [String] = []
        for line in text.split(separator: "\n") {
            guard let start = line.firstRange(of: "tapedeck "), !line.contains("#"), !line.contains("name:") else {
                continue
            }
            var found = [String(line[start.lowerBound...])]
            for (variable, values) in variables {
                found = found.flatMap { command in
                    command.contains(variable) ? values.map { command.replacing(variable, with: $0) } : [command]
                }
            }
            commands += found
        }
        #expect(commands.count >= 2, "\(commands)")
        for command in commands {
            let run = try await Self.shell(command, in: project.folder.path)
            #expect(run.exit == .status(0), "\(command)\n\(run)")
        }
        for report in reports { #expect(project.folder.text(report) != nil, "\(report)") }
    }

    @Test(
        "the hook lets no damaged recording in, none with a secret, and none that fails", .enabled(if: has("git")),
        arguments: [
            ("one", 0, 0, ""), ("wrong", 0, 1, "1 failed"), ("torn", 30, 1, "torn"),
            ("ghp_0123456789abcdefghijABCDEFGHIJ012345", 0, 1, "looks like a secret"),
        ] as [(String, Int, Int32, String)])
    func hook(_ text: String, lackingBytes: Int, status: Int32, complaint: String) async throws {
        let project = try EchoProject([:])
        try project.folder.write(String(EchoProject.recording(saying: text).dropLast(lackingBytes)), to: "a.tape.jsonl")
        let commit = """
            git init -q . && git config user.email a@example.org && git config user.name A
            cp '\(Self.root)/Examples/ci/pre-commit' .git/hooks/pre-commit
            git add a.tape.jsonl && git commit -q -m x
            """
        let run = try await Self.shell(commit, in: project.folder.path)
        #expect(run.exit == .status(status), "\(run)")
        #expect((run.output + run.complaints).contains(complaint) || complaint.isEmpty, "\(run)")
    }
}
