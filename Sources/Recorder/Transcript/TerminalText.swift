internal import Codecs

/// Makes text from sockets and files fit for a terminal: nothing in it can move the cursor, change colours, reverse the
/// direction of writing or start a new line.
package enum TerminalText {
    /// The text with control characters (C0, DEL, C1), bidirectional controls, line separators and characters without a
    /// width as escapes, `\u001b`. Bytes that are no UTF-8 become U+FFFD. A text of more than `limit` characters (code
    /// points) is cut there, and says how many it has.
    package static func escaped(_ text: some Sequence<UInt8>, limit: Int = .max) -> String {
        let bytes = Array(text)
        // What is not shown is not copied: a code point has at most four bytes.
        let shown = limit < bytes.count / 4 ? bytes.prefix(limit * 4) : bytes[...]
        // Most texts are this from their beginning to their end.
        let plain = shown.prefix(limit).prefix { 0x20..<0x7F ~= $0 }
        if plain.count == bytes.count { return String(decoding: bytes, as: UTF8.self) }
        var result = Array(plain)
        result.reserveCapacity(shown.count + 32)
        var left = limit - plain.count
        var scalars = String(decoding: shown[plain.endIndex...], as: UTF8.self).unicodeScalars.makeIterator()
        var (before, next) = (Unicode.Scalar?.none, scalars.next())
        while let scalar = next {
            guard left > 0 else { return cut(result, bytes) }
            left -= 1
            next = scalars.next()
            defer { before = scalar }
            if mustEscape(scalar), !joins(scalar, before, next) {
                let digits = String(scalar.value, radix: 16)
                result += Array("\\u\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)".utf8)
            } else {
                result += String(scalar).utf8
            }
        }
        return shown.count < bytes.count ? cut(result, bytes) : String(decoding: result, as: UTF8.self)
    }

    /// What is shown of a text that is cut, and how many characters it has.
    private static func cut(_ shown: [UInt8], _ bytes: [UInt8]) -> String {
        // Every byte but those that go on with a character begins one.
        String(decoding: shown, as: UTF8.self) + "… (\(bytes.count { $0 & 0xC0 != 0x80 }) characters)"
    }

    /// The same of a string.
    package static func escaped(_ text: String, limit: Int = .max) -> String { escaped(text.utf8, limit: limit) }

    /// Bytes as Python shows them: printable ASCII as it is, the rest as `\x00`, at most `limit` of them.
    package static func bytes(_ bytes: [UInt8], limit: Int) -> String {
        var result = "b\""
        for byte in bytes.prefix(max(limit, 0)) {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += "\\" + String(UnicodeScalar(byte))
            case 0x20..<0x7F: result.unicodeScalars.append(UnicodeScalar(byte))
            case 10: result += "\\n"
            case 13: result += "\\r"
            case 9: result += "\\t"
            default: result += byte < 16 ? "\\x0\(String(byte, radix: 16))" : "\\x\(String(byte, radix: 16))"
            }
        }
        return result + (bytes.count > limit ? "\"… (\(bytes.count) bytes)" : "\"")
    }

    /// Whether a character is the joiner that makes one picture of two, such as a family, and stands between two of them: only
    /// there can it do nothing else.
    static func joins(_ scalar: Unicode.Scalar, _ before: Unicode.Scalar?, _ after: Unicode.Scalar?) -> Bool {
        guard scalar.value == 0x200D, let before, let after else { return false }
        return isPicture(before) && isPicture(after)
    }

    /// A picture, or what makes one of the character before it.
    private static func isPicture(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value == 0xFE0F || scalar.value >= 0x2190 && scalar.properties.isEmoji
    }

    /// Whether a character can do more to a terminal than to be seen.
    package static func mustEscape(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0xAD, 0x061C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
            0xFFF9...0xFFFB, 0xE0000...0xE007F:
            true
        default: false
        }
    }
}

extension TerminalText {
    /// Lines of text, each made fit for a terminal; their ends stay.
    package static func escapedLines(_ text: [UInt8]) -> String {
        text.split(separator: 10, omittingEmptySubsequences: false).map { escaped($0) }.joined(separator: "\n")
    }
}
