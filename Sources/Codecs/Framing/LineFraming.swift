internal import Glibc

/// A message a line, ended by LF or CRLF; the end of the stream ends the last one, too. The writer ends lines with LF.
///
/// An over-long line leaves no frame: what follows it is unknown.
package struct LineFraming: Framing {
    package let name = "lines"
    package let beginsWithPayload = true
    package let summary = "a line each, ended by LF or CRLF"
    package let boundaryAfterGap = BoundaryAfterGap.behind(UInt8(ascii: "\n"))
    /// Blank lines (nothing but spaces, TAB, CR) are skipped. Right where no message can be blank, as in JSON Lines; in a
    /// protocol of plain text an empty line means something.
    let skipsBlank: Bool

    package init(skipsBlank: Bool) { self.skipsBlank = skipsBlank }

    package func makeScanner(limits: DecodingLimits) -> DelimiterScanner {
        DelimiterScanner(
            UInt8(ascii: "\n"), named: "a line's end", takesCarriageReturn: true, skipsBlank: skipsBlank,
            endsWithStream: true, limits: limits
        )
    }

    package func write(payload: RawSpan, into output: inout ByteWriter) throws(FramingError) {
        try payload.checkHolds(no: UInt8(ascii: "\n"), "a line break", skipsBlank: skipsBlank, framing: name)
        let count = payload.byteCount
        if count > 0, payload.unsafeLoad(fromByteOffset: count - 1, as: UInt8.self) == UInt8(ascii: "\r") {
            throw .holds("a CR at its end", at: count - 1, name)
        }
        output.append(payload)
        output.append(UInt8(ascii: "\n"))
    }

    /// Keeps the end of the line, CRLF too, and blank lines before it.
    package func write(
        payload: RawSpan, inPlaceOf old: Range<Int>, in frame: RawSpan, into output: inout ByteWriter
    ) throws(FramingError) {
        var checked = ByteWriter()
        try write(payload: payload, into: &checked)
        output.append(frame.extracting(0..<old.lowerBound))
        output.append(payload)
        output.append(frame.extracting(old.upperBound..<frame.byteCount))
    }
}

extension RawSpan {
    /// Fails where the payload holds the byte that ends its frame, or is blank where blank frames are skipped.
    func checkHolds(
        no delimiter: UInt8, _ delimiterName: String, skipsBlank: Bool, framing: String
    ) throws(FramingError) {
        try withUnsafeBytes { bytes throws(FramingError) in
            if let base = bytes.baseAddress, let found = memchr(base, Int32(delimiter), bytes.count) {
                throw .holds(delimiterName, at: UnsafeRawPointer(found) - base, framing)
            }
            if skipsBlank, ByteScan.isBlank(bytes[...]) {
                throw FramingError(
                    .cannotCarry, at: 0, "the payload is blank, and readers skip a blank frame of \(framing)")
            }
        }
    }
}
