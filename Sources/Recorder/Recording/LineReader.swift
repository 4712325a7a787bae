internal import Glibc

/// Reads a recording's text line by line, whatever its size, in kept memory.
final class LineReader {
    private let bytes: any RecordingBytes
    private var buffer: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    private var isAtEnd = false
    /// Whether the end is a cut, which an LF before it does not show.
    private var isTorn = false
    /// What is lost where `buffer` ends.
    private var damage: String?
    /// The longest line that is taken.
    private let maximumLineBytes: Int
    /// Bytes behind `start` that hold no LF.
    private var searched = 0
    /// Bytes of the line that were passed over, since there are too many.
    private var passed = 0
    /// Whether more may come behind the end, which no line ends then: `next` gives `end` for now, and can be called again.
    var awaitsMore = false {
        didSet {
            if awaitsMore {
                isAtEnd = false
                isTorn = false
            }
        }
    }

    /// What stands at the front of the file.
    enum Line {
        /// A whole line without its LF, in memory that the next call uses again.
        case whole(UnsafeRawBufferPointer)
        /// A line of so many bytes, longer than is taken; it was passed over.
        case tooLong(Int)
        /// So many bytes of a line, the rest of which is lost, and why; perhaps of others with it.
        case damaged(Int, String)
        /// The last bytes of the file, which no LF ends; none of them where it was cut between two lines.
        case torn(UnsafeRawBufferPointer)
        case end
    }

    init(_ bytes: any RecordingBytes, maximumLineBytes: Int) {
        self.bytes = bytes
        self.maximumLineBytes = bytes.maximumLineBytes(atMost: maximumLineBytes)
        buffer = .allocate(byteCount: 64 << 10, alignment: 16)
    }

    deinit { buffer.deallocate() }

    func next() throws(RecordingError) -> Line {
        while true {
            if let offset = memchrOffset(from: start + searched) {
                let line = UnsafeRawBufferPointer(rebasing: buffer[start..<offset])
                let count = leaveLine(endingAt: offset + 1) - 1
                return count > maximumLineBytes ? .tooLong(count) : .whole(line)
            }
            if let reason = damage {
                damage = nil
                return .damaged(leaveLine(endingAt: end), reason)
            }
            if isAtEnd {
                guard end > start || passed > 0 || isTorn else { return .end }
                isTorn = false
                let rest = UnsafeRawBufferPointer(rebasing: buffer[start..<(passed > 0 ? start : end)])
                _ = leaveLine(endingAt: end)
                return .torn(rest)
            }
            if passed > 0 || end - start > maximumLineBytes {
                passed += end - start
                start = end
            }
            searched = end - start
            guard try fill() else { return .end }
        }
    }

    /// Goes on behind a line; gives how many bytes it had.
    private func leaveLine(endingAt offset: Int) -> Int {
        let count = passed + offset - start
        start = offset
        searched = 0
        passed = 0
        return count
    }

    /// The bytes at the front, for a look at what the file is.
    func peek() throws(RecordingError) -> UnsafeRawBufferPointer {
        if end == start, damage == nil, !isAtEnd { _ = try fill() }
        return UnsafeRawBufferPointer(rebasing: buffer[start..<end])
    }

    /// Whether nothing can be read at all, since there is nothing.
    var isEmpty: Bool { isAtEnd && start == end && !isTorn && damage == nil }

    /// Gives back memory that nothing unread needs.
    func rest() {
        guard buffer.count > end - start else { return }
        let smaller = UnsafeMutableRawBufferPointer.allocate(byteCount: end - start, alignment: 16)
        smaller.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
        buffer.deallocate()
        (buffer, start, end) = (smaller, 0, smaller.count)
    }

    /// Drops bytes at the front.
    func skip(_ count: Int) {
        start = min(start + count, end)
        searched = 0
    }

    private func memchrOffset(from: Int) -> Int? {
        guard let base = buffer.baseAddress, end > from,
            let found = memchr(base + from, 10, end - from)
        else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    /// Reads on; false at an end that more is awaited behind.
    private func fill() throws(RecordingError) -> Bool {
        if start > 0 {
            buffer.baseAddress.map { _ = memmove($0, $0 + start, end - start) }
            end -= start
            start = 0
        }
        if end == buffer.count {
            let count = max(buffer.count * 2, 64 << 10)
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
            larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[..<end]))
            buffer.deallocate()
            buffer = larger
        }
        switch try bytes.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...])) {
        case .bytes(let count): end += count
        case .damage(let reason): damage = reason
        case .end(let isTorn):
            if awaitsMore { return false }
            isAtEnd = true
            self.isTorn = isTorn
        }
        return true
    }
}
