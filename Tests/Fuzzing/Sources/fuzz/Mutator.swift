/// Spoils bytes in the ways that suit any format.
enum Mutator {
    /// A case grows no further than this.
    static let maximumCount = 200_000

    static func mutate(_ bytes: inout [UInt8], other: [UInt8], using random: inout SeededGenerator) {
        guard !bytes.isEmpty else {
            bytes = [random.byte()]
            return
        }
        let at = random.below(bytes.count)
        switch random.below(12) {
        case 0: bytes[at] ^= 1 << UInt8(random.below(8))
        case 1: bytes[at] = random.byte()
        case 2: bytes[at] = random.pick([0, 1, 0x0A, 0x0D, 0x20, 0x22, 0x2E, 0x5C, 0x7F, 0x80, 0xC0, 0xED, 0xFF])
        case 3: bytes[at] = other.isEmpty ? 0 : random.pick(other)
        case 4: bytes.removeSubrange(at..<min(bytes.count, at + 1 + random.below(8)))
        case 5: bytes.removeLast(bytes.count - at)
        case 6: bytes.insert(contentsOf: piece(of: other, using: &random), at: at)
        case 7: bytes.replaceSubrange(at..., with: piece(of: other, using: &random))
        case 8: repeatRun(in: &bytes, at: at, using: &random)
        case 9: swapRuns(in: &bytes, using: &random)
        case 10: extremeLength(in: &bytes, at: at, using: &random)
        default: extremeDigits(in: &bytes, at: at, using: &random)
        }
    }

    private static func piece(of other: [UInt8], using random: inout SeededGenerator) -> ArraySlice<UInt8> {
        guard !other.isEmpty else { return [] }
        let start = random.below(other.count)
        return other[start..<min(other.count, start + 1 + random.below(random.once(in: 4) ? 4096 : 24))]
    }

    private static func repeatRun(in bytes: inout [UInt8], at: Int, using random: inout SeededGenerator) {
        let run = Array(bytes[at..<min(bytes.count, at + 1 + random.below(16))])
        let times = random.once(in: 12) ? 1 + random.below(4000) : 1 + random.below(8)
        let fitting = min(times, maximumCount / run.count)
        bytes.insert(contentsOf: Array(repeating: run, count: fitting).joined(), at: at)
    }

    private static func swapRuns(in bytes: inout [UInt8], using random: inout SeededGenerator) {
        let ends = (0..<3).map { _ in random.below(bytes.count) }.sorted()
        bytes = Array(bytes[..<ends[0]] + bytes[ends[1]..<ends[2]] + bytes[ends[0]..<ends[1]] + bytes[ends[2]...])
    }

    /// A number of one to eight bytes that a reader may take for a length.
    private static func extremeLength(in bytes: inout [UInt8], at: Int, using random: inout SeededGenerator) {
        let numbers: [UInt64] = [
            0, 1, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
            0x1_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFB,
            64 << 20, 64 << 20 + 1, UInt64(bytes.count), UInt64(bytes.count - at),
        ]
        let number = random.pick(numbers)
        let width = random.pick([1, 2, 4, 8])
        let isBig = random.once(in: 2)
        for index in 0..<width where at + index < bytes.count {
            let shift = UInt64(isBig ? width - 1 - index : index) * 8
            bytes[at + index] = UInt8(truncatingIfNeeded: number &>> shift)
        }
    }

    /// A number in digits, in the place of digits where some stand near.
    private static func extremeDigits(in bytes: inout [UInt8], at: Int, using random: inout SeededGenerator) {
        let isDigit = { (byte: UInt8) in byte &- 48 < 10 }
        let start = bytes[at...].firstIndex(where: isDigit) ?? at
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
        let number = random.pick([
            "0", "-1", "00", "-0", "1e400", "2147483647", "2147483648", "4294967296", "9223372036854775807",
            "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551616",
            "9007199254740992", "-9007199254740993", "0.1", "1e5", "1E-400", "10000000000",
        ])
        bytes.replaceSubrange(start..<end, with: Array(number.utf8))
    }
}
