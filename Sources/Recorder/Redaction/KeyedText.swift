/// Finds the values of secret keys in plain text: `password=…` of a form or a URL, `"password": "…"` of JSON (also of JSON in a
/// string of JSON, with its escaped quotes), and in a stream of text the line of a header, `Authorization: …`.
struct KeyedText {
    /// What a text is.
    enum Nature {
        /// A string inside a value: `key: word` may be a sentence there, so that what follows a colon is a value only where
        /// there are quotes, or several lines.
        case string
        /// All that passed.
        case stream
    }

    private let text: UnsafeRawBufferPointer
    private let nature: Nature
    private let names: SecretNames

    private init(_ text: UnsafeRawBufferPointer, _ nature: Nature, _ names: SecretNames) {
        self.text = text
        self.nature = nature
        self.names = names
    }

    /// A value, and the key that it stands under.
    struct Found {
        var key: Range<Int>
        var value: Range<Int>
    }

    /// The values of keys with these names, from left to right.
    static func values(in text: UnsafeRawBufferPointer, _ nature: Nature, _ names: SecretNames) -> [Found] {
        guard !names.isEmpty else { return [] }
        let search = KeyedText(text, nature, names)
        var found: [Found] = []
        var position = 0
        while let sign = search.sign(from: position) {
            position = sign + 1
            guard let key = search.key(before: sign), names.contains(rebased(text, key.range)) else { continue }
            for value in search.values(behind: sign, key) where !value.isEmpty {
                found.append(Found(key: key.range, value: value))
                position = max(position, value.upperBound)
            }
        }
        return found
    }

    /// The next `:` or `=`.
    private func sign(from start: Int) -> Int? {
        var position = start
        while position < text.count {
            if text[position] == UInt8(ascii: "=") || text[position] == UInt8(ascii: ":") { return position }
            position += 1
        }
        return nil
    }

    // MARK: Keys

    private struct Key {
        var range: Range<Int>
        var isQuoted: Bool
    }

    private func key(before sign: Int) -> Key? {
        var end = sign
        while end > 0, sign - end < 8, isBlank(text[end - 1]) { end -= 1 }
        guard end > 0 else { return nil }
        let isQuoted = isQuote(text[end - 1])
        if isQuoted {
            end -= 1
            while end > 0, text[end - 1] == UInt8(ascii: "\\") { end -= 1 }
        } else if text[end - 1] == UInt8(ascii: "]") {
            // user[password]=…
            end -= 1
        } else if end >= 3, text[end - 3] == UInt8(ascii: "%"), text[end - 2] == UInt8(ascii: "5"),
            text[end - 1] | 32 == UInt8(ascii: "d")
        {
            end -= 3
        }
        var start = end
        while start > 0, end - start <= SecretNames.maximumBytes, isNameByte(text[start - 1]) { start -= 1 }
        return start < end ? Key(range: start..<end, isQuoted: isQuoted) : nil
    }

    // MARK: Values

    private func values(behind sign: Int, _ key: Key) -> [Range<Int>] {
        let isColon = text[sign] == UInt8(ascii: ":")
        var start = sign + 1
        // == of a comparison, => of a hash, := of an assignment.
        if start < text.count, isColon ? text[start] == UInt8(ascii: "=") : "=>~".utf8.contains(text[start]) {
            start += 1
        }
        while start < text.count, isBlank(text[start]) { start += 1 }
        guard start < text.count else { return [] }
        var quote = start
        while quote < text.count, text[quote] == UInt8(ascii: "\\") { quote += 1 }
        if quote < text.count, isQuote(text[quote]) {
            return parts(quoted(from: quote, escapes: quote - start), key)
        }
        let isBare = !key.isQuoted
        let isLine = isColon && isBare && isLineStart(key.range.lowerBound)
        if isColon, isBare, nature == .string, !isLine || !text.contains(10) { return [] }
        if text[start] == UInt8(ascii: "{") || text[start] == UInt8(ascii: "[") { return leaves(from: start) }
        if isLine {
            return parts(start..<(end(from: start) { $0 == 10 || $0 == 13 || $0 == 0 }), key)
        }
        let value = start..<end(from: start) { $0 <= 0x20 || "&;,\"'<>)]}|`\\".utf8.contains($0) }
        let isLiteral = ["true", "false", "null", "None"].contains { $0.utf8.elementsEqual(text[value]) }
        return isLiteral ? [] : parts(value, key)
    }

    /// What stands between quotes of which the first, behind so many backslashes, is at `quote`.
    private func quoted(from quote: Int, escapes: Int) -> Range<Int> {
        let start = quote + 1
        var backslashes = 0
        for position in start..<text.count {
            if text[position] == UInt8(ascii: "\\") {
                backslashes += 1
                continue
            }
            if text[position] == text[quote], escapes == 0 ? backslashes % 2 == 0 : backslashes <= escapes {
                return start..<position - (escapes == 0 ? 0 : backslashes)
            }
            backslashes = 0
        }
        return start..<text.count
    }

    /// Everything in a container that begins here but its punctuation.
    private func leaves(from start: Int) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var depth = 0
        var position = start
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return found }
            case 0...0x20, UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "\""), UInt8(ascii: "'"),
                UInt8(ascii: "\\"):
                break
            default:
                let leaf = position..<end(from: position) { $0 <= 0x20 || "{}[],:\"'\\".utf8.contains($0) }
                found.append(leaf)
                position = leaf.upperBound - 1
            }
            position += 1
        }
        return found
    }

    private func parts(_ value: Range<Int>, _ key: Key) -> [Range<Int>] {
        SecretValue.parts(of: Self.rebased(text, value), isCookie: SecretValue.isCookie(Self.rebased(text, key.range)))
            .map { $0.lowerBound + value.lowerBound..<$0.upperBound + value.lowerBound }
    }

    private func end(from start: Int, _ isEnd: (UInt8) -> Bool) -> Int {
        var end = start
        while end < text.count, !isEnd(text[end]) { end += 1 }
        return end
    }

    private func isLineStart(_ position: Int) -> Bool {
        position == 0 || text[position - 1] == 10 || text[position - 1] == 13
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 9 }

    private func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }

    private func isNameByte(_ byte: UInt8) -> Bool {
        byte &- 48 < 10 || (byte | 32) &- 97 < 26 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".")
    }

    private static func rebased(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: text[range])
    }
}

/// Which part of the text under a secret key is the secret.
enum SecretValue {
    private static let schemes = ["bearer", "basic", "digest", "token", "negotiate", "apikey"].map { Array($0.utf8) }

    /// The secret parts: without the scheme before credentials (`Bearer …`); of a cookie the values of its names.
    static func parts(of text: UnsafeRawBufferPointer, isCookie: Bool) -> [Range<Int>] {
        if isCookie, text.contains(UInt8(ascii: "=")) { return cookieValues(text) }
        let word = text.prefix { $0 != 0x20 }
        if word.count < text.count, schemes.contains(word.map { $0 | 32 }) {
            let rest = text[word.endIndex...].drop { $0 == 0x20 }
            return rest.isEmpty ? [] : [rest.startIndex..<text.count]
        }
        return text.isEmpty ? [] : [0..<text.count]
    }

    /// Whether a key names cookies.
    static func isCookie(_ key: UnsafeRawBufferPointer) -> Bool {
        let end = Array(key.suffix(7).map { $0 | 32 })
        return end.suffix(6).elementsEqual("cookie".utf8) || end.elementsEqual("cookies".utf8)
    }

    private static func cookieValues(_ text: UnsafeRawBufferPointer) -> [Range<Int>] {
        text.split { $0 == UInt8(ascii: ";") }.compactMap { cookie in
            guard let sign = cookie.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            return sign + 1 < cookie.endIndex ? sign + 1..<cookie.endIndex : nil
        }
    }
}
