internal import Codecs
internal import Recorder

// Rules in the comparison of values: each pair carries how far the rules' paths have been followed.
extension ValueDiff {
    /// Values that are reached in several ways may be compared once for each state of the rules, but not for ever.
    private static let maximumSteps = 1 << 26

    /// Lets the rules decide about a pair; false where they leave it to the comparison.
    mutating func decideByRules(_ pair: Pair) -> Bool {
        guard let rules else { return false }
        if tracksVisits, steps > Self.maximumSteps {
            report(pair, rule: RuleAutomaton.overflowText)
            return true
        }
        switch rules.verdict(pair.state, expected: pair.expected, actual: pair.actual, format: format) {
        case .allowed:
            noteAllowed(pair)
            return true
        case .different(let rule):
            report(pair, rule: rule)
            return true
        case .differentRests(let expected, let actual, let rule):
            if trial?.accepts(expectedText: expected, actual: actual) != true { report(pair, rule: rule) }
            return true
        case .compared: return false
        case .captured(let name, let rule):
            guard let expected = pair.expected, let actual = pair.actual, expected.kind == actual.kind, trial != nil,
                [.int, .bigInt, .number, .string].contains(expected.kind)
            else { return false }
            if trial?.captures(expected: expected, actual: actual, as: name) != true { report(pair, rule: rule) }
            return true
        case .unordered:
            guard let expected = pair.expected, let actual = pair.actual, level < Self.maximumLevel,
                expected.kind == .list || expected.kind == .tuple
            else { return false }
            if isNew(expected, actual, pair.state) { compareUnordered(expected, actual, pair) }
            return true
        }
    }

    /// What clients send back is followed also where rules let anything stand, as far as nothing else tells.
    private mutating func noteAllowed(_ pair: Pair) {
        guard trial != nil, !isPlainQuestion, let expected = pair.expected, let actual = pair.actual,
            expected.kind == actual.kind
        else { return }
        trial?.isWeak = true
        var redacted: RedactedValues?
        _ = Self.differences(
            expected: expected, actual: actual, format: format, rules: nil, trial: &trial, redacted: &redacted)
        trial?.isWeak = false
    }

    /// The pair of elements at an index of a list of so many.
    mutating func element(_ index: Int, of count: Int, _ expected: Value?, _ actual: Value?, in pair: Pair) -> Pair {
        Pair(
            expected: expected, actual: actual, path: paths.inside(pair.path, .element(index)),
            state: rules?.inside(pair.state, element: index, of: count) ?? .none)
    }

    /// The pair of values under a key.
    mutating func member(_ key: Value, _ expected: Value?, _ actual: Value?, in pair: Pair) -> Pair {
        Pair(
            expected: expected, actual: actual, path: paths.inside(pair.path, .member(key)),
            state: rules?.inside(pair.state, member: key) ?? .none)
    }
}
