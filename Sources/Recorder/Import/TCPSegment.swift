/// An address of either version of IP, as a small number that costs nothing to compare. IPv4's stand where IPv6 has them mapped.
struct FlowAddress: Hashable, Comparable {
    var upper: UInt64
    var lower: UInt64

    init(upper: UInt64, lower: UInt64) {
        self.upper = upper
        self.lower = lower
    }

    init(version4: UInt32) { self.init(upper: 0, lower: 0xFFFF << 32 | UInt64(version4)) }

    @inline(__always)
    static func < (left: FlowAddress, right: FlowAddress) -> Bool {
        left.upper != right.upper ? left.upper < right.upper : left.lower < right.lower
    }

    /// The same as everybody else writes it.
    var address: IPAddress {
        upper == 0 && lower >> 32 == 0xFFFF ? .version4(UInt32(truncatingIfNeeded: lower)) : .version6(upper, lower)
    }
}

/// One end of a flow.
struct FlowEnd: Hashable, Comparable {
    var address: FlowAddress
    var port: UInt16

    @inline(__always)
    static func < (left: FlowEnd, right: FlowEnd) -> Bool {
        left.address != right.address ? left.address < right.address : left.port < right.port
    }

    var endpoint: IPEndpoint { IPEndpoint(address: address.address, port: port) }
}

/// What a TCP segment says, for the time until the next packet is read.
struct TCPSegment {
    typealias Flags = TCPSegmentWriter.Flags

    var source: FlowEnd
    var destination: FlowEnd
    var sequence: UInt32
    var acknowledged: UInt32
    var flags: Flags
    /// As it stands in the header, without its scale.
    var window: UInt16
    /// How far a SYN says that windows are shifted.
    var windowScale: UInt8?
    /// What was kept of the payload.
    var payload: UnsafeRawBufferPointer
    /// The payload's length as it was sent.
    var length: Int

    /// The sequence numbers that it takes up.
    var span: Int { length + (flags.contains(.syn) ? 1 : 0) + (flags.contains(.fin) ? 1 : 0) }
}
