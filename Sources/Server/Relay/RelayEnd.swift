internal import NIOCore

/// One of the two connections of a relayed session.
///
/// As in `ConnectionHandler`, what every read touches is not checked for overlapping access.
final class RelayEnd {
    let tap: StreamTap
    @exclusivity(unchecked) var context: ChannelHandlerContext?
    var failure: (any Error)?
    var inputHasEnded = false
    /// Its input ended as TLS does not let it end: without close_notify.
    var inputWasCut = false
    /// What it sends is wanted now.
    @exclusivity(unchecked) var isReading = true
    @exclusivity(unchecked) var outputIsClosing = false
    /// Bytes that came from it when they could not be passed on any more.
    var withheldBytes = 0
    var outputHasEnded = false
    var isClosed = false
    @exclusivity(unchecked) var output = SocketOutput()
    /// What leaves for it at the end of the turn, or behind a commit.
    @exclusivity(unchecked) var leaving = ByteBuffer()
    /// What was written to it.
    @exclusivity(unchecked) var outgoing = OutgoingBytes()

    init(tap: StreamTap) { self.tap = tap }

    /// Bytes for it that came as they are.
    func add(_ bytes: ByteBuffer, _ spares: SpareBuffers) {
        if leaving.readableBytes == 0 {
            // A few bytes are not worth holding on to the loop's buffer while they wait.
            guard bytes.readableBytes < bytes.storageCapacity / 4 else { return leaving = bytes }
            leaving = spares.take()
        }
        leaving.writeImmutableBuffer(bytes)
    }

    /// Sends what leaves for it; gives what the kernel does not take.
    func takeUnsent() -> ByteBuffer {
        var bytes = ByteBuffer()
        swap(&bytes, &leaving)
        outgoing.written(bytes.readableBytes)
        if bytes.readableBytes > 0, let context { output.send(&bytes, context.channel) }
        return bytes
    }
}

@available(*, unavailable)
extension RelayEnd: Sendable {}
