internal import Glibc

/// The last bytes of a stream, as many as there is room for, to compare with what is sent again.
///
/// A ring: a byte is copied once, whatever comes behind it.
struct RecentBytes {
    private var ring: [UInt8] = []
    /// Where the oldest byte is, once the ring is full.
    private var start = 0

    /// How many there are.
    var count: Int { ring.count }
    var isEmpty: Bool { ring.isEmpty }
    var capacity: Int { ring.capacity }

    /// Adds bytes that come next. Over `limit` the oldest ones are forgotten.
    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer, limit: Int) {
        if bytes.count >= limit {
            start = 0
            ring.removeAll(keepingCapacity: true)
            ring.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes.suffix(limit)))
            return
        }
        let room = min(limit - ring.count, bytes.count)
        if room > 0 { ring.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[..<room])) }
        if room < bytes.count { overwrite(UnsafeRawBufferPointer(rebasing: bytes[room...])) }
    }

    private mutating func overwrite(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        let start = start
        let end = ring.withUnsafeMutableBytes { ring -> Int in
            guard let base = ring.baseAddress else { return 0 }
            let front = min(ring.count - start, bytes.count)
            memcpy(base + start, source, front)
            memcpy(base, source + front, bytes.count - front)
            return (start + bytes.count) % ring.count
        }
        self.start = end
    }

    /// Whether `bytes` are those that begin at an offset; all of them are there.
    func holds(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return true }
        precondition(offset >= 0 && offset + bytes.count <= ring.count)
        return ring.withUnsafeBytes { ring in
            guard let base = ring.baseAddress else { return true }
            let place = (start + offset) % ring.count
            let front = min(ring.count - place, bytes.count)
            return memcmp(base + place, source, front) == 0 && memcmp(base, source + front, bytes.count - front) == 0
        }
    }

    /// Forgets them, since what comes next is not next to them.
    mutating func removeAll() {
        guard !ring.isEmpty else { return }
        ring = []
        start = 0
    }
}
