internal import NIOCore

/// The events of one turn of an event loop, on their way to the child of a port.
struct ChildBatch: Sendable {
    enum Kind: Sendable {
        case opened
        case message
        /// The client sends no more; it may still be answered.
        case ended
        /// The connection has closed.
        case gone
    }

    /// One event, and how many of the bytes are its line.
    struct Piece: Sendable {
        var session: Int
        var kind: Kind
        var bytes: Int
    }

    var pieces: [Piece] = []
    /// The lines, in the order of the pieces.
    var lines = ByteBuffer()
}
