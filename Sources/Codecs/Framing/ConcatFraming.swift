/// JSON texts one after another, with white space between them or none.
///
/// A text in brackets or quotes ends by itself; a number or a literal ends at white space, at the start of another text, or
/// with the stream. So `truefalse` is one bad text and `1"a"` is two good ones. The writer puts LF behind a number or a
/// literal. A byte that no text can begin with ends the stream: nobody knows where the next one begins.
package struct ConcatFraming: Framing {
    package let name = "concat"
    package let beginsWithPayload = true
    package let summary = "JSON texts one after another"

    package init() {}

    package func makeScanner(limits: DecodingLimits) -> Scanner { Scanner(limits: limits) }

    package func write(payload: RawSpan, into output: inout ByteWriter) throws(FramingError) {
        var scanner = makeScanner(limits: DecodingLimits())
        let isWhole = payload.withUnsafeBytes { bytes in
            guard let first = bytes.firstIndex(where: { !ByteScan.isWhitespace($0) }) else { return false }
            scanner.text = JSONTextScanner(at: first)
            let ends = scanner.text.reachesEnd(in: bytes)
            return (ends || scanner.text.isScalar) && ByteScan.isBlank(bytes[scanner.text.position...])
        }
        guard isWhole else { throw FramingError(.cannotCarry, at: 0, "the payload is not exactly one JSON text") }
        output.append(payload)
        if scanner.text.isScalar { output.append(UInt8(ascii: "\n")) }
    }

    package struct Scanner: FrameScanner {
        let limits: DecodingLimits
        fileprivate var text = JSONTextScanner(at: 0)
        /// Where the text starts; nil in the white space before it.
        private var start: Int?

        init(limits: DecodingLimits) { self.limits = limits }

        package mutating func nextFrame(in bytes: RawSpan) throws(FramingError) -> FrameExtent? {
            try bytes.withUnsafeBytes { all throws(FramingError) in
                // One byte over the limit may be needed to see the end of a number.
                let bytes = UnsafeRawBufferPointer(rebasing: all[..<min(all.count, limits.maximumFrameBytes + 1)])
                if let end = try findEnd(in: bytes), end <= limits.maximumFrameBytes {
                    return take(end, in: bytes)
                }
                guard all.count <= limits.maximumFrameBytes else {
                    throw .grownTooLong(awaiting: "the end of its JSON text", limits)
                }
                return nil
            }
        }

        package mutating func finish(in bytes: RawSpan) throws(FramingError) -> FrameExtent? {
            if let frame = try nextFrame(in: bytes) { return frame }
            return bytes.withUnsafeBytes { text.isScalar ? take(text.position, in: $0) : nil }
        }

        package func isPadding(_ rest: RawSpan) -> Bool {
            rest.withUnsafeBytes { ByteScan.isBlank($0[...]) }
        }

        private mutating func findEnd(in bytes: UnsafeRawBufferPointer) throws(FramingError) -> Int? {
            if start == nil {
                while text.position < bytes.count, ByteScan.isWhitespace(bytes[text.position]) { text.position &+= 1 }
                guard text.position < bytes.count else { return nil }
                guard JSONTextScanner.mayStart(bytes[text.position]) else {
                    throw FramingError(.malformed, at: text.position, "no JSON text begins with this byte")
                }
                start = text.position
            }
            guard text.reachesEnd(in: bytes) else { return nil }
            if text.isScalar {
                let next = bytes[text.position]
                guard ByteScan.isWhitespace(next) || JSONTextScanner.mayStart(next) else {
                    throw FramingError(
                        .malformed, at: text.position,
                        "found a byte that ends no number or literal, expected white space")
                }
            }
            return text.position
        }

        /// The white space that ends a number or a literal belongs to its frame: sent again without it, nobody would see the
        /// end.
        private mutating func take(_ end: Int, in bytes: UnsafeRawBufferPointer) -> FrameExtent {
            let isEndedByByte =
                text.isScalar && end < min(bytes.count, limits.maximumFrameBytes) && ByteScan.isWhitespace(bytes[end])
            let extent = FrameExtent(payload: (start ?? end)..<end, frameBytes: isEndedByByte ? end + 1 : end)
            self = Scanner(limits: limits)
            return extent
        }
    }
}
