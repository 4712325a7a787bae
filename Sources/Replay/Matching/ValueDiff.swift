package import Codecs

/// Compares two values and says where they differ.
///
/// Kinds are strict: a bool, an integer and a float differ from each other (`1` from `1.0`), so do a list and a tuple, a
/// text and bytes. The order of a map's keys and of a set's elements does not matter; that of everything else does. Nothing
/// is visited twice, so shared and cyclic values cost no more than they are large, and no recursion follows the depth.
package struct ValueDiff {
    /// How many differences of one message are listed at most.
    package static let maximumDifferences = 50
    /// Values that are compared in one message to find out which elements of lists belong together; beyond that they are
    /// paired by position. It grows with the message, so that a long list costs no more for each element than a short one.
    private let maximumAlignmentSteps: Int

    private var pending: [Pair] = []
    private var paths = ValuePaths()
    private var classes = NodeClasses()
    private var differences: [ValueDifference] = []
    /// Only whether there is a difference is asked, in so many steps.
    private let isPlainQuestion: Bool
    private var isDifferent = false
    private var steps = 0
    private var keyBudget = 1 << 26
    private let tracksVisits: Bool
    private let format: any PayloadFormat
    /// What may differ from run to run by itself.
    private var trial: IdentifierTrial?

    /// Values to be compared; one alone is missing or one too many.
    private struct Pair {
        var expected: Value?
        var actual: Value?
        var path: Int
    }

    private init(expected: Value, actual: Value, format: any PayloadFormat, isPlainQuestion: Bool) {
        tracksVisits = expected.tree.hasFetchedNodes || actual.tree.hasFetchedNodes
        self.format = format
        self.isPlainQuestion = isPlainQuestion
        maximumAlignmentSteps = (1 << 18) + 8 * (expected.tree.nodeCount + actual.tree.nodeCount)
        pending.append(Pair(expected: expected, actual: actual, path: ValuePaths.root))
    }

    /// The places where two values differ, in the order of the expected one.
    static func differences(
        expected: Value, actual: Value, format: any PayloadFormat, trial: inout IdentifierTrial?
    ) -> [ValueDifference] {
        var diff = ValueDiff(expected: expected, actual: actual, format: format, isPlainQuestion: false)
        diff.trial = trial
        while diff.differences.count < maximumDifferences, let pair = diff.pending.popLast() { diff.compare(pair) }
        trial = diff.trial
        return diff.differences
    }

    /// The places where two values differ that no replay has to do with.
    package static func differences(
        expected: Value, actual: Value, format: any PayloadFormat
    ) -> [ValueDifference] {
        var trial: IdentifierTrial?
        return differences(expected: expected, actual: actual, format: format, trial: &trial)
    }

    /// Whether two values are equal, as far as `budget` steps tell; those taken are subtracted.
    private static func areEqual(
        _ expected: Value, _ actual: Value, format: any PayloadFormat, trial: IdentifierTrial?, budget: inout Int
    ) -> Bool {
        budget -= 1
        guard budget > 0, expected.kind == actual.kind else { return false }
        if trial == nil, expected.childCount == 0, actual.childCount == 0 { return areEqualScalars(expected, actual) }
        guard expected.childCount == actual.childCount else { return false }
        var diff = ValueDiff(expected: expected, actual: actual, format: format, isPlainQuestion: true)
        diff.trial = trial
        while !diff.isDifferent, diff.steps < budget, let pair = diff.pending.popLast() { diff.compare(pair) }
        budget -= diff.steps
        return !diff.isDifferent && diff.pending.isEmpty
    }

    private mutating func compare(_ pair: Pair) {
        steps += 1
        guard let expected = pair.expected, let actual = pair.actual, expected.kind == actual.kind else {
            return report(pair)
        }
        if tracksVisits, expected.childCount > 0, !classes.join(expected.index, actual.index) { return }
        switch expected.kind {
        case .map: compareMaps(expected, actual, pair.path)
        case .list: compareLists(expected, actual, pair)
        case .set, .frozenSet, .addOperation: compareSets(expected, actual, pair.path)
        case .tuple, .appendOperation, .setItemsOperation, .stateOperation:
            compareElements(expected, actual, pair.path)
        case .global, .persistent, .call, .newObject, .newObjectWithKeywords, .instance, .classInstance:
            compareObjects(expected, actual, pair)
        default:
            if !Self.areEqualScalars(expected, actual), trial?.accepts(expected: expected, actual: actual) != true {
                report(pair)
            }
        }
    }

    // MARK: Containers

    private mutating func compareElements(_ expected: Value, _ actual: Value, _ path: Int) {
        var (left, right) = (expected.children, actual.children)
        var next: [Pair] = []
        while true {
            let pair = (left.next(), right.next())
            if pair.0 == nil, pair.1 == nil { return push(next) }
            next.append(Pair(expected: pair.0, actual: pair.1, path: paths.inside(path, .element(next.count))))
        }
    }

    private mutating func compareLists(_ expected: Value, _ actual: Value, _ pair: Pair) {
        if isPlainQuestion, expected.childCount != actual.childCount { return report(pair) }
        if isPlainQuestion || expected.childCount < 2 && actual.childCount < 2 {
            return compareElements(expected, actual, pair.path)
        }
        let (left, right) = (Array(expected.children), Array(actual.children))
        var budget = maximumAlignmentSteps - steps
        let (format, trial) = (format, trial)
        var likeness = ElementLikeness(left, right)
        let pairs = ListAlignment.pairs(expected: left.count, actual: right.count) {
            (ElementLikeness.identities(left, format: format), ElementLikeness.identities(right, format: format))
        } similarity: {
            likeness.similarity($0, $1)
        } areEqual: {
            Self.areEqual(left[$0], right[$1], format: format, trial: trial, budget: &budget)
        }
        steps = maximumAlignmentSteps - budget
        var next: [Pair] = []
        // Those that are alike may still bind something.
        for found in pairs where !found.isEqual || trial != nil {
            next.append(
                Pair(
                    expected: found.expected.map { left[$0] }, actual: found.actual.map { right[$0] },
                    path: paths.inside(pair.path, .element(found.expected ?? found.actual ?? 0))))
        }
        push(next)
    }

    /// Callables, arguments and what is done to the result. Where those do not correspond the whole differs.
    private mutating func compareObjects(_ expected: Value, _ actual: Value, _ pair: Pair) {
        let kinds = zip(expected.children, actual.children).lazy.map { ($0.kind, $1.kind) }
        guard expected.childCount == actual.childCount,
            kinds.allSatisfy({ $0 == $1 || !(Self.isOperation($0) || Self.isOperation($1)) })
        else { return report(pair) }
        if expected.kind == .global {
            let names = zip(expected.children, actual.children).prefix(2)
            guard names.allSatisfy({ $0.kind == $1.kind && Self.areEqualScalars($0, $1) }) else { return report(pair) }
        }
        compareElements(expected, actual, pair.path)
    }

    private static func isOperation(_ kind: ValueKind) -> Bool {
        switch kind {
        case .appendOperation, .setItemsOperation, .addOperation, .stateOperation: true
        default: false
        }
    }

    private mutating func compareMaps(_ expected: Value, _ actual: Value, _ path: Int) {
        let others = actual.entries.map { (key: $0.key, value: $0.value) }
        // Equal keys pair off in their order, so that duplicates are compared as well.
        var places: [MapKey: [Int]] = [:]
        for index in others.indices.reversed() { places[key(others[index].key, index), default: []].append(index) }
        var isTaken = [Bool](repeating: false, count: others.count)
        let entries = expected.entries.map { (key: $0.key, value: $0.value) }
        var partners: [Int?] = []
        for (index, entry) in entries.enumerated() {
            partners.append(places[key(entry.key, index)]?.popLast())
            if let found = partners[index] { isTaken[found] = true }
        }
        pairByIdentifiers(&partners, entries.map(\.key), others.map(\.key), &isTaken)
        var next: [Pair] = []
        for (entry, found) in zip(entries, partners) {
            next.append(
                Pair(
                    expected: entry.value, actual: found.map { others[$0].value },
                    path: paths.inside(path, .member(entry.key))))
        }
        for (index, other) in others.enumerated() where !isTaken[index] {
            next.append(Pair(expected: nil, actual: other.value, path: paths.inside(path, .member(other.key))))
        }
        push(next)
    }

    private mutating func compareSets(_ expected: Value, _ actual: Value, _ path: Int) {
        var others: [MapKey: [(index: Int, value: Value)]] = [:]
        for (index, value) in actual.children.enumerated() {
            others[key(value, index), default: []].append((index, value))
        }
        let alone = expected.children.enumerated().filter { others[key($0.element, $0.offset)]?.popLast() == nil }
        let left = others.values.joined().sorted(by: { $0.index < $1.index })
        var partners = [Int?](repeating: nil, count: alone.count)
        var isTaken = [Bool](repeating: false, count: left.count)
        pairByIdentifiers(&partners, alone.map(\.element), left.map(\.value), &isTaken)
        var next: [Pair] = []
        for (found, partner) in zip(alone, partners) where partner == nil {
            next.append(Pair(expected: found.element, actual: nil, path: paths.inside(path, .element(found.offset))))
        }
        for (other, isTaken) in zip(left, isTaken) where !isTaken {
            next.append(Pair(expected: nil, actual: other.value, path: paths.inside(path, .element(other.index))))
        }
        push(next)
    }

    /// Gives keys that have no equal the first one that may stand for them.
    private mutating func pairByIdentifiers(
        _ partners: inout [Int?], _ ours: [Value], _ theirs: [Value], _ isTaken: inout [Bool]
    ) {
        guard trial != nil else { return }
        var tries = 4_096
        for index in partners.indices where partners[index] == nil {
            for other in theirs.indices where !isTaken[other] && ours[index].kind == theirs[other].kind {
                tries -= 1
                guard tries > 0 else { return }
                guard trial?.accepts(expected: ours[index], actual: theirs[other]) == true else { continue }
                partners[index] = other
                isTaken[other] = true
                break
            }
        }
    }

    private mutating func key(_ value: Value, _ position: Int) -> MapKey {
        steps += 1
        return MapKey(value, position: position, format: format, budget: &keyBudget)
    }

    private mutating func push(_ pairs: [Pair]) { pending.append(contentsOf: pairs.reversed()) }

    // MARK: Scalars

    private static func areEqualScalars(_ expected: Value, _ actual: Value) -> Bool {
        switch expected.kind {
        case .null, .true, .false: return true
        case .int, .float, .extensionCode: return expected.node.payload == actual.node.payload
        case .buffer:
            return expected.node.payload == actual.node.payload
                && expected.node.has(ValueNode.isReadOnly) == actual.node.has(ValueNode.isReadOnly)
        case .string: return expected.text == actual.text
        case .typedBytes:
            return expected.typeNumber == actual.typeNumber && expected.content.elementsEqual(actual.content)
        case .number: return JSONNumber.areEqual(expected.content, actual.content)
        case .bigInt, .bytes, .byteArray, .legacyString: return expected.content.elementsEqual(actual.content)
        default: return expected.childCount == 0 && actual.childCount == 0
        }
    }

    private mutating func report(_ pair: Pair) {
        isDifferent = true
        guard !isPlainQuestion, differences.count < Self.maximumDifferences else { return }
        differences.append(
            ValueDifference(
                path: paths.text(pair.path, format: format),
                expected: pair.expected.map { $0.readableText(format: format) },
                actual: pair.actual.map { $0.readableText(format: format) }))
    }
}
