internal import Codecs
internal import Recorder

/// What the rules say of a value.
enum RuleVerdict {
    /// It may be so.
    case allowed
    /// It may not; the rule that says so.
    case different(rule: String)
    /// What is left of two texts when parts are set aside differs.
    case differentRests(expected: [UInt8], actual: [UInt8], rule: String)
    /// They leave it to the comparison.
    case compared
    /// The server makes it up anew each time.
    case captured(name: String, rule: String)
    /// A list's elements may stand in any order.
    case unordered
}

// One value against the rules that decide about it.
extension RuleAutomaton {
    /// What the rules of a state say of a pair of values, one of which may not be there.
    func verdict(_ state: State, expected: Value?, actual: Value?, format: any PayloadFormat) -> RuleVerdict {
        if state == .overflow { return .different(rule: Self.overflowText) }
        let deciding = deciding(state)
        guard let first = deciding.first else { return .compared }
        uses.note(deciding)
        let rule = set.rules[first]
        if rule.kind == .ignore, rule.path.bytes == nil { return .allowed }
        guard let expected, let actual else { return .different(rule: rule.kindText) }
        switch rule.kind {
        case .numeric where !Self.isNumber(expected), .tolerance where !Self.isNumber(expected): return .compared
        case .capture(let name): return .captured(name: name, rule: rule.kindText)
        case .unordered: return expected.kind == actual.kind ? .unordered : .different(rule: rule.kindText)
        case .type(let isNumeric): return answer(Self.haveOneType(expected, actual, numeric: isNumeric), rule)
        case .numeric: return answer(NumberComparison.areEqual(expected, actual), rule)
        case .tolerance(let tolerance, let isNumeric):
            let isAllowed =
                Self.haveOneType(expected, actual, numeric: isNumeric)
                && NumberComparison.areNear(expected, actual, tolerance)
            return answer(isAllowed, rule)
        case .regex(let pattern): return matches(expected, actual, pattern, first, format)
        case .mask, .ignore: return haveEqualRests(expected, actual, deciding, format)
        }
    }

    private func answer(_ isAllowed: Bool, _ rule: MatchRule) -> RuleVerdict {
        isAllowed ? .allowed : .different(rule: rule.kindText)
    }

    // MARK: Texts

    private func matches(
        _ expected: Value, _ actual: Value, _ pattern: Pattern, _ rule: Int, _ format: any PayloadFormat
    ) -> RuleVerdict {
        guard Self.haveOneType(expected, actual, numeric: false), let text = Self.text(actual, format) else {
            return .compared
        }
        do throws(PatternError) {
            let isMatch = try pattern.matches(text.span.bytes, within: &uses.allowances[rule])
            // What is as recorded passes in any case.
            return isMatch || Self.text(expected, format) == text
                ? .allowed : .different(rule: set.rules[rule].kindText)
        } catch {
            return .different(rule: "\(set.rules[rule].kindText) (\(error) on this value)")
        }
    }

    /// Compares what is left where several rules set parts of two texts aside.
    private func haveEqualRests(
        _ expected: Value, _ actual: Value, _ rules: [Int], _ format: any PayloadFormat
    ) -> RuleVerdict {
        guard Self.haveOneType(expected, actual, numeric: false), let left = Self.text(expected, format),
            let right = Self.text(actual, format)
        else { return .compared }
        if left == right { return .allowed }
        let label = rules.map {
            set.rules[$0].path.bytes == nil ? set.rules[$0].kindText : set.rules[$0].path.text + " ignore"
        }
        .joined(separator: ", ")
        do throws(PatternError) {
            let rest = try rest(of: left, rules)
            let other = try self.rest(of: right, rules)
            return rest == other
                ? .allowed : .differentRests(expected: rest.joined, actual: other.joined, rule: label)
        } catch {
            return .different(rule: "\(label) (\(error) on this value)")
        }
    }

    /// A text without what rules set aside: pieces, between which something stood.
    private func rest(of text: [UInt8], _ rules: [Int]) throws(PatternError) -> MaskedText {
        var masked = MaskedText()
        for rule in rules {
            if let range = set.rules[rule].path.bytes {
                masked.remove(range.resolved(in: text.count), isFixed: range.isFixed)
            } else if case .mask(let pattern) = set.rules[rule].kind {
                for range in try pattern.ranges(in: text.span.bytes, within: &uses.allowances[rule]) {
                    masked.remove(range, isFixed: false)
                }
            }
        }
        masked.close(over: text)
        return masked
    }

    /// The text of a value for patterns: a text's own, bytes, a number's digits.
    static func text(_ value: Value, _ format: any PayloadFormat) -> [UInt8]? {
        switch value.kind {
        case .string: value.text
        case .bytes, .byteArray, .legacyString, .typedBytes, .number: Array(value.content)
        case .int, .float: Array(value.readableText(format: format).utf8)
        case .bigInt:
            // {"$int":"123"}
            value.readableText(format: format).split(separator: "\"").dropFirst(3).first.map { Array($0.utf8) }
        default: nil
        }
    }

    // MARK: Kinds

    private static func isNumber(_ value: Value) -> Bool {
        switch value.kind {
        case .int, .bigInt, .number, .float: true
        default: false
        }
    }

    private static func haveOneType(_ expected: Value, _ actual: Value, numeric: Bool) -> Bool {
        func kind(_ value: Value) -> ValueKind {
            switch value.kind {
            case .false: .true
            case .bigInt: numeric ? .float : .int
            case .int: numeric ? .float : .int
            // In JSON as well an integer and a number with a point are two things.
            case .number: numeric || !JSONNumber.isInteger(value.content) ? .float : .int
            default: value.kind
            }
        }
        return kind(expected) == kind(actual) && expected.typeNumber == actual.typeNumber
    }
}
