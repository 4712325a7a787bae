internal import Codecs

/// Which keys (or elements of a set) of two values belong together.
struct KeyPairing {
    let ours: [Value]
    let theirs: [Value]
    /// For each of ours which of theirs it goes with.
    var partners: [Int?]
    var isTaken: [Bool]
    /// How many more may be looked at in vain. Those that fit cost nothing.
    var tries: Int
    private var firstFree = 0

    init(_ ours: [Value], _ theirs: [Value]) {
        self.ours = ours
        self.theirs = theirs
        tries = min(max(4_096, ours.count * theirs.count), 1 << 17)
        partners = Array(repeating: nil, count: ours.count)
        isTaken = Array(repeating: false, count: theirs.count)
    }

    mutating func pair(_ index: Int, with other: Int) {
        partners[index] = other
        isTaken[other] = true
    }

    /// Those of theirs that have no partner yet.
    mutating func free() -> LazyFilterSequence<Range<Int>> {
        while firstFree < isTaken.count, isTaken[firstFree] { firstFree += 1 }
        let isTaken = isTaken
        return (firstFree..<theirs.count).lazy.filter { !isTaken[$0] }
    }
}

// Keys that an identifier makes differ from run to run.
extension ValueDiff {
    typealias Entry = (key: Value, value: Value)

    /// Pairs off the entries of two maps: by equal keys, in their order, so that duplicates are compared as well; and those
    /// whose key may be another one this time by their values and places.
    mutating func pairKeys(
        _ entries: [Entry], _ others: [Entry], in pair: Pair
    ) -> (partners: [Int?], isTaken: [Bool]) {
        var pairing = KeyPairing(entries.map(\.key), others.map(\.key))
        var places: [MapKey: [Int]] = [:]
        for index in others.indices.reversed() { places[key(others[index].key, index), default: []].append(index) }
        var open: [(index: Int, same: Int?)] = []
        for (index, entry) in entries.enumerated() {
            let same = places[key(entry.key, index)]?.popLast()
            if trial?.hasOpen(entry.key) == true {
                open.append((index, same))
            } else if let same, isKept(entry.key, others[same].key) {
                pairing.pair(index, with: same)
            } else if trial != nil {
                open.append((index, nil))
            }
        }
        // Where all are as they were, that is what they are.
        let isUnchanged = open.allSatisfy { $0.same != nil }
        for (index, same) in open {
            if isUnchanged, let same {
                if isKept(entries[index].key, others[same].key) { pairing.pair(index, with: same) }
            } else if !pairByValue(index, entries, others, pair, &pairing) {
                if let same, !pairing.isTaken[same], isKept(entries[index].key, others[same].key) {
                    pairing.pair(index, with: same)
                } else {
                    pairByIdentifier(index, &pairing)
                }
            }
        }
        return (pairing.partners, pairing.isTaken)
    }

    /// Gives a key the one that may stand for it and has the same value, in the same place if that is one.
    private mutating func pairByValue(
        _ index: Int, _ entries: [Entry], _ others: [Entry], _ pair: Pair, _ pairing: inout KeyPairing
    ) -> Bool {
        if index < others.count, !pairing.isTaken[index], pairIfAlike(index, index, entries, others, pair, &pairing) {
            return true
        }
        for other in pairing.free() where other != index {
            if pairIfAlike(index, other, entries, others, pair, &pairing) { return true }
            guard pairing.tries > 0 else { return false }
        }
        return false
    }

    private mutating func pairIfAlike(
        _ index: Int, _ other: Int, _ entries: [Entry], _ others: [Entry], _ pair: Pair,
        _ pairing: inout KeyPairing
    ) -> Bool {
        let (key, otherKey) = (entries[index].key, others[other].key)
        pairing.tries -= 1 + Int(max(key.node.count, otherKey.node.count)) / 64
        guard key.kind == otherKey.kind, asks(key, otherKey) else { return false }
        var budget = 1_024
        let areAlike = Self.areEqual(
            entries[index].value, others[other].value, format: format, rules: rules,
            state: rules?.inside(pair.state, member: key) ?? .none, level: level, trial: trial, budget: &budget)
        pairing.tries -= (1_024 - budget) / 16
        guard areAlike, trial?.accepts(expected: key, actual: otherKey) == true else { return false }
        pairing.tries += 1
        pairing.pair(index, with: other)
        return true
    }

    /// Gives a key the one that may stand for it: in the same place, or else the first.
    mutating func pairByIdentifier(_ index: Int, _ pairing: inout KeyPairing) {
        guard trial != nil else { return }
        if index < pairing.theirs.count, !pairing.isTaken[index], takes(index, index, &pairing) { return }
        for other in pairing.free() where other != index {
            if takes(index, other, &pairing) { return }
            guard pairing.tries > 0 else { return }
        }
    }

    private mutating func takes(_ index: Int, _ other: Int, _ pairing: inout KeyPairing) -> Bool {
        let (key, otherKey) = (pairing.ours[index], pairing.theirs[other])
        if key.kind == otherKey.kind, trial?.accepts(expected: key, actual: otherKey) == true {
            pairing.pair(index, with: other)
            return true
        }
        pairing.tries -= 1 + Int(max(key.node.count, otherKey.node.count)) / 64
        return false
    }

    /// Whether a key may stand for another, without noting it.
    private func asks(_ expected: Value, _ actual: Value) -> Bool {
        guard var question = trial else { return false }
        question.isPlainQuestion = true
        return question.accepts(expected: expected, actual: actual)
    }

    /// Whether an equal key may be what it was recorded as; notes that it is.
    mutating func isKept(_ expected: Value, _ actual: Value) -> Bool {
        if isPlainQuestion { return true }
        return trial?.accepts(expected: expected, actual: actual, areEqual: true) ?? true
    }
}
