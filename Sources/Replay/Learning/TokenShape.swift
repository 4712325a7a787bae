internal import Recorder

/// What a token that changes from run to run may look like: a clock time, a UUID, a counter.
struct TokenShape: Sendable {
    let name: String
    /// Matches the token itself …
    private let token: String
    /// … and these that it does not stand in the middle of a longer word.
    private let before: String
    private let after: String
    /// What `pattern` and `whole` compile to.
    let compiled: Pattern?
    private let compiledWhole: Pattern?

    private init(_ name: String, _ token: String, before: String = #"\b"#, after: String = #"\b"#) {
        self.name = name
        self.token = token
        self.before = before
        self.after = after
        compiled = try? Pattern(before + token + after)
        compiledWhole = try? Pattern("^" + token + "$")
    }

    /// Matches one inside a text.
    var pattern: String { before + token + after }

    /// Matches a text that is one.
    var whole: String { "^" + token + "$" }

    // A number is none of the digits of a clock time, a date or a version.
    private static let noWordBefore = #"(?<![\w.-])(?<!\d:)"#
    private static let noWordAfter = #"(?![\w-]|[.:]\d)"#
    private static let clock = #"\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?"#

    /// The shapes from the narrowest to the widest.
    static let all: [TokenShape] = [
        TokenShape("date and time", #"\d{4}-\d\d-\d\d[T ]"# + clock + #"(?:Z|[+-]\d\d:?\d\d)?"#, after: #"(?!\w)"#),
        TokenShape(
            "date and time",
            #"[A-Z][a-z]{2},? (?:\d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d(?: GMT)?|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})"#
        ),
        TokenShape("date", #"\d{4}-\d\d-\d\d"#), TokenShape("clock time", #"\d?"# + clock),
        TokenShape("UUID", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
        TokenShape("UUID", "[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}"),
        TokenShape("seconds since 1970", #"1\d{9}(?:\.\d+)?"#, before: noWordBefore, after: noWordAfter),
        TokenShape("milliseconds since 1970", #"1\d{12}(?:\.\d+)?"#, before: noWordBefore, after: noWordAfter),
        TokenShape(
            "duration", #"\d+(?:\.\d+)? ?(?:ns|us|µs|ms|s|sec|seconds|min|minutes)"#, before: noWordBefore),
        TokenShape("number", #"-?\d+(?:\.\d+)?"#, before: noWordBefore, after: noWordAfter),
        // Only a token with a digit: a mask for any word would be one for every word.
        TokenShape(
            "hexadecimal digits", #"(?=[a-f]*\d)[0-9a-f]{6,}"#, before: #"(?<![\w-])"#, after: #"(?![\w-])"#),
        TokenShape("token", #"(?=[A-Za-z_-]*\d)[\w-]+"#, before: #"(?<![\w-])"#, after: #"(?![\w-])"#),
    ]

    /// The shape of whole texts that are one token each, as a pattern for all of it; nil where they have none that is clear.
    static func whole(_ texts: [String]) -> (name: String, pattern: String)? {
        for shape in all.dropLast(3) where texts.allSatisfy({ !TextMatches(shape.compiledWhole, $0).ranges.isEmpty }) {
            return (shape.name, shape.whole)
        }
        let bytes = texts.map { Array($0.utf8) }
        let all = bytes.joined()
        guard !bytes.contains([]), all.contains(where: isDigit) else { return nil }
        func isOf(_ letters: (UInt8) -> Bool) -> Bool { all.allSatisfy { isDigit($0) || letters($0) } }
        let lengths = Set(bytes.map(\.count))
        let count = lengths.count == 1 ? "{\(bytes.first?.count ?? 0)}" : "+"
        func pattern(_ letters: String) -> String { "^[\(letters)]\(count)$" }
        if isOf({ _ in false }) { return ("digits", pattern("0-9")) }
        guard bytes.allSatisfy({ $0.count >= 4 }) else { return nil }
        if isOf({ (97...102).contains($0) }) { return ("hexadecimal digits", pattern("0-9a-f")) }
        if isOf({ (65...70).contains($0) }) { return ("hexadecimal digits", pattern("0-9A-F")) }
        // Words have other lengths and few digits: only what is long and of one length is a token.
        guard lengths.count == 1, (lengths.first ?? 0) >= 8, bytes.allSatisfy({ $0.contains(where: isDigit) }) else {
            return nil
        }
        if isOf({ (97...122).contains($0) }) { return ("letters and digits", pattern("0-9a-z")) }
        if isOf({ (65...90).contains($0 & ~32) }) { return ("letters and digits", pattern("0-9A-Za-z")) }
        if isOf({ (65...90).contains($0 & ~32) || [0x2D, 0x5F].contains($0) }) {
            return ("letters, digits, - and _", pattern("0-9A-Za-z_-"))
        }
        return nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }
}

/// Where a pattern matches in a text, as the pieces that match and the text around them.
struct TextMatches {
    let ranges: [Range<Int>]
    let bytes: [UInt8]

    /// - Parameter pattern: nil, which matches nothing, for one that cannot be compiled: then no rule is made of it.
    init(_ pattern: Pattern?, _ text: String) {
        let bytes = Array(text.utf8)
        self.bytes = bytes
        var allowance = Pattern.Allowance()
        ranges = (try? pattern?.ranges(in: bytes.span.bytes, within: &allowance)) ?? []
    }

    /// What matches.
    var tokens: [String] { ranges.map { String(decoding: bytes[$0], as: UTF8.self) } }

    /// What stands between a match and the one before, or the text's beginning.
    func before(_ index: Int) -> String {
        let start = index > 0 ? ranges[index - 1].upperBound : 0
        return String(decoding: bytes[min(start, ranges[index].lowerBound)..<ranges[index].lowerBound], as: UTF8.self)
    }

    /// What is left of a text when several patterns' matches are set aside.
    static func rest(of text: String, without patterns: [Pattern?]) -> MaskedText {
        var masked = MaskedText()
        for pattern in patterns {
            for range in TextMatches(pattern, text).ranges { masked.remove(range, isFixed: false) }
        }
        masked.close(over: Array(text.utf8))
        return masked
    }
}
