/// Eight decimal digits at a time, without a branch: what a number has digits of is not to be guessed by the processor.
enum DecimalDigits {
    /// What makes the text of eight digits.
    static let zeros: UInt64 = 0x3030_3030_3030_3030

    /// The digits of a number below 100,000,000, a byte each, the first one lowest.
    @inline(__always)
    static func eight(_ number: UInt64) -> UInt64 {
        let fours = number / 10_000
        var digits = fours | (number &- fours &* 10_000) &<< 32
        // Two numbers below 10,000, each 32 bits wide: then four below 100, then eight.
        let hundreds = (digits &* 10_486) &>> 20 & 0x0000_007F_0000_007F
        digits = hundreds | (digits &- hundreds &* 100) &<< 16
        let tens = (digits &* 103) &>> 10 & 0x000F_000F_000F_000F
        return tens | (digits &- tens &* 10) &<< 8
    }

    /// Stores the digits of a number below 100,000,000 without zeros before them, at least one, and gives their count. Eight bytes
    /// are written.
    @inline(__always)
    static func storeShort(_ number: UInt64, to target: UnsafeMutableRawPointer) -> Int {
        let digits = eight(number)
        // A bit in the last one, since it stays also where it is 0.
        let zeroCount = (digits | 1 &<< 56).trailingZeroBitCount &>> 3
        let text = (digits | zeros) &>> UInt64(truncatingIfNeeded: zeroCount &* 8)
        target.storeBytes(of: text.littleEndian, as: UInt64.self)
        return 8 &- zeroCount
    }

    /// Stores all eight digits of a number below 100,000,000.
    @inline(__always)
    static func storeEight(_ number: UInt64, to target: UnsafeMutableRawPointer) {
        target.storeBytes(of: (eight(number) | zeros).littleEndian, as: UInt64.self)
    }

    /// Stores the digits of a number, and gives their count. Up to 24 bytes are written.
    @inline(__always)
    static func store(_ number: UInt64, to target: UnsafeMutableRawPointer) -> Int {
        if number < 100_000_000 { return storeShort(number, to: target) }
        return storeLong(number, to: target)
    }

    @inline(never)
    private static func storeLong(_ number: UInt64, to target: UnsafeMutableRawPointer) -> Int {
        let upper = number / 100_000_000
        var count: Int
        if upper < 100_000_000 {
            count = storeShort(upper, to: target)
        } else {
            let top = upper / 100_000_000
            count = storeShort(top, to: target)
            storeEight(upper &- top &* 100_000_000, to: target + count)
            count &+= 8
        }
        storeEight(number &- upper &* 100_000_000, to: target + count)
        return count &+ 8
    }
}
