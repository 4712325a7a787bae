/// A fixed number of bytes with the payload's length, then the payload.
///
/// ```
/// 0          width                 width + length - counted
/// | length   | payload …          |
/// ```
///
/// The length counts the payload; with `counted` (the `+N` of a name, such as `u32be+4`) it says N more than that, as where it
/// counts its own bytes too.
package struct LengthPrefixFraming: Framing {
    package enum Width: Int, Sendable {
        case one = 1
        case two = 2
        case four = 4
        case eight = 8
    }

    package enum Order: Sendable { case bigEndian, littleEndian }

    /// The most that a length may count beyond the payload: any header that is known, and then some.
    package static let maximumCounted = 64

    package let width: Width
    package let order: Order
    /// How much more than the payload's bytes the length says.
    package let counted: Int

    package init(_ width: Width, _ order: Order = .bigEndian, counted: Int = 0) {
        self.width = width
        self.order = order
        self.counted = min(max(counted, 0), Self.maximumCounted)
    }

    /// One of each, the default first.
    package static let all: [any Framing] = [
        Self(.four), Self(.one), Self(.two), Self(.two, .littleEndian), Self(.four, .littleEndian),
        Self(.eight), Self(.eight, .littleEndian), VarintFraming(),
    ]

    private var baseName: String {
        guard width != .one else { return "u8" }
        return "u\(width.rawValue * 8)" + (order == .bigEndian ? "be" : "le")
    }

    package var name: String { counted == 0 ? baseName : "\(baseName)+\(counted)" }

    package var summary: String {
        let size = width == .one ? "1 byte" : "\(width.rawValue) bytes"
        let order =
            width == .one ? "" : order == .bigEndian ? ", most significant first" : ", least significant first"
        return "\(size) of length\(order), then the payload"
    }

    package func counting(more bytes: Int) -> (any Framing)? {
        (1...Self.maximumCounted).contains(bytes) ? Self(width, order, counted: bytes) : nil
    }

    package func makeScanner(limits: DecodingLimits) -> Scanner {
        Scanner(framing: self, maximumFrameBytes: limits.maximumFrameBytes)
    }

    package func write(payload: RawSpan, into output: inout ByteWriter) throws(FramingError) {
        let length = UInt64(payload.byteCount) + UInt64(counted)
        guard width == .eight || length >> UInt64(width.rawValue * 8) == 0 else {
            let most = (UInt64(1) << UInt64(width.rawValue * 8)) - 1 - UInt64(counted)
            throw FramingError(
                .cannotCarry, at: 0, "\(name) carries at most \(most) bytes; the payload has \(payload.byteCount)"
            )
        }
        let bits = order == .bigEndian ? length.byteSwapped &>> UInt64(64 - width.rawValue * 8) : length
        switch width {
        case .one: output.append(UInt8(truncatingIfNeeded: bits))
        case .two: output.appendLittleEndian(UInt16(truncatingIfNeeded: bits))
        case .four: output.appendLittleEndian(UInt32(truncatingIfNeeded: bits))
        case .eight: output.appendLittleEndian(bits)
        }
        output.append(payload)
    }

    /// A length leaves no choice.
    package func isCanonical(_ frame: RawSpan, payload: Range<Int>, scratch: inout ByteWriter) -> Bool {
        payload.lowerBound == width.rawValue && payload.upperBound == frame.byteCount
            && length(in: frame) == UInt64(payload.count) + UInt64(counted)
    }

    /// Needs no memory of the stream: a look at the prefix says all. Its three words need no box where it stands for any
    /// scanner.
    package struct Scanner: FrameScanner {
        let framing: LengthPrefixFraming
        let maximumFrameBytes: Int

        @inline(__always)
        package mutating func nextFrame(in bytes: RawSpan) throws(FramingError) -> FrameExtent? {
            let width = framing.width.rawValue
            guard bytes.byteCount >= width else { return nil }
            let length = framing.length(in: bytes)
            let counted = UInt64(framing.counted)
            guard length >= counted else {
                throw FramingError(
                    .malformed, at: 0, "the length is \(length); \(framing.name) says \(counted) at least")
            }
            return try .prefixed(header: width, length: length - counted, in: bytes, maximumFrameBytes)
        }

        package func announcedBytes(in bytes: RawSpan) -> Int? {
            let width = framing.width.rawValue
            guard bytes.byteCount >= width else { return nil }
            let (length, overflow) = framing.length(in: bytes).subtractingReportingOverflow(UInt64(framing.counted))
            return overflow ? nil : FrameExtent.announced(header: width, length: length)
        }
    }

    @inline(__always)
    private func length(in bytes: RawSpan) -> UInt64 {
        let isBig = order == .bigEndian
        switch width {
        case .one:
            return UInt64(bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self))
        case .two:
            let bits = bytes.unsafeLoadUnaligned(as: UInt16.self)
            return UInt64(isBig ? UInt16(bigEndian: bits) : UInt16(littleEndian: bits))
        case .four:
            let bits = bytes.unsafeLoadUnaligned(as: UInt32.self)
            return UInt64(isBig ? UInt32(bigEndian: bits) : UInt32(littleEndian: bits))
        case .eight:
            let bits = bytes.unsafeLoadUnaligned(as: UInt64.self)
            return isBig ? UInt64(bigEndian: bits) : UInt64(littleEndian: bits)
        }
    }
}

extension FrameExtent {
    /// How long a frame of a header and a payload of a claimed length is.
    static func announced(header: Int, length: UInt64, trailer: Int = 0) -> Int? {
        Int(exactly: length).flatMap { $0 <= Int(Int32.max) ? header + $0 + trailer : nil }
    }

    /// The frame of a header and a payload of a claimed length behind it, with `trailer` bytes that belong to the frame, or nil
    /// when it is not all there. A claim over the limit is an error at once.
    @inline(__always)
    static func prefixed(
        header: Int, length: UInt64, trailer: Int = 0, in bytes: RawSpan, _ maximumFrameBytes: Int
    ) throws(FramingError) -> FrameExtent? {
        let room = maximumFrameBytes &- header &- trailer
        guard room >= 0, length <= UInt64(room) else { throw .claimTooLong(length, maximumFrameBytes) }
        let end = header &+ Int(length)
        guard bytes.byteCount >= end &+ trailer else { return nil }
        return FrameExtent(payload: header..<end, frameBytes: end &+ trailer)
    }
}
