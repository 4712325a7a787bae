internal import Recorder

/// Says what was learned.
package enum LearningText {
    /// What a person reads at the end.
    ///
    /// `file`: where the rules were written; nil where they were printed.
    package static func text(_ outcome: RuleLearning.Outcome, file: String?) -> String {
        var lines: [String] = []
        let rules = outcome.rules.count == 1 ? "1 rule" : "\(outcome.rules.count) rules"
        if outcome.rules.isEmpty {
            lines.append("nothing differs between \(outcome.runs) runs: no rule is needed")
        } else {
            lines.append(
                "\(rules) learned in \(outcome.runs) runs" + (file.map { ", in \(TerminalText.escaped($0)):" } ?? ":"))
            for rule in outcome.rules {
                guard let text = rule.rule?.text else { continue }
                lines.append("  \(TerminalText.escaped(text))  (\(TerminalText.escaped(rule.reason)))")
            }
        }
        if !outcome.unlearned.isEmpty {
            lines.append("not learned, since no rule should hide it:")
            for found in outcome.unlearned {
                let place = TerminalText.escaped(found.recording) + (found.line > 0 ? ":\(found.line)" : "")
                lines.append("  \(place): \(TerminalText.escaped(found.text))")
            }
        }
        if !outcome.rules.isEmpty {
            lines.append(verdict(outcome))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func verdict(_ outcome: RuleLearning.Outcome) -> String {
        guard outcome.isVerified else {
            return
                "with these rules a replay still finds other differences each time: look at them with tapedeck replay"
        }
        return outcome.unlearned.isEmpty
            ? "a replay with these rules passes" : "a replay with these rules finds nothing else"
    }
}
