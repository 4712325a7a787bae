import Codecs
import Recorder

/// Prints what a check of one recording found.
struct CheckOutput {
    enum Format: String, CaseIterable {
        case text
        case json
    }

    let format: Format
    let path: String
    /// What is wrong is told of with what is done about it.
    var isRepair = false

    /// The line of a finding.
    func line(_ finding: CheckFinding) -> String {
        format == .text ? text(finding) : json(finding)
    }

    /// The last line about a recording; nil where there is none to print.
    func summary(_ summary: RecordingCheck.Summary) -> String? {
        guard format == .text else { return nil }
        let size = "\(summary.sessions.counting("session")), \(summary.messages.counting("message"))"
        let found = summary.findings == 0 ? "nothing is wrong" : summary.findings.counting("thing") + " wrong"
        return "\(TerminalText.escaped(path)): \(found) (\(size))\n"
    }

    /// The last line about a recording that was to be repaired.
    func summary(_ outcome: RecordingRepair.Outcome, written: String) -> String? {
        guard format == .text else { return nil }
        if outcome.summary.findings == 0 { return summary(outcome.summary) }
        var text = "\(TerminalText.escaped(path)): "
        if outcome.mended == 0 {
            text += "nothing was mended"
        } else {
            text += "\(outcome.mended.counting("thing")) mended"
            if let backup = outcome.backup {
                text += "; the recording as it was is \(TerminalText.escaped(backup))"
            } else {
                text += " in \(TerminalText.escaped(written))"
            }
        }
        let left = outcome.summary.findings - outcome.mended
        if left > 0 { text += "; \(left.counting("thing")) only a person can decide" }
        return text + "\n"
    }

    /// `out.tape.jsonl:5: the end counts 2 sessions …; what to do`.
    private func text(_ finding: CheckFinding) -> String {
        var text = TerminalText.escaped(path)
        if finding.line > 0 { text += ":\(finding.line)" }
        text += ": \(TerminalText.escaped(finding.what)); "
        if isRepair, let mending = finding.mending { return text + "to be mended: \(TerminalText.escaped(mending))\n" }
        return text + TerminalText.escaped(finding.advice) + "\n"
    }

    private func json(_ finding: CheckFinding) -> String {
        var output = ByteWriter()
        output.append("{\"file\":")
        Self.write(path, into: &output)
        output.append(",\"line\":\(finding.line),\"kind\":\"\(finding.kind.rawValue)\"")
        for (key, text) in [
            ("what", finding.what), ("advice", finding.advice), ("repair", finding.mending),
        ] {
            guard let text else { continue }
            output.append(",\"\(key)\":")
            Self.write(text, into: &output)
        }
        output.append("}\n")
        return output.string
    }

    private static func write(_ text: String, into output: inout ByteWriter) {
        var text = text
        text.withUTF8 { JSONString.write(UnsafeRawBufferPointer($0), into: &output) }
    }
}
