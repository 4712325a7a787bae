internal import Codecs

/// The parts of a pcap file (draft-ietf-opsawg-pcap), all numbers with the least significant byte first.
///
/// ```
/// header   u32 A1B23C4D | u16 2 | u16 4 | u32 0 | u32 0 | u32 snap length | u32 link type
/// packet   u32 seconds since 1970 | u32 nanoseconds | u32 bytes here | u32 bytes | bytes
/// ```
///
/// The first number says that the fractions of seconds are nanoseconds.
package enum PcapRecord {
    static func writeHeader(_ interface: CaptureInterface, into bytes: inout ByteWriter) {
        bytes.appendLittleEndian(UInt32(0xA1B2_3C4D))
        bytes.appendLittleEndian(UInt16(2))
        bytes.appendLittleEndian(UInt16(4))
        bytes.appendLittleEndian(UInt64(0))
        bytes.appendLittleEndian(UInt32(CaptureInterface.snapLength))
        bytes.appendLittleEndian(UInt32(interface.linkType.rawValue))
    }

    /// Begins a packet, whose bytes come behind; gives where it begins.
    static func beginPacket(at nanoseconds: Int64, into bytes: inout ByteWriter) -> Int {
        let start = bytes.count
        let time = UInt64(clamping: nanoseconds)
        bytes.appendLittleEndian(UInt32(truncatingIfNeeded: time / 1_000_000_000))
        bytes.appendLittleEndian(UInt32(truncatingIfNeeded: time % 1_000_000_000))
        bytes.appendLittleEndian(UInt64(0))
        return start
    }

    /// Ends a packet that `beginPacket` began at `start`. `originalLength` counts what was not kept as well.
    static func endPacket(_ start: Int, originalLength: Int? = nil, into bytes: inout ByteWriter) {
        let length = bytes.count - start - 16
        bytes.replaceLittleEndian(at: start + 8, with: UInt32(clamping: length))
        bytes.replaceLittleEndian(at: start + 12, with: UInt32(clamping: originalLength ?? length))
    }
}
