import Recorder

@testable package import Replay

/// A line a recording, as spreadsheets read it.
package enum CSVReport: ReportFormat {
    package static let name = "csv"
    package static let purpose = "a line a recording, for spreadsheets"
    package static let opening = "recording,status,seconds,what\r\n"

    package static func text(of report: Report) -> String {
        report.recordings.reduce(into: opening) { output, result in
            let seconds = Double(result.duration) / 1_000_000
            let what = result.attempts.last?.headline ?? ""
            let row = [quoted(result.title), result.status.rawValue, "\(seconds)", quoted(what)]
            output += row.joined(separator: ",") + "\r\n"
        }
    }

    /// What may hold anything: control characters are escapes, and no field begins as a formula does.
    private static func quoted(_ text: String) -> String {
        let escaped = TerminalText.escaped(text).replacing("\"", with: "\"\"")
        let isFormula = escaped.first.map { "=+-@".contains($0) } ?? false
        return "\"\(isFormula ? "'" : "")\(escaped)\""
    }
}
