/// Netstrings (D. J. Bernstein, 1997): decimal length, `:`, payload, `,`.
///
/// ```
/// 12:hello world!,
/// ```
///
/// A length has no leading zero (the empty string is `0:,`) and no sign.
package struct NetstringFraming: Framing {
    package let name = "netstring"
    package let summary = "a decimal length, \":\", the payload, \",\""

    package init() {}

    package func makeScanner(limits: DecodingLimits) -> Scanner { Scanner(limits: limits) }

    package func write(payload: RawSpan, into output: inout ByteWriter) {
        output.append(decimal: UInt64(payload.byteCount))
        output.append(UInt8(ascii: ":"))
        output.append(payload)
        output.append(UInt8(ascii: ","))
    }

    package struct Scanner: FrameScanner {
        let limits: DecodingLimits
        /// Bytes of the header that were read, and the length so far.
        private var position = 0
        private var length = 0
        private var hasHeader = false

        init(limits: DecodingLimits) { self.limits = limits }

        package mutating func nextFrame(in bytes: RawSpan) throws(FramingError) -> FrameExtent? {
            while !hasHeader {
                guard position < bytes.byteCount else { return nil }
                try readHeader(bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self))
                position &+= 1
            }
            let frame = try FrameExtent.prefixed(
                header: position, length: UInt64(length), trailer: 1, in: bytes, limits.maximumFrameBytes
            )
            guard let frame else { return nil }
            let end = frame.payload.upperBound
            guard bytes.unsafeLoad(fromByteOffset: end, as: UInt8.self) == UInt8(ascii: ",") else {
                throw FramingError(
                    .malformed, at: end, "found another byte, expected \",\" behind the \(length) bytes of a netstring")
            }
            self = Scanner(limits: limits)
            return frame
        }

        package func announcedBytes(in bytes: RawSpan) -> Int? {
            hasHeader ? FrameExtent.announced(header: position, length: UInt64(length), trailer: 1) : nil
        }

        private mutating func readHeader(_ byte: UInt8) throws(FramingError) {
            if byte == UInt8(ascii: ":"), position > 0 {
                hasHeader = true
                return
            }
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else {
                let expected = position == 0 ? "a digit" : "a digit or \":\""
                throw FramingError(.malformed, at: position, "found no length of a netstring, expected \(expected)")
            }
            guard position == 0 || length > 0 else {
                throw FramingError(.malformed, at: 0, "the length of a netstring has a leading zero")
            }
            // No overflow: the length was within the limit of 31 bits.
            length = length &* 10 &+ Int(digit)
            guard length <= limits.maximumFrameBytes else { throw .claimTooLong(length, limits.maximumFrameBytes) }
        }
    }
}
