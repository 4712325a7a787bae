/// Why a codec's name names none: what was not found, what there is, and which of it was probably meant.
package struct CodecNameError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The whole name.
    package var name: String
    /// A sentence.
    package var description: String

    init(unknown what: String, _ part: String, in name: String, known: [String], of payload: String? = nil) {
        self.name = name
        var sentence = "unknown \(what) \"\(Self.shown(part))\""
        if let payload { sentence += " of \(payload)" }
        if part.isEmpty { sentence = "the \(what) is missing in \"\(Self.shown(name))\"" }
        if let near = Self.nearest(to: part, in: known) {
            sentence += ": did you mean \"\(near)\"?"
        } else {
            sentence += "."
        }
        description = sentence + " There are: " + known.joined(separator: ", ")
    }

    init(unusableCount count: String, of framing: any Framing, in name: String) {
        self.name = name
        if framing.counting(more: 1) == nil {
            description = "the framing \(framing.name) has no variant that counts more (+\(Self.shown(count)))"
        } else {
            let most = LengthPrefixFraming.maximumCounted
            description = "\"+\(Self.shown(count))\" is no count of bytes from 1 to \(most) (as in \(framing.name)+4)"
        }
    }

    /// What was typed, without what a terminal must not get, and not too long.
    private static func shown(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(40).map { $0.isASCII && $0.value >= 0x20 && $0.value < 0x7F ? $0 : "?" }))
    }

    /// The known word that at most two changed letters (one, in a short word) make of `word`.
    private static func nearest(to word: String, in known: [String]) -> String? {
        guard !word.isEmpty, word.utf8.count <= 40 else { return nil }
        let found = known.map { ($0, distance(Array(word.lowercased().utf8), Array($0.utf8))) }.min { $0.1 < $1.1 }
        guard let (near, changes) = found, changes <= (near.utf8.count > 3 ? 2 : 1) else { return nil }
        return near
    }

    /// How many letters must be put in, left out, changed or swapped with their neighbour.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var before: [Int] = []
        var previous = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var best = min(
                    previous[column] + (letter == other ? 0 : 1), previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    best = min(best, before[column - 1] + 1)
                }
                current.append(best)
            }
            (before, previous) = (previous, current)
        }
        return previous[right.count]
    }
}
