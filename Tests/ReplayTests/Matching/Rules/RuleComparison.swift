import Codecs
import Recorder

@testable import Replay

/// Compares two values, given as a recording has them, under rules, given as options have them.
struct RuleComparison {
    private let format: any PayloadFormat
    private let set: RuleSet
    private let uses: RuleUses
    private let automaton: RuleAutomaton?

    init(_ rules: [String], codec: String = "json") throws {
        format = try CodecRegistry.codec(named: codec).payload
        set = RuleSet(try rules.map { try RuleParser.rule(option: $0) })
        uses = RuleUses(set)
        automaton = set.automaton(port: 7_000, from: .server, uses: uses)
    }

    /// `path: expected → actual (rule)` of each difference; the rule only where it is not equality.
    func differences(_ expected: String, _ actual: String) throws -> [String] {
        let (left, right) = (try tree(expected), try tree(actual))
        return ValueDiff.differences(expected: left.root, actual: right.root, format: format, rules: automaton).map {
            "\($0.path): \($0.expected ?? "nothing") → \($0.actual ?? "nothing")"
                + ($0.rule == "equal" ? "" : " (\($0.rule))")
        }
    }

    /// The rules that decided nothing.
    var unused: [String] { zip(set.rules, uses.isUsed).filter { !$1 }.map { $0.0.text } }

    func noteUses(in text: String) throws { _ = try captures(in: text) }

    func captures(in text: String) throws -> [String] {
        let tree = try tree(text)
        return automaton?.captures(in: tree.root).map { "\($0.name) \($0.value.readableText(format: format))" } ?? []
    }

    private func tree(_ text: String) throws -> ValueTree {
        let (json, tree) = (ValueTree(), ValueTree())
        var limits = DecodingLimits()
        limits.maximumDepth = 1 << 20
        var payload = ByteWriter()
        try JSONFormat().decode(Array(text.utf8).span.bytes, into: json, limits: limits)
        try format.encodeReadable(
            format.isStructured ? .value : json.root.string == nil ? .base64 : .text, json.root,
            settings: format.defaultSettings, limits: limits, into: &payload)
        try format.decode(payload.array.span.bytes, into: tree, limits: limits)
        return tree
    }
}
