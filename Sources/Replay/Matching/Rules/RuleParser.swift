internal import Codecs
package import Recorder

/// Makes rules of what was written in an option, a file or a recording's header.
package enum RuleParser {
    /// The keys of a rule in a file or header.
    package enum Key: String, CaseIterable, Sendable {
        case path
        case ignore
        case type
        case regex
        case mask
        case tolerance
        case numeric
        case unordered
        case capture = "capture as"
        case port
        case from
    }

    /// Reads an option: `PATH KIND [ARGUMENT]`, with `port=12000` and `from=server` before or behind the path.
    package static func rule(option text: String) throws(RuleError) -> MatchRule {
        var members: [RuleItem.Member] = []
        func trimmed(_ text: some StringProtocol) -> String { String(text.drop { $0 == " " || $0 == "\t" }) }
        var rest = trimmed(text)
        func word() -> (word: String, rest: String) {
            let word = rest.prefix { $0 != " " && $0 != "\t" }
            return (String(word), trimmed(rest.dropFirst(word.count)))
        }
        func takeQualifiers() {
            while true {
                let (next, behind) = word()
                guard let equals = next.firstIndex(of: "="), let key = Key(rawValue: String(next[..<equals])),
                    key == .port || key == .from
                else { return }
                let value = String(next[next.index(after: equals)...])
                members.append(.init(key: key.rawValue, value: key == .port ? .number(value) : .text(value)))
                rest = behind
            }
        }
        takeQualifiers()
        guard !rest.isEmpty else { throw RuleError("a rule is PATH KIND, such as '$.time ignore'; this is empty") }
        var reader = RulePathReader(rest)
        let path = try reader.path()
        members.append(.init(key: Key.path.rawValue, value: .text(path.text)))
        rest = trimmed(reader.rest ?? "")
        takeQualifiers()
        if rest.isEmpty { throw RuleError("\(path.text) lacks what it may be: \(kindList)") }
        while !rest.isEmpty {
            let (name, behind) = word()
            rest = behind
            switch Key(rawValue: name) {
            case .ignore?, .type?, .numeric?, .unordered?: members.append(.init(key: name, value: .flag(true)))
            case .regex?, .mask?:
                members.append(.init(key: name, value: .text(rest)))
                rest = ""
            case .tolerance?:
                let (amount, behind) = word()
                members.append(.init(key: name, value: .text(amount)))
                rest = behind
            default:
                guard name == "capture" else { throw unknown(name) }
                let (preposition, behind) = word()
                guard preposition == "as", !behind.isEmpty else {
                    throw RuleError("\"capture\" is followed by \"as\" and a name: '\(path.text) capture as user'")
                }
                members.append(.init(key: Key.capture.rawValue, value: .text(behind)))
                rest = ""
            }
        }
        return try rule(RuleItem(members: members), origin: .option)
    }

    /// Makes a rule of its keys.
    package static func rule(_ item: RuleItem, origin: MatchRule.Origin) throws(RuleError) -> MatchRule {
        var path: RulePath?
        var port: Int?
        var from: Side?
        var parts = KindParts()
        var seen: Set<String> = []
        for member in item.members {
            do throws(RuleError) {
                guard let key = Key(rawValue: member.key) else { throw unknown(member.key) }
                guard seen.insert(member.key).inserted else { throw RuleError("\"\(member.key)\" stands there twice") }
                switch key {
                case .path: path = try RulePath(try text(member))
                case .port: port = try self.port(member)
                case .from: from = try side(member)
                default: try parts.take(key, member)
                }
            } catch {
                throw RuleError(error.reason, line: error.line > 0 ? error.line : member.line)
            }
        }
        guard let path else { throw RuleError("a rule lacks its \"path\", such as $.time") }
        let (kind, kindText) = try parts.kind(at: path)
        return MatchRule(path: path, port: port, from: from, kind: kind, kindText: kindText, origin: origin)
    }

    private static func unknown(_ name: String) -> RuleError {
        let known = Key.allCases.map(\.rawValue)
        let near = name == "capture" ? Key.capture.rawValue : NearMiss.word(near: name, in: known)
        if let near { return RuleError("unknown \"\(shown(name))\" in a rule: did you mean \"\(near)\"?") }
        return RuleError("unknown \"\(shown(name))\" in a rule. There are: \(known.joined(separator: ", "))")
    }

    private static func shown(_ text: String) -> String { String(text.unicodeScalars.prefix(40)) }

    static let kindList = "ignore, type, regex, mask, tolerance, numeric, unordered or capture as"

    static func text(_ member: RuleItem.Member) throws(RuleError) -> String {
        switch member.value {
        case .text(let text), .number(let text): return text
        default: throw RuleError("\"\(member.key)\" must be a text")
        }
    }

    private static func port(_ member: RuleItem.Member) throws(RuleError) -> Int {
        guard let port = Int(try text(member)), (1...65_535).contains(port) else {
            throw RuleError("\"port\" must be the number of a recorded port, from 1 to 65535")
        }
        return port
    }

    private static func side(_ member: RuleItem.Member) throws(RuleError) -> Side {
        guard let side = Side(rawValue: try text(member)) else {
            throw RuleError("\"from\" must be server or client")
        }
        return side
    }
}
