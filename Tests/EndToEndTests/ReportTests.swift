import Foundation
import TestSupport
import Testing

@Suite("The reports of a replay, from outside")
struct ReportTests {
    @Test("several are written at once, beside what is printed")
    func several() async throws {
        let project = try EchoProject(["a": "x", "b/c": "wrong"])
        let summary = project.folder.path("summary.md")
        try project.folder.write("before\n", to: "summary.md")
        let run = try await project.replay(
            "--report", "junit=out/deep/junit.xml", "--report", "tap=r.tap", "--report", "json=r.json", "--report",
            "github", environment: ["GITHUB_STEP_SUMMARY": summary])
        #expect(run.exit == .status(1), "\(run)")
        #expect(run.output.hasPrefix("ok    ./a.tape.jsonl"), "\(run)")
        #expect(run.output.contains("::error file=./b/c.tape.jsonl,line=4,title="), "\(run)")
        #expect(project.folder.text("out/deep/junit.xml")?.contains("tests=\"2\" failures=\"1\"") == true)
        #expect(project.folder.text("r.tap")?.contains("not ok 2 - ./b/c.tape.jsonl\n") == true)
        #expect(
            project.folder.text("r.json")?.contains(#""path":"$","expected":"\"wrong\"","actual":"\"false\"""#) == true)
        #expect(project.folder.text("summary.md")?.hasPrefix("before\n### tapedeck replay: 1 passed, 1 failed") == true)
    }

    @Test("those with conversations have what was said and what differs, the others and a plain run keep nothing")
    func conversations() async throws {
        let project = try EchoProject(["a": "wrong"])
        _ = try await project.replay("--report", "html=r.html", "--report", "json=r.json")
        let html = try #require(project.folder.text("r.html"))
        #expect(html.contains("<a href=\"#a0d0\">differs</a>"))
        #expect(html.contains("<code>&quot;wrong&quot;</code>"), "what the client said")
        #expect(html.contains("<mark>&quot;false&quot;</mark>"))
        let json = try #require(project.folder.text("r.json"))
        #expect(json.contains(#""text":"\"wrong\"","actual":"\"false\"","difference":0}"#), "\(json)")
        _ = try await project.replay("--report", "junit=r.xml")
        let merged = try await BuiltBinary.run("merge-reports", "r.json", "--report", "html=-", in: project.folder.path)
        #expect(merged.output == html.replacingOccurrences(of: "\r", with: ""))
    }

    @Test("and tries may stand in the project file, whose folder the files count from; options take their place")
    func projectFile() async throws {
        let project = try EchoProject(["a/a": "flaky", "a/b": "wrong", "a/c": "x"])
        try project.folder.write("", to: ".git/HEAD")
        try project.folder.write(
            (project.folder.text("tapedeck.yaml") ?? "")
                + "  folder: .\n  retries: 1\n  max-failures: 1\n  report: [tap=out/r.tap, github]\n",
            to: "tapedeck.yaml")
        let run = try await BuiltBinary.run("replay", in: project.folder.path("a"))
        #expect(run.exit == .status(1), "\(run)")
        #expect(run.output.contains("1 flaky, 1 not run") && run.output.contains("::error file=./b.tape"), "\(run)")
        #expect(project.folder.text("out/r.tap")?.contains("not ok 2 - ./b.tape.jsonl") == true)
        let other = try await BuiltBinary.run(
            ["replay", "--retries", "0", "--report", "junit", "-g", "c"], in: project.folder.path("a"))
        #expect(other.exit == .status(0) && other.output.hasPrefix("<?xml"), "\(other)")
    }

    @Test("one on stdout stands there alone", arguments: ["json", "tap", "junit", "tap=-"])
    func alone(report: String) async throws {
        let project = try EchoProject(["a": "x"])
        let run = try await project.replay("--report", report)
        #expect(run.exit == .status(0), "\(run)")
        #expect(["{", "T", "<"].contains(run.output.prefix(1)), "\(run)")
        #expect(!run.output.contains("ok    ./a") && run.complaints == "tapedeck: 1 passed, 0 failed\n", "\(run)")
    }

    @Test(
        "an earlier report is replaced, any other file only with --force, and all that is known before a server starts")
    func existing() async throws {
        let project = try EchoProject(["a": "x"])
        #expect(try await project.replay("--report", "junit=r").exit == .status(0))
        #expect(try await project.replay("--report", "junit=r").exit == .status(0))
        for (report, reason) in [
            ("json=r", "is no earlier json report"), ("junit=a.tape.jsonl", "is no earlier junit report"),
            ("junit=.", "is a folder"), ("tap=a.tape.jsonl/x", "cannot make this file"), ("tap=r/x/y", "cannot"),
        ] {
            let run = try await project.replay("--report", report)
            #expect(run.exit == .status(2), "\(run)")
            #expect(run.complaints.contains(reason), "\(run)")
        }
        #expect(project.servers.count == 2)
        #expect(project.folder.text("a.tape.jsonl") == EchoProject.recording(saying: "x"))
        #expect(try await project.replay("--report", "json=r", "--force").exit == .status(0))
        #expect(project.folder.text("r")?.hasPrefix(#"{"tapedeckReport":1,"#) == true)
        #expect(try await project.replay("--report", "json=/dev/null").exit == .status(0))
    }
}

@Suite("Reports of shards, from outside")
struct MergeReportsTests {
    @Test("one that cannot be written keeps no other from it, and makes the status 2")
    func full() async throws {
        let project = try EchoProject(["a": "x"])
        let run = try await project.replay(
            "--report", "json=/dev/full", "--report", "tap=r.tap", "--report", "junit=r.xml")
        #expect(run.exit == .status(2), "\(run)")
        #expect(run.complaints.contains("/dev/full: cannot write: No space left on device"), "\(run)")
        #expect(project.folder.text("r.tap")?.hasPrefix("TAP version 14\n") == true)
        #expect(project.folder.text("r.xml")?.hasSuffix("</testsuites>\n") == true)
    }

    @Test("put together are the report of one run, in any format")
    func shards() async throws {
        let project = try EchoProject(["a": "x", "b": "wrong", "c": "flaky", "d": "x", "e": "x", "f": "x"])
        var statuses: Set<Int32> = []
        for number in 1...2 {
            let run = try await project.replay(
                "--shard", "\(number)/2", "--retries", "1", "--report", "json=parts/\(number).json")
            if case .status(let status) = run.exit { statuses.insert(status) }
        }
        #expect(statuses == [0, 1], "both shards have recordings, and one of them the one that fails")
        let merged = try await BuiltBinary.run(
            "merge-reports", "parts", "--report", "junit=all.xml", "--report", "json=all.json", in: project.folder.path)
        #expect(merged.exit == .status(1), "\(merged)")
        #expect(merged.output.hasPrefix("ok    ./a.tape.jsonl  1 session, 1 answer, "), "\(merged)")
        #expect(merged.output.contains("FAIL  ./b.tape.jsonl  1 session"), "\(merged)")
        #expect(merged.output.contains("flaky  ./c.tape.jsonl  passed at attempt 2\n"), "\(merged)")
        #expect(merged.output.contains("4 passed, 1 failed, 1 flaky ("), "\(merged)")
        #expect(project.folder.text("all.xml")?.contains("tests=\"6\" failures=\"1\"") == true)
        #expect(project.folder.text("all.json")?.contains("\"shards\"") == false)

        let half = try await BuiltBinary.run("merge-reports", "parts/2.json", "-q", in: project.folder.path)
        #expect(half.exit == .status(2) && half.complaints.contains("1 shard lacking: 1/2"), "\(half)")
        let twice = try await BuiltBinary.run(
            "merge-reports", "parts/2.json", "parts/2.json", in: project.folder.path)
        #expect(twice.exit == .status(2) && twice.complaints.contains("are both shard 2/2"), "\(twice)")
        let before = project.folder.text("parts/2.json")
        let own = try await BuiltBinary.run(
            "merge-reports", "parts", "--report", "json=parts/../parts/2.json", in: project.folder.path)
        #expect(own.exit == .status(64) && own.complaints.contains("over a report that is read"), "\(own)")
        #expect(project.folder.text("parts/2.json") == before)
    }

    @Test(
        "what is none is refused by name",
        arguments: [
            ("a.tape.jsonl", "is no JSON"), ("none", "cannot open"), ("empty", "no report (*.json)"),
        ])
    func foreign(example: (path: String, reason: String)) async throws {
        let project = try EchoProject(["a": "x"])
        try project.folder.write("", to: "empty/.hidden.json")
        let run = try await BuiltBinary.run("merge-reports", example.path, in: project.folder.path)
        #expect(run.exit == .status(2), "\(run)")
        #expect(run.complaints.contains(example.reason) && run.complaints.contains(example.path), "\(run)")
    }
}
