/// The bytes of one character beyond ASCII in UTF-8 (RFC 3629, section 4), told from a 32-bit load at its first one.
enum UTF8Sequence {
    /// How many bytes the character takes, or 0 where the bytes are none: a stray or missing continuation, an overlong
    /// form, an encoded surrogate, or more than U+10FFFF. `word` holds the first byte in its lowest eight bits; what lies
    /// behind the text must read as zero.
    @inline(__always)
    static func length(_ word: UInt32) -> Int {
        if word & 0xC0E0 == 0x80C0 { return word & 0x1E != 0 ? 2 : 0 }
        if word & 0x00C0_C0F0 == 0x0080_80E0 {
            // E0 needs A0 or more behind it; ED with A0 or more is a surrogate.
            let bits = word & 0x200F
            return bits != 0 && bits != 0x200D ? 3 : 0
        }
        if word & 0xC0C0_C0F8 == 0x8080_80F0 {
            // F0 needs 90 or more behind it, F4 less than that.
            let bits = word & 0x3007
            return bits != 0 && (bits & 7 < 4 || bits == 4) ? 4 : 0
        }
        return 0
    }

    /// Whether the bytes are a surrogate as WTF-8 has it: ED, A0 to BF, 80 to BF.
    @inline(__always)
    static func isSurrogate(_ word: UInt32) -> Bool { word & 0x00C0_E0FF == 0x0080_A0ED }

    /// The code point of a character of that length.
    @inline(__always)
    static func codePoint(_ word: UInt32, length: Int) -> UInt32 {
        let second = word >> 8 & 0x3F
        let third = word >> 16 & 0x3F
        switch length {
        case 2: return (word & 0x1F) << 6 | second
        case 3: return (word & 0x0F) << 12 | second << 6 | third
        default: return (word & 0x07) << 18 | second << 12 | third << 6 | word >> 24 & 0x3F
        }
    }

    /// Whether a well-formed character cannot be seen or changes what is seen around it: C1 controls, U+2028 and U+2029,
    /// bidirectional controls, the byte order mark.
    @inline(__always)
    static func isUnseen(_ word: UInt32) -> Bool {
        switch UInt8(truncatingIfNeeded: word) {
        case 0xC2: return word >> 8 & 0xFF < 0xA0
        case 0xD8: return word >> 8 & 0xFF == 0x9C
        case 0xE2:
            let third = word >> 16 & 0xFF
            switch word >> 8 & 0xFF {
            case 0x80: return third == 0x8E || third == 0x8F || (0xA8...0xAE).contains(third)
            case 0x81: return (0xA6...0xA9).contains(third)
            default: return false
            }
        case 0xEF: return word >> 8 & 0xFFFF == 0xBFBB
        default: return false
        }
    }

    /// Four bytes at an offset, with zeros behind the end of the text.
    @inline(__always)
    static func word(in text: UnsafeRawBufferPointer, at offset: Int) -> UInt32 {
        if offset &+ 4 <= text.count {
            return UInt32(littleEndian: text.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        var word: UInt32 = 0
        var shift: UInt32 = 0
        var position = offset
        while position < text.count, shift < 32 {
            word |= UInt32(text[position]) << shift
            shift &+= 8
            position &+= 1
        }
        return word
    }
}
