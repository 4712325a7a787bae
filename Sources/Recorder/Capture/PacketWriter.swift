package import Codecs

/// Packets as a capture file has them, in memory: what both formats have in common.
///
/// `begin` comes first, `end` last. A packet is built in place: `beginPacket`, its bytes appended to `bytes`, `endPacket`.
package struct PacketWriter: ~Copyable, Sendable {
    package let format: CaptureFormat
    /// What has been written and nobody has taken away yet.
    package var bytes = ByteWriter(capacity: 4 << 10)
    /// Packets so far.
    package private(set) var packets = 0

    package init(format: CaptureFormat) {
        self.format = format
    }

    /// The start of the file.
    package mutating func begin(_ interface: CaptureInterface, application: String) {
        switch format {
        case .pcap: PcapRecord.writeHeader(interface, into: &bytes)
        case .pcapng:
            PcapngBlock.writeSection(application: application, into: &bytes)
            PcapngBlock.writeInterface(interface, into: &bytes)
        }
    }

    /// Begins a packet at a time in nanoseconds since 1970; gives where it begins.
    package mutating func beginPacket(at nanoseconds: Int64) -> Int {
        switch format {
        case .pcap: PcapRecord.beginPacket(at: nanoseconds, into: &bytes)
        case .pcapng: PcapngBlock.beginPacket(at: nanoseconds, into: &bytes)
        }
    }

    /// Ends the packet that begins at `start`.
    ///
    /// - `originalLength`: its length where not all of it was kept.
    /// - `comment`: shown beside it; pcap has no place for it.
    package mutating func endPacket(_ start: Int, originalLength: Int? = nil, comment: String? = nil) {
        packets += 1
        switch format {
        case .pcap: PcapRecord.endPacket(start, originalLength: originalLength, into: &bytes)
        case .pcapng:
            PcapngBlock.endPacket(start, originalLength: originalLength, comment: comment, into: &bytes)
        }
    }

    /// The end of the file, which says what it lacks; pcap has no place for it.
    package mutating func end(_ summary: CaptureSummary, at nanoseconds: Int64) {
        if format == .pcapng { PcapngBlock.writeStatistics(summary, at: nanoseconds, into: &bytes) }
    }

    /// How many of the bytes are whole packets or blocks; what is behind was cut. The header of a pcap file is neither.
    static func wholeBytes(of bytes: UnsafeRawBufferPointer, _ format: CaptureFormat) -> Int {
        let (headerBytes, lengthOffset, addedBytes) =
            switch format {
            case .pcap: (16, 8, 16)
            case .pcapng: (8, 4, 0)
            }
        var offset = 0
        while offset + headerBytes <= bytes.count {
            let length = bytes.loadUnaligned(fromByteOffset: offset + lengthOffset, as: UInt32.self)
            let end = offset + Int(UInt32(littleEndian: length)) + addedBytes
            guard end <= bytes.count else { break }
            offset = end
        }
        return offset
    }
}
