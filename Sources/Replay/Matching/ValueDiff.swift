internal import Codecs
internal import Recorder

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
    /// What is compared when all else has been: containers whose keys or elements are identifiers, so that those that are
    /// named elsewhere are known.
    private var deferred: [Pair] = []
    var paths = ValuePaths()
    private var classes: [RuleAutomaton.State: NodeClasses] = [:]
    private var differences: [ValueDifference] = []
    /// Only whether there is a difference is asked, in so many steps.
    let isPlainQuestion: Bool
    private var isDifferent = false
    var steps = 0
    private var keyBudget = 1 << 26
    let tracksVisits: Bool
    let format: any PayloadFormat
    let rules: RuleAutomaton?
    /// How many lists without order this question is asked within.
    let level: Int
    /// Values that may still be compared to find out what belongs together where order does not matter.
    var matchingBudget = 1 << 20
    /// What may differ from run to run by itself.
    var trial: IdentifierTrial?
    /// Where secrets were taken out of the recorded message.
    var redacted: RedactedValues?

    /// Values to be compared; one alone is missing or one too many.
    struct Pair {
        var expected: Value?
        var actual: Value?
        var path: Int
        var state = RuleAutomaton.State.none
        /// It is what is left of lists whose order does not matter.
        var isLeftOver = false
        /// It was put off until all else has been compared.
        var isDeferred = false
    }

    private init(
        expected: Value, actual: Value, format: any PayloadFormat, rules: RuleAutomaton?, state: RuleAutomaton.State,
        level: Int = 0, isPlainQuestion: Bool
    ) {
        tracksVisits = expected.tree.hasFetchedNodes || actual.tree.hasFetchedNodes
        self.format = format
        self.rules = rules
        self.level = level
        self.isPlainQuestion = isPlainQuestion
        maximumAlignmentSteps = (1 << 18) + 8 * (expected.tree.nodeCount + actual.tree.nodeCount)
        pending.append(Pair(expected: expected, actual: actual, path: ValuePaths.root, state: state))
    }

    /// The places where two messages differ, in the order of the expected one.
    static func differences(
        expected: Value, actual: Value, format: any PayloadFormat, rules: RuleAutomaton?, trial: inout IdentifierTrial?,
        redacted: inout RedactedValues?
    ) -> [ValueDifference] {
        var diff = ValueDiff(
            expected: expected, actual: actual, format: format, rules: rules, state: rules?.begin() ?? .none,
            isPlainQuestion: false)
        diff.trial = trial
        diff.redacted = redacted
        while diff.differences.count < maximumDifferences, let pair = diff.nextPair() { diff.compare(pair) }
        trial = diff.trial
        redacted = diff.redacted
        return diff.differences
    }

    /// The places where two values differ that no replay has to do with.
    static func differences(
        expected: Value, actual: Value, format: any PayloadFormat, rules: RuleAutomaton? = nil
    ) -> [ValueDifference] {
        var trial: IdentifierTrial?
        var redacted: RedactedValues?
        return differences(
            expected: expected, actual: actual, format: format, rules: rules, trial: &trial, redacted: &redacted)
    }

    /// Whether two values are equal, as far as `budget` steps tell; those taken are subtracted.
    static func areEqual(
        _ expected: Value, _ actual: Value, format: any PayloadFormat, rules: RuleAutomaton?,
        state: RuleAutomaton.State,
        level: Int, trial: IdentifierTrial?, budget: inout Int
    ) -> Bool {
        budget -= 1
        guard budget > 0 else { return false }
        if state == .none {
            guard expected.kind == actual.kind else { return false }
            if trial == nil, expected.childCount == 0, actual.childCount == 0 {
                return areEqualScalars(expected, actual)
            }
            guard expected.childCount == actual.childCount else { return false }
        }
        var diff = ValueDiff(
            expected: expected, actual: actual, format: format, rules: rules, state: state, level: level,
            isPlainQuestion: true)
        diff.trial = trial
        diff.trial?.isPlainQuestion = true
        diff.matchingBudget = budget
        while !diff.isDifferent, diff.steps < budget, let pair = diff.nextPair() { diff.compare(pair) }
        budget -= diff.steps
        return !diff.isDifferent && diff.pending.isEmpty && diff.deferred.isEmpty
    }

    private mutating func compare(_ pair: Pair) {
        steps += 1
        if pair.state != .none, decideByRules(pair) { return }
        guard let expected = pair.expected, let actual = pair.actual, Self.haveOneKind(expected, actual) else {
            return isAllowedByRedaction(pair) ? () : report(pair)
        }
        guard isNew(expected, actual, pair.state) else { return }
        switch expected.kind {
        case .map: compareMaps(expected, actual, pair)
        case .list: compareLists(expected, actual, pair)
        case .set, .frozenSet, .addOperation: compareSets(expected, actual, pair)
        case .tuple, .appendOperation, .setItemsOperation, .stateOperation: compareElements(expected, actual, pair)
        case .global, .persistent, .call, .newObject, .newObjectWithKeywords, .instance, .classInstance:
            compareObjects(expected, actual, pair)
        default:
            compareScalars(expected, actual, pair)
        }
    }

    private mutating func compareScalars(_ expected: Value, _ actual: Value, _ pair: Pair) {
        let areEqual = Self.areEqualScalars(expected, actual)
        if areEqual, trial == nil || isPlainQuestion && trial?.hasNotes != true { return }
        if trial != nil { steps += Self.cost(expected, actual) }
        if trial?.accepts(expected: expected, actual: actual, areEqual: areEqual, place: paths.member(pair.path))
            ?? areEqual
        {
            return
        }
        if !isAllowedByRedaction(pair) { report(pair, rule: trial?.conflict ?? "equal") }
    }

    /// Long texts are looked through for identifiers: that costs by their length.
    private static func cost(_ one: Value, _ other: Value) -> Int {
        Int(max(one.node.count, other.node.count)) / 64
    }

    /// Whether two values are of one kind. Whole numbers are, however large.
    private static func haveOneKind(_ one: Value, _ other: Value) -> Bool {
        one.kind == other.kind || [one.kind, other.kind].allSatisfy { $0 == .int || $0 == .bigInt }
    }

    // MARK: Containers

    private mutating func compareElements(_ expected: Value, _ actual: Value, _ pair: Pair) {
        var (left, right) = (expected.children, actual.children)
        var next: [Pair] = []
        while true {
            let (first, second) = (left.next(), right.next())
            if first == nil, second == nil { return push(next) }
            let count = first == nil ? actual.childCount : expected.childCount
            next.append(element(next.count, of: count, first, second, in: pair))
        }
    }

    private mutating func compareLists(_ expected: Value, _ actual: Value, _ pair: Pair) {
        if isPlainQuestion, pair.state == .none, expected.childCount != actual.childCount { return report(pair) }
        if isPlainQuestion || expected.childCount < 2 && actual.childCount < 2 {
            return compareElements(expected, actual, pair)
        }
        let (left, right) = (Array(expected.children), Array(actual.children))
        var budget = maximumAlignmentSteps - steps
        let (format, rules, level, trial) = (format, rules, level, trial)
        var likeness = ElementLikeness(left, right)
        let pairs = ListAlignment.pairs(expected: left.count, actual: right.count) {
            (ElementLikeness.identities(left, format: format), ElementLikeness.identities(right, format: format))
        } similarity: {
            likeness.similarity($0, $1)
        } areEqual: {
            let state = rules?.inside(pair.state, element: $0, of: left.count) ?? .none
            return Self.areEqual(
                left[$0], right[$1], format: format, rules: rules, state: state, level: level, trial: trial,
                budget: &budget)
        }
        steps = maximumAlignmentSteps - budget
        var next: [Pair] = []
        // Those that are alike may still bind something.
        for found in pairs where !found.isEqual || trial != nil {
            next.append(
                element(
                    found.expected ?? found.actual ?? 0, of: found.expected == nil ? right.count : left.count,
                    found.expected.map { left[$0] }, found.actual.map { right[$0] }, in: pair))
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
        compareElements(expected, actual, pair)
    }

    private static func isOperation(_ kind: ValueKind) -> Bool {
        switch kind {
        case .appendOperation, .setItemsOperation, .addOperation, .stateOperation: true
        default: false
        }
    }

    private mutating func nextPair() -> Pair? { pending.popLast() ?? deferred.popLast() }

    /// Puts a pair off, once, if any of those values holds an identifier that may be another one this time.
    mutating func defers(_ pair: Pair, _ values: some Sequence<Value>) -> Bool {
        guard !pair.isDeferred, let trial, values.contains(where: { trial.hasOpen($0) }) else { return false }
        var later = pair
        later.isDeferred = true
        deferred.append(later)
        return true
    }

    private mutating func compareMaps(_ expected: Value, _ actual: Value, _ pair: Pair) {
        if defers(pair, expected.entries.lazy.map(\.key)) { return }
        let others = actual.entries.map { (key: $0.key, value: $0.value) }
        let entries = expected.entries.map { (key: $0.key, value: $0.value) }
        let (partners, isTaken) = pairKeys(entries, others, in: pair)
        var next: [Pair] = []
        for (entry, found) in zip(entries, partners) {
            next.append(member(entry.key, entry.value, found.map { others[$0].value }, in: pair))
        }
        for (index, other) in others.enumerated() where !isTaken[index] {
            next.append(member(other.key, nil, other.value, in: pair))
        }
        push(next)
    }

    private mutating func compareSets(_ expected: Value, _ actual: Value, _ pair: Pair) {
        if rules?.goesOn(pair.state) == true { return compareUnordered(expected, actual, pair) }
        if defers(pair, expected.children) { return }
        var others: [MapKey: [(index: Int, value: Value)]] = [:]
        for (index, value) in actual.children.enumerated() {
            others[key(value, index), default: []].append((index, value))
        }
        let alone = expected.children.enumerated().filter {
            let key = key($0.element, $0.offset)
            guard let same = others[key]?.popLast() else { return true }
            if isKept($0.element, same.value) { return false }
            others[key]?.append(same)
            return true
        }
        let left = others.values.joined().sorted(by: { $0.index < $1.index })
        var pairing = KeyPairing(alone.map(\.element), left.map(\.value))
        for index in alone.indices { pairByIdentifier(index, &pairing) }
        let (partners, isTaken) = (pairing.partners, pairing.isTaken)
        var next: [Pair] = []
        for (found, partner) in zip(alone, partners) where partner == nil {
            next.append(element(found.offset, of: expected.childCount, found.element, nil, in: pair))
        }
        for (other, isTaken) in zip(left, isTaken) where !isTaken {
            next.append(element(other.index, of: actual.childCount, nil, other.value, in: pair))
        }
        push(next)
    }

    mutating func key(_ value: Value, _ position: Int) -> MapKey {
        steps += 1
        return MapKey(value, position: position, format: format, budget: &keyBudget)
    }

    mutating func push(_ pairs: [Pair]) { pending.append(contentsOf: pairs.reversed()) }

    // MARK: Scalars

    static func areEqualScalars(_ expected: Value, _ actual: Value) -> Bool {
        guard expected.kind == actual.kind else { return false }
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

    /// Whether two containers have not been compared by the same rules yet.
    mutating func isNew(_ expected: Value, _ actual: Value, _ state: RuleAutomaton.State) -> Bool {
        !tracksVisits || expected.childCount == 0
            || classes[state, default: NodeClasses()].join(expected.index, actual.index)
    }

    mutating func report(_ pair: Pair, rule: String = "equal") {
        isDifferent = true
        guard !isPlainQuestion, differences.count < Self.maximumDifferences else { return }
        differences.append(
            ValueDifference(
                path: paths.text(pair.path, format: format),
                expected: pair.expected.map { $0.readableText(format: format) },
                actual: pair.actual.map { $0.readableText(format: format) },
                rule: pair.isLeftOver && rule == "equal" ? "unordered" : rule))
    }
}
