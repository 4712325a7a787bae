/// Writes what came of sending a recording in several ways.
enum SegmentationText {
    /// Its lines, below the recording's own.
    static func lines(_ result: SegmentationResult) -> [String] {
        var lines = result.findings.flatMap(lines)
        let ways = result.ways.map { $0.passed ? $0.name : "\($0.name) (FAIL)" }
        var text = "sent in \(ways.count == 1 ? "one way" : "\(ways.count) ways"): \(ways.joined(separator: ", "))"
        if result.searches > 0 { text += "; and \(result.searches) times more for the shortest case" }
        lines.append("      " + text)
        if result.piecesNotApart > 0 {
            lines.append(
                "      \(result.piecesNotApart) pieces may have been read together: the server did not read in time")
        }
        return lines
    }

    private static func lines(_ finding: SegmentationFinding) -> [String] {
        var lines = ["      " + finding.verdict.sentence]
        if !finding.shortest.isEmpty {
            let count = finding.shortest.count
            let start = count == 1 ? "shortest case" : "shortest case, the last of \(count) places"
            let point = finding.shortest.last.map(\.text) ?? ""
            let alone = finding.showsAlone ? "" : ", beside the other sessions"
            lines.append("        \(start): \(point)\(alone) (found by \(finding.way))")
        } else if finding.verdict == .unclear {
            lines.append("        again with --segment \(finding.way)")
        }
        return lines
    }
}
