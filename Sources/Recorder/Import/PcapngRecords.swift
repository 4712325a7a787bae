/// Reads pcapng files; ``PcapngBlock`` draws the blocks. Here a section may have either order of bytes and any number of
/// interfaces, each with its link type and clock. Two older blocks of packets are read as well:
///
/// ```
/// packet (old)     2   u16 interface | u16 drops | u32 time, upper half | u32 time, lower half | u32 bytes here | u32 bytes
///                      | bytes
/// simple packet    3   u32 bytes | bytes: of interface 0, without a time
/// ```
final class PcapngRecords: CaptureRecords {
    private enum Kind {
        static let section: UInt32 = 0x0A0D_0D0A
        static let interface: UInt32 = 1
        static let oldPacket: UInt32 = 2
        static let simplePacket: UInt32 = 3
        static let packet: UInt32 = 6
        static let secrets: UInt32 = 0xA
    }

    private let input: CaptureInput
    @exclusivity(unchecked) private var numbers = FileNumbers(isBigEndian: false)
    @exclusivity(unchecked) private var interfaces: [PcapngInterface] = []
    @exclusivity(unchecked) private var hasSection = false
    @exclusivity(unchecked) private(set) var ending = CaptureEnding.whole
    @exclusivity(unchecked) private(set) var unreadable = 0
    static let mayHoldSecrets = true
    private(set) var secrets: [UInt8] = []
    @exclusivity(unchecked) private var lastTime: Int64 = 0
    /// Where the block of the packet that was given last began, and its length.
    @exclusivity(unchecked) private var given: (offset: Int, length: Int)?

    /// More interfaces of one section are not believed.
    static let maximumInterfaces = 1 << 16
    /// Keys of more connections are not kept.
    static let maximumSecretsBytes = 4 << 20
    /// Options of an interface behind so many bytes are not looked at.
    private static let maximumInterfaceBytes = 64 << 10

    init(_ input: CaptureInput) { self.input = input }

    func next() throws(CaptureError) -> CapturedPacket? {
        while ending == .whole {
            if let block = given {
                given = nil
                guard try finish(block) else { return nil }
            }
            let offset = input.offset
            guard try input.holds(12) else {
                if try input.holds(1) { ending = .cut(offset: offset) }
                return nil
            }
            let kind = numbers.u32(input.base, 0)
            if kind == Kind.section, try !beginSection() { return nil }
            guard hasSection else {
                return damaged(offset, "it begins with no section: this is no pcapng file")
            }
            let length = Int(numbers.u32(input.base, 4))
            guard length >= 12, length.isMultiple(of: 4) else {
                return damaged(offset, "a block claims \(length) bytes, which none has")
            }
            given = (offset, length)
            if let packet = try read(kind, length) { return packet }
        }
        return nil
    }

    private func damaged(_ offset: Int, _ reason: String) -> CapturedPacket? {
        ending = .damaged(offset: offset, reason: reason)
        given = nil
        return nil
    }

    /// Passes over what is left of a block; its length stands at its end once more. False where that is not so.
    private func finish(_ block: (offset: Int, length: Int)) throws(CaptureError) -> Bool {
        guard try input.skip(block.length - 4), try input.holds(4) else {
            ending = .cut(offset: block.offset)
            return false
        }
        let again = Int(numbers.u32(input.base, 0))
        guard again == block.length else {
            ending = .damaged(
                offset: block.offset,
                reason: "a block claims \(block.length) bytes at its beginning, \(again) at its end")
            return false
        }
        input.advance(4)
        return true
    }

    /// Reads what a section says of itself; false where it is none.
    private func beginSection() throws(CaptureError) -> Bool {
        let offset = input.offset
        guard try input.holds(28) else {
            ending = .cut(offset: offset)
            return false
        }
        switch UInt32(littleEndian: input.base.loadUnaligned(fromByteOffset: 8, as: UInt32.self)) {
        case 0x1A2B_3C4D: numbers.isBigEndian = false
        case 0x4D3C_2B1A: numbers.isBigEndian = true
        default:
            ending = .damaged(offset: offset, reason: "a section does not say which order its bytes have")
            return false
        }
        let major = numbers.u16(input.base, 12)
        guard major == 1 else {
            ending = .damaged(
                offset: offset, reason: "a section has version \(major).\(numbers.u16(input.base, 14)); 1.0 is read")
            return false
        }
        interfaces = []
        hasSection = true
        return true
    }

    /// Reads a block that begins at the front and is `length` long; gives the packet if it is one.
    private func read(_ kind: UInt32, _ length: Int) throws(CaptureError) -> CapturedPacket? {
        switch kind {
        case Kind.packet:
            guard try has(length, 32, 28) else { return nil }
            let interface = Int(numbers.u32(input.base, 8))
            return try packet(
                interface, time: ticks(12), kept: Int(numbers.u32(input.base, 20)),
                originalLength: Int(numbers.u32(input.base, 24)), at: 28, blockBytes: length)
        case Kind.oldPacket:
            guard try has(length, 32, 28) else { return nil }
            let interface = Int(numbers.u16(input.base, 8))
            return try packet(
                interface, time: ticks(12), kept: Int(numbers.u32(input.base, 20)),
                originalLength: Int(numbers.u32(input.base, 24)), at: 28, blockBytes: length)
        case Kind.simplePacket:
            guard try has(length, 16, 12) else { return nil }
            let originalLength = Int(numbers.u32(input.base, 8))
            let limit = interfaces.first?.snapLength ?? 0
            let kept = min(originalLength, length - 16, limit > 0 ? limit : .max)
            return try packet(
                0, time: nil, kept: kept, originalLength: originalLength, at: 12, blockBytes: length)
        case Kind.interface: try addInterface(length)
        case Kind.secrets: try addSecrets(length)
        default: break
        }
        return nil
    }

    /// Whether a block of that length has room for the fixed part of its kind, and that part is there.
    private func has(_ length: Int, _ least: Int, _ needed: Int) throws(CaptureError) -> Bool {
        guard length >= least else {
            unreadable += 1
            return false
        }
        if try input.holds(needed) { return true }
        ending = .cut(offset: input.offset)
        return false
    }

    private func ticks(_ offset: Int) -> UInt64 {
        UInt64(numbers.u32(input.base, offset)) << 32 | UInt64(numbers.u32(input.base, offset + 4))
    }

    private func packet(
        _ interface: Int, time: UInt64?, kept: Int, originalLength: Int, at offset: Int, blockBytes: Int
    ) throws(CaptureError) -> CapturedPacket? {
        guard interface < interfaces.count, kept <= blockBytes - offset - 4, kept <= PcapRecords.maximumPacketBytes
        else {
            unreadable += 1
            return nil
        }
        guard try input.holds(offset + kept) else {
            ending = .cut(offset: input.offset)
            return nil
        }
        if let time { lastTime = interfaces[interface].nanoseconds(time) }
        return CapturedPacket(
            number: 0, time: lastTime, linkType: interfaces[interface].linkType,
            bytes: UnsafeRawBufferPointer(start: input.base + offset, count: kept),
            originalLength: max(originalLength, kept))
    }

    private func addInterface(_ length: Int) throws(CaptureError) {
        guard length >= 20, interfaces.count < Self.maximumInterfaces else {
            ending = .damaged(
                offset: input.offset,
                reason: length < 20 ? "the description of an interface is too short" : "there are too many interfaces")
            return
        }
        let looked = min(length - 4, Self.maximumInterfaceBytes)
        guard try input.holds(looked) else {
            ending = .cut(offset: input.offset)
            return
        }
        interfaces.append(PcapngInterface(UnsafeRawBufferPointer(start: input.base, count: looked), numbers))
    }

    /// Keeps the lines of a TLS key log.
    private func addSecrets(_ length: Int) throws(CaptureError) {
        guard length >= 20, try input.holds(20) else { return }
        let count = Int(numbers.u32(input.base, 12))
        guard numbers.u32(input.base, 8) == 0x544C_534B, count <= length - 20,
            count <= Self.maximumSecretsBytes - secrets.count,
            try input.holds(min(16 + count, CaptureInput.windowBytes)),
            16 + count <= CaptureInput.windowBytes
        else { return }
        secrets += UnsafeRawBufferPointer(start: input.base + 16, count: count)
        if secrets.last != 10 { secrets.append(10) }
    }
}

@available(*, unavailable)
extension PcapngRecords: Sendable {}

/// An interface of a section: what its packets begin with, and its clock.
struct PcapngInterface {
    var linkType: CaptureInterface.LinkType
    /// Bytes that were kept of a packet at most; 0: all.
    var snapLength: Int
    /// `if_tsresol`: a power of 10, or of 2 where the highest bit is set; units a second.
    var resolution: UInt8 = 6
    /// `if_tsoffset`: seconds that are added.
    var offsetSeconds: Int64 = 0

    /// Reads the block, or the front of it, without what stands behind its options.
    init(_ block: UnsafeRawBufferPointer, _ numbers: FileNumbers) {
        let base = block.baseAddress.unsafelyUnwrapped
        linkType = CaptureInterface.LinkType(rawValue: numbers.u16(base, 8))
        snapLength = Int(numbers.u32(base, 12))
        var offset = 16
        while offset + 4 <= block.count {
            let code = numbers.u16(base, offset)
            let length = Int(numbers.u16(base, offset + 2))
            guard code != 0, offset + 4 + length <= block.count else { return }
            switch code {
            case 9 where length >= 1: resolution = block[offset + 4]
            case 14 where length >= 8: offsetSeconds = Int64(bitPattern: numbers.u64(base, offset + 4))
            default: break
            }
            offset += 4 + (length + 3) & ~3
        }
    }

    /// The time of so many units, in nanoseconds since 1970; one that has no place there is the last that has.
    func nanoseconds(_ units: UInt64) -> Int64 {
        // What nearly every file has.
        if resolution == 6, offsetSeconds == 0, units < 1 << 52 { return Int64(units) * 1_000 }
        if resolution == 9, offsetSeconds == 0, units < 1 << 62 { return Int64(units) }
        let (seconds, fraction) = parts(units)
        let (moved, overflow) = Int64(clamping: seconds).addingReportingOverflow(offsetSeconds)
        let whole = overflow ? (offsetSeconds < 0 ? Int64.min : .max) : moved
        let limit = Int64.max / 1_000_000_000 - 1
        return min(max(whole, -limit), limit) * 1_000_000_000 + Int64(fraction)
    }

    /// Seconds, and nanoseconds of another one.
    private func parts(_ units: UInt64) -> (seconds: UInt64, nanoseconds: UInt64) {
        let exponent = Int(resolution & 0x7F)
        if resolution & 0x80 != 0 {
            guard exponent < 64 else {
                return (0, exponent == 64 ? units.multipliedFullWidth(by: 1_000_000_000).high : 0)
            }
            let rest = units & (1 << UInt64(exponent) - 1)
            let scaled = rest.multipliedFullWidth(by: 1_000_000_000)
            let fraction = exponent == 0 ? 0 : scaled.high << UInt64(64 - exponent) | scaled.low >> UInt64(exponent)
            return (units >> UInt64(exponent), fraction)
        }
        guard exponent <= 19 else { return (0, 0) }
        let perSecond = Self.powerOfTen(exponent)
        let rest = units % perSecond
        let fraction =
            exponent <= 9 ? rest * Self.powerOfTen(9 - exponent) : rest / Self.powerOfTen(exponent - 9)
        return (units / perSecond, fraction)
    }

    private static func powerOfTen(_ exponent: Int) -> UInt64 { (0..<exponent).reduce(1) { power, _ in power * 10 } }
}
