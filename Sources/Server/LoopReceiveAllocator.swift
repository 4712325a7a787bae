internal import NIOCore

/// Lets all connections of an event loop read into one large buffer, so that an idle connection holds none.
///
/// NIO keeps the first buffer that it is given for as long as the connection lives; that one is small. Since this
/// announces no size and always says that the next buffer may be larger, NIO asks again for each later read (with
/// `maxMessagesPerRead` 1 it keeps none of those).
struct LoopReceiveAllocator: RecvByteBufferAllocator {
    private static let firstReadBytes = 256

    private let loop: NIOLoopBound<LoopContext>
    private var hasRead = false

    init(loop: LoopContext) {
        self.loop = NIOLoopBound(loop, eventLoop: loop.eventLoop)
    }

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        guard hasRead else { return allocator.buffer(capacity: LoopReceiveAllocator.firstReadBytes) }
        return loop.value.receiveBuffer.take()
    }

    mutating func record(actualReadBytes: Int) -> Bool {
        hasRead = true
        return true
    }
}
