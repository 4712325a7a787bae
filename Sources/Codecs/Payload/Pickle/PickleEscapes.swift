/// The escapes in the text of protocol 0.
enum PickleEscapes {
    /// What the inside of a bytes literal stands for (`PyBytes_DecodeEscape`); nil where an escape is broken. An unknown
    /// escape stands for itself, an octal one above 255 for its low eight bits.
    static func bytes(of literal: UnsafeRawBufferPointer) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(literal.count)
        var index = 0
        while index < literal.count {
            let byte = literal[index]
            index += 1
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            guard index < literal.count else { return nil }
            let code = literal[index]
            index += 1
            switch code {
            case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): bytes.append(code)
            case UInt8(ascii: "b"): bytes.append(8)
            case UInt8(ascii: "f"): bytes.append(12)
            case UInt8(ascii: "t"): bytes.append(9)
            case UInt8(ascii: "n"): bytes.append(10)
            case UInt8(ascii: "r"): bytes.append(13)
            case UInt8(ascii: "v"): bytes.append(11)
            case UInt8(ascii: "a"): bytes.append(7)
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                var value = UInt32(code) - 48
                var digits = 1
                while digits < 3, index < literal.count, (48...55).contains(literal[index]) {
                    value = value * 8 + UInt32(literal[index]) - 48
                    index += 1
                    digits += 1
                }
                bytes.append(UInt8(truncatingIfNeeded: value))
            case UInt8(ascii: "x"):
                guard let value = hexadecimal(literal, at: index, digits: 2) else { return nil }
                bytes.append(UInt8(truncatingIfNeeded: value))
                index += 2
            default: bytes += [byte, code]
            }
        }
        return bytes
    }

    /// The text of a raw-unicode-escape line, as UTF-8 in which each surrogate stands alone; nil where an escape is broken.
    static func text(of line: UnsafeRawBufferPointer) -> (text: [UInt8], hasSurrogates: Bool)? {
        var text: [UInt8] = []
        text.reserveCapacity(line.count + line.count / 8)
        var hasSurrogates = false
        var index = 0
        while index < line.count {
            let byte = line[index]
            index += 1
            guard byte == UInt8(ascii: "\\"), index < line.count else {
                WTF8.append(UInt32(byte), to: &text)
                continue
            }
            let code = line[index]
            index += 1
            guard code == UInt8(ascii: "u") || code == UInt8(ascii: "U") else {
                text.append(byte)
                WTF8.append(UInt32(code), to: &text)
                continue
            }
            let digits = code == UInt8(ascii: "u") ? 4 : 8
            guard let point = hexadecimal(line, at: index, digits: digits), point <= 0x10FFFF else { return nil }
            index += digits
            if (0xD800...0xDFFF).contains(point) { hasSurrogates = true }
            WTF8.append(point, to: &text)
        }
        return (text, hasSurrogates)
    }

    private static func hexadecimal(_ text: UnsafeRawBufferPointer, at start: Int, digits: Int) -> UInt32? {
        guard text.count - start >= digits else { return nil }
        var value: UInt32 = 0
        for index in start..<(start + digits) {
            guard let digit = PickleInteger.digit(text[index]), digit < 16 else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
