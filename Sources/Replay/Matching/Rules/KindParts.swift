internal import Recorder

/// What a rule says of the value, until all its keys are known.
struct KindParts {
    private static let maximumName = 100

    private var kinds: [MatchRule.Kind] = []
    private var texts: [String] = []

    /// Takes a key that says something of the value.
    mutating func take(_ key: RuleParser.Key, _ member: RuleItem.Member) throws(RuleError) {
        switch key {
        case .ignore: try flag(member, .ignore)
        case .type: try flag(member, .type(numeric: false))
        case .numeric: try flag(member, .numeric)
        case .unordered: try flag(member, .unordered)
        case .regex: try add(.regex(pattern(member)), member)
        case .mask: try add(.mask(pattern(member)), member)
        case .tolerance: try add(.tolerance(Self.tolerance(RuleParser.text(member)), numeric: false), member)
        case .capture:
            let name = try RuleParser.text(member)
            guard !name.isEmpty, name.utf8.count <= Self.maximumName, !name.contains(where: \.isWhitespace) else {
                throw RuleError("\"capture as\" needs a name of one word, such as user")
            }
            try add(.capture(name: name), member)
        case .path, .port, .from: break
        }
    }

    /// What is said in all.
    func kind(at path: RulePath) throws(RuleError) -> (MatchRule.Kind, text: String) {
        let kind = try combined(at: path)
        if path.bytes != nil, kind != .ignore {
            throw RuleError("bytes of a payload can be ignored, nothing else: '\(path.text) ignore'")
        }
        return (kind, texts.joined(separator: " "))
    }

    private func combined(at path: RulePath) throws(RuleError) -> MatchRule.Kind {
        guard let first = kinds.first else {
            throw RuleError("the rule for \(path.text) lacks what it may be: \(RuleParser.kindList)")
        }
        if kinds.count == 1 { return first }
        let others = kinds.filter { $0 != .numeric }
        if others.count == 1, kinds.count == 2 {
            switch others[0] {
            case .type: return .type(numeric: true)
            case .tolerance(let tolerance, _): return .tolerance(tolerance, numeric: true)
            default: break
            }
        }
        throw RuleError(
            "a rule says one thing of a value (\"numeric\" goes with \"tolerance\" and \"type\"); "
                + "the one for \(path.text) says: \(texts.joined(separator: ", "))")
    }

    private mutating func flag(_ member: RuleItem.Member, _ kind: MatchRule.Kind) throws(RuleError) {
        guard member.value == .flag(true) else {
            throw RuleError("\"\(member.key)\" must be true; where it does not hold, leave it out")
        }
        kinds.append(kind)
        texts.append(member.key)
    }

    private mutating func add(_ kind: MatchRule.Kind, _ member: RuleItem.Member) throws(RuleError) {
        kinds.append(kind)
        texts.append("\(member.key) \(try RuleParser.text(member))")
    }

    private func pattern(_ member: RuleItem.Member) throws(RuleError) -> Pattern {
        let text = try RuleParser.text(member)
        guard !text.isEmpty else { throw RuleError("\"\(member.key)\" needs a regular expression") }
        do throws(PatternError) {
            return try Pattern(text)
        } catch {
            throw RuleError("the regular expression \"\(String(text.prefix(100)))\" is wrong \(error)")
        }
    }

    private static func tolerance(_ text: String) throws(RuleError) -> MatchRule.Tolerance {
        let digits = text.hasSuffix("%") ? String(text.dropLast()) : text
        guard let number = Double(digits), number >= 0, number.isFinite,
            digits.utf8.allSatisfy({ $0 &- 48 < 10 || [0x2E, 0x65, 0x45, 0x2B, 0x2D].contains($0) })
        else {
            throw RuleError("\"tolerance\" must be a number, such as 0.5, or a part of the recorded one, such as 10%")
        }
        return text.hasSuffix("%") ? .relative(number / 100) : .absolute(number)
    }
}
