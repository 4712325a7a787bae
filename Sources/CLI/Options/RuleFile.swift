import Recorder
import Replay

/// A file of rules, for `--rules`, or that part of a project file.
///
/// ```yaml
/// rules:
///   - path: $.time
///     ignore: true
///   - {path: "$..etag", regex: '^[0-9a-f]{8}$', port: 12000}
/// ```
enum RuleFile {
    /// The keys that a file of rules has.
    static let keys = ["rules"]

    /// Reads a file of rules and nothing else.
    static func read(_ path: String) throws(ProjectFileError) -> [MatchRule] {
        // It runs nothing, so that it may be anybody's.
        let text = try ProjectFile.contents(path, mustBeOwn: false)
        return try ProjectFileError.named(path) { try parse(text, path: path) }
    }

    /// Reads its text.
    static func parse(_ text: String, path: String) throws -> [MatchRule] {
        guard let root = try YAMLParser.compose(text) else { return [] }
        var rules: [MatchRule] = []
        for (key, value) in try ProjectFile.members(of: root, path, "the file") {
            guard key.text == "rules" else { throw key.unknown(path, known: keys) }
            rules += try self.rules(value, path)
        }
        return rules
    }

    /// Makes rules of what stands under `rules`.
    static func rules(_ node: YAMLNode, _ path: String) throws -> [MatchRule] {
        if node.isNull { return [] }
        guard let list = node.sequence else {
            throw ProjectFileError(
                path: path, line: node.mark.line,
                reason: "\"rules\" must be a list, each beginning with a dash: - path: $.time")
        }
        return try list.map { node in
            let line = node.mark.line
            let members = try ProjectFile.members(of: node, path, "a rule").map { key, value in
                RuleItem.Member(key: key.text, value: scalar(value), line: key.line)
            }
            do throws(RuleError) {
                return try RuleParser.rule(RuleItem(members: members, line: line), origin: .file(path, line: line))
            } catch {
                throw ProjectFileError(path: path, line: error.line > 0 ? error.line : line, reason: error.reason)
            }
        }
    }

    static func scalar(_ node: YAMLNode) -> RuleItem.Scalar {
        guard let text = node.string, !node.isNull else { return .other }
        if let flag = node.bool { return .flag(flag) }
        return node.isNumber ? .number(text) : .text(text)
    }
}
