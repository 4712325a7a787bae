internal import Glibc

/// Reads a file line by line, whatever its size, in kept memory.
final class LineReader {
    private let descriptor: Int32
    private var buffer: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    private var isAtEnd = false
    /// The longest line that is taken.
    private let maximumLineBytes: Int

    /// What stands at the front of the file.
    enum Line {
        /// A whole line without its LF, in memory that the next call uses again.
        case whole(UnsafeRawBufferPointer)
        /// A line longer than is taken; it was passed over.
        case tooLong
        /// The last bytes of the file, which no LF ends.
        case torn
        case end
    }

    init(path: String, maximumLineBytes: Int) throws(RecordingError) {
        // O_NONBLOCK: a pipe that nobody writes to must not hang us.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        let number = errno
        buffer = .allocate(byteCount: 64 << 10, alignment: 16)
        self.maximumLineBytes = maximumLineBytes
        guard descriptor >= 0 else {
            throw RecordingError(.cannotOpen, path, "cannot open: \(systemMessage(number))")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            throw RecordingError(.cannotOpen, path, isFolder ? "is a folder, not a file" : "is not a file")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        buffer.deallocate()
    }

    func next(path: String) throws(RecordingError) -> Line {
        var searched = start
        var isTooLong = false
        while true {
            if let offset = memchrOffset(from: searched) {
                let line = UnsafeRawBufferPointer(rebasing: buffer[start..<offset])
                start = offset + 1
                return isTooLong || line.count > maximumLineBytes ? .tooLong : .whole(line)
            }
            if isAtEnd {
                guard end > start || isTooLong else { return .end }
                start = end
                return .torn
            }
            isTooLong = isTooLong || end - start > maximumLineBytes
            if isTooLong { start = end }
            let held = end - start
            try fill(path: path)
            searched = start + held
        }
    }

    /// The bytes at the front, for a look at what the file is.
    func peek(path: String) throws(RecordingError) -> UnsafeRawBufferPointer {
        if end == start { try fill(path: path) }
        return UnsafeRawBufferPointer(rebasing: buffer[start..<end])
    }

    /// Drops bytes at the front.
    func skip(_ count: Int) { start = min(start + count, end) }

    private func memchrOffset(from: Int) -> Int? {
        guard let base = buffer.baseAddress, end > from,
            let found = memchr(base + from, 10, end - from)
        else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    private func fill(path: String) throws(RecordingError) {
        if start > 0 {
            buffer.baseAddress.map { _ = memmove($0, $0 + start, end - start) }
            end -= start
            start = 0
        }
        if end == buffer.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 16)
            larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[..<end]))
            buffer.deallocate()
            buffer = larger
        }
        while true {
            let count = read(descriptor, buffer.baseAddress.map { $0 + end }, buffer.count - end)
            if count >= 0 {
                end += count
                isAtEnd = count == 0
                return
            }
            guard errno == EINTR else {
                throw RecordingError(.cannotRead, path, "cannot read: \(systemMessage(errno))")
            }
        }
    }
}
