internal import Codecs
internal import Recorder

// Secrets that were taken out of a recording: nobody knows what stood there, but for its kind and for what was around it.
extension ValueDiff {
    /// Whether a value may be another than the recorded one because that is a pseudonym. What the server says in its place is
    /// what the pseudonym stands for from then on.
    mutating func isAllowedByRedaction(_ pair: Pair) -> Bool {
        guard let redacted, let expected = pair.expected, let actual = pair.actual else { return false }
        let isBool = expected.bool != nil && actual.bool != nil
        guard isBool || expected.kind == actual.kind, expected.typeNumber == actual.typeNumber else { return false }
        let path = PlaceNames().text(pair.path, of: paths, format: format)
        if redacted.covers(path) {
            guard trial != nil, [.int, .bigInt, .number, .string].contains(expected.kind) else { return true }
            return trial?.captures(expected: expected, actual: actual, as: "redacted") == true
        }
        guard let recorded = RuleAutomaton.text(expected, format), let present = RuleAutomaton.text(actual, format)
        else {
            return false
        }
        return redacted.allow(present, recorded: recorded, at: format.isStructured ? path : "bytes")
    }
}
