internal import Codecs

/// Finds the parts of a text that may be identifiers: the whole of it, its random tokens, its words, and the pieces of a word.
///
/// ```
/// "see /rooms/48213/join-1795397112-0, Bearer b9/Kd+0sWq…=="
///                                             -------------    a token: with `/`, `+` and `=`, but no words in it
///             -----      ------------  ------                  words: letters, digits, `_`, `-` and `.`
///                        ---- ---------- -    pieces of a word: between its `_`, `-` and `.`
/// ```
///
/// A sign makes a number a quantity (`-48213`), so does a decimal point (`44.8213`, but not `1795397112.48213`): neither is
/// offered, nor is a part of it. A `-` between two words joins them. Letters of other scripts join no digits: `房间48213`
/// has the piece `48213`. A UUID at the end of a word is one piece; a date or a UUID has none. `%2F` parts words.
enum IdentifierTokens {
    enum Level {
        /// An integer, as it stands in the message.
        case number
        /// A string without blanks.
        case whole
        /// A word, or a random token with signs in it that part words.
        case word
        /// A part of a word that is offered as such.
        case piece
        /// The base64 of bytes, as the value notation writes them.
        case bytes
    }

    /// Takes a candidate: its text (without the escapes of JSON), where it stands, and what it is. True where it is dealt
    /// with, so that its parts are not offered.
    typealias Visitor = (_ candidate: UnsafeRawBufferPointer, _ range: Range<Int>, _ level: Level) -> Bool

    /// Longer strings are not identifiers as a whole.
    static let maximumWholeBytes = 2_048
    /// No identifier is shorter.
    static let minimumBytes = 4

    /// Offers what stands in a JSON text: integers, and what its strings hold (keys too).
    static func visit(json text: UnsafeRawBufferPointer, _ visitor: Visitor) {
        var offset = 0
        while offset < text.count {
            let byte = text[offset]
            if byte == UInt8(ascii: "\"") {
                let (end, hasEscapes) = endOfString(text, from: offset + 1)
                let range = offset + 1..<end
                let inside = UnsafeRawBufferPointer(rebasing: text[range])
                if isValue(of: "\"$b64\":", text, quotedAt: offset) {
                    if range.count <= maximumWholeBytes { _ = visitor(inside, range, .bytes) }
                } else if isValue(of: "\"$int\":", text, quotedAt: offset) {
                    // A number's place, though it stands in quotes.
                    if isDigits(text, range) { _ = visitor(inside, range, .number) }
                } else if hasEscapes {
                    visit(string: UnescapedText(inside), at: range.lowerBound, visitor)
                } else {
                    visit(string: inside) { candidate, part, level in
                        visitor(candidate, part.moved(by: range.lowerBound), level)
                    }
                }
                offset = end + 1
            } else if isDigit(byte) || byte == UInt8(ascii: "-") {
                var end = offset + 1
                while end < text.count, isNumberByte(text[end]) { end += 1 }
                if end - offset >= minimumBytes, isDigits(text, offset..<end) {
                    _ = visitor(UnsafeRawBufferPointer(rebasing: text[offset..<end]), offset..<end, .number)
                }
                offset = end
            } else {
                offset += 1
            }
        }
    }

    /// A word of a text, or a piece of a word.
    struct Part {
        var range: Range<Int>
        /// It is an amount rather than a name: a number with a sign or a decimal point.
        var isQuantity = false
    }

    /// What stands between blanks, quotes and the like: words, paths, tokens with `/`, `+` and `=`.
    static func runs(of text: UnsafeRawBufferPointer) -> [Part] {
        var runs: [Part] = []
        forEachRun(of: text) { runs.append(Part(range: $0)) }
        return runs
    }

    /// A text's words, of any length.
    static func words(of text: UnsafeRawBufferPointer) -> [Part] {
        var words: [Part] = []
        forEachWord(of: text) { words.append($0) }
        return words
    }

    /// The pieces of a word, of any length.
    static func pieces(of word: UnsafeRawBufferPointer) -> [Part] {
        var pieces: [Part] = []
        forEachPiece(of: word, 0..<word.count) { pieces.append(Part(range: $0)) }
        return pieces
    }

    private static func forEachRun(of text: UnsafeRawBufferPointer, _ body: (Range<Int>) -> Void) {
        var offset = 0
        while offset < text.count {
            let start = offset
            while offset < text.count, isRunByte(text[offset]) { offset += 1 }
            if offset > start { body(start..<offset) } else { offset += 1 }
        }
    }

    private static func forEachWord(of text: UnsafeRawBufferPointer, _ body: (Part) -> Void) {
        var offset = 0
        while offset < text.count {
            guard isWordByte(text[offset]) else {
                offset += isPercentEscape(text, offset) ? 3 : 1
                continue
            }
            let start = offset
            while offset < text.count, isWordByte(text[offset]) { offset += 1 }
            let word = trimmed(text, start..<offset)
            guard !word.isEmpty else { continue }
            let isSigned =
                word.lowerBound == start + 1 && word.upperBound == offset && text[start] == UInt8(ascii: "-")
            body(Part(range: word, isQuantity: isSigned && isDigits(text, word) || isQuantity(text, word)))
        }
    }

    private static func forEachPiece(
        of text: UnsafeRawBufferPointer, _ word: Range<Int>, _ body: (Range<Int>) -> Void
    ) {
        if isDate(text, word) || isUUID(text, word) { return }
        var start = word.lowerBound
        var offset = start
        func end(next: Int) {
            if offset > start { body(start..<offset) }
            start = next
        }
        while offset < word.upperBound {
            if offset == start, isUUID(text, offset..<min(offset + 36, word.upperBound)),
                offset + 36 == word.upperBound || isJoint(text[offset + 36])
            {
                offset += 36
            } else if isJoint(text[offset]) {
                end(next: offset + 1)
                offset += 1
            } else {
                // Between scripts, but not inside of one.
                if offset > start, (text[offset] > 127) != (text[offset - 1] > 127) { end(next: offset) }
                offset += 1
            }
        }
        end(next: offset)
    }

    private static func trimmed(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Range<Int> {
        var word = range
        while let first = word.first, isLoose(text[first]) { word = word.dropFirst() }
        while let last = word.last, isLoose(text[last]) { word = word.dropLast() }
        return word
    }

    private static func visit(string text: UnescapedText, at start: Int, _ visitor: Visitor) {
        text.bytes.withUnsafeBytes { bytes in
            visit(string: bytes) { candidate, part, level in
                visitor(candidate, text.place(of: part).moved(by: start), level)
            }
        }
    }

    /// Offers what a text holds.
    static func visit(text: UnsafeRawBufferPointer, _ visitor: Visitor) { visit(string: text, visitor) }

    /// Offers what the inside of a string without escapes holds; ranges are within it.
    private static func visit(string text: UnsafeRawBufferPointer, _ visitor: Visitor) {
        guard text.count >= minimumBytes else { return }
        func offer(_ range: Range<Int>, _ level: Level) -> Bool {
            visitor(UnsafeRawBufferPointer(rebasing: text[range]), range, level)
        }
        let all = 0..<text.count
        let isOffered = text.count <= maximumWholeBytes && !hasBlanks(text)
        if isOffered, !isQuantity(text, all), offer(all, .whole) { return }
        var dealtWith = 0
        var tokens = opaqueRuns(of: text, all, isOffered)[...]
        forEachWord(of: text) { word in
            while let token = tokens.first, token.lowerBound <= word.range.lowerBound {
                if offer(token, .word) { dealtWith = token.upperBound }
                tokens.removeFirst()
            }
            guard word.range.count >= minimumBytes, !word.isQuantity, word.range.lowerBound >= dealtWith else { return }
            // The whole string has been offered already.
            if !(isOffered && word.range == all), offer(word.range, .word) { return }
            forEachPiece(of: text, word.range) { piece in
                if piece.count >= minimumBytes, piece != word.range { _ = offer(piece, .piece) }
            }
        }
    }

    /// Random tokens that are no words because of the signs in them.
    private static func opaqueRuns(
        of text: UnsafeRawBufferPointer, _ all: Range<Int>, _ isOffered: Bool
    ) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        forEachRun(of: text) { run in
            guard run.count >= 16, run.count <= maximumWholeBytes, !(isOffered && run == all) else { return }
            let inside = UnsafeRawBufferPointer(rebasing: text[run])
            let hasSigns = inside.contains { isTokenSign($0) } || isLoose(inside[0]) || isLoose(inside[run.count - 1])
            if hasSigns, IdentifierShape.isOpaque(inside) { runs.append(run) }
        }
        return runs
    }

    /// Whether a text has a time in it: a date, or as many digits as seconds, milliseconds or microseconds have.
    static func hasTime(_ text: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        while offset < text.count {
            let start = offset
            while offset < text.count, isDigit(text[offset]) { offset += 1 }
            if [10, 13, 16].contains(offset - start), text[start] == UInt8(ascii: "1") { return true }
            if offset - start == 4, isDate(text, start..<text.count) { return true }
            if offset == start { offset += 1 }
        }
        return false
    }

    // MARK: Bytes

    private static func isTokenSign(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "=")
    }

    private static func isRunByte(_ byte: UInt8) -> Bool { isWordByte(byte) || isTokenSign(byte) }

    private static func isHexDigit(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 32) &- 97 < 6 }

    /// Whether `%2F` or the like stands there.
    private static func isPercentEscape(_ text: UnsafeRawBufferPointer, _ offset: Int) -> Bool {
        text[offset] == UInt8(ascii: "%") && offset + 2 < text.count && isHexDigit(text[offset + 1])
            && isHexDigit(text[offset + 2])
    }

    /// Whether a word begins like a date of ISO 8601: `2026-11-22`, with a time or without.
    private static func isDate(_ text: UnsafeRawBufferPointer, _ word: Range<Int>) -> Bool {
        let form: StaticString = "dddd-dd-dd"
        guard word.count >= form.utf8CodeUnitCount else { return false }
        return (0..<form.utf8CodeUnitCount).allSatisfy { index in
            let byte = text[word.lowerBound + index]
            return form.utf8Start[index] == UInt8(ascii: "d") ? isDigit(byte) : byte == UInt8(ascii: "-")
        }
    }

    /// Whether a UUID stands there, in either case.
    static func isUUID(_ text: UnsafeRawBufferPointer, _ word: Range<Int>) -> Bool {
        guard word.count == 36 else { return false }
        return word.allSatisfy { offset in
            switch offset - word.lowerBound {
            case 8, 13, 18, 23: text[offset] == UInt8(ascii: "-")
            default: isHexDigit(text[offset])
            }
        }
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 32) &- 97 < 26 }

    /// Letters of any script, digits, and what joins them.
    static func isWordByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || isLetter(byte) || byte > 127 || isJoint(byte)
    }

    static func isJoint(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
    }

    static func isDigits(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        text[range].allSatisfy(isDigit)
    }

    private static func isLoose(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte | 32 == UInt8(ascii: "e") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "+")
            || byte == UInt8(ascii: "-")
    }

    /// Whether it is a number with a decimal point, or one with a sign.
    private static func isQuantity(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        var points = 0
        for offset in range {
            switch text[offset] {
            case UInt8(ascii: "."): points += 1
            case UInt8(ascii: "-") where offset == range.lowerBound: return isUnsigned(text, range.dropFirst())
            case let byte where isDigit(byte): break
            default: return false
            }
        }
        // So many digits are a time or a number of its own kind, not an amount.
        return points == 1 && range.count < 13
    }

    private static func isUnsigned(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        range.allSatisfy { isDigit(text[$0]) || text[$0] == UInt8(ascii: ".") }
    }

    private static func hasBlanks(_ text: UnsafeRawBufferPointer) -> Bool {
        text.contains { $0 <= 32 || $0 == 127 }
    }

    /// Whether a string is the value of that key.
    private static func isValue(
        of key: StaticString, _ text: UnsafeRawBufferPointer, quotedAt offset: Int
    ) -> Bool {
        guard offset >= key.utf8CodeUnitCount else { return false }
        let before = UnsafeRawBufferPointer(rebasing: text[offset - key.utf8CodeUnitCount..<offset])
        return before.elementsEqual(UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
    }

    /// Where a JSON string that begins at `start` ends, or the text where it does not.
    static func endOfString(_ text: UnsafeRawBufferPointer, from start: Int) -> (Int, hasEscapes: Bool) {
        var offset = start
        var hasEscapes = false
        while offset < text.count, text[offset] != UInt8(ascii: "\"") {
            if text[offset] == UInt8(ascii: "\\") {
                hasEscapes = true
                offset += 1
            }
            offset += 1
        }
        return (min(offset, text.count), hasEscapes)
    }
}

extension Range<Int> {
    fileprivate func moved(by distance: Int) -> Range<Int> { lowerBound + distance..<upperBound + distance }
}
