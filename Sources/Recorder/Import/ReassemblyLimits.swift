/// What the reassembly of TCP keeps at most, so that a capture of any size, made by anybody, is read in bounded memory.
package struct ReassemblyLimits: Sendable, Hashable {
    /// Connections whose handshake has begun and not ended. Over it the oldest is forgotten, as in a flood of SYNs.
    package var halfOpen = 4_096
    /// Open connections. Over it the one that has been quiet for long is closed.
    package var open = 65_536
    /// Closed connections that are remembered, so that what is sent once more begins no new one.
    package var closed = 16_384
    /// Bytes and pieces of one direction that wait for what is missing before them. Over it that is given up.
    package var heldBytes = 8 << 20
    package var heldPieces = 4_096
    /// The same, of all connections. Over it the one that has waited longest gives up.
    package var heldBytesInAll = 64 << 20
    /// Bytes of one direction that lie outside of what its receiver asked for.
    package var farBytes = 1 << 20
    /// How far ahead a segment may lie where the receiver was never heard.
    package var distance: Int64 = 16 << 20
    /// Bytes of one direction that what is sent again is compared with, and those of all.
    package var recentBytes = 8 << 10
    package var recentBytesInAll = 64 << 20

    package init() {}
}

/// Why bytes of a stream are missing.
package enum MissingReason: String, Sendable, Hashable {
    /// The other side acknowledged them; the capture does not have them.
    case acknowledged = "acknowledged by the other side, but not in the capture"
    /// The same of a single number, which may be that of the end.
    case byteOrEnd =
        "acknowledged by the other side, but not in the capture; it may be no byte but the end of the stream"
    /// Later bytes are there; nobody acknowledged them until the end.
    case unseen = "not in the capture, though later bytes are"
    /// The packet was cut to the capture's snap length.
    case cut = "cut off by the capture's snap length"
    /// A reset stands behind them.
    case reset = "not in the capture, though their side's reset stands behind them"
    /// What was sent behind them took too much room.
    case limit = "not in the capture within what is kept of later bytes"
}
