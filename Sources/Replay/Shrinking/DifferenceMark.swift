internal import Codecs
internal import Recorder

/// By what a difference is known again in another run: its kind, where in a message it is, and what came instead of what.
struct DifferenceMark: Hashable {
    /// What two differences of one kind have in common.
    struct Kind: Hashable {
        /// `value`, `missing`, …
        var name: String
        /// The path without the places in lists: `$.users[*].id`.
        var path = ""
        /// What the values were compared by.
        var rule = ""
    }

    var kind: Kind
    var expected: String?
    var actual: String?

    /// A text, a number or another type of value, where the whole is not looked at.
    var types: [Character?] { [expected, actual].map { $0.map(Self.type) } }

    private static func type(_ text: String) -> Character {
        guard let first = text.first else { return " " }
        return first.isNumber || first == "-" ? "0" : first
    }

    /// Whether this is the difference that is looked for.
    ///
    /// - Parameter wanted: how much of it is to be the same.
    func stands(for other: DifferenceMark, _ wanted: Sameness) -> Bool {
        switch wanted {
        case .any: true
        case .kind: kind == other.kind && (kind.name != "value" || types == other.types)
        case .answer: self == other
        }
    }

    /// How much of a difference is to be the same.
    enum Sameness { case any, kind, answer }

    /// The marks of a difference: one for each place of a message.
    static func marks(of difference: Difference) -> [DifferenceMark] {
        func one(_ name: String, _ expected: String?, _ actual: String?) -> [DifferenceMark] {
            [DifferenceMark(kind: Kind(name: name), expected: expected, actual: actual)]
        }
        func text(_ message: RecordedMessage) -> String { String(decoding: message.text, as: UTF8.self) }
        switch difference.kind {
        case .value(let values):
            return values.map {
                let kind = Kind(name: "value", path: shape(of: $0.path), rule: $0.rule)
                return DifferenceMark(kind: kind, expected: $0.expected, actual: $0.actual)
            }
        case .missing(let expected, let reason): return one("missing", text(expected), reason)
        case .extra(let actual): return one("extra", nil, text(actual))
        case .undecodable(let reason, let actual): return one("undecodable", reason, text(actual))
        case .ending(let expected, let actual): return one("ending", expected, actual)
        case .refused(let reason): return one("refused", nil, reason)
        case .died(let reason): return one("died", nil, reason)
        case .session(let sentence): return one("session", nil, sentence)
        }
    }

    /// A path with every place in a list as `[*]`.
    static func shape(of path: String) -> String {
        var shape = ""
        var rest = path[...]
        while let bracket = rest.firstIndex(of: "[") {
            shape += rest[...bracket]
            rest = rest[rest.index(after: bracket)...]
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard !digits.isEmpty, rest.dropFirst(digits.count).first == "]" else { continue }
            shape += "*"
            rest = rest.dropFirst(digits.count)
        }
        return shape + rest
    }
}
