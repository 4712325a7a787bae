internal import Glibc

extension UnsafeRawBufferPointer {
    /// Whether these bytes stand in it somewhere.
    func holds(_ bytes: [UInt8]) -> Bool {
        guard let base = baseAddress, let first = bytes.first else { return bytes.isEmpty }
        var start = 0
        while count - start >= bytes.count,
            let found = memchr(base + start, Int32(first), count - start - bytes.count + 1)
        {
            if memcmp(found, bytes, bytes.count) == 0 { return true }
            start = UnsafeRawPointer(found) - base + 1
        }
        return false
    }
}
