internal import Codecs

// Rules in a recording's header: `"rules":[{"path":"$.time","ignore":true}]`.
extension RuleItem {
    /// The most rules in one header. They are as little trusted as the rest of the recording.
    static let maximumCount = 200
    /// The most keys of one: more than there are.
    private static let maximumMembers = 32
    /// The longest text in one, in bytes.
    private static let maximumBytes = 4_096

    /// Reads the list; the error says what is wrong with it.
    static func list(_ value: Value, line: Int) throws(RuleItemFault) -> [RuleItem] {
        guard value.kind == .list else { throw RuleItemFault(reason: "\"rules\" in the header must be a list") }
        guard value.childCount <= maximumCount else {
            throw RuleItemFault(
                reason: "the header has \(value.childCount) rules, at most \(maximumCount) are taken: "
                    + "move them into a file for --rules")
        }
        var items: [RuleItem] = []
        for child in value.children {
            guard child.kind == .map, child.childCount <= 2 * maximumMembers else {
                throw RuleItemFault(
                    reason: "rule \(items.count + 1) in the header must be a JSON object, "
                        + "such as {\"path\":\"$.time\",\"ignore\":true}")
            }
            var members: [Member] = []
            for (key, value) in child.entries {
                guard key.content.count <= maximumBytes, !isLong(value) else {
                    throw RuleItemFault(
                        reason: "rule \(items.count + 1) in the header has a text of more than \(maximumBytes) bytes")
                }
                members.append(Member(key: key.string ?? "", value: scalar(value), line: line))
            }
            items.append(RuleItem(members: members, line: line))
        }
        return items
    }

    private static func isLong(_ value: Value) -> Bool {
        switch value.kind {
        case .string, .number: value.content.count > maximumBytes
        default: false
        }
    }

    private static func scalar(_ value: Value) -> Scalar {
        switch value.kind {
        case .string: .text(value.string ?? "")
        case .number: .number(String(decoding: value.content, as: UTF8.self))
        case .true: .flag(true)
        case .false: .flag(false)
        default: .other
        }
    }
}

/// What is wrong with a list of rules; a sentence.
struct RuleItemFault: Error {
    var reason: String
}
