/// Header lines, an empty line, then as many bytes as `Content-Length` says, as the Language Server Protocol has it.
///
/// ```
/// Content-Length: 17 CR LF
/// Content-Type: … CR LF          any other header may stand here and is passed over
/// CR LF
/// {"jsonrpc":"2.0"}
/// ```
///
/// The length counts bytes. The name is taken in any case; said twice, it must say the same. A missing, negative or otherwise
/// odd length is an error, and so is LF without CR: the specification has CRLF only, and some readers insist.
package struct ContentLengthFraming: Framing {
    package let name = "content-length"
    package let summary = "Content-Length header lines, an empty line, payload (LSP)"
    /// The most that all header lines may take together.
    package static let maximumHeaderBytes = 64 << 10

    package init() {}

    package func makeScanner(limits: DecodingLimits) -> Scanner { Scanner(limits: limits) }

    package func write(payload: RawSpan, into output: inout ByteWriter) {
        output.append("Content-Length: ")
        output.append(decimal: UInt64(payload.byteCount))
        output.append("\r\n\r\n")
        output.append(payload)
    }

    /// Keeps the header lines as they are, but for the digits of `Content-Length`.
    package func write(
        payload: RawSpan, inPlaceOf old: Range<Int>, in frame: RawSpan, into output: inout ByteWriter
    ) throws(FramingError) {
        var lineStart = 0
        var copied = 0
        for offset in 0..<old.lowerBound where frame.unsafeLoad(fromByteOffset: offset, as: UInt8.self) == 0x0A {
            if let digits = Scanner.digits(ofLengthIn: lineStart..<offset, of: frame) {
                output.append(frame.extracting(copied..<digits.lowerBound))
                output.append(decimal: UInt64(payload.byteCount))
                copied = digits.upperBound
            }
            lineStart = offset + 1
        }
        output.append(frame.extracting(copied..<old.lowerBound))
        output.append(payload)
        output.append(frame.extracting(old.upperBound..<frame.byteCount))
    }

    package struct Scanner: FrameScanner {
        private enum State { case lineStart, name, value, lineEnd, headerEnd, payload }

        let limits: DecodingLimits
        private var state = State.lineStart
        /// Bytes of the header that were read.
        private var position = 0
        private var lineStart = 0
        /// The colon of the line.
        private var colon = 0
        private var length: UInt64?

        init(limits: DecodingLimits) { self.limits = limits }

        package mutating func nextFrame(in bytes: RawSpan) throws(FramingError) -> FrameExtent? {
            while state != .payload {
                guard position < bytes.byteCount else { return nil }
                let most = min(ContentLengthFraming.maximumHeaderBytes, limits.maximumFrameBytes)
                guard position < most else {
                    throw FramingError(
                        .tooLong, at: position, "the header lines have more than \(most) bytes, the limit")
                }
                try readHeader(bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self), in: bytes)
                position &+= 1
            }
            let frame = try FrameExtent.prefixed(
                header: position, length: length ?? 0, in: bytes, limits.maximumFrameBytes)
            if frame != nil { self = Scanner(limits: limits) }
            return frame
        }

        package func announcedBytes(in bytes: RawSpan) -> Int? {
            state == .payload ? FrameExtent.announced(header: position, length: length ?? 0) : nil
        }

        private mutating func readHeader(_ byte: UInt8, in bytes: RawSpan) throws(FramingError) {
            switch (state, byte) {
            case (.lineStart, UInt8(ascii: "\r")): state = .headerEnd
            case (.lineStart, _):
                guard Self.isOfName(byte) else { throw unexpected("the name of a header or an empty line") }
                lineStart = position
                state = .name
            case (.name, UInt8(ascii: ":")):
                colon = position
                state = .value
            case (.name, _):
                guard Self.isOfName(byte) else { throw unexpected("\":\" behind the name of a header") }
            case (.value, UInt8(ascii: "\r")):
                try readLine(bytes)
                state = .lineEnd
            case (.value, _):
                guard byte >= 0x20 || byte == 0x09 else { throw unexpected("the value of a header up to CR LF") }
            case (.lineEnd, UInt8(ascii: "\n")): state = .lineStart
            case (.headerEnd, UInt8(ascii: "\n")):
                guard length != nil else {
                    throw FramingError(.malformed, at: position, "the header lines end without Content-Length")
                }
                state = .payload
            default: throw unexpected("LF behind CR")
            }
        }

        private func unexpected(_ expected: String) -> FramingError {
            FramingError(.malformed, at: position, "found another byte, expected \(expected)")
        }

        /// Takes the length from the line that ends at `position`, if it has it.
        private mutating func readLine(_ bytes: RawSpan) throws(FramingError) {
            guard Self.isLength(lineStart..<colon, of: bytes) else { return }
            let number = try readNumber(bytes)
            if let length, length != number {
                throw FramingError(.malformed, at: lineStart, "two Content-Length headers say \(length) and \(number)")
            }
            length = number
        }

        /// Whether that is the name of the header, in any case.
        private static func isLength(_ name: Range<Int>, of bytes: RawSpan) -> Bool {
            let wanted: StaticString = "content-length"
            guard name.count == wanted.utf8CodeUnitCount else { return false }
            for offset in 0..<wanted.utf8CodeUnitCount {
                // Sets the bit of lower case; no other byte of a name becomes a letter or `-` by it.
                let byte = bytes.unsafeLoad(fromByteOffset: name.lowerBound + offset, as: UInt8.self)
                guard byte | 0x20 == wanted.utf8Start[offset] else { return false }
            }
            return true
        }

        /// Where the digits of the length stand in a header line that was read before; nil in any other one.
        fileprivate static func digits(ofLengthIn line: Range<Int>, of bytes: RawSpan) -> Range<Int>? {
            let place: (colon: Int, digits: Range<Int>)? = bytes.withUnsafeBytes { bytes in
                guard let colon = bytes[line].firstIndex(of: UInt8(ascii: ":")),
                    let first = bytes[colon..<line.upperBound].firstIndex(where: { $0 &- 48 < 10 }),
                    let last = bytes[colon..<line.upperBound].lastIndex(where: { $0 &- 48 < 10 })
                else { return nil }
                return (colon, first..<last + 1)
            }
            guard let place, isLength(line.lowerBound..<place.colon, of: bytes) else { return nil }
            return place.digits
        }

        private func readNumber(_ bytes: RawSpan) throws(FramingError) -> UInt64 {
            var start = colon + 1
            var end = position
            while start < end, Self.isBlank(bytes.unsafeLoad(fromByteOffset: start, as: UInt8.self)) { start += 1 }
            while start < end, Self.isBlank(bytes.unsafeLoad(fromByteOffset: end - 1, as: UInt8.self)) { end -= 1 }
            guard start < end else {
                throw FramingError(.malformed, at: colon + 1, "Content-Length is empty: decimal digits are expected")
            }
            var number: UInt64 = 0
            for offset in start..<end {
                let digit = bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) &- UInt8(ascii: "0")
                guard digit < 10 else {
                    throw FramingError(
                        .malformed, at: offset, "Content-Length is no number of bytes: decimal digits are expected"
                    )
                }
                number = number &* 10 &+ UInt64(digit)
                guard number <= UInt64(limits.maximumFrameBytes) else {
                    throw .claimTooLong(number, limits.maximumFrameBytes)
                }
            }
            return number
        }

        private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

        /// Letters, digits and what else RFC 9110 allows in a name.
        private static func isOfName(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"),
                UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"),
                UInt8(ascii: "|"), UInt8(ascii: "~"):
                true
            default: false
            }
        }
    }
}
