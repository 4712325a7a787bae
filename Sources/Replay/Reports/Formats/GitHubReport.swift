internal import Recorder

/// What GitHub Actions understands: annotations in the job's log, and a summary of the job.
package enum GitHubReport: ReportFormat {
    package static let name = "github"
    package static let purpose = "annotations of GitHub Actions, and the job's summary"
    package static let standardOutput = StandardOutputUse.shared
    package static let opening = "::"

    /// Differences of a recording that get an annotation of their own; GitHub shows ten of a step.
    private static let maximumAnnotations = 10
    /// GitHub takes a mebibyte of a summary, and nothing at all of a longer one.
    private static let maximumSummaryBytes = 900 << 10

    package static func text(of report: Report) -> String {
        report.recordings.map(annotations).joined()
    }

    package static func appendix(to report: Report) -> (variable: String, text: String)? {
        ("GITHUB_STEP_SUMMARY", summary(report))
    }

    // MARK: Annotations

    private static func annotations(_ result: RecordingResult) -> String {
        switch result.status {
        case .passed, .updated, .notRun: return ""
        case .flaky:
            let first = result.attempts.first?.headline ?? ""
            return annotation(
                "warning", result, line: 0, title: "flaky",
                "passed at attempt \(result.attempts.count); at first: \(first)")
        case .impossible:
            return annotation(
                "error", result, line: 0, title: "cannot be replayed", result.attempts.last?.problem ?? "")
        case .failed:
            let attempt = result.attempts.last
            let differences = attempt?.differences ?? []
            var output = differences.prefix(maximumAnnotations).map { difference in
                annotation(
                    "error", result, line: difference.line, title: difference.what,
                    body(difference, attempt?.sides ?? .replay))
            }.joined()
            let more = (attempt?.differenceCount ?? 0) - maximumAnnotations
            if more > 0 {
                output += annotation("error", result, line: 0, title: "more", more.counting("more difference"))
            }
            return output
        }
    }

    private static func body(_ difference: ReportedDifference, _ sides: ReportedSides) -> String {
        var lines: [String] = []
        if difference.session > 0 { lines.append("session \(difference.session)") }
        for value in difference.values.prefix(5) {
            let (expected, actual) = (shown(value.expected), shown(value.actual))
            lines.append(
                sides == .replay
                    ? "\(value.path): \(expected) is now \(actual)"
                    : "\(value.path): \(expected) in \(sides.expected), \(actual) in \(sides.actual)")
        }
        if let expected = difference.expected { lines.append("- \(shown(expected))") }
        if let actual = difference.actual { lines.append("+ \(shown(actual))") }
        return lines.isEmpty ? difference.what : lines.joined(separator: "\n")
    }

    private static func shown(_ text: String?) -> String {
        text.map { TerminalText.escaped($0, limit: 400) } ?? "nothing"
    }

    private static func annotation(
        _ level: String, _ result: RecordingResult, line: Int, title: String, _ message: String
    ) -> String {
        var output = "::\(level) file=\(property(result.path))"
        if line > 0 { output += ",line=\(line)" }
        output += ",title=\(property("\(result.title): \(title)"))"
        return output + "::\(data(message))\n"
    }

    /// A message: line ends would end the command.
    private static func data(_ text: String) -> String {
        TerminalText.escapedLines(Array(text.utf8)).replacing("%", with: "%25").replacing("\r", with: "%0D")
            .replacing("\n", with: "%0A")
    }

    /// A property ends at a comma, and the properties at a colon.
    private static func property(_ text: String) -> String {
        data(TerminalText.escaped(text)).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }

    // MARK: Summary

    private static func summary(_ report: Report) -> String {
        var output = "### tapedeck replay: \(ReportSummary.counts(report))\n\n"
        if report.isInterrupted { output += "The run was interrupted.\n\n" }
        let shown = report.recordings.filter { $0.isFailure || $0.status == .flaky }
        var left = shown.count
        for result in shown {
            let text = details(result)
            guard output.utf8.count + text.utf8.count < maximumSummaryBytes else { break }
            output += text
            left -= 1
        }
        if left > 0 { output += "… and \(left.counting("more recording")), for which there is no room here.\n\n" }
        return output
    }

    private static func details(_ result: RecordingResult) -> String {
        let attempt = result.status == .flaky ? result.attempts.first : result.attempts.last
        let mark = result.status == .flaky ? "⚠️ flaky" : "❌"
        let text = attempt?.text ?? ""
        // A fence longer than any run of the same in the text.
        let runs = text.utf8.split { $0 != UInt8(ascii: "`") }.map(\.count)
        let fence = String(repeating: "`", count: max(3, (runs.max() ?? 0) + 1))
        return "<details><summary>\(mark) <code>\(XMLText.attribute(result.title))</code></summary>\n\n"
            + "\(fence)text\n\(text)\(fence)\n\n</details>\n\n"
    }
}
