import Replay
import Testing

@testable import CLI

@Suite("The advice behind a run that failed")
struct ReplayAdviceTests {
    private func report(_ status: ReplayAttempt.Outcome, path: String?) -> Report {
        var attempt = ReplayAttempt(outcome: status)
        var difference = ReportedDifference(kind: path == nil ? "missing" : "value", what: "")
        if let path { difference.values = [ValueDifference(path: path, expected: "1", actual: "2")] }
        attempt.differences = [ReportedDifference(kind: "ending", what: ""), difference]
        var report = Report(tool: "", started: "")
        report.recordings = [RecordingResult(path: "a", attempts: [attempt])]
        return report
    }

    @Test("names the first value that differs, and the rule that allows it")
    func value() {
        #expect(
            ReplayAdvice.text(report(.failed, path: "$.users[3].seen")) == """
                if $.users[3].seen differs by itself, as a time does, allow it: --rule '$.users[3].seen ignore' (see: tapedeck help rules),
                          or have tapedeck learn find such rules; if the new answer is right: --update
                """)
    }

    @Test("has no rule that a shell would read otherwise, and nothing that a terminal would")
    func hostile() {
        let text = ReplayAdvice.text(report(.failed, path: "$[\"'; rm -rf /\u{1B}[2J\"]"))
        #expect(text?.contains("allow it: --rule (see") == true && text?.contains("\u{1B}") == false, "\(text ?? "")")
    }

    @Test("is not given where no value differs")
    func nothing() {
        #expect(ReplayAdvice.text(report(.failed, path: nil)) == nil)
        #expect(ReplayAdvice.text(report(.passed, path: "$.a")) == nil)
    }
}
