internal import Codecs
internal import Recorder

/// Where a recording says that secrets were taken out of a message.
struct RedactedValues {
    var places: RedactedPlaces
    /// Values that were let pass for it.
    var allowed = 0
}

// Secrets that were taken out of a recording: nobody knows what stood there, but for its kind and for what was around it.
extension ValueDiff {
    /// Shorter pseudonyms are not followed: other values may happen to be the same.
    private static let minimumPseudonymBytes = 6

    /// Whether a value may be another than the recorded one because that is a pseudonym. What the server says in its place is
    /// what the pseudonym stands for from then on.
    mutating func isAllowedByRedaction(_ pair: Pair) -> Bool {
        guard let redacted = redacted?.places, let expected = pair.expected, let actual = pair.actual else {
            return false
        }
        let isBool = expected.bool != nil && actual.bool != nil
        guard isBool || expected.kind == actual.kind, expected.typeNumber == actual.typeNumber else { return false }
        let path = PlaceNames().text(pair.path, of: paths, format: format)
        if redacted.covers(path) {
            if trial != nil, [.int, .bigInt, .number, .string].contains(expected.kind),
                let text = RuleAutomaton.text(expected, format), text.count >= Self.minimumPseudonymBytes,
                trial?.captures(expected: expected, actual: actual, as: "redacted") != true
            {
                return false
            }
            self.redacted?.allowed += 1
            return true
        }
        guard let recorded = RuleAutomaton.text(expected, format), let present = RuleAutomaton.text(actual, format)
        else {
            return false
        }
        let isAllowed = redacted.allow(present, recorded: recorded, at: format.isStructured ? path : "bytes")
        if isAllowed { self.redacted?.allowed += 1 }
        return isAllowed
    }
}
