internal import Codecs

/// What is taken out of a conversation before it is written.
package enum RedactionRule: Sendable, Hashable {
    /// What stands under the usual names of secrets, and what looks like a well-known kind of them.
    case defaults
    /// What stands under keys of that name, in the language of ``SecretNames``.
    case key(String)
    /// A place, or what stands in it.
    case path(RulePath)
    /// What a pattern matches in texts: its first group, or all of the match.
    case regex(Pattern)

    /// The keys of a rule in a file.
    package static let keys = ["key", "path", "regex"]

    /// Reads a rule as an option has it: `defaults`, `key=NAME`, `path=PATH` or `regex=PATTERN`.
    package init(option text: String) throws(RuleError) {
        if text == "defaults" {
            self = .defaults
            return
        }
        guard let sign = text.firstIndex(of: "=") else {
            throw RuleError(
                "a rule is defaults, key=NAME, path=PATH or regex=PATTERN; this is \"\(shown(text))\"\(Self.hint(text))"
            )
        }
        self = try Self.rule(String(text[..<sign]), String(text[text.index(after: sign)...]))
    }

    /// Makes a rule of its keys in a file, of which there is one.
    package init(_ item: RuleItem) throws(RuleError) {
        guard let member = item.members.first, item.members.count == 1 else {
            throw RuleError(
                "a rule says one thing: \"key\", \"path\" or \"regex\"; this has \(item.members.count) keys",
                line: item.line)
        }
        do throws(RuleError) {
            guard case .text(let text) = member.value else {
                if case .number(let text) = member.value {
                    self = try Self.rule(member.key, text)
                    return
                }
                guard Self.keys.contains(member.key) else { throw Self.unknown(member.key) }
                throw RuleError("\"\(shown(member.key))\" must be a text")
            }
            self = try Self.rule(member.key, text)
        } catch {
            throw RuleError(error.reason, line: member.line)
        }
    }

    private static func rule(_ key: String, _ text: String) throws(RuleError) -> RedactionRule {
        switch key {
        case "key":
            var names = SecretNames()
            guard names.insert(text) else {
                throw RuleError("\"key\" needs the name of a key, such as customer_id, or *token for any that ends so")
            }
            guard !text.dropFirst().dropLast().contains("*"), !(text.hasPrefix("*") && text.hasSuffix("*")) else {
                throw RuleError(
                    "\"\(shown(text))\": a * stands at the beginning or at the end of a name, not in it or at both")
            }
            return .key(text)
        case "path": return .path(try RulePath(text))
        case "regex":
            guard !text.isEmpty else { throw RuleError("\"regex\" needs a regular expression") }
            do throws(PatternError) {
                return .regex(try Pattern(text))
            } catch {
                throw RuleError("the regular expression \"\(shown(text))\" is wrong \(error)")
            }
        default: throw unknown(key)
        }
    }

    private static func unknown(_ key: String) -> RuleError {
        RuleError("unknown \"\(shown(key))\" in a rule\(hint(key)). There are: defaults, key, path, regex")
    }

    private static func hint(_ word: String) -> String {
        NearMiss.word(near: word, in: ["defaults"] + keys).map { ": did you mean \"\($0)\"?" } ?? ""
    }

    /// The rule as an option has it.
    package var text: String {
        switch self {
        case .defaults: "defaults"
        case .key(let name): "key=\(name)"
        case .path(let path): "path=\(path.text)"
        case .regex(let pattern): "regex=\(pattern.text)"
        }
    }
}

private func shown(_ text: String) -> String { String(text.unicodeScalars.prefix(100)) }
