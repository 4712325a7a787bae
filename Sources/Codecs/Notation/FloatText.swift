/// Doubles as the shortest decimal text that reads back as the same number, in the form of Python's `repr`: always with a
/// point or an exponent, an exponent below 1e-4 and from 1e16 on, of at least two digits with its sign.
enum FloatText {
    /// Powers of ten that a double holds exactly.
    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    /// Appends the text of a finite number.
    static func append(_ number: Double, into output: inout ByteWriter) {
        let magnitude = number.magnitude
        if number.sign == .minus { output.append(UInt8(ascii: "-")) }
        if appendMillionths(magnitude, into: &output) { return }
        // Conversions to integers and back, since rounding is a call into the C library where the processor is any.
        if magnitude < 9_007_199_254_740_992, magnitude == Double(Int64(magnitude)) {
            output.append(decimal: Int64(magnitude))
            output.append(".0")
        } else if magnitude >= 1e-4, magnitude < 1e12 {
            if !appendDigits(magnitude, into: &output) { appendDescription(magnitude, into: &output) }
        } else if magnitude >= 9_007_199_254_740_992, magnitude < 1e16 {
            appendAny(magnitude, into: &output)
        } else {
            // Elsewhere the standard library's text is Python's.
            appendDescription(magnitude, into: &output)
        }
    }

    /// Numbers with at most six digits behind the point and 15 in all: counts, prices, times, places on a map. One division
    /// tells; only one text of so few digits reads as a given number, so that this one is the shortest.
    @inline(__always)
    private static func appendMillionths(_ magnitude: Double, into output: inout ByteWriter) -> Bool {
        guard magnitude < 9e9, magnitude >= 1e-4 || magnitude == 0 else { return false }
        let scaled = UInt64(bitPattern: Int64(magnitude * 1e6 + 0.5))
        guard Double(Int64(bitPattern: scaled)) / 1e6 == magnitude else { return false }
        let whole = scaled / 1_000_000
        let rest = scaled &- whole &* 1_000_000
        // Sixteen digits are one too many, but for the last being a zero.
        guard scaled < 1_000_000_000_000_000 || rest % 10 == 0 else { return false }
        output.appendUninitialized(capacity: 40) { target in
            guard let start = target.baseAddress else { return 0 }
            let point = DecimalDigits.store(whole, to: start)
            start.storeBytes(of: UInt8(ascii: "."), toByteOffset: point, as: UInt8.self)
            let digits = DecimalDigits.eight(rest &* 100)
            let text = (digits | DecimalDigits.zeros).littleEndian
            start.storeBytes(of: text, toByteOffset: point &+ 1, as: UInt64.self)
            // Without the zeros at the end; the first digit stays.
            return point &+ 1 &+ 8 &- (digits | 1).leadingZeroBitCount &>> 3
        }
        return true
    }

    // MARK: Shortest digits

    /// Numbers of up to 17 digits between 0.0001 and 10^12.
    private static func appendDigits(_ magnitude: Double, into output: inout ByteWriter) -> Bool {
        powers.withUnsafeBufferPointer { powers in
            // The decimal exponent from the binary one, at most one too low.
            var exponent = ((Int(magnitude.bitPattern >> 52) &- 1023) &* 1233) >> 12
            if exponent >= 0 {
                if exponent < 15, magnitude >= powers[exponent &+ 1] { exponent &+= 1 }
            } else if magnitude * powers[-exponent &- 1] >= 1 {
                exponent &+= 1
            }
            let scale = 14 &- exponent
            guard scale >= 0, scale <= 22 else { return false }
            // At most 15 digits, found with one multiplication: only one text of so few digits reads as a given number, so that
            // the one found is the shortest.
            let scaled = magnitude * powers[scale] + 0.5
            guard scaled < 9_007_199_254_740_992 else { return false }
            let digits = Int64(scaled)
            if Double(digits) / powers[scale] == magnitude {
                append(digits: UInt64(digits), exponent: -scale, into: &output)
                return true
            }
            return appendManyDigits(magnitude, exponent: exponent, into: &output)
        }
    }

    /// Powers of ten that 64 bits hold.
    private static let integerPowers: [UInt64] = (0..<20).map { exponent in
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    /// Numbers of which no 15 digits are enough, by exact arithmetic: 16 where those of a multiple of ten (in units of the 17th
    /// digit) lie nearer to the number than half the way to its neighbours, else the 17 that are nearest. False where that is
    /// not plain to see: where two are as near as each other, or one as far as a neighbour reads as another number.
    private static func appendManyDigits(
        _ magnitude: Double, exponent: Int, into output: inout ByteWriter
    ) -> Bool {
        let significand = magnitude.bitPattern & (1 << 52 &- 1)
        // The number is (2^52 + significand) / 2^shift; a power of two has neighbours that are not equally far.
        let shift = 1075 &- Int(magnitude.bitPattern >> 52)
        let scale = 16 &- exponent
        guard significand != 0, shift > 0, shift < 60, scale >= 0, scale < 20 else { return false }
        /// Half the way to a neighbour; all distances in units of 2^-fractionBits of the 17th digit.
        let reach = integerPowers[scale]
        let product = ((significand | 1 << 52) &<< 1).multipliedFullWidth(by: reach)
        let fractionBits = UInt64(truncatingIfNeeded: shift &+ 1)
        let whole = product.high &<< (64 &- fractionBits) | product.low &>> fractionBits
        let fraction = product.low & (1 &<< fractionBits &- 1)
        let tens = whole / 10
        let below = (whole &- tens &* 10) &<< fractionBits | fraction
        let above = 10 &<< fractionBits &- below
        if below == above || min(below, above) == reach { return false }
        if min(below, above) < reach {
            write(below < above ? tens : tens &+ 1, count: 16, exponent: exponent, into: &output)
            return true
        }
        let half: UInt64 = 1 &<< (fractionBits &- 1)
        if fraction == half { return false }
        write(fraction < half ? whole : whole &+ 1, count: 17, exponent: exponent, into: &output)
        return true
    }

    /// Appends 16 or 17 digits with the point where the exponent has it, which is -4 to 11.
    private static func write(_ digits: UInt64, count: Int, exponent: Int, into output: inout ByteWriter) {
        output.appendUninitialized(capacity: 40) { target in
            guard let start = target.baseAddress else { return 0 }
            // Behind one byte, for the point; a number below 1 has zeros before its digits.
            let zeros = exponent < 0 ? -exponent : 0
            if zeros > 0 { start.storeBytes(of: DecimalDigits.zeros, as: UInt64.self) }
            let first = zeros &+ 1
            _ = DecimalDigits.store(digits, to: start + first)
            let point = exponent < 0 ? 1 : exponent &+ 1
            for index in 0..<point { target[index] = target[index &+ 1] }
            target[point] = UInt8(ascii: ".")
            return first &+ count
        }
    }

    // MARK: The standard library's text

    /// Takes text from the standard library without a `String` of it, which would be allocated.
    private struct DescriptionTarget: TextOutputStream {
        let start: UnsafeMutableRawPointer
        let capacity: Int
        var count = 0

        mutating func write(_ string: String) {
            var string = string
            string.withUTF8 { _writeASCII($0) }
        }

        mutating func _writeASCII(_ text: UnsafeBufferPointer<UInt8>) {
            precondition(text.count <= capacity &- count)
            guard let source = text.baseAddress else { return }
            (start + count).copyMemory(from: source, byteCount: text.count)
            count &+= text.count
        }
    }

    private static func appendDescription(_ magnitude: Double, into output: inout ByteWriter) {
        output.appendUninitialized(capacity: 64) { target in
            guard let start = target.baseAddress else { return 0 }
            var description = DescriptionTarget(start: start, capacity: target.count)
            magnitude.write(to: &description)
            return description.count
        }
    }

    /// Numbers that the standard library writes with an exponent and Python without one.
    private static func appendAny(_ magnitude: Double, into output: inout ByteWriter) {
        var text = magnitude.description
        text.withUTF8 { text in
            var digits: UInt64 = 0
            var exponent = 0
            var written = 0
            var isBehindPoint = false
            var isNegative = false
            var isInExponent = false
            for byte in text {
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"):
                    let digit = Int(byte) &- 48
                    if isInExponent {
                        written = written &* 10 &+ digit
                    } else {
                        digits = digits &* 10 &+ UInt64(digit)
                        if isBehindPoint { exponent &-= 1 }
                    }
                case UInt8(ascii: "."): isBehindPoint = true
                case UInt8(ascii: "e"): isInExponent = true
                case UInt8(ascii: "-"): isNegative = true
                default: break
                }
            }
            append(digits: digits, exponent: exponent &+ (isNegative ? -written : written), into: &output)
        }
    }

    /// Appends `digits` times ten to the power of `exponent`.
    private static func append(digits all: UInt64, exponent start: Int, into output: inout ByteWriter) {
        var digits = all
        var exponent = start
        while digits >= 100_000_000, digits % 100_000_000 == 0 {
            digits /= 100_000_000
            exponent &+= 8
        }
        while digits >= 100, digits % 100 == 0 {
            digits /= 100
            exponent &+= 2
        }
        if digits >= 10, digits % 10 == 0 {
            digits /= 10
            exponent &+= 1
        }
        output.appendUninitialized(capacity: 32) { target in
            var count = 0
            var rest = digits
            repeat {
                count &+= 1
                rest /= 10
            } while rest > 0
            /// Digits before the point.
            let point = count &+ exponent
            if point > 16 || point < -3 {
                return scientific(digits, count: count, exponent: point &- 1, into: target)
            }
            if point <= 0 {
                target[0] = 48
                target[1] = UInt8(ascii: ".")
                for index in 0..<(-point) { target[2 &+ index] = 48 }
                write(digits, count: count, at: 2 &- point, into: target)
                return 2 &- point &+ count
            }
            if exponent >= 0 {
                write(digits, count: count, at: 0, into: target)
                for index in 0..<exponent { target[count &+ index] = 48 }
                target[point] = UInt8(ascii: ".")
                target[point &+ 1] = 48
                return point &+ 2
            }
            write(digits, count: count, at: 1, into: target)
            for index in 0..<point { target[index] = target[index &+ 1] }
            target[point] = UInt8(ascii: ".")
            return count &+ 1
        }
    }

    private static func scientific(
        _ digits: UInt64, count: Int, exponent: Int, into target: UnsafeMutableRawBufferPointer
    ) -> Int {
        var end = count
        if count == 1 {
            write(digits, count: 1, at: 0, into: target)
        } else {
            write(digits, count: count, at: 1, into: target)
            target[0] = target[1]
            target[1] = UInt8(ascii: ".")
            end = count &+ 1
        }
        target[end] = UInt8(ascii: "e")
        target[end &+ 1] = exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+")
        let size = exponent.magnitude
        let width = size >= 100 ? 3 : 2
        write(UInt64(size), count: width, at: end &+ 2, into: target)
        return end &+ 2 &+ width
    }

    @inline(__always)
    private static func write(
        _ number: UInt64, count: Int, at start: Int, into target: UnsafeMutableRawBufferPointer
    ) {
        var rest = number
        var index = start &+ count
        while index > start {
            index &-= 1
            target[index] = UInt8(truncatingIfNeeded: 48 &+ rest % 10)
            rest /= 10
        }
    }

    /// The number that a JSON number's text stands for; nil where it is beyond the largest double.
    static func read(_ text: UnsafeRawBufferPointer) -> Double? {
        var digits: UInt64 = 0
        var scale = 0
        var isPlain = text.count <= 20
        var isBehindPoint = false
        var index = 0
        let isNegative = text.first == UInt8(ascii: "-")
        if isNegative { index = 1 }
        while isPlain, index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: ".") {
                isBehindPoint = true
            } else if byte >= 48, byte <= 57 {
                digits = digits &* 10 &+ UInt64(byte &- 48)
                if isBehindPoint { scale &+= 1 }
                isPlain = digits < 9_007_199_254_740_992
            } else {
                isPlain = false
            }
            index &+= 1
        }
        if isPlain, scale <= 22 {
            // Both are exact, so that the division rounds once, as it must.
            let magnitude = Double(digits) / powers[scale]
            return isNegative ? -magnitude : magnitude
        }
        guard let number = Double(String(decoding: text, as: UTF8.self)), number.isFinite else { return nil }
        return number
    }
}
