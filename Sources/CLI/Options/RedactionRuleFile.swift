import Recorder

/// Rules about what is taken out of recordings: a file for `--redact-rules` and `scrub --rules`, or that part of a project file.
///
/// ```yaml
/// redact:
///   - defaults
///   - key: customer_id
///   - path: $.users[*].email
///   - regex: 'tok_([0-9a-f]+)'
/// ```
enum RedactionRuleFile {
    /// The keys that such a file has.
    static let keys = ["redact"]

    /// Reads a file of rules and nothing else.
    static func read(_ path: String) throws(ProjectFileError) -> [RedactionRule] {
        // It runs nothing, so that it may be anybody's.
        let text = try ProjectFile.contents(path, mustBeOwn: false)
        return try ProjectFileError.named(path) { try parse(text, path: path) }
    }

    /// Reads its text. A file without rules is an error: somebody relies on what it takes out.
    static func parse(_ text: String, path: String) throws -> [RedactionRule] {
        var rules: [RedactionRule] = []
        if let root = try YAMLParser.compose(text) {
            for (key, value) in try ProjectFile.members(of: root, path, "the file") {
                guard key.text == "redact" else { throw key.unknown(path, known: keys) }
                rules += try self.rules(value, path)
            }
        }
        guard !rules.isEmpty else {
            throw ProjectFileError(
                path: path, line: 0, reason: "holds no rules: they are a list under \"redact\", such as - defaults")
        }
        return rules
    }

    /// Makes rules of what stands under `redact`.
    static func rules(_ node: YAMLNode, _ path: String) throws -> [RedactionRule] {
        guard let list = node.sequence else {
            throw ProjectFileError(
                path: path, line: node.mark.line,
                reason: "\"redact\" must be a list, each beginning with a dash: - defaults")
        }
        return try list.map { node in
            let line = node.mark.line
            do throws(RuleError) {
                if let text = node.string { return try RedactionRule(option: text) }
            } catch {
                throw ProjectFileError(path: path, line: line, reason: error.reason)
            }
            let members = try ProjectFile.members(of: node, path, "a rule").map { key, value in
                RuleItem.Member(key: key.text, value: RuleFile.scalar(value), line: key.line)
            }
            do throws(RuleError) {
                return try RedactionRule(RuleItem(members: members, line: line))
            } catch {
                throw ProjectFileError(path: path, line: error.line > 0 ? error.line : line, reason: error.reason)
            }
        }
    }
}
