/// Which elements of two lists stand for each other, so that one that was put in or taken out is one difference and not a
/// shift of all behind it.
struct ListAlignment {
    /// An element of the expected list, of the actual one, or one of each.
    struct Pair: Hashable {
        var expected: Int?
        var actual: Int?
        var isEqual: Bool
    }

    /// Longer stretches are paired by position.
    static let maximumCount = 300

    /// The pairs in order.
    ///
    /// Equal beginnings and ends are set aside; between them a longest common subsequence is found. What is left between
    /// equal elements is paired by position. Where that is no better than pairing all by position, all are.
    static func pairs(
        expected: Int, actual: Int, areEqual: (_ expected: Int, _ actual: Int) -> Bool
    ) -> [Pair] {
        var start = 0
        while start < min(expected, actual), areEqual(start, start) { start += 1 }
        var end = 0
        while end < min(expected, actual) - start, areEqual(expected - 1 - end, actual - 1 - end) { end += 1 }
        var result = (0..<start).map { Pair(expected: $0, actual: $0, isEqual: true) }
        let (left, right) = (start..<expected - end, start..<actual - end)
        if left.count > 1 || right.count > 1, !left.isEmpty, !right.isEmpty, left.count <= maximumCount,
            right.count <= maximumCount
        {
            result += middle(left, right, areEqual)
        } else {
            result += byPosition(left, right)
        }
        result += (0..<end).reversed().map {
            Pair(expected: expected - 1 - $0, actual: actual - 1 - $0, isEqual: true)
        }
        return result
    }

    private static func middle(
        _ left: Range<Int>, _ right: Range<Int>, _ areEqual: (Int, Int) -> Bool
    ) -> [Pair] {
        // lengths[i][j]: the longest common subsequence of what follows i and j.
        let width = right.count + 1
        var lengths = [UInt16](repeating: 0, count: (left.count + 1) * width)
        var equal = [Bool](repeating: false, count: left.count * right.count)
        for i in left.indices.reversed() {
            for j in right.indices.reversed() {
                let (row, column) = (i - left.lowerBound, j - right.lowerBound)
                let isEqual = areEqual(i, j)
                equal[row * right.count + column] = isEqual
                lengths[row * width + column] =
                    isEqual
                    ? lengths[(row + 1) * width + column + 1] + 1
                    : max(lengths[(row + 1) * width + column], lengths[row * width + column + 1])
            }
        }
        var pairs: [Pair] = []
        var (i, j) = (left.lowerBound, right.lowerBound)
        var (gapLeft, gapRight) = (i, j)
        func closeGap() { pairs += byPosition(gapLeft..<i, gapRight..<j) }
        while i < left.upperBound, j < right.upperBound {
            let (row, column) = (i - left.lowerBound, j - right.lowerBound)
            if equal[row * right.count + column] {
                closeGap()
                pairs.append(Pair(expected: i, actual: j, isEqual: true))
                (i, j) = (i + 1, j + 1)
                (gapLeft, gapRight) = (i, j)
            } else if lengths[(row + 1) * width + column] >= lengths[row * width + column + 1] {
                i += 1
            } else {
                j += 1
            }
        }
        (i, j) = (left.upperBound, right.upperBound)
        closeGap()
        let plain = byPosition(left, right)
        let plainCost = plain.count { pair in
            guard let i = pair.expected, let j = pair.actual else { return true }
            return !equal[(i - left.lowerBound) * right.count + j - right.lowerBound]
        }
        return pairs.count(where: { !$0.isEqual }) < plainCost ? pairs : plain
    }

    private static func byPosition(_ left: Range<Int>, _ right: Range<Int>) -> [Pair] {
        (0..<max(left.count, right.count)).map { offset in
            Pair(
                expected: offset < left.count ? left.lowerBound + offset : nil,
                actual: offset < right.count ? right.lowerBound + offset : nil, isEqual: false)
        }
    }
}
