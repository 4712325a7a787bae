/// Compares two texts of several lines each, line by line.
struct LineComparison {
    /// Lines around what differs that are shown.
    private static let context = 2

    /// The lines that differ, with a few around them, or with all others.
    static func comparison(
        _ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>, isWhole: Bool = false
    ) -> TextComparison {
        let context = isWhole ? left.count + right.count : Self.context
        var (front, back) = isWhole ? (0, 0) : TextComparison.shared(left, right)
        // To the beginning of a line; some of those before it are shown.
        front = lineStart(in: left, before: front)
        for _ in 0..<Self.context where front > 0 { front = lineStart(in: left, before: front - 1) }
        if !beginsLine(left, left.count - back) || !beginsLine(right, right.count - back) {
            let rest = left.suffix(back)
            back -= rest.firstIndex(of: 10).map { $0 - rest.startIndex + 1 } ?? rest.count
        }
        let first = left.prefix(front).count { $0 == 10 }
        var comparison = TextComparison()
        let middles = (left.dropFirst(front).dropLast(back), right.dropFirst(front).dropLast(back))
        comparison.isPartial = max(middles.0.count, middles.1.count) > TextComparison.maximumBytes
        var ours = lines(middles.0.prefix(TextComparison.maximumBytes))
        var theirs = lines(middles.1.prefix(TextComparison.maximumBytes))
        if !comparison.isPartial {
            let behind = lines(left.suffix(back).prefix(TextComparison.maximumBytes)).prefix(context)
            ours += behind
            theirs += behind
        }
        comparison.lines = compared(ours, theirs, first: first, context: context)
        return comparison
    }

    /// The offset of the beginning of the line in which an offset stands.
    private static func lineStart(in text: ArraySlice<UInt8>, before offset: Int) -> Int {
        let front = text.prefix(offset)
        return front.lastIndex(of: 10).map { $0 - text.startIndex + 1 } ?? 0
    }

    private static func beginsLine(_ text: ArraySlice<UInt8>, _ offset: Int) -> Bool {
        offset == 0 || text[text.startIndex + offset - 1] == 10
    }

    /// Lines with their ends.
    private static func lines(_ text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var result: [ArraySlice<UInt8>] = []
        var rest = text
        while !rest.isEmpty {
            let end = rest.firstIndex(of: 10).map { $0 + 1 } ?? rest.endIndex
            result.append(rest[..<end])
            rest = rest[end...]
        }
        return result
    }

    private static func compared(
        _ left: [ArraySlice<UInt8>], _ right: [ArraySlice<UInt8>], first: Int, context: Int
    ) -> [TextComparison.Line] {
        let numbers = TextComparison.numbers(left, right)
        var result: [TextComparison.Line] = []
        var same: [Int] = []
        if first > 0 { result.append(.skipped(first, next: first + 1)) }
        func endSame(isLast: Bool) {
            let isFirst = result.isEmpty || (result.count == 1 && first > 0)
            let keptFront = isFirst && context == Self.context ? 0 : min(context, same.count)
            let keptBack = isLast ? 0 : min(context, same.count - keptFront)
            let skipped = same.count - keptFront - keptBack
            result += same.prefix(keptFront).map { .same(left[$0]) }
            if skipped > 0, !isLast {
                result.append(.skipped(skipped, next: first + same[keptFront + skipped - 1] + 2))
            }
            result += same.suffix(keptBack).map { .same(left[$0]) }
            same = []
        }
        var (i, j) = (0, 0)
        func gap(_ toLeft: Int, _ toRight: Int) {
            guard i < toLeft || j < toRight else { return }
            endSame(isLast: false)
            result += changed(Array(left[i..<toLeft]), Array(right[j..<toRight]))
        }
        for match in SequenceDiff.matches(numbers.left, numbers.right) {
            gap(match.left, match.right)
            same.append(match.left)
            (i, j) = (match.left + 1, match.right + 1)
        }
        gap(left.count, right.count)
        endSame(isLast: true)
        return result
    }

    /// Lines that were taken out and those that stand in their place, with the words marked that differ where one line
    /// stands for one.
    private static func changed(_ left: [ArraySlice<UInt8>], _ right: [ArraySlice<UInt8>]) -> [TextComparison.Line] {
        var (ours, theirs) = (
            left.map { [TextComparison.Piece(text: $0)] }, right.map { [TextComparison.Piece(text: $0)] }
        )
        if left.count == right.count, left.count <= 100 {
            for index in left.indices {
                guard let words = WordComparison.pieces(left[index], right[index]) else { continue }
                (ours[index], theirs[index]) = words
            }
        }
        return ours.map { .removed($0) } + theirs.map { .added($0) }
    }
}
