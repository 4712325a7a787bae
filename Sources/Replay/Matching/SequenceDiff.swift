/// Which elements of two sequences stand for each other, so that what was put in or taken out shifts nothing behind it.
///
/// Equal beginnings and ends are set aside; between them the shortest edit script is looked for (Myers' greedy algorithm,
/// "An O(ND) Difference Algorithm and Its Variations"). Its cost grows with the number of differences, not with the length;
/// beyond so many of them the rest is split at the elements that both sides hold just once, and after that given up.
struct SequenceDiff {
    /// Elements of both sides that are equal: indices into the left and the right sequence.
    struct Match: Hashable {
        var left: Int
        var right: Int
    }

    /// How many insertions and removals of one stretch are followed. The way back is kept: some half a million words.
    private static let maximumEdits = 1_000

    private let areEqual: (_ left: Int, _ right: Int) -> Bool
    /// Numbers that equal elements share, where splitting may go by them.
    private let identities: () -> (left: [Int], right: [Int])?
    private var matches: [Match] = []
    /// Steps that may be taken yet.
    private var steps: Int

    /// The pairs of equal elements, in order.
    ///
    /// - Parameters:
    ///   - left: where the left sequence's elements stand.
    ///   - right: where the right one's do.
    ///   - identities: a number for each element, asked for where the sequences are to be split; elements with different
    ///     ones may be equal still.
    ///   - steps: elements that are looked at, at most; those that are used up leave the rest without pairs.
    static func matches(
        _ left: Range<Int>, _ right: Range<Int>, steps: Int = 1 << 23,
        identities: () -> (left: [Int], right: [Int])? = { nil }, areEqual: (_ left: Int, _ right: Int) -> Bool
    ) -> [Match] {
        withoutActuallyEscaping(areEqual) { areEqual in
            withoutActuallyEscaping(identities) { identities in
                var diff = SequenceDiff(areEqual: areEqual, identities: identities, steps: steps)
                diff.align(left, right)
                return diff.matches
            }
        }
    }

    /// The same of sequences in which equal elements have equal numbers.
    static func matches(_ left: [Int], _ right: [Int]) -> [Match] {
        matches(left.indices, right.indices) {
            (left, right)
        } areEqual: {
            left[$0] == right[$1]
        }
    }

    private init(
        areEqual: @escaping (Int, Int) -> Bool, identities: @escaping () -> (left: [Int], right: [Int])?, steps: Int
    ) {
        self.areEqual = areEqual
        self.identities = identities
        self.steps = steps
    }

    private mutating func align(_ left: Range<Int>, _ right: Range<Int>, maySplit: Bool = true) {
        var (left, right) = (left, right)
        while let i = left.first, let j = right.first, areEqual(i, j) {
            matches.append(Match(left: i, right: j))
            (left, right) = (left.dropFirst(), right.dropFirst())
        }
        var end = 0
        while let i = left.last, let j = right.last, areEqual(i, j) {
            end += 1
            (left, right) = (left.dropLast(), right.dropLast())
        }
        if !left.isEmpty, !right.isEmpty {
            if let found = shortestScript(left, right) {
                matches += found
            } else if maySplit {
                split(left, right)
            }
        }
        for offset in 0..<end {
            matches.append(Match(left: left.upperBound + offset, right: right.upperBound + offset))
        }
    }

    /// The pairs of the shortest edit script; nil where it is too long to be found.
    private mutating func shortestScript(_ left: Range<Int>, _ right: Range<Int>) -> [Match]? {
        let (n, m) = (left.count, right.count)
        let most = min(n + m, Self.maximumEdits)
        // furthest[k + most + 1]: how far to the left sequence's end a path on diagonal k (left - right) has come.
        var furthest = [Int](repeating: -1, count: 2 * most + 3)
        furthest[most + 2] = 0
        var history: [[Int]] = []
        for edits in 0...most {
            guard steps > 0 else { return nil }
            for k in stride(from: -edits, through: edits, by: 2) where k >= -m && k <= n {
                let (below, above) = (furthest[k + most], furthest[k + most + 2])
                var x = k == -edits || k != edits && below < above ? above : below + 1
                var y = x - k
                let start = x
                while x < n, y < m, areEqual(left.lowerBound + x, right.lowerBound + y) {
                    x += 1
                    y += 1
                }
                steps -= x - start + 1
                furthest[k + most + 1] = x
                if x >= n, y >= m {
                    history.append(Array(furthest[most + 1 - edits...most + 1 + edits]))
                    return Self.path(history, left, right)
                }
            }
            history.append(Array(furthest[most + 1 - edits...most + 1 + edits]))
        }
        return nil
    }

    /// Walks a script back from its end.
    private static func path(_ history: [[Int]], _ left: Range<Int>, _ right: Range<Int>) -> [Match] {
        var found: [Match] = []
        var (x, y) = (left.count, right.count)
        func take(while condition: () -> Bool) {
            while condition() {
                (x, y) = (x - 1, y - 1)
                found.append(Match(left: left.lowerBound + x, right: right.lowerBound + y))
            }
        }
        for edits in stride(from: history.count - 1, to: 0, by: -1) {
            let k = x - y
            let before = history[edits - 1]
            func reached(_ k: Int) -> Int {
                let index = k + edits - 1
                return before.indices.contains(index) ? before[index] : -1
            }
            let goesDown = k == -edits || k != edits && reached(k - 1) < reached(k + 1)
            let (startX, startK) = goesDown ? (reached(k + 1), k + 1) : (reached(k - 1), k - 1)
            let turn = goesDown ? startX : startX + 1
            take { x > turn && y > 0 }
            (x, y) = (startX, startX - startK)
        }
        take { x > 0 && y > 0 }
        return found.reversed()
    }

    // MARK: Splitting

    /// Aligns what lies between the elements that both sides hold once, in the longest order that they share (patience).
    private mutating func split(_ left: Range<Int>, _ right: Range<Int>) {
        guard let identities = identities() else { return }
        let (ours, theirs) = (Self.unique(identities.left, left), Self.unique(identities.right, right))
        let shared = ours.compactMap { identity, i in theirs[identity].map { Match(left: i, right: $0) } }
        var (i, j) = (left.lowerBound, right.lowerBound)
        for anchor in Self.increasing(shared.sorted { $0.left < $1.left }) where areEqual(anchor.left, anchor.right) {
            align(i..<anchor.left, j..<anchor.right, maySplit: false)
            matches.append(anchor)
            (i, j) = (anchor.left + 1, anchor.right + 1)
        }
        if i > left.lowerBound || j > right.lowerBound {
            align(i..<left.upperBound, j..<right.upperBound, maySplit: false)
        }
    }

    /// Where the numbers stand that occur once in a range.
    private static func unique(_ identities: [Int], _ range: Range<Int>) -> [Int: Int] {
        var places: [Int: Int] = [:]
        for place in range { places[identities[place]] = places[identities[place]] == nil ? place : -1 }
        return places.filter { $0.value >= 0 }
    }

    /// The longest run of pairs, sorted by their left, whose right increases too.
    private static func increasing(_ pairs: [Match]) -> [Match] {
        var piles: [Int] = []
        var before = [Int](repeating: -1, count: pairs.count)
        for (index, pair) in pairs.enumerated() {
            var (low, high) = (0, piles.count)
            while low < high {
                let middle = (low + high) / 2
                if pairs[piles[middle]].right < pair.right { low = middle + 1 } else { high = middle }
            }
            if low > 0 { before[index] = piles[low - 1] }
            if low == piles.count { piles.append(index) } else { piles[low] = index }
        }
        var result: [Match] = []
        var index = piles.last ?? -1
        while index >= 0 {
            result.append(pairs[index])
            index = before[index]
        }
        return result.reversed()
    }
}
