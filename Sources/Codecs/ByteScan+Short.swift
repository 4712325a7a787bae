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

    /// Copies one to `shortBytes` bytes; none but those are read.
    @inline(__always)
    static func copyWithin(from source: UnsafeRawPointer, _ count: Int, to target: UnsafeMutableRawPointer) {
        if count >= 16 {
            copyEnds(from: source, count, to: target, as: SIMD2<UInt64>.self)
        } else if count >= 8 {
            copyEnds(from: source, count, to: target, as: UInt64.self)
        } else if count >= 4 {
            copyEnds(from: source, count, to: target, as: UInt32.self)
        } else {
            target.storeBytes(of: source.load(as: UInt8.self), as: UInt8.self)
            if count > 1 { copyEnds(from: source, count, to: target, as: UInt16.self) }
        }
    }

    /// Copies the first bytes and the last ones, as many each as `Piece` has: which may be some twice.
    @inline(__always)
    private static func copyEnds<Piece: BitwiseCopyable>(
        from source: UnsafeRawPointer, _ count: Int, to target: UnsafeMutableRawPointer, as piece: Piece.Type
    ) {
        let rest = count &- MemoryLayout<Piece>.size
        target.storeBytes(of: source.loadUnaligned(as: piece), as: piece)
        target.storeBytes(of: source.loadUnaligned(fromByteOffset: rest, as: piece), toByteOffset: rest, as: piece)
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
