/// A growing run of bytes that is written front to back and kept for reuse, so that writing a message allocates nothing.
///
/// Readable text and encoded payloads are made in one; it is copied to a socket's buffer or a recording in one piece.
///
/// Public, other than all else, for what can be inlined: the compiler inlines nothing that is only the package's into another
/// module, and a call costs more than to append a few bytes.
///
/// Sendable though it holds a pointer: it cannot be copied, and nobody else knows the memory.
public struct ByteWriter: ~Copyable, @unchecked Sendable {
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var room: Int
    @usableFromInline var end = 0

    /// Bytes that fit before it grows.
    package var capacity: Int { room }
    /// Bytes written so far.
    @inlinable @inline(__always)
    public var count: Int { end }

    package init(capacity: Int = 256) {
        room = max(capacity, 16)
        base = .allocate(byteCount: room, alignment: 16)
    }

    /// A writer without memory: what stands in for one that is lent out.
    @inline(__always)
    init(lent: Void) {
        room = 0
        base = UnsafeMutableRawPointer(bitPattern: 16).unsafelyUnwrapped
    }

    deinit { if capacity > 0 { base.deallocate() } }

    /// Makes sure that `additional` more bytes fit.
    @inlinable @inline(__always)
    public mutating func reserve(_ additional: Int) {
        if room &- end < additional { grow(additional) }
    }

    @usableFromInline @inline(never)
    mutating func grow(_ additional: Int) {
        let wanted = max(capacity * 2, count + additional)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 16)
        larger.copyMemory(from: base, byteCount: count)
        if capacity > 0 { base.deallocate() }
        base = larger
        room = wanted
    }

    /// Appends one byte.
    @inlinable @inline(__always)
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        end &+= 1
    }

    /// Appends an integer's bytes, the least significant first.
    @inlinable @inline(__always)
    public mutating func appendLittleEndian<Integer: FixedWidthInteger>(_ integer: Integer) {
        reserve(MemoryLayout<Integer>.size)
        base.storeBytes(of: integer.littleEndian, toByteOffset: count, as: Integer.self)
        end &+= MemoryLayout<Integer>.size
    }

    /// Appends an integer's bytes, the most significant first.
    @inlinable @inline(__always)
    public mutating func appendBigEndian<Integer: FixedWidthInteger>(_ integer: Integer) {
        appendLittleEndian(integer.byteSwapped)
    }

    /// Appends the bytes of a literal.
    @inlinable @inline(__always)
    public mutating func append(_ literal: StaticString) {
        append(UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    /// Appends the UTF-8 of a string. Literals take the way of `StaticString`, which counts no references.
    @_disfavoredOverload
    package mutating func append(_ string: String) {
        var string = string
        string.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    @inlinable @inline(__always)
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        reserve(bytes.count)
        (base + count).copyMemory(from: start, byteCount: bytes.count)
        end &+= bytes.count
    }

    @inlinable
    public mutating func append(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { append($0) }
    }

    @inlinable @inline(__always)
    public mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// Appends what another writer holds.
    @inlinable
    public mutating func append(contentsOf other: borrowing ByteWriter) {
        append(UnsafeRawBufferPointer(start: other.base, count: other.count))
    }

    /// Appends once more what was written before.
    @inlinable @inline(__always)
    public mutating func appendCopy(of range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        reserve(range.count)
        (base + count).copyMemory(from: base + range.lowerBound, byteCount: range.count)
        end &+= range.count
    }

    /// Appends an integer in decimal digits.
    @inlinable @inline(__always)
    public mutating func append(decimal integer: Int64) {
        if integer < 0 { append(UInt8(ascii: "-")) }
        append(decimal: integer.magnitude)
    }

    /// Appends an integer in decimal digits.
    @inlinable @inline(__always)
    public mutating func append(decimal integer: UInt64) {
        if integer < 10 { return append(UInt8(truncatingIfNeeded: 48 &+ integer)) }
        appendDigits(integer)
    }

    /// Appends two and more digits.
    @usableFromInline
    mutating func appendDigits(_ integer: UInt64) {
        reserve(24)
        end &+= DecimalDigits.store(integer, to: base + end)
    }

    /// Lets `body` write up to `capacity` bytes behind what is there; it returns how many it wrote.
    @inline(__always)
    package mutating func appendUninitialized(
        capacity additional: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int
    ) {
        reserve(additional)
        let written = body(UnsafeMutableRawBufferPointer(start: base + count, count: additional))
        precondition(written >= 0 && written <= additional)
        end &+= written
    }

    /// Overwrites the byte at an offset that has been written already.
    @inline(__always)
    package mutating func replaceByte(at offset: Int, with byte: UInt8) {
        precondition(offset >= 0 && offset < count)
        base.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }

    /// Overwrites the bytes at an offset with an integer, the least significant byte first.
    @inlinable @inline(__always)
    public mutating func replaceLittleEndian<Integer: FixedWidthInteger>(at offset: Int, with integer: Integer) {
        precondition(offset >= 0 && offset + MemoryLayout<Integer>.size <= count)
        base.storeBytes(of: integer.littleEndian, toByteOffset: offset, as: Integer.self)
    }

    /// Overwrites the bytes at an offset with as many others.
    package mutating func replace(at offset: Int, with bytes: UnsafeRawBufferPointer) {
        precondition(offset >= 0 && offset + bytes.count <= count)
        if let start = bytes.baseAddress { (base + offset).copyMemory(from: start, byteCount: bytes.count) }
    }

    /// Takes bytes out of what was written; those behind them move up.
    package mutating func remove(_ removed: Int, at offset: Int) {
        precondition(offset >= 0 && removed >= 0 && offset + removed <= count)
        (base + offset).copyMemory(from: base + offset + removed, byteCount: count - offset - removed)
        end -= removed
    }

    /// Forgets what lies behind `newCount`.
    package mutating func truncate(to newCount: Int) {
        precondition(newCount >= 0 && newCount <= count)
        end = newCount
    }

    /// Forgets everything; memory beyond `keeping` bytes is given back.
    package mutating func removeAll(keeping limit: Int = 1 << 20) {
        end = 0
        if capacity > limit {
            base.deallocate()
            room = limit
            base = .allocate(byteCount: capacity, alignment: 16)
        }
    }

    /// The bytes, for the duration of the call.
    @inlinable @inline(__always)
    public borrowing func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// The bytes as a span.
    package var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(start: base, count: count))
            return _overrideLifetime(span, borrowing: self)
        }
    }

    /// A copy of the bytes.
    package var array: [UInt8] { withUnsafeBytes { Array($0) } }

    /// The bytes read as UTF-8.
    package var string: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
}
