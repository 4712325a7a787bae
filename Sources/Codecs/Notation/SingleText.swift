/// Floats of 32 bits in the value notation: `{"$float32":0.1}`. A node holds such a number as the double that equals it.
enum SingleText {
    /// The bits of the double that equals a float. A NaN keeps its own bits, also where a conversion would change them.
    static func widened(_ bits: UInt32) -> UInt64 {
        let number = Float(bitPattern: bits)
        guard number.isNaN else { return Double(number).bitPattern }
        return UInt64(bits >> 31) << 63 | 0x7FF << 52 | UInt64(bits & 0x7F_FFFF) << 29
    }

    /// The bits of the float nearest to a double; the reverse of `widened`.
    static func narrowed(_ bits: UInt64) -> UInt32 {
        let number = Double(bitPattern: bits)
        guard number.isNaN else { return Float(number).bitPattern }
        let mantissa = UInt32(truncatingIfNeeded: bits >> 29) & 0x7F_FFFF
        return UInt32(truncatingIfNeeded: bits >> 63) << 31 | 0x7F80_0000 | (mantissa == 0 ? 1 << 22 : mantissa)
    }

    /// Appends the tagged text of a float: the shortest that reads back.
    static func append(_ bits: UInt64, into output: inout ByteWriter) {
        output.append("{\"$float32\":")
        let single = narrowed(bits)
        let number = Float(bitPattern: single)
        if number.isFinite {
            output.append(number.description)
        } else if number.isInfinite {
            output.append(number < 0 ? "\"-inf\"" : "\"inf\"")
        } else if single == 0x7FC0_0000 {
            output.append("\"nan\"")
        } else {
            output.append("\"0x")
            for shift in stride(from: Int32(28), through: 0, by: -4) {
                output.append(IntegerText.hexDigit(single >> UInt32(shift) & 15))
            }
            output.append("\"")
        }
        output.append("}")
    }

    /// The node's bits for a JSON number; nil where it is beyond the largest float.
    static func read(_ text: String) -> UInt64? {
        guard let number = Float(text), number.isFinite else { return nil }
        return widened(number.bitPattern)
    }

    /// The node's bits for what stands in quotes.
    static func readSpecial(_ text: String) -> UInt64? {
        switch text {
        case "inf": return widened(Float.infinity.bitPattern)
        case "-inf": return widened((-Float.infinity).bitPattern)
        case "nan": return widened(0x7FC0_0000)
        default:
            guard text.utf8.count == 10, text.hasPrefix("0x"), !text.contains("+"),
                let bits = UInt32(text.dropFirst(2), radix: 16)
            else { return nil }
            return widened(bits)
        }
    }
}
