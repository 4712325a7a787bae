import Foundation
import TestSupport
import Testing

@Suite("What a replay selects, and how often, from outside")
struct SelectionTests {
    @Test("--list prints the paths that -g and --shard leave, and starts nothing")
    func list() async throws {
        let project = try EchoProject(["a/one": "x", "a/two": "x", "b/one": "x", "b/three": "wrong"])
        let all = try await project.replay("--list")
        #expect(all.exit == .status(0) && all.complaints.isEmpty)
        #expect(
            all.output == "./a/one.tape.jsonl\n./a/two.tape.jsonl\n./b/one.tape.jsonl\n./b/three.tape.jsonl\n")
        let some = try await project.replay("--list", "-g", "a/.*two", "-g", "^./b/one")
        #expect(some.output == "./a/two.tape.jsonl\n./b/one.tape.jsonl\n")
        var shards: [String] = []
        for number in 1...3 {
            let shard = try await project.replay("--list", "--shard", "\(number)/3")
            if shard.exit == .status(0) { shards += shard.output.split(separator: "\n").map(String.init) }
        }
        #expect(shards.sorted() == all.output.split(separator: "\n").map(String.init))
        // Named in another way, from elsewhere in the project: the same shard.
        let absolute = try await project.replay(project.folder.path, "--list", "--shard", "1/3")
        let relative = try await project.replay("--list", "--shard", "1/3")
        #expect(
            absolute.output.replacingOccurrences(of: project.folder.path, with: ".") == relative.output, "\(absolute)")
        #expect(project.servers.isEmpty)
        #expect(project.folder.text(".tapedeck/last-run.json") == nil)
    }

    @Test(
        "nothing selected is status 2, and says what left nothing",
        arguments: [
            (["-g", "none"], "-g 'none' matches the path of none of 1 recording"),
            (["--shard", "1/2"], "shard 1/2 has no recording"), (["--shard", "2/2"], "shard 2/2 has no recording"),
            (["--last-failed"], "nothing failed when it was replayed last"), (["empty"], "no recording"),
        ])
    func nothing(example: (arguments: [String], reason: String)) async throws {
        let project = try EchoProject(["a": "x"])
        try project.folder.write("", to: "empty/note.txt")
        let run = try await BuiltBinary.run(["replay", "--list"] + example.arguments, in: project.folder.path)
        // One of two shards of one recording has it.
        if example.arguments[0] == "--shard", run.exit == .status(0) { return }
        #expect(run.exit == .status(2), "\(run)")
        #expect(run.complaints.contains(example.reason) && run.output.isEmpty, "\(run)")
    }

    @Test("--last-failed replays what failed, and a recording that was not replayed stays what it was")
    func lastFailed() async throws {
        let project = try EchoProject(["a": "x", "b": "wrong", "c/d": "wrong", "e": "crash"])
        // The project file is looked for as far as the repository's root.
        try project.folder.write("ref: refs/heads/main\n", to: ".git/HEAD")
        let first = try await project.replay()
        #expect(first.exit == .status(1), "\(first)")
        #expect(project.folder.text(".tapedeck/.gitignore") == "*\n")
        let listed = try await project.replay("--last-failed", "--list")
        #expect(listed.output == "./b.tape.jsonl\n./c/d.tape.jsonl\n./e.tape.jsonl\n")
        // From another folder of the project they are the same recordings.
        let below = try await BuiltBinary.run("replay", "--last-failed", "--list", in: project.folder.path("c"))
        #expect(below.output == "./d.tape.jsonl\n", "\(below)")
        // One is mended, the others are not asked.
        try project.folder.write(EchoProject.recording(saying: "x"), to: "b.tape.jsonl")
        #expect(try await project.replay("--last-failed", "-g", "b").exit == .status(0))
        #expect(
            project.folder.text(".tapedeck/last-run.json")
                == "{\n  \"failed\": [\n    \"c/d.tape.jsonl\",\n    \"e.tape.jsonl\"\n  ]\n}\n")
        try project.folder.write(EchoProject.recording(saying: "x"), to: "c/d.tape.jsonl")
        try project.folder.write(EchoProject.recording(saying: "x"), to: "e.tape.jsonl")
        #expect(try await project.replay("--last-failed").exit == .status(0))
        #expect(project.folder.text(".tapedeck/last-run.json") == nil)
        try project.folder.write("nonsense", to: ".tapedeck/last-run.json")
        let broken = try await project.replay("--last-failed")
        #expect(broken.exit == .status(2) && broken.complaints.contains("last-run.json"), "\(broken)")
    }

    @Test("a run that passes leaves nothing behind")
    func noTrace() async throws {
        let project = try EchoProject(["a": "x"])
        #expect(try await project.replay().exit == .status(0))
        #expect(!FileManager.default.fileExists(atPath: project.folder.path(".tapedeck")))
    }

    @Test(
        "what passes when it is tried again is flaky: status 0, but 1 with --fail-on-flaky", arguments: [false, true])
    func flaky(fails: Bool) async throws {
        let project = try EchoProject(["a": "flaky", "b": "x"])
        let run = try await BuiltBinary.run(
            ["replay", "--retries", "2"] + (fails ? ["--fail-on-flaky"] : []), in: project.folder.path)
        #expect(run.exit == .status(fails ? 1 : 0), "\(run)")
        #expect(run.output.contains("flaky  passed at attempt 2\n"), "\(run)")
        #expect(run.output.contains("1 passed, 0 failed, 1 flaky ("), "\(run)")
        #expect(project.servers.count == 3, "a fresh server for each attempt")
    }

    @Test("what fails each time has failed, after so many attempts")
    func retries() async throws {
        let project = try EchoProject(["a": "wrong"])
        let run = try await project.replay("--retries", "2")
        #expect(run.exit == .status(1), "\(run)")
        #expect(run.output.contains("it failed in all 3 attempts"), "\(run)")
        #expect(project.servers.count == 3)
    }

    @Test("--repeat-each replays each recording so often", arguments: ["1", "4"])
    func repetitions(jobs: String) async throws {
        let project = try EchoProject(["a": "x", "b": "flaky"])
        let run = try await project.replay("--repeat-each", "3", "-j", jobs)
        #expect(run.exit == .status(1), "\(run)")
        let lines = run.output.split(separator: "\n").filter { $0.contains("(run ") }.map { $0.dropFirst(6).prefix(22) }
        #expect(lines == ["a", "b"].flatMap { name in (1...3).map { "./\(name).tape.jsonl (run \($0))" } }, "\(run)")
        #expect(run.output.contains("5 passed, 1 failed"), "\(run)")
        #expect(project.servers.count == 6)
    }

    @Test(
        "-x and --max-failures begin nothing more once there are enough failures",
        arguments: ["-x", "--max-failures=2"])
    func enough(option: String) async throws {
        let project = try EchoProject(["a": "x", "b": "wrong", "c": "crash", "d": "x"])
        let run = try await project.replay(option)
        #expect(run.exit == .status(1), "\(run)")
        let left = option == "-x" ? "1 passed, 1 failed, 2 not run" : "1 passed, 2 failed, 1 not run"
        #expect(run.output.contains(left), "\(run)")
        #expect(project.servers.count == (option == "-x" ? 2 : 3))
    }

    @Test(
        "an interrupted run writes its reports of what was done, and ends as a signal does",
        arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) async throws {
        let project = try EchoProject(["a": "wrong", "b": "hang", "c": "x"])
        let program = try BuiltBinary.start(
            ["replay", "--timeout", "1h", "--report", "json=r.json", "--report", "tap=r.tap"], in: project.folder.path)
        try await program.wait(for: "both servers") { project.servers.count == 2 ? true : nil }
        program.signal(signal)
        #expect(try await program.exit() == .status(128 + signal))
        let report = try #require(project.folder.text("r.json"))
        #expect(report.contains(#""status":"interrupted""#) && report.contains(#""notRun":1"#), "\(report)")
        #expect(project.folder.text("r.tap")?.contains("Bail out! interrupted\n") == true)
        #expect(project.folder.text(".tapedeck/last-run.json")?.contains("b.tape") == false)
        for process in project.servers { #expect(kill(process, 0) == -1, "a server still runs") }
    }

    @Test("a try that is interrupted hides nothing of those before it")
    func interruptedTry() async throws {
        let project = try EchoProject(["a": "stuck"])
        let program = try BuiltBinary.start(
            ["replay", "--timeout", "1h", "--retries", "3", "--report", "json=r.json"], in: project.folder.path)
        try await program.wait(for: "the second try") { project.servers.count == 2 ? true : nil }
        program.signal(SIGINT)
        #expect(try await program.exit() == .status(130))
        #expect(program.output.hasPrefix("FAIL  ./a.tape.jsonl"), "\(program.output)")
        #expect(program.output.contains("0 passed, 1 failed ("), "\(program.output)")
        let report = try #require(project.folder.text("r.json"))
        #expect(report.contains(#""status":"interrupted""#) && report.contains(#""failed":1,"#), "\(report)")
        #expect(project.folder.text(".tapedeck/last-run.json")?.contains("a.tape") == true)
    }

    @Test(
        "learn and shrink that are interrupted before there is anything end as a signal does",
        arguments: [SIGINT, SIGTERM])
    func interruptedWork(signal: Int32) async throws {
        for arguments in [
            ["learn", "a.tape.jsonl", "--write", "r.yaml"], ["shrink", "a.tape.jsonl", "-o", "s.tape.jsonl"],
        ] {
            let project = try EchoProject(["a": "hang"])
            let program = try BuiltBinary.start(arguments + ["--timeout", "1h"], in: project.folder.path)
            try await program.wait(for: "server") { project.servers.count == 1 ? true : nil }
            program.signal(signal)
            #expect(try await program.exit() == .status(128 + signal), "\(program.complaints)")
            #expect(program.complaints.contains("nothing was written"), "\(program.complaints)")
        }
    }

    @Test(
        "wrong usage is told of with what is right",
        arguments: [
            (["-g", "("], "no regular expression"), (["--shard", "0/2"], "no shard"), (["--shard", "2"], "no shard"),
            (["--retries=-1"], "from 0 to 100"), (["--retries", "101"], "from 0 to 100"),
            (["--repeat-each", "0"], "from 1 to 10000"), (["--max-failures", "0"], "from 1 to"),
            (["-x", "--max-failures", "2"], "give one of them"), (["--report", "xml"], "There are console, junit"),
            (["--report", "junit="], "lacks the file"), (["--report", "console=x"], "> FILE"),
            (["--report", "json", "--report", "tap"], "both go to stdout"),
            (["--report", "json", "--report", "console"], "both go to stdout"),
            (
                ["--report", "json=r", "--report", "tap=r"],
                "--report json=r and --report tap=r would both be written to"
            ),
            (["--report", "json=/tmp/r", "--report", "json=/tmp/./../tmp//r"], "give each its own"),
        ])
    func usage(example: (arguments: [String], reason: String)) async throws {
        let run = try await BuiltBinary.run(["replay"] + example.arguments)
        #expect(run.exit == .status(64), "\(run)")
        #expect(run.complaints.contains(example.reason), "\(run)")
    }
}
