/// An unsigned LEB128 number with the payload's length, as protobuf delimits messages, then the payload.
///
/// Seven bits a byte, the least significant first; the high bit says that more follow. At most ten bytes and 64 bits. A length
/// written with more bytes than it needs is read; the writer never does that.
package struct VarintFraming: Framing {
    package let name = "varint"
    package let summary = "a length as a varint (protobuf), then the payload"

    package init() {}

    package func makeScanner(limits: DecodingLimits) -> Scanner { Scanner(maximumFrameBytes: limits.maximumFrameBytes) }

    package func write(payload: RawSpan, into output: inout ByteWriter) {
        var length = payload.byteCount
        while length >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: length | 0x80))
            length >>= 7
        }
        output.append(UInt8(truncatingIfNeeded: length))
        output.append(payload)
    }

    /// Needs no memory of the stream: the header is ten bytes at most.
    package struct Scanner: FrameScanner {
        let maximumFrameBytes: Int

        package mutating func nextFrame(in bytes: RawSpan) throws(FramingError) -> FrameExtent? {
            var length: UInt64 = 0
            for index in 0..<min(bytes.byteCount, 10) {
                let byte = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
                guard index < 9 || byte <= 1 else {
                    throw FramingError(.malformed, at: index, "the varint is longer than 64 bits")
                }
                length |= UInt64(byte & 0x7F) &<< UInt64(index &* 7)
                guard length <= UInt64(maximumFrameBytes) else { throw .claimTooLong(length, maximumFrameBytes) }
                guard byte & 0x80 != 0 else {
                    return try .prefixed(header: index &+ 1, length: length, in: bytes, maximumFrameBytes)
                }
            }
            return nil
        }

        package func announcedBytes(in bytes: RawSpan) -> Int? {
            var length: UInt64 = 0
            for index in 0..<min(bytes.byteCount, 9) {
                let byte = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
                length |= UInt64(byte & 0x7F) &<< UInt64(index &* 7)
                if byte & 0x80 == 0 { return FrameExtent.announced(header: index &+ 1, length: length) }
            }
            return nil
        }
    }
}
