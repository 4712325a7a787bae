/// Reads packets down to their TCP segments: link layer, IP, the pieces of IP datagrams, TCP. No file, no clock.
///
/// It takes what a receiving kernel takes; what that drops is counted. The length of a segment is what the IP header says,
/// so that the filling of short Ethernet frames is none of it; where that says 0 (segmentation offload), it is the frame's.
struct PacketDecoder: ~Copyable {
    private(set) var counts = PacketCounts()
    /// Leave out segments whose checksum does not fit.
    var dropsWrongChecksums = false
    private var fragments: FragmentTable
    /// A datagram that was put together, while its segment is used.
    private let datagram = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    /// Whom to ask whether a flow is wanted, before checksums are looked at; by the ports of both ends.
    private let isWanted: (UInt16, UInt16) -> Bool

    init(fragmentBytes: Int = 4 << 20, isWanted: @escaping (UInt16, UInt16) -> Bool = { _, _ in true }) {
        fragments = FragmentTable(maximumBytes: fragmentBytes)
        self.isWanted = isWanted
    }

    deinit { datagram.deallocate() }

    /// What stands behind a header: captured bytes, and how many there were.
    private struct Rest {
        var bytes: UnsafeRawBufferPointer
        var length: Int

        @inline(__always)
        func dropping(_ count: Int) -> Rest {
            Rest(
                bytes: UnsafeRawBufferPointer(rebasing: bytes[min(count, bytes.count)...]), length: length &- count)
        }

        @inline(__always)
        func limited(to most: Int) -> Rest {
            Rest(bytes: UnsafeRawBufferPointer(rebasing: bytes.prefix(most)), length: most)
        }

        @inline(__always)
        func u8(_ offset: Int) -> UInt8 { bytes.load(fromByteOffset: offset, as: UInt8.self) }

        @inline(__always)
        func u16(_ offset: Int) -> UInt16 {
            UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
        }

        @inline(__always)
        func u32(_ offset: Int) -> UInt32 {
            UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }

        @inline(__always)
        func u64(_ offset: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
    }

    private struct Network {
        var source: FlowAddress
        var destination: FlowAddress
    }

    /// The segment of a packet; nil where it has none that can be used.
    @inline(__always)
    mutating func segment(in packet: CapturedPacket) -> TCPSegment? {
        counts.packets &+= 1
        let rest = Rest(bytes: packet.bytes, length: packet.originalLength)
        switch packet.linkType.rawValue {
        case 1: return ethernet(rest, time: packet.time)
        case 0, 108: return loopback(rest, time: packet.time)
        case 12, 14, 101, 228, 229: return version(rest, time: packet.time)
        case 113: return typed(rest, header: 16, typeAt: 14, time: packet.time)
        case 276: return typed(rest, header: 20, typeAt: 0, time: packet.time)
        default:
            if counts.unknownLinks.count < 64 || counts.unknownLinks[packet.linkType] != nil {
                counts.unknownLinks[packet.linkType, default: 0] += 1
            }
            return nil
        }
    }

    /// Datagrams of which a piece has not come.
    mutating func finish() { counts.incompleteDatagrams = fragments.incomplete + fragments.count }

    // MARK: Link layer

    private mutating func ethernet(_ rest: Rest, time: Int64) -> TCPSegment? {
        typed(rest, header: 14, typeAt: 12, time: time)
    }

    /// A header of fixed length with an EtherType in it, and VLAN tags behind that.
    @inline(__always)
    private mutating func typed(_ rest: Rest, header: Int, typeAt offset: Int, time: Int64) -> TCPSegment? {
        guard rest.bytes.count >= header else { return isCut() }
        var type = rest.u16(offset)
        var behind = rest.dropping(header)
        var tags = 0
        while type == 0x8100 || type == 0x88A8 || type == 0x9100 || type == 0x9200 {
            guard behind.bytes.count >= 4 else { return isCut() }
            // More than a few are an attack on somebody.
            tags += 1
            guard tags <= 8 else { return isMalformed() }
            type = behind.u16(2)
            behind = behind.dropping(4)
        }
        switch type {
        case 0x0800: return version4(behind, time: time)
        case 0x86DD: return version6(behind, time: time)
        case 0x8864:
            // A session of PPPoE: six bytes, then the protocol's number.
            guard behind.bytes.count >= 8 else { return isCut() }
            let inside = behind.dropping(8)
            switch behind.u16(6) {
            case 0x0021: return version4(inside, time: time)
            case 0x0057: return version6(inside, time: time)
            default: return isOther()
            }
        default: return isOther()
        }
    }

    /// Four bytes with the number of the address family, which systems disagree in, in any order.
    private mutating func loopback(_ rest: Rest, time: Int64) -> TCPSegment? {
        guard rest.bytes.count >= 4 else { return isCut() }
        let number = rest.u32(0)
        switch number < 1 << 16 ? number : number.byteSwapped {
        case 2: return version4(rest.dropping(4), time: time)
        case 10, 24, 28, 30: return version6(rest.dropping(4), time: time)
        default: return isOther()
        }
    }

    private mutating func version(_ rest: Rest, time: Int64) -> TCPSegment? {
        guard rest.bytes.count >= 1 else { return isCut() }
        switch rest.u8(0) >> 4 {
        case 4: return version4(rest, time: time)
        case 6: return version6(rest, time: time)
        default: return isMalformed()
        }
    }

    // MARK: IP

    private mutating func version4(_ rest: Rest, time: Int64) -> TCPSegment? {
        guard rest.bytes.count >= 20 else { return rest.length >= 20 ? isCut() : isMalformed() }
        let header = Int(rest.u8(0) & 0x0F) * 4
        let total = Int(rest.u16(2))
        guard rest.u8(0) >> 4 == 4, header >= 20, total >= header || total == 0, max(total, header) <= rest.length
        else {
            return isMalformed()
        }
        guard rest.bytes.count >= header else { return isCut() }
        let network = Network(
            source: FlowAddress(version4: rest.u32(12)), destination: FlowAddress(version4: rest.u32(16)))
        let inside = (total == 0 ? rest : rest.limited(to: total)).dropping(header)
        let place = rest.u16(6)
        if place & 0x3FFF != 0 {
            let key = FragmentTable.Key(
                source: network.source, destination: network.destination, number: UInt32(rest.u16(4)),
                next: rest.u8(9), isVersion6: false)
            return piece(
                inside, of: key, offset: Int(place & 0x1FFF) * 8, hasMore: place & 0x2000 != 0, network, time: time)
        }
        guard rest.u8(9) == 6 else { return isOther() }
        return tcp(inside, network)
    }

    private mutating func version6(_ rest: Rest, time: Int64) -> TCPSegment? {
        guard rest.bytes.count >= 40 else { return rest.length >= 40 ? isCut() : isMalformed() }
        let length = Int(rest.u16(4))
        guard rest.u8(0) >> 4 == 6, length + 40 <= rest.length else { return isMalformed() }
        let network = Network(
            source: FlowAddress(upper: rest.u64(8), lower: rest.u64(16)),
            destination: FlowAddress(upper: rest.u64(24), lower: rest.u64(32)))
        let inside = (length == 0 ? rest : rest.limited(to: length + 40)).dropping(40)
        return behindVersion6(inside, next: rest.u8(6), network, time: time)
    }

    /// Passes over the headers that may stand before TCP.
    private mutating func behindVersion6(
        _ rest: Rest, next: UInt8, _ network: Network, time: Int64, isWhole: Bool = false
    ) -> TCPSegment? {
        var (rest, next) = (rest, next)
        for _ in 0..<16 {
            let length: Int
            switch next {
            case 6: return tcp(rest, network)
            case 0, 43, 60, 135:
                guard rest.bytes.count >= 8 else { return rest.length >= 8 ? isCut() : isMalformed() }
                length = (Int(rest.u8(1)) + 1) * 8
            case 51:
                guard rest.bytes.count >= 8 else { return rest.length >= 8 ? isCut() : isMalformed() }
                length = (Int(rest.u8(1)) + 2) * 4
            case 44 where !isWhole:
                guard rest.bytes.count >= 8 else { return rest.length >= 8 ? isCut() : isMalformed() }
                let place = rest.u16(2)
                // The only piece of a datagram is not kept apart (RFC 6946).
                if place & 0xFFF9 == 0 {
                    length = 8
                    break
                }
                let key = FragmentTable.Key(
                    source: network.source, destination: network.destination, number: rest.u32(4), next: rest.u8(0),
                    isVersion6: true)
                return piece(
                    rest.dropping(8), of: key, offset: Int(place & 0xFFF8), hasMore: place & 1 != 0, network, time: time
                )
            default: return isOther()
            }
            guard length <= rest.length else { return isMalformed() }
            guard length <= rest.bytes.count else { return isCut() }
            next = rest.u8(0)
            rest = rest.dropping(length)
        }
        return isMalformed()
    }

    /// Keeps a piece of a datagram; goes on with the datagram when it is whole.
    private mutating func piece(
        _ rest: Rest, of key: FragmentTable.Key, offset: Int, hasMore: Bool, _ network: Network, time: Int64
    ) -> TCPSegment? {
        counts.fragments += 1
        let piece = FragmentTable.Piece(bytes: rest.bytes, offset: offset, length: rest.length, isLast: !hasMore)
        switch fragments.add(piece, to: key, at: time) {
        case .waits: return nil
        case .malformed: return isMalformed()
        case .overlaps:
            counts.overlappingDatagrams += 1
            return nil
        case .whole(let bytes, let length):
            datagram.copyBytes(from: bytes)
            let all = Rest(bytes: UnsafeRawBufferPointer(rebasing: datagram[..<bytes.count]), length: length)
            if key.isVersion6 { return behindVersion6(all, next: key.next, network, time: time, isWhole: true) }
            return key.next == 6 ? tcp(all, network) : isOther()
        }
    }

    // MARK: TCP

    @inline(__always)
    private mutating func tcp(_ rest: Rest, _ network: Network) -> TCPSegment? {
        guard rest.bytes.count >= 20 else { return rest.length >= 20 ? isCut() : isMalformed() }
        let header = Int(rest.u8(12) >> 4) * 4
        guard header >= 20, header <= rest.length else { return isMalformed() }
        counts.segments &+= 1
        let ports = (rest.u16(0), rest.u16(2))
        let source = FlowEnd(address: network.source, port: ports.0)
        let destination = FlowEnd(address: network.destination, port: ports.1)
        let behind = rest.dropping(header)
        var segment = TCPSegment(
            source: source, destination: destination, sequence: rest.u32(4), acknowledged: rest.u32(8),
            flags: TCPSegment.Flags(rawValue: rest.u8(13)), window: rest.u16(14), payload: behind.bytes,
            length: behind.length)
        guard isWanted(ports.0, ports.1) else { return segment }
        if rest.bytes.count == rest.length, !hasRightChecksum(rest, network) {
            counts.wrongChecksums += 1
            if dropsWrongChecksums { return nil }
        }
        if segment.flags.contains(.syn) { segment.windowScale = windowScale(rest.limited(to: header)) }
        return segment
    }

    private func windowScale(_ header: Rest) -> UInt8? {
        var offset = 20
        while offset < header.bytes.count, header.u8(offset) != 0 {
            if header.u8(offset) == 1 {
                offset += 1
                continue
            }
            guard offset + 1 < header.bytes.count, header.u8(offset + 1) >= 2 else { return nil }
            let length = Int(header.u8(offset + 1))
            if header.u8(offset) == 3, length == 3, offset + 2 < header.bytes.count {
                return min(header.u8(offset + 2), 14)
            }
            offset += length
        }
        return nil
    }

    /// Whether the checksum fits, or is what a system writes that leaves it to its hardware: the sum of the addresses and the length
    /// alone, or nothing.
    private func hasRightChecksum(_ rest: Rest, _ network: Network) -> Bool {
        var sum = InternetChecksum()
        for address in [network.source, network.destination] {
            if case .version4(let number) = address.address {
                sum.add(number)
            } else {
                sum.add(UInt32(truncatingIfNeeded: address.upper >> 32))
                sum.add(UInt32(truncatingIfNeeded: address.upper))
                sum.add(UInt32(truncatingIfNeeded: address.lower >> 32))
                sum.add(UInt32(truncatingIfNeeded: address.lower))
            }
        }
        sum.add(UInt32(truncatingIfNeeded: rest.length))
        sum.add(UInt32(6))
        let written = rest.bytes.loadUnaligned(fromByteOffset: 16, as: UInt16.self)
        if written == 0 || written == ~sum.value { return true }
        sum.add(rest.bytes)
        return sum.value == 0
    }

    // MARK: What cannot be used

    private mutating func isCut() -> TCPSegment? {
        counts.cutHeaders += 1
        return nil
    }

    private mutating func isMalformed() -> TCPSegment? {
        counts.malformed += 1
        return nil
    }

    private mutating func isOther() -> TCPSegment? {
        counts.otherProtocols += 1
        return nil
    }
}
