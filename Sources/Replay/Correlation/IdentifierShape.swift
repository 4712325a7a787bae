/// Tells identifiers from words and quantities, and whether one may stand for another.
///
/// An identifier is a number of four digits or more, or a text of six characters or more that nobody would write by hand:
/// `9f86d081`, `order-48213`, a UUID, a token. A word is none, nor is a word with a small number (`sha256`, `guest12`): what
/// is taken for an identifier may differ from run to run, so a wrong guess would hide a difference.
enum IdentifierShape {
    /// Whether a text may be an identifier.
    static func isIdentifier(_ text: UnsafeRawBufferPointer) -> Bool {
        let all = Traits(text[...])
        if all.isDigits { return (4...40).contains(text.count) }
        guard (6...IdentifierTokens.maximumWholeBytes).contains(text.count) else { return false }
        return all.isOpaque || hasPiece(text) { isMadeUp(Traits($0)) }
            || text.count >= 16 && segments(text).contains { Traits($0).isOpaque }
    }

    /// Whether a text is one random token, `/`, `+` and `=` included, rather than several words.
    static func isOpaque(_ text: UnsafeRawBufferPointer) -> Bool { Traits(text[...]).isOpaque }

    /// Whether bytes in base64 may be one: eight of them or more, that are not mostly the same.
    static func isIdentifier(base64 text: UnsafeRawBufferPointer) -> Bool {
        guard text.count >= 12 else { return false }
        var seen: UInt64 = 0
        for byte in text { seen |= 1 << UInt64(byte & 63) }
        return seen.nonzeroBitCount >= 6
    }

    /// Whether `actual` may be what a server issues where it issued the identifier `recorded` before: of the same kind and
    /// shape. Words in it must be the same.
    static func mayStand(_ actual: UnsafeRawBufferPointer, for recorded: UnsafeRawBufferPointer) -> Bool {
        let (now, before) = (Traits(actual[...]), Traits(recorded[...]))
        if before.isDigits {
            if now.isDigits {
                return now.count >= 4 && !now.isZero && (recorded.first != 48 || now.count == before.count)
            }
            // Eight hexadecimal digits may happen to be decimal ones.
            return before.count >= 8 && now.count == before.count && now.isHexadecimal
        }
        guard actual.count <= IdentifierTokens.maximumWholeBytes, !isRefusal(actual, for: recorded) else {
            return false
        }
        if mayStandOpaque(now, for: before) { return true }
        if IdentifierTokens.isUUID(recorded, 0..<recorded.count) {
            return IdentifierTokens.isUUID(actual, 0..<actual.count) && !now.isZero
        }
        let (segmentsBefore, segmentsNow) = (segments(recorded), segments(actual))
        if segmentsBefore.count > 1, segmentsBefore.count == segmentsNow.count,
            segmentsBefore.contains(where: { Traits($0).isOpaque })
        {
            return zip(segmentsBefore, segmentsNow).allSatisfy { one, other in
                one.elementsEqual(other) || mayStandOpaque(Traits(other), for: Traits(one))
                    || mayStandPiece(one, other)
            }
        }
        let (ours, theirs) = (runs(recorded), runs(actual))
        guard ours.count == theirs.count else { return false }
        return zip(ours, theirs).allSatisfy(mayStandPiece)
    }

    /// A random token for a random token: of much the same length, and no words.
    private static func mayStandOpaque(_ now: Traits, for before: Traits) -> Bool {
        guard before.isOpaque, now.isTokenAlphabet, abs(now.count - before.count) <= max(2, before.count / 16) else {
            return false
        }
        return now.isOpaque || now.count == before.count && now.wordLetters * 100 <= now.letters * 85
    }

    /// What servers say instead of issuing something.
    private static let refusals: [StaticString] = [
        "denied", "error", "invalid", "unauthor", "forbid", "expire", "refuse", "reject", "fail", "missing", "unknown",
        "notfound", "not-found", "not_found", "not found", "allowed", "exceed", "timeout", "timed", "disabled",
        "revoke",
        "unavail", "undefined", "notauth", "noauth", "badrequest", "required", "illegal", "limited", "unsupported",
    ]

    /// Whether it has a word in it that tells of a refusal, and that the recorded text has not.
    private static func isRefusal(_ text: UnsafeRawBufferPointer, for recorded: UnsafeRawBufferPointer) -> Bool {
        refusals.contains { has($0, text) && !has($0, recorded) }
    }

    private static func has(_ word: StaticString, _ text: UnsafeRawBufferPointer) -> Bool {
        let count = word.utf8CodeUnitCount
        guard text.count >= count else { return false }
        return (0...text.count - count).contains { start in
            (0..<count).allSatisfy { lowercase(text[start + $0]) == word.utf8Start[$0] }
        }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 32 : byte }

    // MARK: Pieces

    private typealias Piece = Slice<UnsafeRawBufferPointer>

    /// What a run of letters and digits is made of.
    private struct Traits {
        var count: Int
        var digits = 0
        var lower = 0
        var upper = 0
        var hexadecimal = 0
        var tokenSigns = 0
        var zeros = 0
        /// Letters in what looks like words: three letters or more in one case, but for a capital at the start, with a vowel.
        var wordLetters = 0
        /// Changes between digits, capital and small letters.
        var changes = 0
        /// Changes between digits and letters.
        var numberChanges = 0
        var leadingDigits = 0
        var trailingDigits = 0
        var longestConsonants = 0

        /// A, e, i, o, u and y by their last five bits, which are the same in both cases.
        private static let vowels: UInt32 = 1 << 1 | 1 << 5 | 1 << 9 | 1 << 15 | 1 << 21 | 1 << 25

        init(_ text: Piece) {
            count = text.count
            var consonants = 0
            var word = WordRun()
            var last: UInt8 = 0
            for byte in text {
                let kind: UInt8
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"):
                    kind = 1
                    digits += 1
                    if digits == leadingDigits + 1, lower + upper + tokenSigns == 0 { leadingDigits += 1 }
                    trailingDigits += 1
                case UInt8(ascii: "a")...UInt8(ascii: "z"):
                    kind = 2
                    lower += 1
                case UInt8(ascii: "A")...UInt8(ascii: "Z"):
                    kind = 3
                    upper += 1
                case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="):
                    kind = 4
                    tokenSigns += 1
                default: kind = 5
                }
                if kind != 1 { trailingDigits = 0 }
                if IdentifierTokens.isDigit(byte) || (byte | 32) &- 97 < 6 && kind < 4 { hexadecimal += 1 }
                if byte == 48 { zeros += 1 }
                if last != 0, last != kind {
                    if last < 4, kind < 4 { changes += 1 }
                    if last == 1 || kind == 1 { numberChanges += 1 }
                }
                last = kind
                let isConsonant = (kind == 2 || kind == 3) && Self.vowels >> UInt32(byte & 31) & 1 == 0
                consonants = isConsonant ? consonants + 1 : 0
                longestConsonants = max(longestConsonants, consonants)
                wordLetters += word.take(kind: kind, isConsonant: isConsonant)
            }
            wordLetters += word.end()
        }

        var letters: Int { lower + upper }
        var isDigits: Bool { digits == count && count > 0 }
        var isAlphanumeric: Bool { letters + digits == count && count > 0 }
        /// Hexadecimal digits in one case.
        var isHexadecimal: Bool { hexadecimal == count && (lower == 0 || upper == 0) && count > 0 }
        var isTokenAlphabet: Bool { letters + digits + tokenSigns == count }
        /// Nothing but zeros, and signs between them.
        var isZero: Bool { zeros > 0 && zeros + tokenSigns == count }
        /// A token of random letters of both cases and digits, such as base64. Names in camel case change between cases too,
        /// but most of their letters stand in words. The bounds were chosen by trial: of 170,000 names from source text one
        /// in 800 is taken for a token; of random ones of 22 characters one in fifty is not.
        var isOpaque: Bool {
            guard count >= 8, isTokenAlphabet, lower > 0, upper > 0, wordLetters * 100 < letters * 70,
                changes * 4 >= count
            else { return false }
            return digits > 0 || count >= 16 && changes * 100 >= count * 35
        }
    }

    /// Letters in a row that may be a word: small ones, the first may be a capital, or capitals.
    private struct WordRun {
        private var length = 0
        private var isCapitals = false
        private var hasVowel = false
        private var consonants = 0
        private var mostConsonants = 0

        /// Takes the next byte's kind; gives the letters of the word that it ends.
        mutating func take(kind: UInt8, isConsonant: Bool) -> Int {
            var ended = 0
            let goesOn = length > 0 && (kind == 2 && (!isCapitals || length == 1) || kind == 3 && isCapitals)
            if !goesOn { ended = end() }
            guard kind == 2 || kind == 3 else { return ended }
            isCapitals = kind == 3
            length += 1
            if isConsonant { consonants += 1 } else { consonants = 0 }
            if !isConsonant { hasVowel = true }
            mostConsonants = max(mostConsonants, consonants)
            return ended
        }

        /// Ends the row; gives its letters if it looks like a word.
        mutating func end() -> Int {
            defer { self = WordRun() }
            return length >= 3 && hasVowel && mostConsonants < 5 ? length : 0
        }
    }

    /// Whether nobody would write this run of letters and digits by hand.
    private static func isMadeUp(_ piece: Traits) -> Bool {
        guard piece.isAlphanumeric else { return false }
        if piece.letters == 0 { return piece.digits >= 4 }
        if piece.digits == 0 { return piece.count >= 8 && piece.longestConsonants >= 7 }
        guard piece.count >= 6 else { return false }
        if piece.isHexadecimal, piece.count >= 8 { return true }
        if piece.leadingDigits >= 4 || piece.trailingDigits >= 4 { return true }
        if piece.digits >= 2, piece.numberChanges >= 3 { return true }
        return piece.isOpaque
            || piece.count >= 8 && piece.numberChanges >= 2 && piece.wordLetters * 100 < piece.letters * 60
    }

    private static func mayStandPiece(_ recorded: Piece, _ actual: Piece) -> Bool {
        if recorded.elementsEqual(actual) { return true }
        let (before, now) = (Traits(recorded), Traits(actual))
        guard before.isAlphanumeric, now.isAlphanumeric else { return false }
        if before.isDigits, now.isDigits { return before.count < 4 || now.count >= 4 && (!now.isZero || before.isZero) }
        if mayStandOpaque(now, for: before) { return true }
        guard before.digits > 0 || isMadeUp(before), !now.isZero || before.isZero else { return false }
        if before.isHexadecimal, before.count >= 8 || !isMadeUp(before) {
            return now.isHexadecimal && now.count == before.count && sameCases(before, now)
        }
        if before.numberChanges == 1, before.leadingDigits >= 4 || before.trailingDigits >= 4 {
            return sameWord(recorded, actual)
        }
        return isMadeUp(before) && now.count == before.count && sameCases(before, now)
            && now.wordLetters * 100 <= now.letters * 85
    }

    /// A word with a number before or behind it: the word is the same, the number any of four digits or more.
    private static func sameWord(_ recorded: Piece, _ actual: Piece) -> Bool {
        let (before, now) = (Traits(recorded), Traits(actual))
        guard now.numberChanges == 1, now.digits >= 4, (before.leadingDigits > 0) == (now.leadingDigits > 0) else {
            return false
        }
        return recorded.filter { !IdentifierTokens.isDigit($0) } == actual.filter { !IdentifierTokens.isDigit($0) }
    }

    private static func sameCases(_ one: Traits, _ other: Traits) -> Bool {
        (one.upper > 0 || other.upper == 0) && (one.lower > 0 || other.lower == 0)
    }

    /// The parts between dots, as those of a JSON Web Token.
    private static func segments(_ text: UnsafeRawBufferPointer) -> [Piece] {
        text.split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: ".") }
    }

    /// Whether any run of letters and digits is such.
    private static func hasPiece(_ text: UnsafeRawBufferPointer, _ isSuch: (Piece) -> Bool) -> Bool {
        var start = 0
        for end in 0...text.count where end == text.count || !isNameByte(text[end]) {
            if end > start, isSuch(text[start..<end]) { return true }
            start = end + 1
        }
        return false
    }

    /// The runs of letters and digits and those of anything else, in turn.
    private static func runs(_ text: UnsafeRawBufferPointer) -> [Piece] {
        var runs: [Piece] = []
        var start = 0
        for offset in 0..<text.count where offset > 0 && isNameByte(text[offset]) != isNameByte(text[offset - 1]) {
            runs.append(text[start..<offset])
            start = offset
        }
        runs.append(text[start..<text.count])
        return runs
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        IdentifierTokens.isDigit(byte) || IdentifierTokens.isLetter(byte) || byte > 127
    }
}
