internal import Glibc

/// Floating-point numbers written as text, as CPython reads them (`PyOS_string_to_double`).
enum PickleFloat {
    /// The number that all of `text` stands for: no blanks, underscores or hexadecimal; `inf`, `infinity` and `nan` in any
    /// case. Behind the text a byte must stand that is no part of a number. Above the largest number: infinity.
    static func parse(_ text: Slice<UnsafeRawBufferPointer>) -> Double? {
        let isNegative = text.first == UInt8(ascii: "-")
        if isNamed(text) {
            let isNaN = unsigned(text).first.map { $0 | 0x20 } == UInt8(ascii: "n")
            let bits: UInt64 = isNaN ? 0x7FF8_0000_0000_0000 : 0x7FF0_0000_0000_0000
            return Double(bitPattern: bits | (isNegative ? 1 << 63 : 0))
        }
        guard isDecimal(unsigned(text)) else { return nil }
        return UnsafeRawBufferPointer(rebasing: text).withMemoryRebound(to: CChar.self) { characters in
            characters.baseAddress.map { strtod($0, nil) }
        }
    }

    /// Whether the text is infinity or NaN by name.
    static func isNamed(_ text: Slice<UnsafeRawBufferPointer>) -> Bool {
        let name = unsigned(text)
        return ["inf", "infinity", "nan"].contains { expected in
            name.count == expected.utf8.count && zip(name, expected.utf8).allSatisfy { $0 | 0x20 == $1 }
        }
    }

    private static func unsigned(_ text: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        text.first == UInt8(ascii: "-") || text.first == UInt8(ascii: "+") ? text.dropFirst() : text
    }

    private static func isDecimal(_ text: Slice<UnsafeRawBufferPointer>) -> Bool {
        func isDigit(_ symbol: UInt8) -> Bool { (48...57).contains(symbol) }
        let whole = text.prefix(while: isDigit)
        var rest = text[whole.endIndex...]
        var digits = whole.count
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            let fraction = rest.prefix(while: isDigit)
            digits += fraction.count
            rest = rest[fraction.endIndex...]
        }
        guard digits > 0 else { return false }
        guard let mark = rest.first else { return true }
        guard mark | 0x20 == UInt8(ascii: "e") else { return false }
        let exponent = unsigned(rest.dropFirst())
        return !exponent.isEmpty && exponent.allSatisfy(isDigit)
    }
}
