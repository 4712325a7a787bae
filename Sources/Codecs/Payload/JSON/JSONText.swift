/// The text that `JSONReader` reads, and its tokens. Eight zero bytes stand behind it.
///
/// The functions take a position and give the one behind the token; each stops at the zero bytes at the latest.
struct JSONText {
    private let base: UnsafeRawPointer
    private let count: Int

    @inline(__always)
    init(_ base: UnsafeMutableRawPointer, count: Int) {
        self.base = UnsafeRawPointer(base)
        self.count = count
    }

    @inline(__always)
    subscript(position: Int) -> UInt8 { base.load(fromByteOffset: position, as: UInt8.self) }

    @inline(__always)
    private func word(at position: Int) -> UInt32 {
        UInt32(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt32.self))
    }

    @inline(__always)
    func skipWhitespace(_ start: Int) -> Int {
        if self[start] > 0x20 { return start }
        return skipWhitespaceRun(start)
    }

    @inline(__always)
    private func skipWhitespaceRun(_ start: Int) -> Int {
        var position = start
        while true {
            switch self[position] {
            case 0x20:
                // Indentation comes in long runs.
                let word = base.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                position &+= word == 0x2020_2020_2020_2020 ? 8 : 1
            case 0x09, 0x0A, 0x0D: position &+= 1
            default: return position
            }
        }
    }

    /// Reads the string whose opening quote stands at `start`.
    @inline(__always)
    func readString(at start: Int, into builder: inout TreeBuilder) throws(PayloadError) -> Int {
        var flags: UInt8 = 0
        let inside = start &+ 1
        var position = inside
        while true {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let found =
                (ByteScan.controls(word) | ByteScan.bytes(equalTo: 0x22, word)
                    | ByteScan.bytes(equalTo: 0x5C, word) | word) & ByteScan.highBits
            if found == 0 {
                position &+= 8
                continue
            }
            position &+= ByteScan.firstIndex(found)
            let byte = self[position]
            if byte == UInt8(ascii: "\"") { break }
            if byte >= 0x80 {
                position = try skipCharacters(position)
            } else if byte == UInt8(ascii: "\\") {
                flags = ValueNode.hasEscapes
                position = try skipEscape(position)
            } else {
                throw unexpected(at: position, "a character or \"\\\"\"")
            }
        }
        _ = builder.append(ValueNode(kind: .string, flags: flags, offset: inside, count: position &- inside))
        return position &+ 1
    }

    /// Checks characters beyond ASCII as long as they follow each other.
    @inline(__always)
    private func skipCharacters(_ start: Int) throws(PayloadError) -> Int {
        var position = start
        repeat {
            let word = word(at: position)
            let length = UTF8Sequence.length(word)
            if length == 0 { throw noCharacter(at: position, isSurrogate: UTF8Sequence.isSurrogate(word)) }
            position &+= length
        } while self[position] >= 0x80
        return position
    }

    @inline(__always)
    private func skipEscape(_ start: Int) throws(PayloadError) -> Int {
        switch self[start &+ 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start &+ 2
        case UInt8(ascii: "u"):
            var position = start &+ 2
            while position < start &+ 6 {
                if JSONString.hexDigit(self[position]) == nil { throw unexpected(at: position, "a hexadecimal digit") }
                position &+= 1
            }
            return position
        default:
            throw unexpected(at: start &+ 1, "one of \"\\/bfnrtu behind a backslash")
        }
    }

    /// Reads the name of a map's entry and the colon behind it.
    @inline(__always)
    func readKey(
        at start: Int, _ expected: StaticString, into builder: inout TreeBuilder
    ) throws(PayloadError) -> Int {
        if self[start] != UInt8(ascii: "\"") { throw unexpected(at: start, expected.description) }
        let position = skipWhitespace(try readString(at: start, into: &builder))
        if self[position] != UInt8(ascii: ":") { throw unexpected(at: position, "\":\"") }
        return position &+ 1
    }

    /// Reads a number; its text is kept as it is.
    @inline(__always)
    func readNumber(at start: Int, into builder: inout TreeBuilder) throws(PayloadError) -> Int {
        var position = start
        if self[position] == UInt8(ascii: "-") { position &+= 1 }
        if self[position] == UInt8(ascii: "0") {
            position &+= 1
            if isDigit(position) { throw unexpected(at: position, "no digit behind a leading zero") }
        } else {
            position = try skipDigits(position)
        }
        if self[position] == UInt8(ascii: ".") { position = try skipDigits(position &+ 1) }
        if self[position] | 0x20 == UInt8(ascii: "e") {
            position &+= 1
            if self[position] == UInt8(ascii: "+") || self[position] == UInt8(ascii: "-") { position &+= 1 }
            position = try skipDigits(position)
        }
        _ = builder.append(ValueNode(kind: .number, offset: start, count: position &- start))
        return position
    }

    @inline(__always)
    private func isDigit(_ position: Int) -> Bool { self[position] &- UInt8(ascii: "0") < 10 }

    /// Skips one digit or more.
    @inline(__always)
    private func skipDigits(_ start: Int) throws(PayloadError) -> Int {
        if !isDigit(start) { throw unexpected(at: start, "a digit") }
        var position = start &+ 1
        while isDigit(position) { position &+= 1 }
        return position
    }

    /// Reads `null`, `true` or `false`, or says that no value stands here.
    @inline(__always)
    func readLiteral(at start: Int, into builder: inout TreeBuilder) throws(PayloadError) -> Int {
        let kind: ValueKind
        let length: Int
        switch word(at: start) {
        case 0x6C6C_756E: (kind, length) = (.null, 4)
        case 0x6575_7274: (kind, length) = (.true, 4)
        case 0x736C_6166 where self[start &+ 4] == UInt8(ascii: "e"): (kind, length) = (.false, 5)
        default: throw noValue(at: start)
        }
        _ = builder.append(ValueNode(kind: kind, payload: UInt64(truncatingIfNeeded: start)))
        return start &+ length
    }

    @inline(__always)
    func checkNothingFollows(at start: Int) throws(PayloadError) {
        let position = skipWhitespace(start)
        if position != count { throw unexpected(at: position, "nothing behind the value") }
    }

    /// Refuses what is no UTF-8 from its first bytes on, by name.
    func checkEncoding() throws(PayloadError) {
        let word = word(at: 0)
        if word & 0xFF_FFFF == 0xBF_BBEF {
            throw PayloadError(.malformed, at: 0, "found a byte order mark, expected a JSON value")
        }
        if word & 0xFFFF == 0xFEFF || word & 0xFFFF == 0xFFFE
            || (count >= 2 && (word & 0xFF == 0) != (word & 0xFF00 == 0))
        {
            throw PayloadError(.malformed, at: 0, "found what looks like UTF-16 or UTF-32, expected UTF-8")
        }
    }
}

// Errors, out of line.
extension JSONText {
    @inline(never)
    func unexpected(at position: Int, _ expected: String) -> PayloadError {
        PayloadError(
            position >= count ? .truncated : .malformed, at: position,
            "found \(found(at: position)), expected \(expected)")
    }

    @inline(never)
    private func noCharacter(at position: Int, isSurrogate: Bool) -> PayloadError {
        let what = isSurrogate ? "an encoded surrogate" : "bytes that are no UTF-8"
        return PayloadError(.malformed, at: position, "found \(what), expected a character or \"\\\"\"")
    }

    @inline(never)
    private func noValue(at position: Int) -> PayloadError {
        for literal in ["null", "true", "false"] where literal.utf8.first == self[position] {
            var wrong = position
            for byte in literal.utf8 {
                if self[wrong] != byte { break }
                wrong += 1
            }
            return unexpected(at: wrong, "the rest of \"\(literal)\"")
        }
        return unexpected(at: position, "a JSON value")
    }

    @inline(never)
    func tooDeep(at position: Int, _ limits: DecodingLimits) -> PayloadError {
        PayloadError(
            .overLimit, at: position, "found more than \(limits.maximumDepth) levels of nesting, which is the limit")
    }

    @inline(never)
    func tooManyElements(at position: Int, _ limits: DecodingLimits) -> PayloadError {
        PayloadError(.overLimit, at: position, "found more than \(limits.maximumElements) values, which is the limit")
    }

    private func found(at position: Int) -> String {
        guard position < count else { return count == 0 ? "an empty payload" : "the end" }
        let byte = self[position]
        if byte > 0x20, byte < 0x7F { return "\"\(Character(Unicode.Scalar(byte)))\"" }
        let digits = String(byte, radix: 16, uppercase: true)
        return "byte 0x\(byte < 16 ? "0" : "")\(digits)"
    }
}
