/// A message up to a zero byte, which belongs to no message. What the end of the stream cuts off is no message.
package struct NulFraming: Framing {
    package let name = "nul"
    package let beginsWithPayload = true
    package let summary = "each ended by a zero byte"
    package let boundaryAfterGap = BoundaryAfterGap.behind(0)
    /// Blank frames (nothing but white space) are skipped; see `LineFraming`.
    let skipsBlank: Bool

    package init(skipsBlank: Bool) { self.skipsBlank = skipsBlank }

    package func makeScanner(limits: DecodingLimits) -> DelimiterScanner {
        DelimiterScanner(
            0, named: "a zero byte", takesCarriageReturn: false, skipsBlank: skipsBlank, endsWithStream: false,
            limits: limits
        )
    }

    package func write(payload: RawSpan, into output: inout ByteWriter) throws(FramingError) {
        try payload.checkHolds(no: 0, "a zero byte", skipsBlank: skipsBlank, framing: name)
        output.append(payload)
        output.append(UInt8(0))
    }
}
