internal import NIOCore

/// The answers of one connection that have not left.
///
/// Answers that are frames of what was just read, as an echo's are, stand there one behind the other: they are copied in one
/// piece, behind the last of them.
struct AnswerBytes {
    private var bytes = ByteBuffer()
    private let spares: SpareBuffers?
    /// What the read at hand brought; nothing while none is.
    private var read = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The end of the answers, as far as it stands there and was not copied yet.
    private var echo = UnsafeRawBufferPointer(start: nil, count: 0)

    /// - Parameter spares: where buffers come from; nil: from the allocator.
    init(spares: SpareBuffers? = nil) { self.spares = spares }

    @inline(__always)
    var count: Int { bytes.readableBytes &+ echo.count }

    /// What was read is there until `endRead`.
    mutating func beginRead(_ read: UnsafeRawBufferPointer) {
        copyEcho()
        self.read = read
    }

    /// What was read is about to go.
    mutating func endRead() {
        copyEcho()
        read = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    mutating func append(_ frame: RawSpan) {
        frame.withUnsafeBytes { frame in
            guard isRead(frame) else {
                copyEcho()
                return copy(frame)
            }
            if let start = echo.baseAddress, start + echo.count == frame.baseAddress {
                echo = UnsafeRawBufferPointer(start: start, count: echo.count &+ frame.count)
            } else {
                copyEcho()
                echo = frame
            }
        }
    }

    mutating func append(_ bytes: [UInt8]) { append(bytes.span.bytes) }

    /// All of them; none are left.
    mutating func take() -> ByteBuffer {
        copyEcho()
        var taken = ByteBuffer()
        swap(&taken, &bytes)
        return taken
    }

    /// The first ones, if there are so many.
    mutating func take(first count: Int) -> ByteBuffer? {
        copyEcho()
        return bytes.readSlice(length: count)
    }

    /// Whether a frame is part of what was read, so that it stays until the read ends.
    @inline(__always)
    private func isRead(_ frame: UnsafeRawBufferPointer) -> Bool {
        guard let start = read.baseAddress, let first = frame.baseAddress else { return false }
        return first >= start && first + frame.count <= start + read.count
    }

    private mutating func copyEcho() {
        guard echo.count > 0 else { return }
        copy(echo)
        echo = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    private mutating func copy(_ frame: UnsafeRawBufferPointer) {
        // The answers to a read are about as long as what it brought: one piece of memory is enough for them.
        if bytes.readableBytes == 0 {
            if let spares { bytes = spares.take() }
            bytes.reserveCapacity(max(read.count, frame.count))
        }
        bytes.writeBytes(frame)
    }
}
