/// How far it is from one opcode to the next, for all 256 bytes: the table that finds the end of a pickle.
///
/// ```
/// bits  0-31         32-39                       40-47
///       length mask  opcode and its fixed bytes  shape
/// ```
///
/// The length of a counted argument is the four bytes behind the opcode, under the mask.
enum PickleStep {
    /// What stands behind an opcode. The first ones are so common that the scanner knows their step without the rest of
    /// the entry: a step that the processor can guess costs a third of one that it must look up.
    enum Shape {
        static let bytes1: UInt8 = 0
        static let bytes2: UInt8 = 1
        static let bytes3: UInt8 = 2
        static let bytes5: UInt8 = 3
        static let bytes9: UInt8 = 4
        static let count1: UInt8 = 5
        static let count4: UInt8 = 6
        static let line: UInt8 = 7
        static let twoLines: UInt8 = 8
        static let count8: UInt8 = 9
        static let signedCount: UInt8 = 10
        static let frame: UInt8 = 11
        static let stop: UInt8 = 12
        static let unknown: UInt8 = 13
    }

    /// 256 entries; never written after it is made.
    nonisolated(unsafe) static let table: UnsafePointer<UInt64> = {
        let entries = UnsafeMutablePointer<UInt64>.allocate(capacity: 256)
        entries.initialize(repeating: UInt64(Shape.unknown) << 40 | 1 << 32, count: 256)
        for opcode in PickleOpcode.all { entries[Int(opcode.code)] = entry(for: opcode) }
        return UnsafePointer(entries)
    }()

    /// The first protocol that has the opcode, for each byte.
    nonisolated(unsafe) static let minimumProtocols: UnsafePointer<UInt8> = {
        let entries = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        entries.initialize(repeating: 0, count: 256)
        for opcode in PickleOpcode.all { entries[Int(opcode.code)] = UInt8(opcode.minimumProtocol) }
        return UnsafePointer(entries)
    }()

    @inline(__always)
    static func shape(of entry: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: entry >> 40) }

    /// The opcode and what stands behind it in any case.
    @inline(__always)
    static func fixedBytes(of entry: UInt64) -> Int { Int(truncatingIfNeeded: entry >> 32 & 0xFF) }

    private static func entry(for opcode: PickleOpcode) -> UInt64 {
        let (fixed, mask, shape): (Int, UInt32, UInt8) =
            switch opcode.argument {
            case .none: (1, 0, opcode.code == PickleOpcode.stop ? Shape.stop : Shape.bytes1)
            case .fixed(1): (2, 0, Shape.bytes2)
            case .fixed(2): (3, 0, Shape.bytes3)
            case .fixed(4): (5, 0, Shape.bytes5)
            case .fixed: (9, 0, Shape.bytes9)
            case .counted(1): (2, 0xFF, Shape.count1)
            case .counted(4): (5, UInt32.max, Shape.count4)
            case .counted: (9, 0, Shape.count8)
            case .signedCount: (5, 0, Shape.signedCount)
            case .line: (1, 0, Shape.line)
            case .twoLines: (1, 0, Shape.twoLines)
            case .frame: (9, 0, Shape.frame)
            }
        return UInt64(shape) << 40 | UInt64(fixed) << 32 | UInt64(mask)
    }
}
