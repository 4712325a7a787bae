/// Integers written as text, as CPython reads them (`PyLong_FromString` with base 0 or 10).
enum PickleInteger {
    enum Parsed {
        case small(Int64)
        /// Two's complement, the least significant byte first.
        case large([UInt8])
        case tooManyDigits
        case invalid
    }

    /// CPython's `sys.int_max_str_digits`: the time for decimal digits grows with their square.
    static let maximumDecimalDigits = 4300

    /// The value of a hexadecimal digit.
    @inline(__always)
    static func digit(_ symbol: UInt8) -> UInt8? {
        switch symbol {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): symbol - 48
        case UInt8(ascii: "a")...UInt8(ascii: "f"): symbol - 87
        case UInt8(ascii: "A")...UInt8(ascii: "F"): symbol - 55
        default: nil
        }
    }

    private static func isBlank(_ symbol: UInt8) -> Bool { symbol == 0x20 || (9...13).contains(symbol) }

    /// INT reads `010` as C does: as octal. Nil where it is not that, or needs more than 64 bits.
    static func octal(_ text: Slice<UnsafeRawBufferPointer>) -> Int64? {
        var rest = text.drop(while: isBlank)
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        guard rest.first == UInt8(ascii: "0") else { return nil }
        var value: Int64 = 0
        for symbol in rest {
            guard (48...55).contains(symbol) else { return nil }
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 8)
            guard !overflow else { return nil }
            value = isNegative ? shifted - Int64(symbol - 48) : shifted + Int64(symbol - 48)
        }
        return value
    }

    /// Reads blanks, a sign, `0x`, `0o` or `0b` unless `isDecimal`, digits with single underscores between them, blanks.
    static func parse(_ text: Slice<UnsafeRawBufferPointer>, isDecimal: Bool = false) -> Parsed {
        var rest = text.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        var bitsPerDigit: UInt64 = 0
        var mustBeZero = false
        if !isDecimal, rest.first == UInt8(ascii: "0") {
            switch rest.dropFirst().first.map({ $0 | 0x20 }) {
            case UInt8(ascii: "x"): bitsPerDigit = 4
            case UInt8(ascii: "o"): bitsPerDigit = 3
            case UInt8(ascii: "b"): bitsPerDigit = 1
            default: mustBeZero = true
            }
            if bitsPerDigit > 0 {
                rest = rest.dropFirst(2)
                if rest.first == UInt8(ascii: "_") { rest = rest.dropFirst() }
            }
        }
        guard let digits = digits(of: rest, below: bitsPerDigit > 0 ? 1 << bitsPerDigit : 10) else { return .invalid }
        if mustBeZero, digits.contains(where: { $0 != 0 }) { return .invalid }
        if bitsPerDigit == 0, digits.count > maximumDecimalDigits { return .tooManyDigits }
        let limbs = bitsPerDigit > 0 ? packed(digits, bitsPerDigit) : decimal(digits)
        return value(of: limbs, isNegative: isNegative)
    }

    private static func digits(of text: Slice<UnsafeRawBufferPointer>, below base: UInt8) -> [UInt8]? {
        var digits: [UInt8] = []
        digits.reserveCapacity(text.count)
        var wasDigit = false
        for symbol in text {
            if symbol == UInt8(ascii: "_") {
                guard wasDigit else { return nil }
                wasDigit = false
            } else {
                guard let digit = digit(symbol), digit < base else { return nil }
                digits.append(digit)
                wasDigit = true
            }
        }
        return wasDigit ? digits : nil
    }

    /// Limbs of 32 bits, the least significant first.
    private static func packed(_ digits: [UInt8], _ bitsPerDigit: UInt64) -> [UInt32] {
        var limbs: [UInt32] = []
        var bits: UInt64 = 0
        var count: UInt64 = 0
        for digit in digits.reversed() {
            bits |= UInt64(digit) << count
            count += bitsPerDigit
            if count >= 32 {
                limbs.append(UInt32(truncatingIfNeeded: bits))
                bits >>= 32
                count -= 32
            }
        }
        limbs.append(UInt32(truncatingIfNeeded: bits))
        return limbs
    }

    private static func decimal(_ digits: [UInt8]) -> [UInt32] {
        var limbs: [UInt32] = []
        var index = 0
        while index < digits.count {
            var factor: UInt64 = 1
            var carry: UInt64 = 0
            while index < digits.count, factor < 1_000_000_000 {
                carry = carry * 10 + UInt64(digits[index])
                factor *= 10
                index += 1
            }
            for limb in limbs.indices {
                let product = UInt64(limbs[limb]) * factor + carry
                limbs[limb] = UInt32(truncatingIfNeeded: product)
                carry = product >> 32
            }
            if carry > 0 { limbs.append(UInt32(truncatingIfNeeded: carry)) }
        }
        return limbs
    }

    private static func value(of limbs: [UInt32], isNegative: Bool) -> Parsed {
        if limbs.count <= 1 || (limbs.count == 2 && limbs[1] < 1 << 31) {
            var magnitude: Int64 = 0
            for limb in limbs.reversed() { magnitude = magnitude << 32 | Int64(limb) }
            return .small(isNegative ? -magnitude : magnitude)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(limbs.count * 4 + 1)
        var carry: UInt64 = isNegative ? 1 : 0
        for limb in limbs {
            let sum = UInt64(isNegative ? ~limb : limb) + carry
            carry = sum >> 32
            for shift in stride(from: UInt64(0), to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: sum >> shift))
            }
        }
        bytes.append(isNegative ? 0xFF &+ UInt8(truncatingIfNeeded: carry) : 0)
        return .large(bytes)
    }
}
