/// The framing of Python's `multiprocessing.connection` (CPython `Lib/multiprocessing/connection.py`, `Connection._send_bytes`
/// and `_recv_bytes`), big-endian:
///
/// ```
/// | length (4, signed, 0 or more) | payload … |
/// | -1 (4) | length (8)           | payload … |      for more than 2^31 - 1 bytes
/// ```
///
/// The long form of a short length is read, as CPython does; the writer never makes it.
package struct MultiprocessingFraming: Framing {
    package let name = "mp"
    package let summary = "Python's multiprocessing.connection (4 bytes, or -1 and 8)"

    package init() {}

    package func makeScanner(limits: DecodingLimits) -> Scanner { Scanner(maximumFrameBytes: limits.maximumFrameBytes) }

    package func write(payload: RawSpan, into output: inout ByteWriter) {
        Self.writeHeader(length: payload.byteCount, into: &output)
        output.append(payload)
    }

    /// Appends the header of a payload of that many bytes.
    package static func writeHeader(length: Int, into output: inout ByteWriter) {
        if let short = Int32(exactly: length) {
            output.appendBigEndian(short)
        } else {
            output.appendBigEndian(Int32(-1))
            output.appendBigEndian(UInt64(length))
        }
    }

    /// Needs no memory of the stream: a look at the header says all.
    package struct Scanner: FrameScanner {
        let maximumFrameBytes: Int

        package mutating func nextFrame(in bytes: RawSpan) throws(FramingError) -> FrameExtent? {
            guard bytes.byteCount >= 4 else { return nil }
            let short = Int32(bigEndian: bytes.unsafeLoadUnaligned(as: Int32.self))
            if short >= 0 { return try .prefixed(header: 4, length: UInt64(short), in: bytes, maximumFrameBytes) }
            guard short == -1 else {
                throw FramingError(
                    .malformed, at: 0, "the length is \(short); 0 or more is expected, or -1 before a long one")
            }
            guard bytes.byteCount >= 12 else { return nil }
            let long = UInt64(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt64.self))
            return try .prefixed(header: 12, length: long, in: bytes, maximumFrameBytes)
        }

        package func announcedBytes(in bytes: RawSpan) -> Int? {
            guard bytes.byteCount >= 4 else { return nil }
            let short = Int32(bigEndian: bytes.unsafeLoadUnaligned(as: Int32.self))
            if short >= 0 { return FrameExtent.announced(header: 4, length: UInt64(short)) }
            guard short == -1, bytes.byteCount >= 12 else { return nil }
            let long = UInt64(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt64.self))
            return FrameExtent.announced(header: 12, length: long)
        }
    }
}
