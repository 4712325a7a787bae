internal import Recorder

/// What a run comes to, in a line.
package enum ReportSummary {
    /// `3 passed, 1 failed, 1 flaky`.
    package static func counts(_ report: Report) -> String {
        var parts = ["\(report.count(.passed)) passed", "\(report.count(.failed)) failed"]
        let others: [(RecordingResult.Status, String)] = [
            (.impossible, "could not be done"), (.flaky, "flaky"), (.updated, "updated"), (.notRun, "not run"),
        ]
        for (status, text) in others where report.count(status) > 0 { parts.append("\(report.count(status)) \(text)") }
        return parts.joined(separator: ", ")
    }

    /// A recording of a report that was read, as the console has it without colours.
    package static func text(_ result: RecordingResult) -> String {
        let path = TerminalText.escaped(result.title)
        let line = { (verdict: String, more: String) in "\(verdict)  \(path)\(more)\n" }
        switch result.status {
        case .passed:
            let last = result.attempts.last ?? ReplayAttempt(outcome: .passed)
            let counts = "\(last.sessions.counting("session")), \(last.matched.counting("answer"))"
            return line("ok  ", "  \(counts), \(ReportTime.seconds(last.duration)) s")
        case .updated: return line("ok  ", "  updated")
        case .notRun: return line("--  ", "  not run")
        case .flaky:
            return (result.attempts.first?.text ?? "") + "flaky  \(path)  passed at attempt \(result.attempts.count)\n"
        case .failed, .impossible: return result.attempts.last?.text ?? ""
        }
    }

    /// The last line over all recordings.
    package static func line(_ report: Report) -> String {
        let attempts = report.recordings.flatMap(\.attempts)
        let messages = attempts.reduce(0) { $0 + $1.matched }
        return "\(counts(report)) (\(messages.counting("answer")) compared, \(ReportTime.seconds(report.duration)) s)\n"
    }

    /// The rules that decided nothing, a line each; empty where there are none.
    package static func unusedRules(_ report: Report) -> String {
        let unused = report.unusedRules
        guard !unused.isEmpty else { return "" }
        let heading = unused.count == 1 ? "1 rule fits nothing:" : "\(unused.count) rules fit nothing:"
        let lines = unused.map { "  \(TerminalText.escaped($0.text))  (\(TerminalText.escaped($0.origin)))" }
        return ([heading] + lines).joined(separator: "\n") + "\n"
    }
}
