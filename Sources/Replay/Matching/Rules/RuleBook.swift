internal import Codecs
internal import Recorder

/// What a replay tells of its rules.
package struct RuleFindings: Sendable {
    /// The rules of the recording's header, which are as little trusted as the recording.
    package var header: [MatchRule] = []
    /// The rules that decided something.
    package var used: Set<MatchRule> = []

    package init() {}
}

/// The rules of one replay: those that were given, then those of the recording's header.
///
/// Confined to the thread of its replay.
final class RuleBook {
    /// Whose messages an automaton is for.
    private struct Place: Hashable {
        var port: Int
        var side: Side
    }

    private let given: [MatchRule]
    private let ignoresHeader: Bool
    private var set: RuleSet
    private var uses: RuleUses
    private var automata: [Place: RuleAutomaton?] = [:]
    private var earlier = RuleFindings()

    init(_ given: [MatchRule], ignoresHeader: Bool) {
        self.given = given
        self.ignoresHeader = ignoresHeader
        set = RuleSet(given)
        uses = RuleUses(set)
    }

    /// Takes the rules of a header; they replace those of one before.
    func take(_ header: RecordingHeader, line: Int) throws(ReplayError) {
        guard !ignoresHeader else { return }
        if let fault = header.rulesFault { throw ReplayError.badRule(line: line, reason: fault) }
        var rules = given
        for (index, item) in header.rules.enumerated() {
            do throws(RuleError) {
                rules.append(try RuleParser.rule(item, origin: .header(line: line)))
            } catch {
                throw ReplayError.badRule(line: line, reason: "rule \(index + 1) of the header: \(error.reason)")
            }
        }
        guard rules != set.rules else { return }
        earlier = findings
        set = RuleSet(rules)
        uses = RuleUses(set)
        automata.removeAll()
    }

    /// The rules for what one side says on a port; nil where there are none.
    func automaton(port: Int, from side: Side = .server) -> RuleAutomaton? {
        let place = Place(port: port, side: side)
        if let made = automata[place] { return made }
        let made = set.automaton(port: port, from: side, uses: uses)
        automata[place] = .some(made)
        return made
    }

    /// What there is to tell so far.
    var findings: RuleFindings {
        var findings = earlier
        for (index, rule) in set.rules.enumerated() {
            if index >= given.count, !findings.header.contains(rule) { findings.header.append(rule) }
            if uses.isUsed[index] { findings.used.insert(rule) }
        }
        return findings
    }
}
