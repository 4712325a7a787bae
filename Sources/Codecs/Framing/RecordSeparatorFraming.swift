internal import Glibc

/// JSON text sequences (RFC 7464): RS (1E), a JSON text, LF.
///
/// A text may hold line breaks: its frame ends at the first LF behind the text's own end, or before the next RS, which never
/// stands in a text. So a text that was cut short loses itself only. Several RS in a row are one; white space may stand
/// before one. A number or a literal without white space behind it may have been cut short, and is refused (section 2.4).
package struct RecordSeparatorFraming: Framing {
    package let name = "rs"
    package let summary = "RS before each, LF behind (RFC 7464)"
    static let separator: UInt8 = 0x1E
    package let boundaryAfterGap = BoundaryAfterGap.at(Self.separator)

    package init() {}

    package func makeScanner(limits: DecodingLimits) -> Scanner { Scanner(limits: limits) }

    package func write(payload: RawSpan, into output: inout ByteWriter) throws(FramingError) {
        try payload.checkHolds(no: Self.separator, "RS (1E)", skipsBlank: true, framing: name)
        output.append(Self.separator)
        output.append(payload)
        output.append(UInt8(ascii: "\n"))
    }

    package struct Scanner: FrameScanner {
        let limits: DecodingLimits
        private var text = JSONTextScanner(at: 0)
        /// Behind the last RS before the text; nil before the first one.
        private var start: Int?
        /// The text itself has begun.
        private var isInText = false
        /// The text has ended, only its LF is awaited.
        private var hasText = false
        /// There is no RS from the text's start to here.
        private var searched = 0

        init(limits: DecodingLimits) { self.limits = limits }

        package mutating func nextFrame(in bytes: RawSpan) throws(FramingError) -> FrameExtent? {
            try bytes.withUnsafeBytes { all throws(FramingError) in
                let bytes = UnsafeRawBufferPointer(rebasing: all[..<min(all.count, limits.maximumFrameBytes + 1)])
                if let frame = try findFrame(in: bytes), frame.frameBytes <= limits.maximumFrameBytes {
                    self = Scanner(limits: limits)
                    return frame
                }
                guard all.count <= limits.maximumFrameBytes else {
                    throw .grownTooLong(awaiting: "LF behind its JSON text", limits)
                }
                return nil
            }
        }

        package mutating func finish(in bytes: RawSpan) throws(FramingError) -> FrameExtent? {
            if let frame = try nextFrame(in: bytes) { return frame }
            guard let start, hasText else { return nil }
            self = Scanner(limits: limits)
            return FrameExtent(payload: start..<bytes.byteCount, frameBytes: bytes.byteCount)
        }

        package func isPadding(_ rest: RawSpan) -> Bool {
            rest.withUnsafeBytes { bytes in
                bytes.allSatisfy { $0 == RecordSeparatorFraming.separator || ByteScan.isWhitespace($0) }
            }
        }

        private mutating func findFrame(in bytes: UnsafeRawBufferPointer) throws(FramingError) -> FrameExtent? {
            try skipToText(bytes)
            guard let start, isInText else { return nil }
            let next = nextSeparator(in: bytes)
            let own = UnsafeRawBufferPointer(rebasing: bytes[..<(next ?? bytes.count)])
            if !hasText { hasText = text.reachesEnd(in: own) }
            if hasText, let end = lineEnd(in: own) {
                return FrameExtent(payload: start..<end, frameBytes: end + 1)
            }
            guard let next else { return nil }
            let extent = FrameExtent(payload: start..<next, frameBytes: next)
            if text.isScalar, !hasText {
                self = Scanner(limits: limits)
                throw FramingError(
                    .malformed, at: next, "found RS, expected LF: the number or literal before it may be cut short",
                    frame: extent
                )
            }
            return extent
        }

        /// Skips white space and RS before a text.
        private mutating func skipToText(_ bytes: UnsafeRawBufferPointer) throws(FramingError) {
            while !isInText, text.position < bytes.count {
                let byte = bytes[text.position]
                if byte == RecordSeparatorFraming.separator {
                    start = text.position + 1
                } else if !ByteScan.isWhitespace(byte) {
                    guard start != nil else {
                        throw FramingError(
                            .malformed, at: text.position, "found another byte, expected RS (1E) before a JSON text")
                    }
                    isInText = true
                    searched = text.position
                    return
                }
                text.position += 1
            }
        }

        private mutating func nextSeparator(in bytes: UnsafeRawBufferPointer) -> Int? {
            guard searched < bytes.count, let base = bytes.baseAddress else { return nil }
            let found = memchr(base + searched, Int32(RecordSeparatorFraming.separator), bytes.count - searched)
            guard let found else {
                searched = bytes.count
                return nil
            }
            return UnsafeRawPointer(found) - base
        }

        /// The first LF behind the text's end.
        private mutating func lineEnd(in bytes: UnsafeRawBufferPointer) -> Int? {
            while text.position < bytes.count {
                if bytes[text.position] == UInt8(ascii: "\n") { return text.position }
                text.position += 1
            }
            return nil
        }
    }
}
