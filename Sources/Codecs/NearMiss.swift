/// What was probably meant by a word that is none of those there are.
package enum NearMiss {
    /// The known word that at most two changed letters (one, in a short word) make of `word`.
    package static func word(near word: String, in known: [String]) -> String? {
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
