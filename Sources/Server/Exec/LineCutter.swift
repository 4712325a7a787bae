internal import Glibc

/// Cuts what a program writes into lines, however its bytes arrive; a line that is too long is passed over, not kept.
struct LineCutter {
    enum Line {
        /// A line without its LF, for the duration of the call.
        case whole(UnsafeRawBufferPointer)
        /// A line of so many bytes, which are more than a line may have.
        case tooLong(Int)
    }

    private let maximumBytes: Int
    /// The line that has begun.
    private var rest: [UInt8] = []
    /// How much of a line that is too long has gone by.
    private var passed = 0

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// Gives every line that these bytes end.
    mutating func cut(_ bytes: UnsafeRawBufferPointer, _ body: (Line) -> Void) {
        var start = 0
        while let end = Self.lineEnd(in: bytes, from: start) {
            complete(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), body)
            start = end + 1
        }
        let front = UnsafeRawBufferPointer(rebasing: bytes[start...])
        if passed > 0 || rest.count + front.count > maximumBytes {
            passed += rest.count + front.count
            rest = []
        } else {
            rest.append(contentsOf: front)
        }
    }

    /// Gives the last line, if no LF ended it.
    mutating func finish(_ body: (Line) -> Void) {
        guard passed > 0 || !rest.isEmpty else { return }
        complete(UnsafeRawBufferPointer(start: nil, count: 0), body)
    }

    private mutating func complete(_ bytes: UnsafeRawBufferPointer, _ body: (Line) -> Void) {
        let count = passed + rest.count + bytes.count
        if count > maximumBytes {
            body(.tooLong(count))
        } else if rest.isEmpty {
            body(.whole(bytes))
        } else {
            rest.append(contentsOf: bytes)
            rest.withUnsafeBytes { body(.whole($0)) }
        }
        passed = 0
        rest.removeAll(keepingCapacity: rest.capacity <= 64 << 10)
    }

    private static func lineEnd(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = bytes.baseAddress, start < bytes.count,
            let found = memchr(base + start, 10, bytes.count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }
}
