internal import NIOCore

/// The bytes of a stream that belong to no message yet, kept from one read to the next.
///
/// In the common case a read ends where a frame does; then nothing is kept, and nothing was copied.
struct UnfinishedBytes {
    private var rest = ByteBuffer()
    private var ownsJoined = false

    var count: Int { rest.readableBytes }

    /// The memory that they take.
    var heldBytes: Int { rest.readableBytes > 0 ? rest.storageCapacity : 0 }

    /// What was kept with `added` behind it. The caller takes messages from its front and gives the remainder to `keep`.
    mutating func joined(with added: ByteBuffer) -> ByteBuffer {
        ownsJoined = rest.readableBytes > 0
        guard ownsJoined else { return added }
        var joined = ByteBuffer()
        swap(&joined, &rest)
        joined.writeImmutableBuffer(added)
        return joined
    }

    /// Keeps what is left of what `joined` gave. The loop's receive buffer is not held on to: its bytes are copied.
    mutating func keep(_ remainder: consuming ByteBuffer) {
        guard remainder.readableBytes > 0 else { return }
        if ownsJoined {
            rest = remainder
            if rest.readerIndex > rest.storageCapacity / 2 { rest.discardReadBytes() }
        } else {
            rest = ByteBufferAllocator().buffer(capacity: remainder.readableBytes)
            rest.writeBuffer(&remainder)
        }
    }

    /// Forgets them.
    mutating func removeAll() { rest = ByteBuffer() }
}
