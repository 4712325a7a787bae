import Glibc

/// The bytes of a case, at the very end of memory that may be read: one byte too far is a segmentation fault.
final class CaseBytes {
    static let maximumCount = 1 << 20
    private static let pageBytes = 4096

    private let end: UnsafeMutableRawPointer
    private(set) var array: [UInt8] = []

    init() {
        let length = Self.maximumCount + Self.pageBytes
        guard let base = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            base != MAP_FAILED, mprotect(base + Self.maximumCount, Self.pageBytes, PROT_NONE) == 0
        else { fatalError("no memory for a case") }
        end = base + Self.maximumCount
    }

    /// Takes another case.
    func replace(with bytes: [UInt8]) {
        array = Array(bytes.prefix(Self.maximumCount))
        _ = put(array[...])
    }

    var count: Int { array.count }

    /// Tells cases apart, and settles what a check leaves to chance.
    var hash: UInt64 { FNV.hash(array) }

    /// The whole case.
    var span: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(start: end - array.count, count: array.count))
            return _overrideLifetime(span, borrowing: self)
        }
    }

    /// Moves a piece of the case to the end of readable memory, for as long as `body` runs.
    func withPiece<Result, Failure: Error>(
        _ range: Range<Int>, _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let moved = put(array[range])
        defer { _ = put(array[...]) }
        return try body(RawSpan(_unsafeBytes: moved))
    }

    private func put(_ bytes: ArraySlice<UInt8>) -> UnsafeRawBufferPointer {
        let start = end - bytes.count
        bytes.withUnsafeBytes { source in
            if let base = source.baseAddress { start.copyMemory(from: base, byteCount: source.count) }
        }
        return UnsafeRawBufferPointer(start: start, count: bytes.count)
    }
}
