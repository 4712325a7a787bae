/// What stands behind the first byte of a MessagePack value, for all 256 bytes: the one table that both the reader and
/// the scanner for streams go by.
///
/// ```
/// bits  0-2      3-5                          8-15
///       shape    bytes of the number behind   a number in the first byte itself
/// ```
///
/// Source: https://github.com/msgpack/msgpack/blob/master/spec.md, "Formats".
enum MessagePackHeader {
    enum Shape {
        /// So many bytes follow: numbers, short texts, texts and bytes behind their length.
        static let body: UInt32 = 0
        /// So many values follow.
        static let array: UInt32 = 1
        /// So many pairs of values follow.
        static let map: UInt32 = 2
        /// Never used by the format: C1.
        static let never: UInt32 = 3
    }

    /// 256 entries; never written after it is made.
    nonisolated(unsafe) static let table: UnsafePointer<UInt32> = {
        let entries = UnsafeMutablePointer<UInt32>.allocate(capacity: 256)
        for byte in UInt32(0)..<256 {
            entries.advanced(by: Int(byte)).initialize(to: entry(for: byte))
        }
        return UnsafePointer(entries)
    }()

    @inline(__always)
    static func shape(of entry: UInt32) -> UInt32 { entry & 7 }

    /// How many bytes the length or the count behind the first byte takes: 0, 1, 2 or 4.
    @inline(__always)
    static func width(of entry: UInt32) -> Int { Int(entry >> 3 & 7) }

    /// What the length or the count says, with what the first byte adds: the type of an ext is a byte of its body.
    /// `width` bytes behind `start` must be there.
    @inline(__always)
    static func number(of entry: UInt32, behind start: UnsafeRawPointer) -> UInt64 {
        let fixed = UInt64(entry >> 8 & 0xFF)
        switch width(of: entry) {
        case 0: return fixed
        case 1: return fixed &+ UInt64(start.load(fromByteOffset: 1, as: UInt8.self))
        case 2: return fixed &+ UInt64(UInt16(bigEndian: start.loadUnaligned(fromByteOffset: 1, as: UInt16.self)))
        default: return fixed &+ UInt64(UInt32(bigEndian: start.loadUnaligned(fromByteOffset: 1, as: UInt32.self)))
        }
    }

    private static func entry(for byte: UInt32) -> UInt32 {
        let (shape, width, fixed): (UInt32, UInt32, UInt32) =
            switch byte {
            case 0x00...0x7F, 0xE0...0xFF: (Shape.body, 0, 0)
            case 0x80...0x8F: (Shape.map, 0, byte & 15)
            case 0x90...0x9F: (Shape.array, 0, byte & 15)
            case 0xA0...0xBF: (Shape.body, 0, byte & 31)
            case 0xC4...0xC6: (Shape.body, 1 << (byte - 0xC4), 0)
            case 0xC7...0xC9: (Shape.body, 1 << (byte - 0xC7), 1)
            case 0xCA, 0xCE, 0xD2: (Shape.body, 0, 4)
            case 0xCB, 0xCF, 0xD3: (Shape.body, 0, 8)
            case 0xCC, 0xD0: (Shape.body, 0, 1)
            case 0xCD, 0xD1: (Shape.body, 0, 2)
            case 0xD4...0xD8: (Shape.body, 0, 1 + (1 << (byte - 0xD4)))
            case 0xD9...0xDB: (Shape.body, 1 << (byte - 0xD9), 0)
            case 0xDC, 0xDD: (Shape.array, byte == 0xDC ? 2 : 4, 0)
            case 0xDE, 0xDF: (Shape.map, byte == 0xDE ? 2 : 4, 0)
            case 0xC0, 0xC2, 0xC3: (Shape.body, 0, 0)
            default: (Shape.never, 0, 0)
            }
        return shape | width << 3 | fixed << 8
    }
}
