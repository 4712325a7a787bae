import ArgumentParser
import Recorder
import Replay

/// What answers may be, where they need not be as recorded.
struct RuleOptions: ParsableArguments {
    @Option(
        name: .customLong("rule"),
        help: ArgumentHelp(
            """
            What an answer may be at a path, such as '$.time ignore' or 'port=12000 $..etag regex ^[0-9a-f]{8}$'; may be \
            repeated. Kinds: ignore, type, regex, mask, tolerance, numeric, unordered, capture as.
            """, valueName: "'PATH KIND [ARGUMENT]'"))
    var rules: [String] = []

    @Option(
        name: .customLong("rules"),
        help: ArgumentHelp("A YAML file of rules; may be repeated.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var files: [String] = []

    @Flag(
        name: .customLong("ignore-header-rules"),
        help: "Do without the rules in the recordings' headers, and without what they say of redacted values.")
    var ignoresHeader = false

    func validate() throws {
        for rule in rules {
            do throws(RuleError) {
                _ = try RuleParser.rule(option: rule)
            } catch {
                throw ValidationError("--rule '\(rule)': \(error.reason)")
            }
        }
    }

    /// Refuses rules where bytes are compared.
    func checkNotGivenForBytes() throws {
        guard rules.isEmpty, files.isEmpty else {
            throw ValidationError("--strict-bytes compares bytes, and rules are about values: they exclude each other")
        }
    }

    /// The rules in their order: options, then files. A project's come after them.
    func given() throws -> [MatchRule] {
        try rules.map { try RuleParser.rule(option: $0) } + files.flatMap { try RuleFile.read($0) }
    }
}
