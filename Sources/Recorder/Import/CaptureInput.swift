internal import Glibc

/// The bytes of a capture, read front to back from a file, a pipe or stdin, with a window of fixed size over them.
///
/// Nothing is reserved by what the bytes claim.
final class CaptureInput {
    /// What it is called in messages.
    let name: String
    private let descriptor: Int32
    private let isOwned: Bool
    private let buffer: UnsafeMutableRawBufferPointer
    @exclusivity(unchecked) private var start = 0
    @exclusivity(unchecked) private var end = 0
    private var isAtEnd = false
    /// It may give nothing for a long time, as a pipe and a terminal do.
    private let mayWait: Bool
    /// Whether it was given up before its end, for its task was cancelled while nothing came.
    private(set) var isInterrupted = false
    /// Called where nothing comes for now.
    var beforeWaiting: () -> Void = {}
    /// Bytes of the file before `front`.
    @exclusivity(unchecked) private(set) var offset = 0

    /// So long nothing looks whether the task is cancelled, in milliseconds.
    private static let patience: Int32 = 100

    /// The most bytes that can be looked at together.
    static let windowBytes = 2 << 20

    /// Opens a file or a pipe; `-` is stdin.
    init(path: String) throws(CaptureError) {
        isOwned = path != "-"
        name = isOwned ? path : "stdin"
        // A pipe is there at once, whether anybody writes to it or not.
        descriptor = isOwned ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : STDIN_FILENO
        guard descriptor >= 0 else { throw CaptureError(.cannotRead, name, "cannot open: \(systemMessage(errno))") }
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        mayWait = isKnown && status.st_mode & S_IFMT != S_IFREG
        if isKnown, status.st_mode & S_IFMT == S_IFDIR {
            if isOwned { close(descriptor) }
            throw CaptureError(.cannotRead, name, "is a folder, not a file")
        }
        buffer = .allocate(byteCount: Self.windowBytes, alignment: 16)
    }

    deinit {
        buffer.deallocate()
        if isOwned { close(descriptor) }
    }

    /// The next bytes; as many as `holds` said, and maybe more.
    var front: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[start..<end]) }

    /// The next bytes where they begin.
    @inline(__always)
    var base: UnsafeRawPointer { UnsafeRawPointer(buffer.baseAddress.unsafelyUnwrapped + start) }

    /// Whether `count` more bytes are there; they are in the window then. At most `windowBytes`.
    @inline(__always)
    func holds(_ count: Int) throws(CaptureError) -> Bool {
        if end &- start >= count { return true }
        return try fill(count)
    }

    private func fill(_ count: Int) throws(CaptureError) -> Bool {
        guard count <= buffer.count else { return false }
        if start > 0 {
            buffer.baseAddress.unsafelyUnwrapped.copyMemory(from: base, byteCount: end - start)
            end -= start
            start = 0
        }
        while end < count, !isAtEnd {
            guard !mayWait || isReady() else {
                (isInterrupted, isAtEnd) = (true, true)
                break
            }
            let found = read(descriptor, buffer.baseAddress.unsafelyUnwrapped + end, buffer.count - end)
            if found > 0 {
                end += found
            } else if found == 0 {
                isAtEnd = true
            } else if errno != EINTR, errno != EAGAIN {
                throw CaptureError(.cannotRead, name, "cannot read: \(systemMessage(errno))")
            }
        }
        return end >= count
    }

    /// Waits until there is something to read, or the end. False where the task is cancelled, and nothing is there any more.
    private func isReady() -> Bool {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        var patience: Int32 = 0
        while true {
            let isCancelled = Task.isCancelled
            let found = poll(&ready, 1, isCancelled ? 0 : patience)
            // What cannot be waited for is read, and says why.
            if found > 0 || found < 0 && errno != EINTR { return true }
            if isCancelled { return false }
            if patience == 0 { beforeWaiting() }
            patience = Self.patience
        }
    }

    /// Goes on behind `count` bytes, which `holds` said are there.
    @inline(__always)
    func advance(_ count: Int) {
        precondition(count >= 0 && count <= end &- start)
        start &+= count
        offset &+= count
    }

    /// Passes over bytes, however many. False where the file ends before.
    func skip(_ count: Int) throws(CaptureError) -> Bool {
        var left = count
        while left > 0 {
            guard try holds(1) else { return false }
            let step = min(left, end - start)
            advance(step)
            left -= step
        }
        return true
    }
}

@available(*, unavailable)
extension CaptureInput: Sendable {}
