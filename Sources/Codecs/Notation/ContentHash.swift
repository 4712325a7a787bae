/// Hashes runs of bytes with a seed of the process, so that nobody can send strings that all fall into one slot.
package struct ContentHash: BitwiseCopyable {
    private let first: UInt64
    private let second: UInt64

    private static let process = ContentHash(
        first: .random(in: .min ... .max), second: .random(in: .min ... .max) | 1 << 63 | 1
    )

    private init(first: UInt64, second: UInt64) {
        self.first = first
        self.second = second
    }

    /// The hash of this process; take it once per message, since each look at it asks whether it is made already.
    package init() { self = Self.process }

    @inline(__always)
    private func mix(_ number: UInt64) -> UInt64 {
        let product = number.multipliedFullWidth(by: second)
        return product.high ^ product.low
    }

    /// The hash of two numbers.
    @inline(__always)
    package func hash(_ number: UInt64, _ other: UInt64) -> UInt64 { mix(mix(number ^ first) ^ other) }

    @inline(__always)
    package func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let count = bytes.count
        guard let start = bytes.baseAddress, count > 0 else { return mix(first) }
        var hash = first ^ UInt64(truncatingIfNeeded: count)
        if count < 8 { return mix(mix(hash ^ Self.short(start, count))) }
        var offset = 0
        while offset &+ 8 < count {
            hash = mix(hash ^ start.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset &+= 8
        }
        return mix(mix(hash ^ start.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)))
    }

    /// One to seven bytes as a number.
    @inline(__always)
    static func short(_ start: UnsafeRawPointer, _ count: Int) -> UInt64 {
        if count >= 4 {
            let low = start.loadUnaligned(as: UInt32.self)
            let high = start.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
            return UInt64(low) | UInt64(high) << 32
        }
        let low = UInt64(start.load(as: UInt8.self))
        let middle = UInt64(start.load(fromByteOffset: count / 2, as: UInt8.self))
        let high = UInt64(start.load(fromByteOffset: count &- 1, as: UInt8.self))
        return low | middle << 8 | high << 16
    }

    /// Whether two runs hold the same bytes.
    @inline(__always)
    static func areEqual(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
        let count = one.count
        guard count == other.count else { return false }
        guard count > 0, let left = one.baseAddress, let right = other.baseAddress else { return true }
        if count < 8 { return short(left, count) == short(right, count) }
        var offset = 0
        while offset &+ 8 < count {
            if left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                != right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            {
                return false
            }
            offset &+= 8
        }
        return left.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
            == right.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
    }
}
