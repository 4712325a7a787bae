/// The checksum of IP and TCP (RFC 1071): the ones' complement of the ones' complement sum of all 16-bit words.
struct InternetChecksum {
    /// Sums up words as they lie in memory: the order of bytes makes no difference to such a sum but for its own
    /// (RFC 1071, section 2 (B)).
    private var sum: UInt64 = 0

    /// Adds bytes. Only the last ones may be odd in number.
    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        // Each addend has 32 bits, so the sum of a packet has room for all.
        var offset = 0
        while offset &+ 4 <= bytes.count {
            sum &+= UInt64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            offset &+= 4
        }
        if offset &+ 2 <= bytes.count {
            sum &+= UInt64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
            offset &+= 2
        }
        if offset < bytes.count { sum &+= UInt64(UInt16(littleEndian: UInt16(bytes[offset]))) }
    }

    /// Adds a number as it is sent, the most significant byte first.
    mutating func add(_ number: UInt32) { sum &+= UInt64(number.bigEndian) }

    /// The checksum, to be stored as it is.
    var value: UInt16 {
        var folded = sum
        while folded >> 16 != 0 { folded = (folded & 0xFFFF) &+ (folded >> 16) }
        return ~UInt16(truncatingIfNeeded: folded)
    }
}
