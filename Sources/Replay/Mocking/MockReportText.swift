internal import Recorder

/// Writes for a terminal what came of being the recorded server.
package struct MockReportText: Sendable {
    private static let maximumListed = 10
    private static let maximumValues = 5

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

    /// All of it.
    package func text(_ report: MockReport) -> String {
        let shown = isFull ? report.listedUnmatched.count : Self.maximumListed
        var lines = [head(report)]
        for message in report.listedUnmatched.prefix(shown) { lines += [""] + self.lines(message) }
        if report.unmatched > min(shown, report.listedUnmatched.count) {
            lines += ["", "      … and \(report.unmatched - min(shown, report.listedUnmatched.count)) more"]
        }
        lines += unused(report)
        return lines.joined(separator: "\n") + "\n"
    }

    private func head(_ report: MockReport) -> String {
        let verdict = report.unmatched > 0 ? styled("FAIL", .red) : styled("ok  ", .green)
        var parts = [report.sessions.counting("client"), "\(report.answered.counting("message")) answered"]
        if report.referred > 0 { parts.append("\(report.referred) answered by the fallback") }
        if report.unmatched > 0 { parts.append("\(report.unmatched) that no recorded one is like") }
        if report.unused > 0 {
            parts.append("\(report.unused) of \(report.exchanges.counting("recorded request")) not made")
        }
        return "\(verdict)  " + parts.joined(separator: ", ")
    }

    private func lines(_ message: MockReport.Unmatched) -> [String] {
        var lines = [styled("      session \(message.session): ", .bold) + clipped(message.text)]
        guard message.line > 0 else { return lines + ["      " + message.sentence] }
        let place = "\(TerminalText.escaped(message.path)):\(message.line)"
        lines.append("      \(message.isStrict ? "the next" : "the nearest"), \(place): " + clipped(message.nearest))
        let shown = isFull ? message.differences.count : Self.maximumValues
        let comparison = ValueComparisonText(
            styled: styled, columns: max(columns - 12, 20), maximumLines: 14, isFull: isFull, place: place)
        for value in message.differences.prefix(shown) {
            let rule = RuleText.judging(value.rule).map { "  " + styled($0, .dim) } ?? ""
            lines.append("      \(styled("✗", .red)) \(styled(TerminalText.escaped(value.path), .bold))\(rule)")
            lines += comparison.lines(value)
        }
        let more = message.differences.count - min(shown, message.differences.count)
        if more > 0 { lines.append("      … and \(more) more") }
        return lines
    }

    private func unused(_ report: MockReport) -> [String] {
        guard !report.listedUnused.isEmpty else { return [] }
        let shown = isFull ? report.listedUnused.count : Self.maximumListed
        var lines = ["", "      not asked for:"]
        for request in report.listedUnused.prefix(shown) {
            lines.append(
                "        \(TerminalText.escaped(request.path)):\(request.line)  session \(request.session)  → "
                    + clipped(request.text))
        }
        let more = report.unused - min(shown, report.listedUnused.count)
        if more > 0 { lines.append("        … and \(more) more") }
        return lines
    }

    private func clipped(_ text: [UInt8]) -> String {
        isFull ? TerminalText.escaped(text) : TerminalText.clipped(text, columns: max(columns - 30, 20))
    }
}
