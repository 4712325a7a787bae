/// Strings of JSON (RFC 8259, section 7), and which bytes are fit to be read by a person.
package enum JSONString {
    /// Appends `text` as a JSON string with its quotes. `text` is UTF-8 in which a lone surrogate may stand as three bytes;
    /// it becomes an escape. Control characters (C0, DEL, C1), U+2028, U+2029, the byte order mark and bidirectional
    /// controls are escaped, as CPython's `json` spells them; the rest stands as it is. A byte that is no UTF-8 becomes
    /// U+FFFD, so that what is written is JSON whatever came in.
    package static func write(_ text: UnsafeRawBufferPointer, into output: inout ByteWriter) {
        write(text, escaping: .unseen, into: &output)
    }

    /// Appends `text` as `write` does, but with only those escapes that JSON asks for: quote, backslash, C0 controls and
    /// lone surrogates.
    package static func writeMinimal(_ text: UnsafeRawBufferPointer, into output: inout ByteWriter) {
        write(text, escaping: .required, into: &output)
    }

    /// Appends `text` as `write` does if it is printable (`isPrintable`); else nothing.
    static func writePrintable(_ text: UnsafeRawBufferPointer, into output: inout ByteWriter) -> Bool {
        let start = output.count
        let isPrintable = write(text, escaping: .printableOnly, into: &output)
        if !isPrintable { output.truncate(to: start) }
        return isPrintable
    }

    private enum Escaping { case required, unseen, printableOnly }

    /// Gives false where it ended early, at what is not printable.
    @inline(__always)
    @discardableResult
    private static func write(
        _ text: UnsafeRawBufferPointer, escaping: Escaping, into output: inout ByteWriter
    ) -> Bool {
        // Blocks are copied whole, also where less of them counts.
        output.reserve(text.count &+ 2 &+ ByteScan.blockBytes)
        output.append(UInt8(ascii: "\""))
        var position = 0
        while true {
            position = copyPlainText(text, from: position, into: &output)
            guard position < text.count else { break }
            let byte = text[position]
            if byte < 0x80 {
                position &+= 1
                if byte == 0x7F, escaping == .required {
                    output.append(byte)
                } else if escaping == .printableOnly, !isPrintable(ascii: byte) {
                    return false
                } else {
                    escape(ascii: byte, into: &output)
                }
                continue
            }
            let word = UTF8Sequence.word(in: text, at: position)
            let length = UTF8Sequence.length(word)
            if length > 0, escaping == .required || !UTF8Sequence.isUnseen(word) {
                append(word, length, into: &output)
                position &+= length
            } else if escaping == .printableOnly {
                return false
            } else {
                position &+= escape(word, length: length, into: &output)
            }
        }
        output.append(UInt8(ascii: "\""))
        return true
    }

    /// Appends the first bytes of a word.
    @inline(__always)
    private static func append(_ word: UInt32, _ count: Int, into output: inout ByteWriter) {
        output.appendUninitialized(capacity: 4) { target in
            target.storeBytes(of: word.littleEndian, as: UInt32.self)
            return count
        }
    }

    @inline(__always)
    private static func isPrintable(ascii byte: UInt8) -> Bool {
        (byte >= 0x20 && byte < 0x7F) || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    private static func escape(ascii byte: UInt8, into output: inout ByteWriter) {
        switch byte {
        case UInt8(ascii: "\""): output.append("\\\"")
        case UInt8(ascii: "\\"): output.append("\\\\")
        case 0x08: output.append("\\b")
        case 0x09: output.append("\\t")
        case 0x0A: output.append("\\n")
        case 0x0C: output.append("\\f")
        case 0x0D: output.append("\\r")
        default: escape(codePoint: UInt32(byte), into: &output)
        }
    }

    /// Appends the escape of a character (of `length` bytes), of a surrogate, or U+FFFD for what is neither; gives how many
    /// bytes that was.
    private static func escape(_ word: UInt32, length: Int, into output: inout ByteWriter) -> Int {
        if length > 0 {
            escape(codePoint: UTF8Sequence.codePoint(word, length: length), into: &output)
            return length
        }
        if UTF8Sequence.isSurrogate(word) {
            escape(codePoint: UTF8Sequence.codePoint(word, length: 3), into: &output)
            return 3
        }
        output.append("\u{FFFD}" as StaticString)
        return 1
    }

    private static func escape(codePoint: UInt32, into output: inout ByteWriter) {
        output.append("\\u")
        for shift in [UInt32(12), 8, 4, 0] {
            let digit = UInt8(truncatingIfNeeded: codePoint >> shift & 15)
            output.append(digit < 10 ? 48 &+ digit : 87 &+ digit)
        }
    }

    /// Appends the ASCII that needs no look, from an offset on, and gives where it ends: at a quote, a backslash, a control
    /// character or a byte of 7F and more.
    @inline(__always)
    private static func copyPlainText(
        _ text: UnsafeRawBufferPointer, from start: Int, into output: inout ByteWriter
    ) -> Int {
        var position = start
        while text.count &- position >= ByteScan.blockBytes {
            var count = 0
            output.appendUninitialized(capacity: ByteScan.blockBytes) { target in
                count = ByteScan.copyPlainText(blockAt: position, of: text, to: target)
                return count
            }
            position &+= count
            if count < ByteScan.blockBytes { return position }
        }
        guard text.count >= 8 else {
            while position < text.count, isPlain(text[position]) {
                output.append(text[position])
                position &+= 1
            }
            return position
        }
        while position < text.count {
            let left = text.count &- position
            let word: UInt64
            if left >= 8 {
                word = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            } else {
                // The last eight bytes, shifted until the first is at `position`, with spaces behind the end.
                let last = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: text.count &- 8, as: UInt64.self))
                let shift = UInt64(8 &- left) &* 8
                word = last &>> shift | 0x2020_2020_2020_2020 &<< (64 &- shift)
            }
            let found =
                (ByteScan.controls(word) | ByteScan.bytes(equalTo: 0x22, word)
                    | ByteScan.bytes(equalTo: 0x5C, word) | ByteScan.bytes(equalTo: 0x7F, word) | word)
                & ByteScan.highBits
            let count = found != 0 ? ByteScan.firstIndex(found) : min(left, 8)
            output.appendUninitialized(capacity: 8) { target in
                target.storeBytes(of: word.littleEndian, as: UInt64.self)
                return count
            }
            position &+= count
            if found != 0 { return position }
        }
        return position
    }

    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// The text inside a JSON string without its escapes, as UTF-8; a pair of surrogates becomes one character, a lone one
    /// three bytes (WTF-8). What is no escape of JSON stays as it is; a validated string has none.
    package static func unescape(_ inside: UnsafeRawBufferPointer) -> [UInt8] { UnescapedText(inside).bytes }

    /// Appends what the escape at an offset stands for, and gives its length.
    static func unescapeOne(_ inside: UnsafeRawBufferPointer, at start: Int, into text: inout [UInt8]) -> Int {
        guard start &+ 1 < inside.count else {
            text.append(UInt8(ascii: "\\"))
            return 1
        }
        switch inside[start &+ 1] {
        case UInt8(ascii: "\""): text.append(0x22)
        case UInt8(ascii: "\\"): text.append(0x5C)
        case UInt8(ascii: "/"): text.append(0x2F)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            guard let unit = codeUnit(inside, at: start) else { fallthrough }
            if unit & 0xFC00 == 0xD800, let low = codeUnit(inside, at: start &+ 6), low & 0xFC00 == 0xDC00 {
                append(codePoint: 0x10000 &+ (unit & 0x3FF) << 10 &+ (low & 0x3FF), to: &text)
                return 12
            }
            append(codePoint: unit, to: &text)
            return 6
        default:
            text.append(UInt8(ascii: "\\"))
            return 1
        }
        return 2
    }

    /// The number of the escape `\uXXXX` at an offset, if one stands there.
    private static func codeUnit(_ inside: UnsafeRawBufferPointer, at start: Int) -> UInt32? {
        guard start &+ 6 <= inside.count, inside[start] == UInt8(ascii: "\\"), inside[start &+ 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt32 = 0
        for index in start &+ 2..<start &+ 6 {
            guard let digit = hexDigit(inside[index]) else { return nil }
            unit = unit << 4 | digit
        }
        return unit
    }

    /// The value of a hexadecimal digit in either case.
    @inline(__always)
    static func hexDigit(_ byte: UInt8) -> UInt32? {
        let lower = byte | 0x20
        if byte &- 48 < 10 { return UInt32(byte &- 48) }
        if lower &- 97 < 6 { return UInt32(lower &- 87) }
        return nil
    }

    /// Appends a code point (a surrogate too) as one to four bytes.
    private static func append(codePoint: UInt32, to text: inout [UInt8]) {
        let last = UInt8(truncatingIfNeeded: 0x80 | codePoint & 0x3F)
        let third = UInt8(truncatingIfNeeded: 0x80 | codePoint >> 6 & 0x3F)
        switch codePoint {
        case 0..<0x80: text.append(UInt8(truncatingIfNeeded: codePoint))
        case 0x80..<0x800:
            text.append(UInt8(truncatingIfNeeded: 0xC0 | codePoint >> 6))
            text.append(last)
        case 0x800..<0x10000:
            text.append(UInt8(truncatingIfNeeded: 0xE0 | codePoint >> 12))
            text.append(third)
            text.append(last)
        default:
            text.append(UInt8(truncatingIfNeeded: 0xF0 | codePoint >> 18 & 7))
            text.append(UInt8(truncatingIfNeeded: 0x80 | codePoint >> 12 & 0x3F))
            text.append(third)
            text.append(last)
        }
    }

    /// Whether bytes are UTF-8 that can be shown: no control characters but TAB, LF and CR, and none of the characters that
    /// `write` escapes because they cannot be seen.
    package static func isPrintable(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var position = 0
        while true {
            position = endOfPrintableASCII(bytes, from: position)
            guard position < bytes.count else { return true }
            guard bytes[position] >= 0x80 else { return false }
            let word = UTF8Sequence.word(in: bytes, at: position)
            let length = UTF8Sequence.length(word)
            guard length > 0, !UTF8Sequence.isUnseen(word) else { return false }
            position &+= length
        }
    }

    @inline(__always)
    private static func endOfPrintableASCII(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var position = start
        while position < bytes.count {
            if position &+ ByteScan.blockBytes <= bytes.count,
                ByteScan.isVisibleASCII(blockAt: position, of: bytes)
            {
                position &+= ByteScan.blockBytes
                continue
            }
            if position &+ 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
                let found = (ByteScan.controls(word) | ByteScan.bytes(equalTo: 0x7F, word) | word) & ByteScan.highBits
                if found == 0 {
                    position &+= 8
                    continue
                }
                position &+= ByteScan.firstIndex(found)
            }
            let byte = bytes[position]
            guard isPrintable(ascii: byte) else { return position }
            position &+= 1
        }
        return position
    }
}
