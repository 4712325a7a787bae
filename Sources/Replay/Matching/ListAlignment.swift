/// Which elements of two lists stand for each other, so that one that was put in or taken out is one difference and not a
/// shift of all behind it.
struct ListAlignment {
    /// An element of the expected list, of the actual one, or one of each.
    struct Pair: Hashable {
        var expected: Int?
        var actual: Int?
        var isEqual: Bool
    }

    /// What two elements that have nothing in common are worth as a pair: a changed value reads better than one that is
    /// missing and one too many.
    private static let pairWorth = 0.1

    private let areEqual: (_ expected: Int, _ actual: Int) -> Bool
    private let similarity: (_ expected: Int, _ actual: Int) -> Double
    /// Pairs whose likeness may be looked at yet; stretches with more of them are paired by position.
    private var pairsLeft = 1 << 18

    private init(
        areEqual: @escaping (_ expected: Int, _ actual: Int) -> Bool,
        similarity: @escaping (_ expected: Int, _ actual: Int) -> Double
    ) {
        self.areEqual = areEqual
        self.similarity = similarity
    }

    /// The pairs in order.
    ///
    /// Equal elements pair off along the shortest edit script. What is left between them is paired so that the pairs are as
    /// similar as can be. Where that is no better than pairing all by position, all are.
    ///
    /// - Parameters:
    ///   - identities: see `SequenceDiff`.
    ///   - similarity: of elements that differ, from 0 to 1.
    static func pairs(
        expected: Int, actual: Int, identities: () -> (left: [Int], right: [Int])?,
        similarity: (_ expected: Int, _ actual: Int) -> Double, areEqual: (_ expected: Int, _ actual: Int) -> Bool
    ) -> [Pair] {
        withoutActuallyEscaping(areEqual) { areEqual in
            withoutActuallyEscaping(similarity) { similarity in
                var alignment = ListAlignment(areEqual: areEqual, similarity: similarity)
                return alignment.pairs(expected, actual, identities)
            }
        }
    }

    private mutating func pairs(_ expected: Int, _ actual: Int, _ identities: () -> (left: [Int], right: [Int])?)
        -> [Pair]
    {
        // The last pair that is left over is compared anyway: to ask before would cost nested lists their depth each time.
        var start = 0
        while start < min(expected, actual), max(expected, actual) - start > 1, areEqual(start, start) { start += 1 }
        var end = 0
        while end < min(expected, actual) - start, max(expected, actual) - start - end > 1,
            areEqual(expected - 1 - end, actual - 1 - end)
        {
            end += 1
        }
        var result = (0..<start).map { Pair(expected: $0, actual: $0, isEqual: true) }
        result += middle(start..<expected - end, start..<actual - end, identities)
        result += (0..<end).reversed().map {
            Pair(expected: expected - 1 - $0, actual: actual - 1 - $0, isEqual: true)
        }
        return result
    }

    /// Pairs what lies between equal beginnings and ends.
    private mutating func middle(
        _ left: Range<Int>, _ right: Range<Int>, _ identities: () -> (left: [Int], right: [Int])?
    ) -> [Pair] {
        guard !left.isEmpty, !right.isEmpty, left.count > 1 || right.count > 1 else {
            return Self.byPosition(left, right)
        }
        let matches = SequenceDiff.matches(left, right, identities: identities, areEqual: areEqual)
        var result: [Pair] = []
        var (i, j) = (left.lowerBound, right.lowerBound)
        for match in matches {
            result += gap(i..<match.left, j..<match.right)
            result.append(Pair(expected: match.left, actual: match.right, isEqual: true))
            (i, j) = (match.left + 1, match.right + 1)
        }
        result += gap(i..<left.upperBound, j..<right.upperBound)
        // Where less than half is equal, an edit script may be a matter of chance.
        if matches.count < max(left.count, right.count) / 2 {
            let plain = Self.byPosition(left, right).map { pair in
                guard let i = pair.expected, let j = pair.actual else { return pair }
                return Pair(expected: i, actual: j, isEqual: areEqual(i, j))
            }
            if cost(plain) <= cost(result) { return plain }
        }
        return result
    }

    private func cost(_ pairs: [Pair]) -> Double {
        pairs.reduce(0) { cost, pair in
            guard let i = pair.expected, let j = pair.actual else { return cost + 1 }
            return pair.isEqual ? cost : cost + 1 - similarity(i, j)
        }
    }

    /// Pairs elements of which none are equal, so that those are together that are most alike.
    private mutating func gap(_ left: Range<Int>, _ right: Range<Int>) -> [Pair] {
        guard !left.isEmpty, !right.isEmpty, left.count > 1 || right.count > 1,
            left.count <= pairsLeft / right.count
        else { return Self.byPosition(left, right) }
        pairsLeft -= left.count * right.count
        // worths[row][column]: the most that pairs of what follows are worth.
        let width = right.count + 1
        var worths = [Double](repeating: 0, count: (left.count + 1) * width)
        var pairWorths = worths
        for row in (0..<left.count).reversed() {
            for column in (0..<right.count).reversed() {
                let place = row * width + column
                pairWorths[place] = similarity(left.lowerBound + row, right.lowerBound + column) + Self.pairWorth
                worths[place] = max(
                    worths[place + width + 1] + pairWorths[place], worths[place + width], worths[place + 1])
            }
        }
        var pairs: [Pair] = []
        var (row, column) = (0, 0)
        while row < left.count || column < right.count {
            let place = row * width + column
            var pair = Pair(isEqual: false)
            let hasBoth = row < left.count && column < right.count
            let isPair = hasBoth && worths[place] == worths[place + width + 1] + pairWorths[place]
            let takesLeft = isPair || (row < left.count && (!hasBoth || worths[place] == worths[place + width]))
            if takesLeft {
                pair.expected = left.lowerBound + row
                row += 1
            }
            if isPair || !takesLeft {
                pair.actual = right.lowerBound + column
                column += 1
            }
            pairs.append(pair)
        }
        return pairs
    }

    private static func byPosition(_ left: Range<Int>, _ right: Range<Int>) -> [Pair] {
        (0..<max(left.count, right.count)).map { offset in
            Pair(
                expected: offset < left.count ? left.lowerBound + offset : nil,
                actual: offset < right.count ? right.lowerBound + offset : nil, isEqual: false)
        }
    }
}
