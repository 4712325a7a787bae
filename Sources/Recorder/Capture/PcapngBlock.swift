internal import Codecs

/// The blocks of a pcapng file (draft-ietf-opsawg-pcapng), all numbers with the least significant byte first.
///
/// ```
/// u32 type | u32 length | … body, filled up to 4 bytes … | options | u32 length
///
/// section     0A0D0D0A   u32 1A2B3C4D | u16 1 | u16 0 | i64 -1
/// interface   1          u16 link type | u16 0 | u32 snap length
/// statistics  5          u32 interface | u32 time, upper half | u32 time, lower half
/// packet      6          u32 interface | u32 time, upper half | u32 time, lower half | u32 bytes here | u32 bytes | bytes
/// secrets     A          u32 54 4C 53 4B ("TLSK") | u32 bytes | lines of a key log
///
/// option      u16 code | u16 bytes | bytes, filled up to 4; the last one is 0 | 0
/// ```
///
/// `length` is that of the whole block. There is one interface, number 0; times are nanoseconds since 1970, since its
/// option `if_tsresol` says 9.
package enum PcapngBlock {
    private enum Kind {
        static let section: UInt32 = 0x0A0D_0D0A
        static let interface: UInt32 = 1
        static let statistics: UInt32 = 5
        static let packet: UInt32 = 6
        static let secrets: UInt32 = 0xA
    }

    private enum Option {
        static let comment: UInt16 = 1
        static let interfaceName: UInt16 = 2
        static let application: UInt16 = 4
        static let received: UInt16 = 4
        static let droppedByInterface: UInt16 = 5
        static let droppedBySystem: UInt16 = 7
        static let timeResolution: UInt16 = 9
        static let filter: UInt16 = 11
    }

    /// The longest text of an option; its length has 16 bits.
    private static let maximumOptionBytes = 65_535

    /// The start of a file: who wrote it.
    static func writeSection(application: String, into bytes: inout ByteWriter) {
        let start = begin(Kind.section, &bytes)
        bytes.appendLittleEndian(UInt32(0x1A2B_3C4D))
        bytes.appendLittleEndian(UInt16(1))
        bytes.appendLittleEndian(UInt16(0))
        // How long the section is: not known before its end.
        bytes.appendLittleEndian(Int64(-1))
        writeOption(Option.application, application, into: &bytes)
        endOptions(&bytes)
        end(start, &bytes)
    }

    static func writeInterface(_ interface: CaptureInterface, into bytes: inout ByteWriter) {
        let start = begin(Kind.interface, &bytes)
        bytes.appendLittleEndian(interface.linkType.rawValue)
        bytes.appendLittleEndian(UInt16(0))
        bytes.appendLittleEndian(UInt32(CaptureInterface.snapLength))
        writeOption(Option.interfaceName, interface.name, into: &bytes)
        bytes.appendLittleEndian(Option.timeResolution)
        bytes.appendLittleEndian(UInt16(1))
        bytes.appendLittleEndian(UInt32(9))
        // 0 in front: text in libpcap's language.
        if let filter = interface.filter { writeOption(Option.filter, "\0" + filter, into: &bytes) }
        endOptions(&bytes)
        end(start, &bytes)
    }

    /// Begins a packet, whose bytes come behind; gives where it begins.
    static func beginPacket(at nanoseconds: Int64, into bytes: inout ByteWriter) -> Int {
        let start = begin(Kind.packet, &bytes)
        bytes.appendLittleEndian(UInt32(0))
        writeTime(nanoseconds, into: &bytes)
        bytes.appendLittleEndian(UInt64(0))
        return start
    }

    /// Where the bytes of a packet begin, from the beginning of its block.
    static let packetOffset = 28

    /// Ends a packet that `beginPacket` began at `start`. `originalLength` counts what was not kept as well.
    static func endPacket(
        _ start: Int, originalLength: Int? = nil, comment: String? = nil, into bytes: inout ByteWriter
    ) {
        let length = bytes.count - start - packetOffset
        bytes.replaceLittleEndian(at: start + 20, with: UInt32(clamping: length))
        bytes.replaceLittleEndian(at: start + 24, with: UInt32(clamping: originalLength ?? length))
        fillUp(length, &bytes)
        if let comment {
            writeOption(Option.comment, comment, into: &bytes)
            endOptions(&bytes)
        }
        end(start, &bytes)
    }

    /// The end of a capture: what was taken, and what was not.
    static func writeStatistics(_ summary: CaptureSummary, at nanoseconds: Int64, into bytes: inout ByteWriter) {
        let start = begin(Kind.statistics, &bytes)
        bytes.appendLittleEndian(UInt32(0))
        writeTime(nanoseconds, into: &bytes)
        let lost = summary.droppedByKernel + summary.droppedByInterface
        writeOption(Option.received, UInt64(clamping: summary.packets + lost), into: &bytes)
        writeOption(Option.droppedByInterface, UInt64(clamping: summary.droppedByInterface), into: &bytes)
        writeOption(Option.droppedBySystem, UInt64(clamping: summary.droppedByKernel), into: &bytes)
        endOptions(&bytes)
        end(start, &bytes)
    }

    /// Lines of a TLS key log, as `SSLKEYLOGFILE` has them. A reader needs them before the packets that they open.
    static func writeSecrets(_ keyLog: UnsafeRawBufferPointer, into bytes: inout ByteWriter) {
        let start = begin(Kind.secrets, &bytes)
        bytes.appendLittleEndian(UInt32(0x544C_534B))
        bytes.appendLittleEndian(UInt32(clamping: keyLog.count))
        bytes.append(keyLog)
        fillUp(keyLog.count, &bytes)
        end(start, &bytes)
    }

    // MARK: Parts of blocks

    private static func begin(_ kind: UInt32, _ bytes: inout ByteWriter) -> Int {
        let start = bytes.count
        bytes.appendLittleEndian(kind)
        bytes.appendLittleEndian(UInt32(0))
        return start
    }

    private static func end(_ start: Int, _ bytes: inout ByteWriter) {
        let length = UInt32(clamping: bytes.count - start + 4)
        bytes.appendLittleEndian(length)
        bytes.replaceLittleEndian(at: start + 4, with: length)
    }

    private static func writeTime(_ nanoseconds: Int64, into bytes: inout ByteWriter) {
        let time = UInt64(clamping: nanoseconds)
        bytes.appendLittleEndian(UInt32(truncatingIfNeeded: time >> 32))
        bytes.appendLittleEndian(UInt32(truncatingIfNeeded: time))
    }

    private static func writeOption(_ code: UInt16, _ text: String, into bytes: inout ByteWriter) {
        let text = text.utf8.prefix(maximumOptionBytes)
        bytes.appendLittleEndian(code)
        bytes.appendLittleEndian(UInt16(text.count))
        bytes.append(String(text) ?? "")
        fillUp(text.count, &bytes)
    }

    private static func writeOption(_ code: UInt16, _ number: UInt64, into bytes: inout ByteWriter) {
        bytes.appendLittleEndian(code)
        bytes.appendLittleEndian(UInt16(8))
        bytes.appendLittleEndian(number)
    }

    private static func endOptions(_ bytes: inout ByteWriter) { bytes.appendLittleEndian(UInt32(0)) }

    private static func fillUp(_ count: Int, _ bytes: inout ByteWriter) {
        for _ in 0..<(-count & 3) { bytes.append(0) }
    }
}
