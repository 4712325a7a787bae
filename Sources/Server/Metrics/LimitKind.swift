/// The limits that a client can meet, as the metrics name them.
package enum LimitKind: String, Sendable, CaseIterable {
    /// Bytes of one frame.
    case frame
    /// What a message may hold: depth, elements, opcodes, memo.
    case value
    /// The readable text of a message, which is then kept as bytes.
    case expanded
    case frameTimeout = "frame-timeout"
    case idleTimeout = "idle-timeout"
    case connections
    case writeBuffer = "write-buffer"
    case memory
}
