internal import NIOCore

/// Small buffers in which bytes wait until they leave, used again by all connections of a loop.
final class SpareBuffers {
    private static let maximumBytes = 8 << 10
    private static let maximumCount = 64

    private var buffers: [ByteBuffer] = []

    /// An empty buffer that has room already, if there is one.
    func take() -> ByteBuffer { buffers.popLast() ?? ByteBuffer() }

    /// Takes a buffer, unless somebody else still holds it. A large one is worth its memory only while it is needed.
    func giveBack(_ buffer: consuming ByteBuffer) {
        guard 1...Self.maximumBytes ~= buffer.storageCapacity, buffers.count < Self.maximumCount,
            buffer.modifyIfUniquelyOwned({ $0.clear() }) != nil
        else { return }
        buffers.append(buffer)
    }
}

@available(*, unavailable)
extension SpareBuffers: Sendable {}
