/// Reads pcap files; ``PcapRecord`` draws the bytes. Here numbers may have either order of bytes, and times may be in microseconds:
///
/// ```
/// A1B2C3D4  microseconds     A1B23C4D  nanoseconds     A1B2CD34  microseconds, and 8 bytes more before each packet
/// ```
final class PcapRecords: CaptureRecords {
    private let input: CaptureInput
    private let isBigEndian: Bool
    private let nanosecondsPerUnit: Int64
    private let recordHeaderBytes: Int
    private let linkType: CaptureInterface.LinkType
    @exclusivity(unchecked) private(set) var ending = CaptureEnding.whole
    let unreadable = 0
    static let mayHoldSecrets = false
    let secrets: [UInt8] = []
    private var isOver: Bool {
        if case .whole = ending { false } else { true }
    }
    /// What the packet that was given last takes of the window.
    @exclusivity(unchecked) private var given = 0

    /// A longer packet does not exist; who claims one is not to be believed.
    static let maximumPacketBytes = 1 << 20

    /// Reads the header, whose first bytes are known to be there.
    init(_ input: CaptureInput) throws(CaptureError) {
        self.input = input
        guard try input.holds(24) else {
            throw CaptureError(.foreign, input.name, "is cut off inside its header: no packet is in it")
        }
        let magic = UInt32(littleEndian: input.base.loadUnaligned(as: UInt32.self))
        isBigEndian = magic & 0xFF != 0xD4 && magic & 0xFF != 0x4D && magic & 0xFF != 0x34
        let written = isBigEndian ? magic.byteSwapped : magic
        nanosecondsPerUnit = written == 0xA1B2_3C4D ? 1 : 1_000
        recordHeaderBytes = written == 0xA1B2_CD34 ? 24 : 16
        let numbers = FileNumbers(isBigEndian: isBigEndian)
        let major = numbers.u16(input.base, 4)
        guard major == 2 else {
            throw CaptureError(
                .foreign, input.name, "is a pcap file of version \(major).\(numbers.u16(input.base, 6)); 2.4 is read")
        }
        linkType = CaptureInterface.LinkType(
            rawValue: UInt16(truncatingIfNeeded: numbers.u32(input.base, 20)))
        input.advance(24)
    }

    func next() throws(CaptureError) -> CapturedPacket? {
        guard !isOver else { return nil }
        input.advance(given)
        given = 0
        guard try input.holds(recordHeaderBytes) else {
            if try input.holds(1) { ending = .cut(offset: input.offset) }
            return nil
        }
        let numbers = FileNumbers(isBigEndian: isBigEndian)
        let header = input.base
        let length = Int(numbers.u32(header, 8))
        guard length <= Self.maximumPacketBytes else {
            ending = .damaged(
                offset: input.offset,
                reason: "a packet claims \(length) bytes, more than any has; what follows cannot be found")
            return nil
        }
        let seconds = Int64(numbers.u32(header, 0))
        let time = seconds &* 1_000_000_000 &+ Int64(numbers.u32(header, 4)) &* nanosecondsPerUnit
        let originalLength = max(Int(numbers.u32(header, 12)), length)
        guard try input.holds(recordHeaderBytes + length) else {
            ending = .cut(offset: input.offset)
            return nil
        }
        given = recordHeaderBytes + length
        return CapturedPacket(
            number: 0, time: time, linkType: linkType,
            bytes: UnsafeRawBufferPointer(start: input.base + recordHeaderBytes, count: length),
            originalLength: originalLength)
    }
}

@available(*, unavailable)
extension PcapRecords: Sendable {}

/// Numbers of a file in its order of bytes.
struct FileNumbers {
    var isBigEndian: Bool

    @inline(__always)
    func u16(_ base: UnsafeRawPointer, _ offset: Int) -> UInt16 {
        let bits = base.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
        return isBigEndian ? UInt16(bigEndian: bits) : UInt16(littleEndian: bits)
    }

    @inline(__always)
    func u32(_ base: UnsafeRawPointer, _ offset: Int) -> UInt32 {
        let bits = base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        return isBigEndian ? UInt32(bigEndian: bits) : UInt32(littleEndian: bits)
    }

    @inline(__always)
    func u64(_ base: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        let bits = base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        return isBigEndian ? UInt64(bigEndian: bits) : UInt64(littleEndian: bits)
    }
}
