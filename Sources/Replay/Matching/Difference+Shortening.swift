internal import Codecs
internal import Recorder

// Differences that are kept with less of their texts, once those that are kept hold enough.
extension Difference.Kind {
    /// Bytes of a text that are left.
    private static let leftBytes = 4_096
    /// Of those, the ones before the first difference.
    private static let bytesBefore = 1_024

    /// Bytes of the texts that it holds.
    var textBytes: Int {
        switch self {
        case .value(let values):
            values.reduce(0) { $0 + ($1.expected?.utf8.count ?? 0) + ($1.actual?.utf8.count ?? 0) }
        case .missing(let message, _), .extra(let message), .undecodable(_, let message): message.text.count
        case .ending, .refused, .died, .session: 0
        }
    }

    /// The same with its texts cut around their first difference.
    var shortened: Difference.Kind {
        switch self {
        case .value(let values): .value(values.map(Self.shortened))
        case .missing(let message, let reason): .missing(expected: Self.shortened(message), reason: reason)
        case .extra(let message): .extra(actual: Self.shortened(message))
        case .undecodable(let reason, let message): .undecodable(reason: reason, actual: Self.shortened(message))
        case .ending, .refused, .died, .session: self
        }
    }

    private static func shortened(_ value: ValueDifference) -> ValueDifference {
        var value = value
        var same = 0
        if let expected = value.expected, let actual = value.actual {
            same = zip(expected.utf8, actual.utf8).prefix { $0 == $1 }.count
        }
        value.expected = value.expected.map { cut($0, around: same) }
        value.actual = value.actual.map { cut($0, around: same) }
        return value
    }

    private static func cut(_ text: String, around place: Int) -> String {
        guard text.utf8.count > leftBytes else { return text }
        let start = max(0, place - bytesBefore)
        let piece = String(decoding: text.utf8.dropFirst(start).prefix(leftBytes), as: UTF8.self)
        return (start > 0 ? "…" : "") + piece + (start + leftBytes < text.utf8.count ? "…" : "")
    }

    private static func shortened(_ message: RecordedMessage) -> RecordedMessage {
        guard message.text.count > leftBytes else { return message }
        var message = message
        message.raw = nil
        // A string's end, behind whole groups of base64.
        message.text =
            message.text.prefix(leftBytes + 1) + (message.form == .base64 ? [UInt8(ascii: "\"")] : Array("…".utf8))
        return message
    }
}
