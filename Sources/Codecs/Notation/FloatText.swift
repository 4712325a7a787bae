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
            if !appendShort(magnitude, into: &output) { output.append(magnitude.description) }
        } else if magnitude >= 9_007_199_254_740_992, magnitude < 1e16 {
            appendAny(magnitude, into: &output)
        } else {
            // Elsewhere the standard library's text is Python's.
            output.append(magnitude.description)
        }
    }

    /// Numbers with at most six digits behind the point and 15 in all: counts, prices, times, places on a map. One division
    /// tells; only one text of so few digits reads as a given number, so that this one is the shortest.
    @inline(__always)
    private static func appendMillionths(_ magnitude: Double, into output: inout ByteWriter) -> Bool {
        guard magnitude < 9e9, magnitude >= 1e-4 || magnitude == 0 else { return false }
        let scaled = UInt64(Int64(magnitude * 1e6 + 0.5))
        guard Double(scaled) / 1e6 == magnitude else { return false }
        let whole = scaled / 1_000_000
        let rest = UInt32(truncatingIfNeeded: scaled &- whole &* 1_000_000)
        // Sixteen digits are one too many, but for the last being a zero.
        guard scaled < 1_000_000_000_000_000 || rest % 10 == 0 else { return false }
        output.append(decimal: whole)
        output.appendUninitialized(capacity: 8) { target in
            target[0] = UInt8(ascii: ".")
            let first = rest / 10_000
            let others = rest &- first &* 10_000
            pair(first, at: 1, into: target)
            if others == 0 { return target[2] == 48 ? 2 : 3 }
            let second = others / 100
            pair(second, at: 3, into: target)
            pair(others &- second &* 100, at: 5, into: target)
            var count = 7
            while target[count &- 1] == 48 { count &-= 1 }
            return count
        }
        return true
    }

    /// Stores a number below 100 as two digits.
    @inline(__always)
    private static func pair(_ number: UInt32, at offset: Int, into target: UnsafeMutableRawBufferPointer) {
        let tens = (number &* 103) &>> 10
        target[offset] = UInt8(truncatingIfNeeded: 48 &+ tens)
        target[offset &+ 1] = UInt8(truncatingIfNeeded: 48 &+ number &- tens &* 10)
    }

    /// Numbers of at most 15 digits, found with one multiplication: only one text of so few digits reads as a given
    /// number, so that the one found is the shortest.
    private static func appendShort(_ magnitude: Double, into output: inout ByteWriter) -> Bool {
        powers.withUnsafeBufferPointer { powers in
            // The decimal exponent from the binary one, at most one too low.
            var exponent = (Int(magnitude.exponent) &* 1233) >> 12
            if exponent >= 0 {
                if exponent < 15, magnitude >= powers[exponent &+ 1] { exponent &+= 1 }
            } else if magnitude * powers[-exponent &- 1] >= 1 {
                exponent &+= 1
            }
            let scale = 14 &- exponent
            guard scale >= 0, scale <= 22 else { return false }
            let scaled = magnitude * powers[scale] + 0.5
            guard scaled < 9_007_199_254_740_992 else { return false }
            let digits = Int64(scaled)
            guard Double(digits) / powers[scale] == magnitude else { return false }
            append(digits: UInt64(digits), exponent: -scale, into: &output)
            return true
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
