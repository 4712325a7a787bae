import Codecs
import Recorder

/// Where the pickle stands that was scanned.
struct ScanPlace {
    /// The line of the recording; nil in a file of pickles.
    var line: Int?
    var session: Int?
    var side: Side?
}

/// Prints what a scan found, and counts it.
struct ScanOutput {
    enum Format: String, CaseIterable {
        case text
        case json
    }

    let format: Format
    private(set) var verdict = NameVerdict.allowed
    private var counts: [NameVerdict: Int] = [:]
    private var pickles = 0
    private var unlisted = 0

    init(format: Format) { self.format = format }

    /// The lines of a report.
    mutating func lines(_ report: ScanReport, at place: ScanPlace) -> String {
        verdict = max(verdict, report.verdict)
        pickles += report.pickles
        unlisted += report.unlisted
        var text = ""
        for finding in report.findings {
            counts[finding.verdict, default: 0] += 1
            text += format == .text ? Self.text(finding, place) : Self.json(finding, place)
        }
        return text
    }

    /// The last line.
    func summary(of path: String) -> String {
        let dangerous = counts[.dangerous, default: 0]
        let suspicious = counts[.suspicious, default: 0]
        let allowed = counts[.allowed, default: 0]
        if format == .json {
            var output = ByteWriter()
            output.append("{\"summary\":")
            Self.write(verdict.word, into: &output)
            output.append(
                ",\"pickles\":\(pickles),\"dangerous\":\(dangerous),\"suspicious\":\(suspicious),\"allowed\":\(allowed)"
            )
            if unlisted > 0 { output.append(",\"unlisted\":\(unlisted)") }
            output.append("}\n")
            return output.string
        }
        var text = "\(TerminalText.escaped(path)): \(verdict.word): "
        text += "\(dangerous) dangerous, \(suspicious) suspicious, \(allowed) allowed"
        text += " in \(pickles.counting("pickle"))"
        if unlisted > 0 { text += "; \(unlisted) more are not listed" }
        return text + "\n"
    }

    /// `dangerous       12  STACK_GLOBAL    import  os:system  (runs processes)`.
    private static func text(_ finding: ScanFinding, _ place: ScanPlace) -> String {
        var text = padded(finding.verdict.word, 10) + "  "
        if let line = place.line {
            text += padded("line \(line)", 10) + " " + padded(place.side.map { "\($0)" } ?? "", 6) + "  "
        }
        let offset = String(finding.offset)
        text += String(repeating: " ", count: max(0, 8 - offset.count)) + offset + "  "
        text += padded(finding.opcode, 15) + "  " + padded(finding.action.rawValue, 14) + "  "
        text += padded(shown(finding.fullName), 28)
        if let mapped = finding.mapped { text += "  = " + shown(mapped) }
        text += "  " + finding.reason
        if finding.nesting > 0 { text += ", in a pickle inside a constant" }
        if finding.nesting > 1 { text += " (\(finding.nesting) deep)" }
        if finding.count > 1 { text += " (\(finding.count) times)" }
        return text + "\n"
    }

    private static func json(_ finding: ScanFinding, _ place: ScanPlace) -> String {
        var output = ByteWriter()
        output.append("{\"verdict\":")
        write(finding.verdict.word, into: &output)
        if let line = place.line { output.append(",\"line\":\(line)") }
        if let session = place.session { output.append(",\"session\":\(session)") }
        if let side = place.side { output.append(",\"from\":\"\(side.rawValue)\"") }
        output.append(",\"offset\":\(finding.offset)")
        for (key, text) in [
            ("opcode", finding.opcode), ("how", finding.action.rawValue), ("module", finding.module),
            ("name", finding.name),
            ("mapped", finding.mapped), ("reason", finding.reason),
        ] {
            guard let text, !text.isEmpty else { continue }
            output.append(",\"\(key)\":")
            write(text, into: &output)
        }
        if finding.nesting > 0 { output.append(",\"nested\":\(finding.nesting)") }
        output.append(",\"count\":\(finding.count)}\n")
        return output.string
    }

    private static func write(_ text: String, into output: inout ByteWriter) {
        var text = text
        text.withUTF8 { JSONString.write(UnsafeRawBufferPointer($0), into: &output) }
    }

    private static func shown(_ name: String) -> String {
        let text = TerminalText.escaped(name)
        return text.count > 200 ? text.prefix(200) + "… (\(text.count) characters)" : text
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
