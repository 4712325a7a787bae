internal import Codecs
internal import Recorder

/// Writes reports for a terminal: a line a recording, and for each difference the conversation around it, with what was
/// expected and what came.
package struct TextReport: Sendable {
    private let usesColour: Bool
    private let styled: TerminalStyle
    /// Differences of one recording that are shown in full.
    private let maximumDifferences = 10
    private let maximumBindings = 20

    package init(usesColour: Bool) {
        self.usesColour = usesColour
        styled = TerminalStyle(usesColour: usesColour)
    }

    /// The report of one recording.
    package func text(_ report: RecordingReport) -> String {
        let path = TerminalText.escaped(report.path)
        var lines: [String] = []
        switch report.outcome {
        case .passed: lines.append("\(styled("ok  ", .green))  \(path)  \(styled(counts(report), .dim))")
        case .failed: lines.append("\(styled("FAIL", .red))  \(path)  \(styled(counts(report), .dim))")
        case .impossible(let problem):
            lines.append("\(styled("ERROR", .red))  \(path)  \(TerminalText.escaped(problem))")
        }
        if let line = report.tornLine {
            lines.append("      line \(line) is torn (its end was never written); all before it was replayed")
        }
        if report.findings.gaps > 0 {
            lines.append(
                "      \(report.findings.gaps.counting("gap")) in the recording: what clients sent there was not sent")
        }
        let conversation = ConversationText(usesColour: usesColour, maximumValueCharacters: 400, ports: report.ports)
        for difference in report.findings.differences.prefix(maximumDifferences) {
            lines.append("")
            lines.append(contentsOf: self.lines(difference, conversation))
        }
        let more =
            max(0, report.findings.differences.count - maximumDifferences) + report.findings.moreDifferences
        if more > 0 { lines.append("\n      … and \(more.counting("more difference"))") }
        if report.outcome != .passed { lines.append(contentsOf: details(report)) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The last line over all recordings.
    package func summary(_ reports: [RecordingReport]) -> String {
        let passed = reports.count { $0.outcome == .passed }
        let failed = reports.count { $0.outcome == .failed }
        let impossible = reports.count - passed - failed
        var parts = ["\(passed) passed", "\(failed) failed"]
        if impossible > 0 { parts.append("\(impossible) could not be done") }
        let messages = reports.reduce(0) { $0 + $1.findings.matched }
        let duration = reports.reduce(0) { $0 + $1.duration }
        return parts.joined(separator: ", ")
            + " (\(messages.counting("answer")) compared, \(Self.seconds(duration)))\n"
    }

    private func details(_ report: RecordingReport) -> [String] {
        var lines: [String] = []
        if report.findings.notReached > 0 {
            lines += ["", "      \(report.findings.notReached.counting("message")) not reached"]
        }
        if !report.findings.bindings.isEmpty {
            lines += ["", "      the clients' ports differ from run to run and were replaced:"]
            lines += report.findings.bindings.prefix(maximumBindings).map {
                "        session \($0.session): \($0.recorded) is now \($0.actual)"
            }
            let more = report.findings.bindings.count - maximumBindings
            if more > 0 { lines.append("        … and \(more) more") }
        }
        if !report.serverOutput.isEmpty {
            lines += ["", "      the server printed:"]
            var text = report.serverOutput.split(separator: 10, omittingEmptySubsequences: false)
            if text.last?.isEmpty == true { text.removeLast() }
            lines += text.suffix(20).map { styled("        | ", .dim) + TerminalText.escaped($0) }
        }
        if !lines.isEmpty { lines.append("") }
        return lines
    }

    private func lines(_ difference: Difference, _ conversation: ConversationText) -> [String] {
        var place = difference.session > 0 ? "session \(difference.session)" : ""
        if difference.line > 0 { place += place.isEmpty ? "line \(difference.line)" : ", line \(difference.line)" }
        let start = place.isEmpty ? "      " : styled("      \(place): ", .bold)
        var lines = [start + headline(difference.kind)]
        lines += difference.context.map { "        " + conversation.line($0) }
        switch difference.kind {
        case .value(let values):
            for value in values.prefix(20) {
                lines.append("      \(styled("✗", .red)) \(styled(TerminalText.escaped(value.path), .bold))")
                if let expected = value.expected { lines.append(styled("          - \(cut(expected))", .green)) }
                if let actual = value.actual { lines.append(styled("          + \(cut(actual))", .red)) }
            }
            if values.count > 20 { lines.append("        … and \(values.count - 20) more") }
        case .missing(let expected, _): lines.append(styled("          - \(conversation.value(expected))", .green))
        case .extra(let actual): lines.append(styled("          + \(conversation.value(actual))", .red))
        case .ending(let expected, let actual):
            lines.append(styled("          - \(expected)", .green))
            lines.append(styled("          + \(actual)", .red))
        case .undecodable, .refused, .died: break
        }
        return lines
    }

    private func headline(_ kind: Difference.Kind) -> String {
        switch kind {
        case .value: "the server's answer differs (- recorded, + now)"
        case .missing(_, let reason): "an answer is missing: \(TerminalText.escaped(reason))"
        case .extra: "the server sent a message that is not in the recording"
        case .undecodable(let reason): "the server's answer does not decode: \(TerminalText.escaped(reason))"
        case .ending: "the connection ends in another way"
        case .refused(let reason): "no connection: \(TerminalText.escaped(reason))"
        case .died(let reason): "the server process ended: \(TerminalText.escaped(reason))"
        }
    }

    private func counts(_ report: RecordingReport) -> String {
        let findings = report.findings
        var parts = [findings.sessions.counting("session"), findings.matched.counting("answer")]
        let differences = findings.differences.count + findings.moreDifferences
        if differences > 0 { parts.append(differences.counting("difference")) }
        parts.append(Self.seconds(report.duration))
        return parts.joined(separator: ", ")
    }

    private func cut(_ text: String) -> String {
        // Counted in code points: a character may have any number of marks.
        let escaped = TerminalText.escaped(text).unicodeScalars
        guard escaped.count > 400 else { return String(escaped) }
        return String(escaped.prefix(400)) + "… (\(escaped.count) characters)"
    }

    /// `0.042 s`.
    static func seconds(_ microseconds: Int64) -> String {
        let milliseconds = (microseconds + 500) / 1_000
        let fraction = String(milliseconds % 1_000)
        return "\(milliseconds / 1_000)." + String(repeating: "0", count: 3 - fraction.count) + fraction + " s"
    }
}
