internal import Codecs
internal import Recorder

/// An integer in a message and the name under which it stands there: `"id": 7`.
struct NamedNumber: Sendable, Hashable {
    /// Values of a message that are looked through.
    private static let maximumValues = 1 << 16

    var name: [UInt8]
    /// Its digits.
    var text: [UInt8]
    /// Where those stand in the message's text.
    var range: Range<Int>

    /// All that stand in the JSON text of a message, in any order.
    static func all(in json: [UInt8], reading tree: ValueTree) -> [NamedNumber] {
        guard json.contains(UInt8(ascii: "{")) else { return [] }
        do throws(PayloadError) {
            try JSONFormat().decode(
                json.span.bytes, into: tree, limits: .recordedText(within: DecodingLimits()))
        } catch {
            return []
        }
        var found: [NamedNumber] = []
        var pending = [tree.root]
        var seen = 0
        while let value = pending.popLast(), seen < maximumValues {
            seen += 1
            switch value.kind {
            case .list: pending.append(contentsOf: value.children)
            case .map:
                for (key, member) in value.entries {
                    if let number = number(key, member) { found.append(number) } else { pending.append(member) }
                }
            default: break
            }
        }
        return found
    }

    private static func number(_ key: Value, _ value: Value) -> NamedNumber? {
        guard value.kind == .number, JSONNumber.isInteger(value.content), let name = key.text,
            let range = value.sourceRange
        else { return nil }
        return NamedNumber(name: name, text: Array(value.content), range: range)
    }

    /// The same text with other numbers in the places of some.
    static func replaced(in json: [UInt8], _ edits: [(range: Range<Int>, text: [UInt8])]) -> [UInt8] {
        var result: [UInt8] = []
        var copied = 0
        for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            result += json[copied..<edit.range.lowerBound] + edit.text
            copied = edit.range.upperBound
        }
        return result + json[copied...]
    }
}
