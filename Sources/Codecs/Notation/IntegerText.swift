/// Integers of any size as text, from and to two's complement with the least significant byte first.
enum IntegerText {
    /// Above so many bits (4300 decimal digits) an integer is written in hexadecimal: decimal text takes quadratic time.
    static let maximumDecimalBits = 14_284
    static let maximumDecimalDigits = 4_300

    /// The bytes without those that only repeat the sign.
    static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var count = bytes.count
        while count > 1 {
            let last = bytes[count &- 1]
            let isSignBefore = bytes[count &- 2] & 0x80 != 0
            guard (last == 0 && !isSignBefore) || (last == 0xFF && isSignBefore) else { break }
            count &-= 1
        }
        return UnsafeRawBufferPointer(rebasing: bytes[..<count])
    }

    /// The integer, where it fits 64 bits; `bytes` are trimmed.
    static func small(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        guard bytes.count <= 8 else { return nil }
        guard let last = bytes.last else { return 0 }
        var bits: UInt64 = last & 0x80 != 0 ? .max : 0
        for byte in bytes.reversed() { bits = bits << 8 | UInt64(byte) }
        return Int64(bitPattern: bits)
    }

    /// How many bits the absolute value takes.
    static func magnitudeBits(_ bytes: UnsafeRawBufferPointer) -> Int {
        withMagnitude(of: bytes) { words, _ in
            guard let top = words.last else { return 0 }
            return words.count * 32 - top.leadingZeroBitCount
        }
    }

    /// Appends the sign and the decimal digits; quadratic in their number, so `magnitudeBits` is looked at first.
    static func appendDecimal(_ bytes: UnsafeRawBufferPointer, into output: inout ByteWriter) {
        if let small = small(bytes) { return output.append(decimal: small) }
        withMagnitude(of: bytes) { words, isNegative in
            if isNegative { output.append(UInt8(ascii: "-")) }
            let capacity = words.count * 10 + 10
            output.appendUninitialized(capacity: capacity) { target in
                var count = words.count
                var start = capacity
                while count > 0 {
                    var rest: UInt64 = 0
                    for index in stride(from: count &- 1, through: 0, by: -1) {
                        let value = rest << 32 | UInt64(words[index])
                        let quotient = value / 1_000_000_000
                        words[index] = UInt32(truncatingIfNeeded: quotient)
                        rest = value &- quotient &* 1_000_000_000
                    }
                    while count > 0, words[count &- 1] == 0 { count &-= 1 }
                    for _ in 0..<9 where count > 0 || rest > 0 {
                        start &-= 1
                        target[start] = UInt8(truncatingIfNeeded: 48 &+ rest % 10)
                        rest /= 10
                    }
                }
                for index in start..<capacity { target[index &- start] = target[index] }
                return capacity &- start
            }
        }
    }

    /// Appends `0x` and lower-case hexadecimal digits, behind the sign.
    static func appendHexadecimal(_ bytes: UnsafeRawBufferPointer, into output: inout ByteWriter) {
        withMagnitude(of: bytes) { words, isNegative in
            if isNegative { output.append(UInt8(ascii: "-")) }
            output.append("0x")
            guard let top = words.last else { return output.append(UInt8(ascii: "0")) }
            output.appendUninitialized(capacity: words.count * 8) { target in
                var count = 0
                var shift = (31 - top.leadingZeroBitCount) / 4 * 4
                for word in words.reversed() {
                    while shift >= 0 {
                        target[count] = hexDigit(word >> UInt32(shift) & 15)
                        count &+= 1
                        shift &-= 4
                    }
                    shift = 28
                }
                return count
            }
        }
    }

    @inline(__always)
    static func hexDigit(_ value: UInt32) -> UInt8 {
        UInt8(truncatingIfNeeded: value < 10 ? 48 &+ value : 87 &+ value)
    }

    /// Lets `body` have the absolute value as words, the least significant first and no zero word at the end.
    private static func withMagnitude<Result>(
        of bytes: UnsafeRawBufferPointer, _ body: (UnsafeMutableBufferPointer<UInt32>, Bool) -> Result
    ) -> Result {
        let isNegative = bytes.last.map { $0 & 0x80 != 0 } ?? false
        let wordCount = (bytes.count + 3) / 4
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: wordCount + 1) { all in
            var carry: UInt64 = isNegative ? 1 : 0
            for index in 0..<wordCount {
                var word: UInt32 = isNegative ? .max : 0
                for byte in 0..<4 where index * 4 + byte < bytes.count {
                    let shift = UInt32(byte * 8)
                    word = word & ~(0xFF << shift) | UInt32(bytes[index * 4 + byte]) << shift
                }
                if isNegative {
                    let sum = UInt64(~word) + carry
                    word = UInt32(truncatingIfNeeded: sum)
                    carry = sum >> 32
                }
                all[index] = word
            }
            all[wordCount] = isNegative ? UInt32(carry) : 0
            var count = wordCount + 1
            while count > 0, all[count - 1] == 0 { count -= 1 }
            return body(UnsafeMutableBufferPointer(rebasing: all[..<count]), isNegative)
        }
    }

    /// The two's complement of an integer's text (`-12`, `-0x1f`), trimmed; nil where it is no integer, or decimal with
    /// more than `maximumDecimalDigits`.
    static func read(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        var index = 0
        let isNegative = text.first == UInt8(ascii: "-")
        if isNegative { index = 1 }
        let isHexadecimal = text.count >= index + 2 && text[index] == 48 && text[index + 1] == UInt8(ascii: "x")
        if isHexadecimal { index += 2 }
        let digits = UnsafeRawBufferPointer(rebasing: text[index...])
        guard !digits.isEmpty, let words = isHexadecimal ? hexadecimal(digits) : decimal(digits) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(words.count * 4 + 1)
        var carry: UInt64 = 1
        for word in words {
            var word = word
            if isNegative {
                let sum = UInt64(~word) + carry
                word = UInt32(truncatingIfNeeded: sum)
                carry = sum >> 32
            }
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        let isZero = words.allSatisfy { $0 == 0 }
        bytes.append(isNegative && !isZero ? 0xFF : 0)
        return bytes.withUnsafeBytes { Array(trimmed($0)) }
    }

    private static func decimal(_ digits: UnsafeRawBufferPointer) -> [UInt32]? {
        guard digits.count <= maximumDecimalDigits else { return nil }
        var words: [UInt32] = []
        for digit in digits {
            guard digit >= 48, digit <= 57 else { return nil }
        }
        var index = 0
        while index < digits.count {
            let chunk = min(9, digits.count - index)
            var factor: UInt64 = 1
            var carry: UInt64 = 0
            for _ in 0..<chunk {
                factor *= 10
                carry = carry * 10 + UInt64(digits[index] - 48)
                index += 1
            }
            for position in words.indices {
                let product = UInt64(words[position]) * factor + carry
                words[position] = UInt32(truncatingIfNeeded: product)
                carry = product >> 32
            }
            if carry > 0 { words.append(UInt32(carry)) }
        }
        return words
    }

    private static func hexadecimal(_ digits: UnsafeRawBufferPointer) -> [UInt32]? {
        var words = [UInt32](repeating: 0, count: (digits.count + 7) / 8)
        for (position, digit) in digits.reversed().enumerated() {
            let value: UInt32
            switch digit {
            case 48...57: value = UInt32(digit - 48)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = UInt32(digit - 87)
            default: return nil
            }
            words[position / 8] |= value << UInt32(position % 8 * 4)
        }
        return words
    }
}
