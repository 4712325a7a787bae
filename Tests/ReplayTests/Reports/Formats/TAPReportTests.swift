import Foundation
import TestSupport
import Testing

@testable import Replay

@Suite("The report as TAP")
struct TAPReportTests {
    @Test("has a line a recording, and below it what is wrong")
    func form() {
        var report = SampleReport.report(["x"])
        report.recordings = Array(report.recordings.prefix(3))
        report.recordings[1].attempts[1].differences.removeLast(4)
        #expect(
            TAPReport.text(of: report) == """
                TAP version 14
                1..3
                ok 1 - a/ok.tape.jsonl
                not ok 2 - a/x.tape.jsonl
                  ---
                  message: "session 1, line 6: the server's answer differs at $.a and 1 more place (and 7 more differences)"
                  severity: fail
                  duration_ms: 42
                  file: "a/x.tape.jsonl"
                  attempts: 2
                  differences:
                    - what: "the server's answer differs"
                      session: 1
                      line: 6
                      values:
                        - path: "$.a"
                          expected: "x"
                          actual: "2"
                        - path: "$.x"
                          actual: "x"
                  server_output: "x\\nsecond line\\n"
                  ...
                ok 3 - b/flaky.tape.jsonl (run 2) (flaky: passed at attempt 2)

                """)
    }

    @Test("a hostile text begins no directive, no line and no other test")
    func hostile() {
        var report = SampleReport.report()
        report.isInterrupted = true
        let lines = TAPReport.text(of: report).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first == "TAP version 14")
        #expect(lines.dropFirst().first == "1..6")
        let points = lines.filter { $0.hasPrefix("ok") || $0.hasPrefix("not ok") }
        #expect(points.count == 6)
        #expect(points[1].hasPrefix("not ok 2 - a/"))
        #expect(points[1].contains("\\# SKIP not really"))
        #expect(points.count { $0.contains(" # SKIP ") } == 1, "that of the one that was not run")
        #expect(lines.suffix(2) == ["Bail out! interrupted", ""])
        #expect(lines.allSatisfy { $0.hasPrefix("  ") || !$0.contains("::error") || $0.hasPrefix("not ok 2") })
    }

    @Test("its YAML is what another reader of YAML reads", .enabled(if: PythonProgram.has("yaml")))
    func yaml() throws {
        let folder = try ScratchFolder()
        let path = try folder.write(TAPReport.text(of: SampleReport.report()), to: "a.tap")
        let program = """
            import re, sys, yaml
            blocks = re.findall(r'^  ---\\n(.*?)^  \\.\\.\\.$', open(sys.argv[1]).read(), re.S | re.M)
            for block in blocks:
                value = yaml.safe_load(block)
                print(value['severity'], len(value.get('differences', [])))
            """
        let run = try ShortProgram.run("python3", ["-c", program, path])
        #expect(run.status == 0)
        #expect(String(decoding: run.output, as: UTF8.self) == "fail 5\nerror 0\n")
    }
}
