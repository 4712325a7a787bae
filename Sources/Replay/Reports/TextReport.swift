internal import Codecs
internal import Recorder

/// Writes reports for a terminal: a line a recording, and for each difference the conversation before it, with what was
/// expected and what came.
///
/// The first difference is most often the cause of the others. It is shown in full, the others only as far as a screen
/// holds them beside it, then as a line each.
package struct TextReport: Sendable {
    /// Lines that the differences of one recording take before only their headlines are shown.
    private static let screenLines = 36
    private static let maximumDifferences = 10
    private static let maximumBindings = 5
    private static let outputLines = 8
    /// Of those, lines that were printed after the first difference.
    private static let laterOutputLines = 3

    private let styled: TerminalStyle
    private let columns: Int
    private let isFull: Bool

    /// - `columns`: how wide a line of it may be.
    /// - `isFull`: nothing is cut or left out.
    package init(usesColour: Bool, columns: Int = 100, isFull: Bool = false) {
        styled = TerminalStyle(usesColour: usesColour)
        self.columns = max(columns, 40)
        self.isFull = isFull
    }

    /// The report of one recording.
    package func text(_ report: RecordingReport) -> String {
        var lines = head(report)
        let differences = report.findings.differences
        var text = DifferenceText(
            styled: styled, columns: columns, isFull: isFull, path: report.path, ports: report.ports)
        text.isComparison = report.compared != nil
        text.sides = report.sides
        let shown = isFull ? differences.count : Self.maximumDifferences
        var (isFirst, hasRoom) = (true, true)
        for difference in differences.prefix(shown) {
            let whole = text.lines(difference)
            hasRoom = isFull || isFirst || hasRoom && lines.count + whole.count < Self.screenLines
            lines += hasRoom ? [""] + whole : [text.summary(difference)]
            isFirst = false
        }
        let more = max(0, differences.count - shown) + report.findings.moreDifferences
        if more > 0 { lines.append("\n      … and \(more.counting("more difference"))") }
        if report.outcome != .passed {
            lines += details(report)
        } else if isFull, !report.findings.bindings.isEmpty {
            lines += bindings(report.findings.bindings)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The report of a recording that was tried several times: of the last time, or of the first where it passed at last.
    package func text(_ attempts: [RecordingReport]) -> String {
        guard attempts.count > 1, let first = attempts.first, let last = attempts.last else {
            return attempts.first.map(text) ?? ""
        }
        if last.outcome == .passed {
            return text(first) + "\(styled("flaky", .cyan))  passed at attempt \(attempts.count)\n"
        }
        return text(last) + "      it failed in all \(attempts.count) attempts\n"
    }

    /// What there is to know of the recording and of how it was sent: a line each.
    func notes(_ report: RecordingReport) -> [String] { noteLines(report).map { String($0.drop { $0 == " " }) } }

    /// The recording, what came of it, and what is wrong with it.
    private func head(_ report: RecordingReport) -> [String] {
        var path = TerminalText.escaped(report.path)
        if let second = report.second { path += " → \(TerminalText.escaped(second))" }
        if let repetition = report.repetition { path += " (run \(repetition))" }
        var lines: [String] = []
        switch report.outcome {
        case .passed: lines.append("\(styled("ok  ", .green))  \(path)  \(styled(counts(report), .dim))")
        case .failed: lines.append("\(styled("FAIL", .red))  \(path)  \(styled(counts(report), .dim))")
        case .impossible(let problem):
            lines.append("\(styled("ERROR", .red))  \(path)  \(TerminalText.escaped(problem))")
        }
        return lines + noteLines(report)
    }

    private func noteLines(_ report: RecordingReport) -> [String] {
        var lines: [String] = []
        if let line = report.tornLine {
            lines.append("      line \(line) is torn (its end was never written); all before it was replayed")
        } else if report.lacksEnd {
            lines.append(
                "      the recording has no end (its recorder was killed, crashed, or could not write); "
                    + "all that is there was replayed")
        }
        if report.findings.gaps > 0 {
            lines.append(
                "      \(report.findings.gaps.counting("gap")) in the recording: what clients sent there was not sent")
        }
        if report.findings.continued > 0, report.findings.sessions > 0 {
            lines.append(
                "      \(report.findings.continued.counting("session")) of an earlier file of the same recording "
                    + "\(report.findings.continued == 1 ? "goes" : "go") on in this one: not replayed (give that one, too)"
            )
        }
        if !report.later.isEmpty {
            lines.append(
                "      with \(report.later.count.counting("file")) that "
                    + "\(report.later.count == 1 ? "goes" : "go") on from it, as one: lines are counted through all of them"
            )
        }
        if let compared = report.compared { lines += ComparisonText.lines(compared) }
        if let segmentation = report.segmentation, !segmentation.ways.isEmpty {
            lines += SegmentationText.lines(segmentation)
        }
        lines += RuleText.header(report)
        lines += RuleText.redacted(report)
        return lines
    }

    // MARK: What stands at the end

    private func details(_ report: RecordingReport) -> [String] {
        var lines: [String] = []
        if report.findings.notReached > 0 {
            lines += ["", "      \(report.findings.notReached.counting("message")) not reached"]
        }
        if !report.findings.bindings.isEmpty { lines += [""] + bindings(report.findings.bindings) }
        if !report.findings.sentAsRecorded.isEmpty { lines += [""] + notCorrelated(report.findings) }
        if !report.serverOutput.isEmpty || !report.laterOutput.isEmpty { lines += [""] + output(report) }
        if !lines.isEmpty { lines.append("") }
        return lines
    }

    private func bindings(_ bindings: [ReplayBinding]) -> [String] {
        let shown = isFull ? bindings.count : Self.maximumBindings
        var lines = bindings.prefix(shown).map { binding in
            "      correlated: \(TerminalText.escaped(binding.recorded, limit: 80)) is now "
                + "\(TerminalText.escaped(binding.actual, limit: 80)) (\(binding.journey))"
        }
        if bindings.count > shown { lines.append("      … and \(bindings.count - shown) more") }
        return lines
    }

    private func notCorrelated(_ findings: ReplayFindings) -> [String] {
        let shown = isFull ? findings.sentAsRecorded.count : Self.maximumBindings
        var lines = findings.sentAsRecorded.prefix(shown).map { sent in
            "      not correlated: \(TerminalText.escaped(sent.identifier, limit: 80)) was sent as recorded in line "
                + "\(sent.line), since no answer has shown what it is this time"
        }
        let more = findings.sentAsRecorded.count - shown
        if more > 0 { lines.append("      … and \(more) more") }
        return lines
    }

    /// What the server printed: its last lines, or those around the first difference.
    private func output(_ report: RecordingReport) -> [String] {
        let (before, after) = (Self.lines(report.serverOutput), Self.lines(report.laterOutput))
        let later = isFull ? after.count : min(after.count, Self.laterOutputLines)
        let earlier = isFull ? before.count : min(before.count, Self.outputLines - later)
        var heading = "the server printed"
        if !after.isEmpty { heading += ", around the first difference" }
        if after.isEmpty, before.count > earlier { heading += ", at last" }
        let shown = before.suffix(earlier) + after.prefix(later)
        return ["      \(heading):"]
            + shown.map { line in
                styled("        | ", .dim)
                    + (isFull ? TerminalText.escaped(line) : TerminalText.clipped(line, columns: columns - 10))
            }
    }

    private static func lines(_ output: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines = output.split(separator: 10, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    private func counts(_ report: RecordingReport) -> String {
        let findings = report.findings
        var parts = [findings.sessions.counting("session"), findings.matched.counting("answer")]
        let differences = findings.differences.count + findings.moreDifferences
        if differences > 0 { parts.append(differences.counting("difference")) }
        parts.append(ReportTime.seconds(report.duration) + " s")
        return parts.joined(separator: ", ")
    }
}
