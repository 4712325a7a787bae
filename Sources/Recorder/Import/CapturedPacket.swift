/// One packet of a capture, for the time until the next one is read.
struct CapturedPacket {
    /// Its number in the file, from 1, as Wireshark counts.
    var number: Int
    /// Nanoseconds since 1970.
    var time: Int64
    var linkType: CaptureInterface.LinkType
    /// What was kept of it.
    var bytes: UnsafeRawBufferPointer
    /// Its length on the wire; more than `bytes` where not all of it was kept.
    var originalLength: Int
}

/// How a capture ended.
package enum CaptureEnding: Sendable, Hashable {
    /// With a whole packet.
    case whole
    /// Inside a packet or block, which begins at this byte.
    case cut(offset: Int)
    /// At what cannot be read, at this byte; what is wrong with it.
    case damaged(offset: Int, reason: String)
}

/// Reads the packets of one format. A class: to change a value behind a protocol costs more than a packet.
protocol CaptureRecords: AnyObject {
    /// The next packet; nil at the end, of which `ending` tells.
    func next() throws(CaptureError) -> CapturedPacket?
    var ending: CaptureEnding { get }
    /// Packets whose place is known, but whose record says what cannot be.
    var unreadable: Int { get }
    /// Whether the format has room for them.
    static var mayHoldSecrets: Bool { get }
    /// Lines of a TLS key log that stood in the capture so far.
    var secrets: [UInt8] { get }
}
