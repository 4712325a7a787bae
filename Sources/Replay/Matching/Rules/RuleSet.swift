internal import Recorder

/// Rules in their order: of those that fit a value the first decides.
package struct RuleSet: Sendable {
    /// The rules.
    package let rules: [MatchRule]

    package init(_ rules: [MatchRule]) { self.rules = rules }

    /// The rules for the messages of a port and a side, made ready to be carried along with values; nil where there are none.
    func automaton(port: Int, from side: Side, uses: RuleUses) -> RuleAutomaton? {
        let places = rules.indices.filter { rules[$0].concerns(port: port, from: side) }
        return places.isEmpty ? nil : RuleAutomaton(self, places, uses: uses)
    }
}

/// Which rules of a set have decided anything, and how long their patterns may still work.
///
/// Confined to the thread of its replay.
final class RuleUses {
    private(set) var isUsed: [Bool]
    var allowances: [Pattern.Allowance]

    init(_ set: RuleSet) {
        isUsed = Array(repeating: false, count: set.rules.count)
        allowances = Array(repeating: Pattern.Allowance(), count: set.rules.count)
    }

    /// Takes note of rules that decided something.
    func note(_ rules: [Int]) {
        for rule in rules where !isUsed[rule] { isUsed[rule] = true }
    }
}
