internal import Codecs
internal import Recorder

/// Finds lists whose elements come in another order from run to run.
struct ShuffledLists {
    /// A list, and the members of its elements that differ as well.
    struct Found {
        var path: RulePath
        var members: [RulePath]
    }

    /// Members of elements that are tried to be what differs besides the order.
    private static let maximumMembers = 5

    private let codec: Codec
    private let answers: [(expected: ValueTree, actual: ValueTree)]

    /// - Parameter answers: those of the runs for one recorded line.
    init?(_ answers: [DifferingAnswer], codec: Codec, limits: DecodingLimits) {
        self.codec = codec
        var trees: [(expected: ValueTree, actual: ValueTree)] = []
        for answer in answers {
            let (expected, actual) = (ValueTree(), ValueTree())
            guard
                let payload = try? answer.expected.payload(
                    codec: codec, settings: codec.payload.defaultSettings, limits: limits),
                (try? codec.payload.decode(payload.span.bytes, into: expected, limits: limits)) != nil,
                (try? codec.payload.decode(answer.payload.span.bytes, into: actual, limits: limits)) != nil
            else { return nil }
            trees.append((expected, actual))
        }
        self.answers = trees
    }

    /// The list at a path, if all that differs in it are the order and some members of its elements.
    func list(at path: RulePath, runs: Int) -> Found? {
        var texts: Set<String> = []
        for answer in answers {
            guard let expected = path.value(in: answer.expected.root), let actual = path.value(in: answer.actual.root),
                expected.kind == actual.kind, expected.kind == .list || expected.kind == .tuple,
                expected.childCount == actual.childCount, expected.childCount > 1
            else { return nil }
            texts.insert(actual.readableText(format: codec.payload))
        }
        // The same order in every run is another one than was recorded.
        guard texts.count > 1 || answers.count < runs else { return nil }
        let members = members(of: path)
        guard members.count <= Self.maximumMembers else { return nil }
        for number in (0..<1 << members.count).sorted(by: { ($0.nonzeroBitCount, $0) < ($1.nonzeroBitCount, $1) }) {
            let ignored = members.indices.filter { number & 1 << $0 != 0 }.map { members[$0] }
            guard differing(inside: path, isUnordered: true, ignored).isEmpty else { continue }
            // If the order did not matter then, it is no matter of order.
            return differing(inside: path, isUnordered: false, ignored).isEmpty
                ? nil : Found(path: path, members: ignored)
        }
        return nil
    }

    /// Whether the list at a path has as many elements in every run, all of one kind.
    func isOfOneShape(at path: RulePath) -> Bool {
        var counts: Set<Int> = []
        var kinds: Set<ValueKind> = []
        for root in answers.flatMap({ [$0.expected.root, $0.actual.root] }) {
            guard let list = path.value(in: root), list.kind == .list || list.kind == .tuple else { return false }
            counts.insert(list.childCount)
            kinds.formUnion(list.children.map { $0.kind == .false ? .true : $0.kind })
        }
        return counts.count == 1 && kinds.count == 1
    }

    /// What differs inside the list's elements.
    private func members(of path: RulePath) -> [RulePath] {
        var members: [RulePath] = []
        for found in differing(inside: path, isUnordered: true, []) where found.steps.count > path.steps.count + 1 {
            var steps = found.steps
            steps[path.steps.count].selector = .any
            let member = RulePath(steps: steps)
            if !members.contains(member) { members.append(member) }
        }
        return members
    }

    private func differing(inside path: RulePath, isUnordered: Bool, _ ignored: [RulePath]) -> [RulePath] {
        func rule(_ path: RulePath, _ kind: MatchRule.Kind) -> MatchRule {
            MatchRule(path: path, kind: kind, kindText: "", origin: .option)
        }
        let set = RuleSet((isUnordered ? [rule(path, .unordered)] : []) + ignored.map { rule($0, .ignore) })
        let automaton = set.automaton(port: 0, from: .server, uses: RuleUses(set))
        return answers.flatMap { answer in
            ValueDiff.differences(
                expected: answer.expected.root, actual: answer.actual.root, format: codec.payload, rules: automaton
            ).map { (try? RulePath($0.path)) ?? path }.filter { $0.isInside(path) || $0 == path }
        }
    }
}
