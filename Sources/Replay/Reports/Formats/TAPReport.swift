internal import Recorder

/// TAP, version 14: a line a recording, and what is wrong below it as YAML.
package enum TAPReport: ReportFormat {
    package static let name = "tap"
    package static let purpose = "TAP 14, a line a recording"
    package static let opening = "TAP version 14\n"

    /// Differences of one recording that are listed.
    private static let maximumDifferences = 20

    package static func text(of report: Report) -> String {
        var output = opening
        output += report.recordings.isEmpty ? "1..0 # SKIP no recording\n" : "1..\(report.recordings.count)\n"
        for (index, result) in report.recordings.enumerated() { output += point(index + 1, result) }
        if report.isInterrupted { output += "Bail out! interrupted\n" }
        return output
    }

    private static func point(_ number: Int, _ result: RecordingResult) -> String {
        let verdict = result.isFailure ? "not ok" : "ok"
        var line = "\(verdict) \(number) - \(escaped(result.title))"
        switch result.status {
        case .notRun: return line + " # SKIP not run\n"
        case .flaky: line += " (flaky: passed at attempt \(result.attempts.count))"
        case .updated: line += " (updated)"
        case .passed, .failed, .impossible: break
        }
        guard let attempt = result.attempts.last, result.isFailure else { return line + "\n" }
        return line + "\n" + diagnosis(attempt, result)
    }

    /// YAML whose values are written as JSON, which is YAML.
    private static func diagnosis(_ attempt: ReplayAttempt, _ result: RecordingResult) -> String {
        var lines = [
            "message: \(quoted(attempt.headline))",
            "severity: \(attempt.outcome == .impossible ? "error" : "fail")",
            "duration_ms: \(attempt.duration / 1_000)",
            "file: \(quoted(result.path))",
        ]
        if result.attempts.count > 1 { lines.append("attempts: \(result.attempts.count)") }
        if !attempt.differences.isEmpty {
            lines.append("differences:")
            for difference in attempt.differences.prefix(maximumDifferences) { lines += self.difference(difference) }
            let more = attempt.differenceCount - maximumDifferences
            if more > 0 { lines.append("more_differences: \(more)") }
        }
        if !attempt.serverOutput.isEmpty { lines.append("server_output: \(quoted(attempt.serverOutput))") }
        return "  ---\n" + lines.map { "  \($0)\n" }.joined() + "  ...\n"
    }

    private static func difference(_ difference: ReportedDifference) -> [String] {
        var lines = ["  - what: \(quoted(difference.what))"]
        if difference.session > 0 { lines.append("    session: \(difference.session)") }
        if difference.line > 0 { lines.append("    line: \(difference.line)") }
        if let expected = difference.expected { lines.append("    expected: \(quoted(expected))") }
        if let actual = difference.actual { lines.append("    actual: \(quoted(actual))") }
        guard !difference.values.isEmpty else { return lines }
        lines.append("    values:")
        for value in difference.values {
            lines.append("      - path: \(quoted(value.path))")
            if let expected = value.expected { lines.append("        expected: \(quoted(expected))") }
            if let actual = value.actual { lines.append("        actual: \(quoted(actual))") }
        }
        return lines
    }

    /// A description: a `#` would begin a directive.
    private static func escaped(_ text: String) -> String {
        TerminalText.escaped(text).unicodeScalars.reduce(into: "") { result, scalar in
            if scalar == "#" || scalar == "\\" { result += "\\" }
            result.unicodeScalars.append(scalar)
        }
    }

    private static func quoted(_ text: String) -> String {
        var output = JSONOutput()
        // YAML has no place for these two.
        let text = TerminalText.escapedLines(Array(text.utf8)).unicodeScalars.map { scalar in
            scalar.value == 0xFFFE || scalar.value == 0xFFFF ? "\u{FFFD}" : scalar
        }
        output.string(String(String.UnicodeScalarView(text)))
        return output.text()
    }
}
