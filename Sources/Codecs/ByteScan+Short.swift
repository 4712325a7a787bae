/// Texts of a few words, in steps that depend on little: a loop whose end the processor has to guess costs more than the rest.
extension ByteScan {
    /// The longest text that these functions take.
    static let shortBytes = 32

    /// Copies a text. From 0 to `shortBytes` bytes; up to sixteen bytes are read, and written, in any case.
    @inline(__always)
    static func copyShort(from source: UnsafeRawPointer, _ count: Int, to target: UnsafeMutableRawPointer) {
        typealias Words = SIMD2<UInt64>
        target.storeBytes(of: source.loadUnaligned(as: Words.self), as: Words.self)
        guard count > 16 else { return }
        target.storeBytes(
            of: source.loadUnaligned(fromByteOffset: count &- 16, as: Words.self), toByteOffset: count &- 16,
            as: Words.self)
    }

    /// Whether a text is plain: visible ASCII without quotes and backslashes. Up to eight bytes are read in any case.
    @inline(__always)
    static func isShortPlain(_ source: UnsafeRawPointer, _ count: Int) -> Bool {
        let first = source.loadUnaligned(as: UInt64.self)
        guard count >= 8 else {
            let kept: UInt64 = 1 &<< UInt64(truncatingIfNeeded: count &* 8) &- 1
            return special(UInt64(littleEndian: first) & kept | spaces & ~kept) & highBits == 0
        }
        let last = source.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
        var found = special(first) | special(last)
        if count > 16 {
            found |= special(source.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            found |= special(source.loadUnaligned(fromByteOffset: count &- 16, as: UInt64.self))
        }
        return found & highBits == 0
    }

    private static let spaces: UInt64 = 0x2020_2020_2020_2020

    /// Sets high bits if there is a byte that is a control character, a quote, a backslash or no ASCII, not all of them in the
    /// right places.
    @inline(__always)
    private static func special(_ word: UInt64) -> UInt64 {
        controls(word) | bytes(equalTo: 0x22, word) | bytes(equalTo: 0x5C, word) | word | (word &+ ones)
    }
}
