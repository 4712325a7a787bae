internal import NIOCore

/// The buffer into which all connections of an event loop read, so that an idle one holds none. Confined to the event loop.
final class ReceiveBuffer {
    /// Large enough that a busy connection rarely needs a second read in a turn.
    private static let bytes = 64 << 10

    private var buffer: ByteBuffer?

    /// The buffer, empty, for one read. Nobody else holds it then.
    func take() -> ByteBuffer {
        defer { buffer = nil }
        if buffer?.modifyIfUniquelyOwned({ $0.clear() }) != nil, let buffer = buffer.take() { return buffer }
        return ByteBufferAllocator().buffer(capacity: Self.bytes)
    }

    /// Gives back what a connection has read into, whether or not somebody still holds it.
    func giveBack(_ buffer: ByteBuffer) {
        if buffer.capacity >= Self.bytes { self.buffer = buffer }
    }
}

@available(*, unavailable)
extension ReceiveBuffer: Sendable {}
