internal import Recorder

/// What reports say of rules.
enum RuleText {
    private static let maximumRules = 50

    /// The rules of a recording's header, which whoever gave the recording could write.
    static func header(_ report: RecordingReport) -> [String] {
        let rules = report.findings.rules.header
        guard !rules.isEmpty else { return [] }
        var lines = ["      rules of the recording's header (--ignore-header-rules does without them):"]
        for rule in rules.prefix(maximumRules) {
            let use = report.findings.rules.used.contains(rule) ? "" : "  (not used)"
            lines.append("        \(TerminalText.escaped(rule.text))\(use)")
        }
        if rules.count > maximumRules { lines.append("        … and \(rules.count - maximumRules) more") }
        return lines
    }

    /// What passed since the recording says that secrets were taken out there; whoever gave it could write that too.
    static func redacted(_ report: RecordingReport) -> [String] {
        let count = report.findings.redacted
        guard count > 0 else { return [] }
        return [
            "      \(count.counting("value")) compared by kind alone: the recording says that a secret was taken out there",
            "      (--ignore-header-rules compares such values as they stand)",
        ]
    }

    /// By which rule two values differ; nil where they are simply not equal.
    static func judging(_ rule: String) -> String? {
        rule == "equal" || rule == "bytes" ? nil : "(\(TerminalText.escaped(rule)))"
    }
}
