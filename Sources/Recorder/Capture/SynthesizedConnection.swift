internal import Codecs

/// A TCP connection as packets that could have carried what passed: a pure state machine from events to segments.
///
/// The handshake is written by `open`. Bytes go out in segments of the longest size that IP allows, and are acknowledged at
/// once; so do FIN and RST where they happened. What is acknowledged is what passed: that the other side's program has read
/// it is not known. Sequence numbers wrap around as TCP's do.
///
/// A connection that is not opened begins in the middle: its first packet is the first that passes.
package struct SynthesizedConnection: Sendable {
    private struct End {
        var endpoint: IPEndpoint
        /// The number of the next byte that it sends.
        var next: UInt32
        var hasEnded = false
    }

    /// As much fits in a segment whatever the version of IP.
    package static let segmentBytes = TCPSegmentWriter.maximumPayload(.version6(0, 0))

    private var client: End
    private var server: End
    private var isOver = false
    /// The longest segment that it sends, and says so.
    private let segmentBytes: Int

    /// - Parameters:
    ///   - client: who connected.
    ///   - server: who was connected to.
    ///   - initialSequence: the number of the client's SYN; the server's is made from it. Connections between the same two
    ///     ends must differ in it.
    ///   - packetBytes: the longest packet that the network carries; nil: as long as IP allows.
    package init(client: IPEndpoint, server: IPEndpoint, initialSequence: UInt32, packetBytes: Int? = nil) {
        var (client, server) = (client, server)
        if client.address.isVersion4 != server.address.isVersion4 {
            client.address = client.address.asVersion6
            server.address = server.address.asVersion6
        }
        let limit = TCPSegmentWriter.maximumPayload(client.address)
        segmentBytes = packetBytes.map { min($0 - (client.address.isVersion4 ? 40 : 60), limit) } ?? limit
        self.client = End(endpoint: client, next: initialSequence)
        self.server = End(endpoint: server, next: ~initialSequence)
    }

    /// The number of a SYN that differs from that of the sessions around it.
    package static func initialSequence(session: Int) -> UInt32 {
        // 2 to the 32 divided by the golden ratio: successive ones lie far apart.
        UInt32(truncatingIfNeeded: session) &* 0x9E37_79B1
    }

    private subscript(side: Side) -> End {
        get { side == .client ? client : server }
        set { if side == .client { client = newValue } else { server = newValue } }
    }

    /// The connection is made: SYN, SYN and ACK, ACK.
    ///
    /// `comment`: stands beside the first packet.
    package mutating func open(at time: Int64, comment: String? = nil, into packets: inout PacketWriter) {
        send(.syn, from: .client, at: time, comment: comment, into: &packets)
        client.next &+= 1
        send([.syn, .acknowledgement], from: .server, at: time, into: &packets)
        server.next &+= 1
        send(.acknowledgement, from: .client, at: time, into: &packets)
    }

    /// Bytes passed from a side to the other. After its end there are none.
    ///
    /// `comment`: stands beside the first packet.
    package mutating func pass(
        _ bytes: UnsafeRawBufferPointer, from side: Side, at time: Int64, comment: String? = nil,
        into packets: inout PacketWriter
    ) {
        guard !isOver, !self[side].hasEnded, bytes.count > 0 else { return }
        let limit = segmentBytes
        var offset = 0
        while offset < bytes.count {
            let end = min(offset + limit, bytes.count)
            let flags: TCPSegmentWriter.Flags = end == bytes.count ? [.push, .acknowledgement] : .acknowledgement
            send(
                flags, from: side, payload: UnsafeRawBufferPointer(rebasing: bytes[offset..<end]), at: time,
                comment: offset == 0 ? comment : nil, into: &packets)
            self[side].next &+= UInt32(end - offset)
            offset = end
            // Long before the window is full.
            if (offset / limit).isMultiple(of: 2), offset < bytes.count {
                send(.acknowledgement, from: side.other, at: time, into: &packets)
            }
        }
        send(.acknowledgement, from: side.other, at: time, into: &packets)
    }

    /// Bytes passed that nobody has: their numbers are taken, and acknowledged.
    package mutating func passUnseen(
        _ count: Int, from side: Side, at time: Int64, into packets: inout PacketWriter
    ) {
        guard !isOver, !self[side].hasEnded else { return }
        self[side].next &+= UInt32(truncatingIfNeeded: count)
        send(.acknowledgement, from: side.other, at: time, into: &packets)
    }

    /// A side said that it has no more to send.
    package mutating func end(_ side: Side, at time: Int64, into packets: inout PacketWriter) {
        guard !isOver, !self[side].hasEnded else { return }
        send([.fin, .acknowledgement], from: side, at: time, into: &packets)
        self[side].next &+= 1
        self[side].hasEnded = true
        send(.acknowledgement, from: side.other, at: time, into: &packets)
        isOver = client.hasEnded && server.hasEnded
    }

    /// Whether a side has said that it has no more to send.
    package func hasEnded(_ side: Side) -> Bool { self[side].hasEnded }

    /// A side broke the connection off.
    package mutating func reset(by side: Side, at time: Int64, into packets: inout PacketWriter) {
        guard !isOver else { return }
        send([.reset, .acknowledgement], from: side, at: time, into: &packets)
        isOver = true
    }

    private func send(
        _ flags: TCPSegmentWriter.Flags, from side: Side,
        payload: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0), at time: Int64,
        comment: String? = nil, into packets: inout PacketWriter
    ) {
        let start = packets.beginPacket(at: time)
        let segment = TCPSegmentWriter(
            from: self[side].endpoint, to: self[side.other].endpoint, sequence: self[side].next,
            acknowledged: self[side.other].next, flags: flags, longestSegment: segmentBytes)
        segment.write(payload, into: &packets.bytes)
        packets.endPacket(start, comment: comment)
    }
}
