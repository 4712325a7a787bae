internal import Codecs

// Lists whose order does not matter.
extension ValueDiff {
    /// With more elements left on either side, those that are equal as they stand are paired off, and the rest by position.
    private static let maximumMatched = 300
    /// How many such lists may stand in each other; those further in are compared in order.
    static let maximumLevel = 4

    /// Pairs each element with one that it may stand for, as many as possible; what is left over on both sides is compared.
    mutating func compareUnordered(_ expected: Value, _ actual: Value, _ pair: Pair) {
        var (left, right) = (Array(expected.children.enumerated()), Array(actual.children.enumerated()))
        var matched: [(left: (offset: Int, element: Value), right: Value)] = []
        // What is the same on both sides stands for itself, unless a rule could need it for another one.
        // Nor is it where identifiers may have moved on.
        if trial == nil && rules?.goesOn(pair.state) != true || max(left.count, right.count) > Self.maximumMatched {
            matched = dropEqual(&left, &right)
        }
        if left.count <= Self.maximumMatched, right.count <= Self.maximumMatched {
            var matching = ElementMatching(left: left.count, right: right.count)
            var budget = matchingBudget
            let (format, rules, level, trial) = (format, rules, level, trial)
            matching.match {
                let state = rules?.inside(pair.state, element: left[$0].offset, of: expected.childCount) ?? .none
                return Self.areEqual(
                    left[$0].element, right[$1].element, format: format, rules: rules, state: state, level: level + 1,
                    trial: trial, budget: &budget)
            }
            if isPlainQuestion { steps += matchingBudget - budget }
            matchingBudget = budget
            matched += matching.pairs.map { (left[$0], right[$1].element) }
            let (firsts, seconds) = (matching.unmatchedLeft, matching.unmatchedRight)
            left = firsts.map { left[$0] }
            right = seconds.map { right[$0] }
        }
        var next: [Pair] = []
        // Those that belong together may still bind something.
        for (first, second) in trial == nil ? [] : matched {
            next.append(element(first.offset, of: expected.childCount, first.element, second, in: pair))
        }
        for index in 0..<max(left.count, right.count) {
            let first = index < left.count ? left[index] : nil
            let second = index < right.count ? right[index] : nil
            var found = element(
                first?.offset ?? second?.offset ?? 0, of: first == nil ? actual.childCount : expected.childCount,
                first?.element, second?.element, in: pair)
            found.isLeftOver = true
            next.append(found)
        }
        push(next)
    }

    /// Takes away what stands on both sides just the same, and gives that.
    private mutating func dropEqual(
        _ left: inout [(offset: Int, element: Value)], _ right: inout [(offset: Int, element: Value)]
    ) -> [(left: (offset: Int, element: Value), right: Value)] {
        var equal: [(left: (offset: Int, element: Value), right: Value)] = []
        var places: [MapKey: [Int]] = [:]
        for index in right.indices.reversed() {
            places[key(right[index].element, right[index].offset), default: []].append(index)
        }
        var isTaken = [Bool](repeating: false, count: right.count)
        left = left.filter { value in
            guard let found = places[key(value.element, value.offset)]?.popLast() else { return true }
            isTaken[found] = true
            equal.append((value, right[found].element))
            return false
        }
        right = zip(right, isTaken).filter { !$1 }.map { $0.0 }
        return equal
    }
}

/// Which elements of two lists stand for each other: as many pairs as there can be (augmenting paths).
private struct ElementMatching {
    private let left: Int
    private let right: Int
    /// For each element on the right its partner.
    private var partners: [Int?]

    init(left: Int, right: Int) {
        self.left = left
        self.right = right
        partners = Array(repeating: nil, count: right)
    }

    /// Those that stand for each other.
    var pairs: [(left: Int, right: Int)] {
        partners.indices.compactMap { right in partners[right].map { ($0, right) } }.sorted { $0.left < $1.left }
    }

    var unmatchedLeft: [Int] {
        let matched = Set(partners.compactMap { $0 })
        return (0..<left).filter { !matched.contains($0) }
    }

    var unmatchedRight: [Int] { (0..<right).filter { partners[$0] == nil } }

    mutating func match(_ areEqual: (Int, Int) -> Bool) {
        let width = right
        var known = [Bool?](repeating: nil, count: left * right)
        func mayPair(_ first: Int, _ second: Int) -> Bool {
            if let known = known[first * width + second] { return known }
            let result = areEqual(first, second)
            known[first * width + second] = result
            return result
        }
        for element in 0..<left {
            // Most elements stand where they stood, or where another one is free.
            if element < right, partners[element] == nil, mayPair(element, element) {
                partners[element] = element
            } else if let free = partners.indices.first(where: { partners[$0] == nil && mayPair(element, $0) }) {
                partners[free] = element
            } else {
                augment(element, mayPair)
            }
        }
    }

    /// Finds a way to give an element a partner by giving others another one.
    private mutating func augment(_ element: Int, _ mayPair: (Int, Int) -> Bool) {
        /// For each element on the right, from which one on the left it was reached.
        var reachedFrom = [Int?](repeating: nil, count: right)
        var pending = [element]
        while let current = pending.popLast() {
            for candidate in 0..<right where reachedFrom[candidate] == nil && mayPair(current, candidate) {
                reachedFrom[candidate] = current
                if let partner = partners[candidate] {
                    pending.append(partner)
                    continue
                }
                var place: Int? = candidate
                while let free = place, let owner = reachedFrom[free] {
                    let before = partners.firstIndex(of: owner)
                    partners[free] = owner
                    if let before { partners[before] = nil }
                    place = owner == element ? nil : before
                }
                return
            }
        }
    }
}
