import Codecs

/// Says in our words what the argument parser says in its own: the option, what was given, and what may stand there.
struct ParserWording {
    /// All of them.
    let arguments: [String]
    let options: OptionNames
    /// What the help says of the option in question.
    let help: String?

    /// A sentence for a message of the parser; a message of ours is given back.
    func plain(_ message: String) -> String {
        invalidValue(message) ?? missingValue(message) ?? unknownOption(message) ?? missingArgument(message)
            ?? extraArgument(message) ?? other(message)
    }

    /// `The value 'x' is invalid for '--name <kind>'`, and perhaps why.
    private func invalidValue(_ message: String) -> String? {
        guard let (value, rest) = Self.between("The value '", "' is invalid for '", in: message),
            let quote = rest.firstIndex(of: "'")
        else { return nil }
        let (name, kind) = Self.parts(String(rest[..<quote]))
        let reason = String(rest[rest.index(after: quote)...])
        if reason.hasPrefix(": ") {
            let why = String(reason.dropFirst(2))
            return why.hasPrefix("\"\(value)\"") ? "\(name): \(why)" : "\(name) '\(value)': \(why)"
        }
        if reason.contains("provide one of") {
            let known = Self.quoted(in: reason)
            let start = NearMiss.word(near: value, in: known).map { "did you mean '\($0)'? There" } ?? "there"
            return "\(name) '\(value)': \(start) are: \(known.joined(separator: ", "))"
        }
        return "\(name) '\(value)' is \(Self.shape(kind))"
    }

    /// What a value of a kind looks like.
    private static func shape(_ kind: String) -> String {
        switch kind {
        case "size": "no size: a number of bytes is expected, such as 65536, 64KiB or 1MB"
        case "time": "no time: seconds are expected, or a number with ms, s, m or h, such as 500ms or 2s"
        case "size|time":
            "no size of 1KiB or more, such as 64KiB or 256MB, and no time of 1s or more, such as 10m or 1h"
        case "count", "levels", "number", "lines": "no whole number"
        default: "no <\(kind)>"
        }
    }

    private func missingValue(_ message: String) -> String? {
        guard message.hasPrefix("Missing value for '"), let named = Self.quoted(in: message).first else { return nil }
        let (name, kind) = Self.parts(named)
        let place = arguments.firstIndex(of: name)
        let next = place.flatMap { $0 + 1 < arguments.count ? arguments[$0 + 1] : nil }
        if let next, next.hasPrefix("-"), !options.all.contains(next) {
            return "\(name) lacks its <\(kind)>; one that begins with - is written \(name)=\(next)"
        }
        return "\(name) lacks its <\(kind)>"
    }

    private func unknownOption(_ message: String) -> String? {
        guard message.hasPrefix("Unknown option '"), let name = Self.quoted(in: message).first else { return nil }
        if name.hasPrefix("--"), let near = options.near(name) {
            return "unknown option \(name): did you mean \(near)?"
        }
        return "unknown option \(name)"
    }

    private func missingArgument(_ message: String) -> String? {
        guard message.hasPrefix("Missing expected argument '"), let named = Self.quoted(in: message).first else {
            return nil
        }
        // The help's line begins with the same name.
        let more = help.flatMap { help in help.firstRange(of: ">  ").map { String(help[$0.upperBound...]) } }
        return "\(named) is missing" + (more.map { ": \($0)" } ?? "")
    }

    private func extraArgument(_ message: String) -> String? {
        guard message.hasPrefix("Unexpected argument '") || message.contains(" unexpected arguments: '") else {
            return nil
        }
        let first = message.firstIndex(of: "'").map { String(message[$0...]) } ?? ""
        return "nothing is expected where \(first) stands; a text with spaces goes into quotes"
    }

    private func other(_ message: String) -> String {
        if message.hasPrefix("Value to be set with "), message.contains("had already been set") {
            let flags = Self.quoted(in: message)
            if flags.count == 2 { return "\(flags[1]) and \(flags[0]) exclude each other" }
        }
        if let (name, rest) = Self.between("The option '", "' does not take any value, but '", in: message),
            let quote = rest.lastIndex(of: "'")
        {
            return "\(name) takes no value, and '\(rest[..<quote])' is given"
        }
        return message.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// `--name <kind>` taken apart.
    private static func parts(_ text: String) -> (name: String, kind: String) {
        guard let start = text.firstRange(of: " <") else { return (text, text.trimmingBrackets) }
        return (String(text[..<start.lowerBound]), String(text[start.upperBound...].dropLast()))
    }

    private static func between(_ start: String, _ end: String, in text: String) -> (String, Substring)? {
        guard text.hasPrefix(start), let found = text.firstRange(of: end) else { return nil }
        let from = text.index(text.startIndex, offsetBy: start.count)
        guard from <= found.lowerBound else { return nil }
        return (String(text[from..<found.lowerBound]), text[found.upperBound...])
    }

    /// The parts of a text that stand in single quotes.
    private static func quoted(in text: String) -> [String] {
        text.split(separator: "'", omittingEmptySubsequences: false).enumerated()
            .compactMap { $0.offset % 2 == 1 ? String($0.element) : nil }
    }
}

extension String {
    /// Without the brackets of `<kind>`.
    fileprivate var trimmingBrackets: String { filter { $0 != "<" && $0 != ">" } }
}
