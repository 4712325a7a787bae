package import Recorder

/// A rule that runs of a server ask for, and why.
package struct LearnedRule: Sendable, Hashable {
    /// The keys of the rule, as a file has them.
    package var item: RuleItem
    /// What it is about and what was seen.
    package var reason: String

    package init(item: RuleItem, reason: String) {
        self.item = item
        self.reason = reason
    }

    init(path: String, port: Int?, kind: [(RuleParser.Key, RuleItem.Scalar)], reason: String) {
        var members = [RuleItem.Member(key: RuleParser.Key.path.rawValue, value: .text(path))]
        if let port { members.append(.init(key: RuleParser.Key.port.rawValue, value: .number("\(port)"))) }
        members += kind.map { RuleItem.Member(key: $0.0.rawValue, value: $0.1) }
        item = RuleItem(members: members)
        self.reason = reason
    }

    /// The rule itself; nil where a path or pattern turns out to be longer than a rule may be.
    var rule: MatchRule? { try? RuleParser.rule(item, origin: .option) }
}

/// Writes learned rules as a file for `--rules`.
package enum LearnedRulesText {
    /// The file: a comment that says where it comes from, and each rule with its reason.
    package static func yaml(_ rules: [LearnedRule], runs: Int, recordings: [String]) -> String {
        let names = recordings.prefix(5).map { TerminalText.escaped($0) }.joined(separator: ", ")
        let more = recordings.count > 5 ? " and \(recordings.count - 5) more" : ""
        var lines = [
            "# Learned by tapedeck learn in \(runs) runs of \(names)\(more).",
            "# What differed between runs of the same server may differ. Narrow down what is too wide.", "rules:",
        ]
        for rule in rules {
            lines.append("  # \(TerminalText.escaped(rule.reason))")
            for (index, member) in rule.item.members.enumerated() {
                lines.append("\(index == 0 ? "  - " : "    ")\(member.key): \(text(member.value))")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func text(_ value: RuleItem.Scalar) -> String {
        switch value {
        case .text(let text): quoted(text)
        case .number(let text): text
        case .flag(let flag): "\(flag)"
        case .other: "null"
        }
    }

    /// A text as YAML has it: plain where that is sure to be read as it stands.
    private static func quoted(_ text: String) -> String {
        let plain = Array("$._[]0123456789".utf8)
        if text.hasPrefix("$"), text.utf8.allSatisfy({ plain.contains($0) || ($0 | 32) &- 97 < 26 }) { return text }
        if text.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 && !(0x80..<0xA0).contains($0.value) }) {
            return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
        }
        var json = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": json += "\\\(scalar)"
            case _ where scalar.value < 32 || (127..<160).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                json += "\\x" + String(repeating: "0", count: 2 - digits.count) + digits
            default: json.unicodeScalars.append(scalar)
            }
        }
        return json + "\""
    }
}
