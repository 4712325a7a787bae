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
        var searched = start
        /// Bytes of the line that were passed over, since there are too many.
        var passed = 0
        while true {
            if let offset = memchrOffset(from: searched) {
                let line = UnsafeRawBufferPointer(rebasing: buffer[start..<offset])
                start = offset + 1
                let count = passed + line.count
                return count > maximumLineBytes ? .tooLong(count) : .whole(line)
            }
            if let reason = damage {
                damage = nil
                let count = passed + end - start
                start = end
                return .damaged(count, reason)
            }
            if isAtEnd {
                guard end > start || passed > 0 || isTorn else { return .end }
                isTorn = false
                let rest = UnsafeRawBufferPointer(rebasing: buffer[start..<end])
                start = end
                return passed > 0 ? .torn(UnsafeRawBufferPointer(rebasing: rest[..<0])) : .torn(rest)
            }
            if passed > 0 || end - start > maximumLineBytes {
                passed += end - start
                start = end
            }
            let held = end - start
            try fill()
            searched = start + held
        }
    }

    /// The bytes at the front, for a look at what the file is.
    func peek() throws(RecordingError) -> UnsafeRawBufferPointer {
        if end == start, damage == nil, !isAtEnd { try fill() }
        return UnsafeRawBufferPointer(rebasing: buffer[start..<end])
    }

    /// Whether nothing can be read at all, since there is nothing.
    var isEmpty: Bool { isAtEnd && start == end && !isTorn && damage == nil }

    /// Drops bytes at the front.
    func skip(_ count: Int) { start = min(start + count, end) }

    private func memchrOffset(from: Int) -> Int? {
        guard let base = buffer.baseAddress, end > from,
            let found = memchr(base + from, 10, end - from)
        else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    private func fill() throws(RecordingError) {
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
        switch try bytes.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...])) {
        case .bytes(let count): end += count
        case .damage(let reason): damage = reason
        case .end(let isTorn):
            isAtEnd = true
            self.isTorn = isTorn
        }
    }
}
