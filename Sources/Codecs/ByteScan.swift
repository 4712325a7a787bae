/// Looks at eight bytes at a time. `word` is a little-endian load, so that the lowest byte is the first one.
///
/// Each function sets the high bit of the bytes that it looks for. A borrow may set it in a byte behind one that was found,
/// and a byte of 80 or more confuses it; so only the first bit set, with those bytes added as found, is to be trusted.
enum ByteScan {
    static let highBits: UInt64 = 0x8080_8080_8080_8080
    static let ones: UInt64 = 0x0101_0101_0101_0101

    /// Bytes below 20.
    @inline(__always)
    static func controls(_ word: UInt64) -> UInt64 { word &- ones &* 0x20 }

    /// Bytes that are `byte`.
    @inline(__always)
    static func bytes(equalTo byte: UInt8, _ word: UInt64) -> UInt64 { (word ^ ones &* UInt64(byte)) &- ones }

    /// Which byte the first bit set stands in.
    @inline(__always)
    static func firstIndex(_ found: UInt64) -> Int { found.trailingZeroBitCount &>> 3 }
}

extension ByteScan {
    /// How many bytes the block functions look at.
    static let blockBytes = 32

    /// Whether 32 bytes are all ASCII that can be seen: none below 20, no DEL, none of 80 and more.
    @inline(__always)
    static func isVisibleASCII(blockAt offset: Int, of bytes: UnsafeRawBufferPointer) -> Bool {
        let block = bytes.loadUnaligned(fromByteOffset: offset, as: SIMD4<UInt64>.self)
        return isWithoutHighBit(unseen(block))
    }

    /// Copies 32 bytes, and gives how many of them come before the first that is a quote, a backslash or no ASCII that can be
    /// seen; 32 where none is.
    @inline(__always)
    static func copyPlainText(
        blockAt offset: Int, of bytes: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer
    ) -> Int {
        let block = bytes.loadUnaligned(fromByteOffset: offset, as: SIMD4<UInt64>.self)
        target.storeBytes(of: block, as: SIMD4<UInt64>.self)
        let quote = (block ^ SIMD4(repeating: ones &* 0x22)) &- SIMD4(repeating: ones)
        let backslash = (block ^ SIMD4(repeating: ones &* 0x5C)) &- SIMD4(repeating: ones)
        let found = unseen(block) | quote | backslash
        if isWithoutHighBit(found) { return blockBytes }
        var lane = 0
        while found[lane] & highBits == 0 { lane &+= 1 }
        return lane &* 8 &+ firstIndex(found[lane] & highBits)
    }

    /// Sets high bits if there is a byte that is no visible ASCII, not all of them in the right places.
    @inline(__always)
    private static func unseen(_ block: SIMD4<UInt64>) -> SIMD4<UInt64> {
        block | (block &- SIMD4(repeating: ones &* 0x20)) | (block &+ SIMD4(repeating: ones))
    }

    @inline(__always)
    private static func isWithoutHighBit(_ block: SIMD4<UInt64>) -> Bool {
        let half = block.lowHalf | block.highHalf
        return (half[0] | half[1]) & highBits == 0
    }
}

extension ByteScan {
    /// White space as JSON has it: space, TAB, LF, CR.
    @inline(__always)
    static func isWhitespace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    /// Whether there is nothing but white space.
    static func isBlank(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool { bytes.allSatisfy(isWhitespace) }
}
