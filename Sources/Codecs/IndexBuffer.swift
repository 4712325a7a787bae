/// A growing array of 32-bit numbers in memory of its own: stacks, memos and edges of the readers.
///
/// A standard array costs the hot loops of the readers half their speed in uniqueness and reference counting; this one
/// is owned by exactly one place at a time.
package struct IndexBuffer: ~Copyable {
    package private(set) var base: UnsafeMutablePointer<UInt32>
    package private(set) var capacity: Int
    package private(set) var count = 0

    package init(capacity: Int = 16) {
        self.capacity = max(capacity, 4)
        base = .allocate(capacity: self.capacity)
    }

    /// A buffer without memory: what stands in for one that is lent out.
    @inline(__always)
    package init(lent: Void) {
        capacity = 0
        base = UnsafeMutablePointer(bitPattern: MemoryLayout<UInt32>.alignment).unsafelyUnwrapped
    }

    deinit { if capacity > 0 { base.deallocate() } }

    @inline(__always)
    package mutating func append(_ number: UInt32) {
        if count == capacity { grow(to: count &+ 1) }
        base[count] = number
        count &+= 1
    }

    /// The last number, taken off; the buffer must not be empty.
    @inline(__always)
    package mutating func removeLast() -> UInt32 {
        precondition(count > 0)
        count &-= 1
        return base[count]
    }

    /// Forgets what lies behind `newCount`.
    @inline(__always)
    package mutating func truncate(to newCount: Int) {
        precondition(newCount >= 0 && newCount <= count)
        count = newCount
    }

    @inline(__always)
    package subscript(index: Int) -> UInt32 {
        get {
            precondition(index >= 0 && index < count)
            return base[index]
        }
        set {
            precondition(index >= 0 && index < count)
            base[index] = newValue
        }
    }

    /// Room for `wanted` numbers in all.
    @inline(never)
    package mutating func grow(to wanted: Int) {
        guard wanted > capacity else { return }
        let larger = max(capacity * 2, wanted)
        let moved = UnsafeMutablePointer<UInt32>.allocate(capacity: larger)
        moved.update(from: base, count: count)
        if capacity > 0 { base.deallocate() }
        base = moved
        capacity = larger
    }

    /// Appends numbers from elsewhere.
    @inline(__always)
    package mutating func append(from other: UnsafePointer<UInt32>, count additional: Int) {
        if capacity &- count < additional { grow(to: count &+ additional) }
        (base + count).update(from: other, count: additional)
        count &+= additional
    }

    /// Makes the buffer `newCount` long; numbers that this adds are `filler`.
    package mutating func resize(to newCount: Int, filler: UInt32 = 0) {
        precondition(newCount >= 0)
        if newCount > count {
            grow(to: newCount)
            (base + count).update(repeating: filler, count: newCount - count)
        }
        count = newCount
    }

    /// Makes the buffer `newCount` zeros and gives their memory, which stays as it is until the buffer is used otherwise.
    package mutating func cleared(count newCount: Int) -> UnsafeMutablePointer<UInt32> {
        removeAll(keeping: max(newCount, 1 << 18))
        resize(to: newCount)
        return base
    }

    /// Forgets everything; memory beyond `keeping` numbers is given back.
    package mutating func removeAll(keeping limit: Int = 1 << 18) {
        count = 0
        if capacity > limit {
            base.deallocate()
            capacity = limit
            base = .allocate(capacity: capacity)
        }
    }
}
