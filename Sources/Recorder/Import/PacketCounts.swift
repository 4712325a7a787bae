/// What a capture held, and what of it could not be used and why.
package struct PacketCounts: Sendable, Hashable {
    /// All packets.
    package var packets = 0
    /// Packets that `--filter` left out.
    package var filtered = 0
    /// Segments of TCP.
    package var segments = 0
    /// Other protocols: UDP, ARP and the like.
    package var otherProtocols = 0
    /// Packets whose headers contradict themselves; a receiver drops them.
    package var malformed = 0
    /// Packets that were cut before the end of their headers.
    package var cutHeaders = 0
    /// Packets of link types that are not read, by their numbers.
    package var unknownLinks: [CaptureInterface.LinkType: Int] = [:]
    /// Records of the file that say what cannot be.
    package var unreadable = 0
    /// Checksums that do not fit, but for those that were left to the hardware.
    package var wrongChecksums = 0
    /// Pieces of datagrams, and datagrams of which a piece is missing.
    package var fragments = 0
    package var incompleteDatagrams = 0
    /// Datagrams whose pieces overlap; a receiver drops them.
    package var overlappingDatagrams = 0
    /// Segments outside of what their receiver had asked for.
    package var outsideWindow = 0
    /// Segments with bytes behind their side's end.
    package var afterEnd = 0
    /// Segments with bytes behind what their connection ended with.
    package var afterClose = 0
    /// Segments from before the first one of a connection that began before the capture.
    package var beforeStart = 0
    /// Resets that do not belong to their connection.
    package var strayResets = 0

    package init() {}
}
