internal import Codecs

/// Writes a TCP segment in its IP packet, with the checksums of both. Numbers have the most significant byte first.
///
/// ```
/// IPv4 (RFC 791)   45 | 00 | u16 length of all | u16 0 | 40 00 (not to be cut) | 40 (hops) | 06 | u16 checksum
///                  | u32 from | u32 to
/// IPv6 (RFC 8200)  60 00 00 00 | u16 length behind the header | 06 | 40 (hops) | 16 bytes from | 16 bytes to
/// TCP (RFC 9293)   u16 from | u16 to | u32 sequence number | u32 acknowledged | u8 words of the header << 4 | u8 flags
///                  | u16 window | u16 checksum | u16 0 | options | payload
/// ```
///
/// A packet that may not be cut needs no number of its own (RFC 6864, section 4.1).
struct TCPSegmentWriter {
    struct Flags: OptionSet {
        let rawValue: UInt8

        static let fin = Flags(rawValue: 0x01)
        static let syn = Flags(rawValue: 0x02)
        static let reset = Flags(rawValue: 0x04)
        static let push = Flags(rawValue: 0x08)
        static let acknowledgement = Flags(rawValue: 0x10)
    }

    /// Bytes that fit behind the headers in the longest packet.
    static func maximumPayload(_ address: IPAddress) -> Int { address.isVersion4 ? 65_535 - 40 : 65_535 - 60 }

    /// The window is counted in units of 2 to the power of this: the most that there is (RFC 7323), so that a gap of any length lies in it.
    static let windowScale: UInt8 = 14
    /// So far from the last number that was acknowledged a receiver takes bytes.
    static let windowBytes = Int(UInt16.max) << Int(windowScale)

    var from: IPEndpoint
    /// Of the same version of IP as `from`.
    var to: IPEndpoint
    var sequence: UInt32
    var acknowledged: UInt32
    var flags: Flags
    /// What a SYN says of it.
    var longestSegment: Int

    /// Appends the packet, whose payload is at most `maximumPayload` bytes.
    func write(_ payload: UnsafeRawBufferPointer, into bytes: inout ByteWriter) {
        let options = flags.contains(.syn) ? 8 : 0
        let length = 20 + options + payload.count
        writeIP(length, into: &bytes)
        let start = bytes.count
        bytes.reserve(length)
        bytes.appendBigEndian(from.port)
        bytes.appendBigEndian(to.port)
        bytes.appendBigEndian(sequence)
        bytes.appendBigEndian(flags.contains(.acknowledgement) ? acknowledged : 0)
        bytes.append(UInt8((20 + options) / 4) << 4)
        bytes.append(flags.rawValue)
        bytes.appendBigEndian(flags.contains(.reset) ? 0 : UInt16.max)
        bytes.appendBigEndian(UInt32(0))
        if options > 0 {
            // The longest segment; nothing; the window's scale (RFC 7323).
            bytes.appendBigEndian(UInt16(0x0204))
            bytes.appendBigEndian(UInt16(clamping: longestSegment))
            bytes.appendBigEndian(UInt32(0x0103_0300) | UInt32(Self.windowScale))
        }
        bytes.append(payload)
        let checksum = bytes.withUnsafeBytes { all in
            var checksum = InternetChecksum()
            add(from.address, to: &checksum)
            add(to.address, to: &checksum)
            checksum.add(UInt32(length))
            checksum.add(UInt32(6))
            checksum.add(UnsafeRawBufferPointer(rebasing: all[start...]))
            return checksum.value
        }
        // It is in the order of memory already.
        bytes.replaceLittleEndian(at: start + 16, with: UInt16(littleEndian: checksum))
    }

    private func add(_ address: IPAddress, to checksum: inout InternetChecksum) {
        switch address {
        case .version4(let number): checksum.add(number)
        case .version6(let upper, let lower):
            checksum.add(UInt32(upper >> 32))
            checksum.add(UInt32(truncatingIfNeeded: upper))
            checksum.add(UInt32(lower >> 32))
            checksum.add(UInt32(truncatingIfNeeded: lower))
        }
    }

    private func writeIP(_ length: Int, into bytes: inout ByteWriter) {
        switch from.address {
        case .version4:
            let start = bytes.count
            bytes.appendBigEndian(UInt16(0x4500))
            bytes.appendBigEndian(UInt16(clamping: 20 + length))
            bytes.appendBigEndian(UInt32(0x4000))
            bytes.appendBigEndian(UInt32(0x4006_0000))
            write(from.address, into: &bytes)
            write(to.address, into: &bytes)
            let checksum = bytes.withUnsafeBytes { all in
                var checksum = InternetChecksum()
                checksum.add(UnsafeRawBufferPointer(rebasing: all[start...]))
                return checksum.value
            }
            bytes.replaceLittleEndian(at: start + 10, with: UInt16(littleEndian: checksum))
        case .version6:
            bytes.appendBigEndian(UInt32(0x6000_0000))
            bytes.appendBigEndian(UInt16(clamping: length))
            bytes.appendBigEndian(UInt16(0x0640))
            write(from.address, into: &bytes)
            write(to.address, into: &bytes)
        }
    }

    private func write(_ address: IPAddress, into bytes: inout ByteWriter) {
        switch address {
        case .version4(let number): bytes.appendBigEndian(number)
        case .version6(let upper, let lower):
            bytes.appendBigEndian(upper)
            bytes.appendBigEndian(lower)
        }
    }
}
