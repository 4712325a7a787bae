/// Plain bytes, without a format: kept as text where they are printable UTF-8, else as base64.
package struct RawFormat: PayloadFormat {
    package let name = "raw"
    package let isStructured = false

    package init() {}

    package func decode(_ payload: RawSpan, into tree: ValueTree, limits: DecodingLimits) throws(PayloadError) {
        tree.holdBytes(payload)
    }

    package func encode(
        _ value: Value, settings: WritingSettings, into output: inout ByteWriter
    ) throws(PayloadError) {
        switch value.kind {
        case .bytes, .byteArray, .legacyString: output.append(value.content)
        case .string: output.append(value.text ?? [])
        default: throw PayloadError(.notRepresentable, at: 0, "raw bytes are written from text or base64 only")
        }
    }

    package func readableKey(of tree: ValueTree) -> ReadableForm.Key {
        tree.isPayloadPrintable ? .text : .base64
    }

    package func writeReadable(
        _ tree: ValueTree, limits: DecodingLimits, into output: inout ByteWriter
    ) throws(PayloadError) -> ReadableForm {
        let isText = tree.isPayloadPrintable
        try Self.write(tree.payload, isText: isText, limits, into: &output)
        return ReadableForm(key: isText ? .text : .base64, isExact: true)
    }

    /// Reads the payload once: while it is text, it is written as that.
    package func writeMember(
        _ tree: ValueTree, limits: DecodingLimits, into output: inout ByteWriter
    ) throws(PayloadError) -> ReadableForm {
        if tree.knownPrintable != false {
            let start = output.count
            output.append(ReadableForm.Key.text.member)
            let isText = try Self.within(limits, tree.payload, into: &output) { payload, output in
                JSONString.writePrintable(payload, into: &output)
            }
            tree.knownPrintable = isText
            if isText { return ReadableForm(key: .text, isExact: true) }
            output.truncate(to: start)
        }
        output.append(ReadableForm.Key.base64.member)
        try Self.write(tree.payload, isText: false, limits, into: &output)
        return ReadableForm(key: .base64, isExact: true)
    }

    package func writeText(
        of value: Value, limits: DecodingLimits, into output: inout ByteWriter
    ) throws(PayloadError) {
        let content = value.content
        try Self.write(content, isText: JSONString.isPrintable(content), limits, into: &output)
    }

    private static func write(
        _ bytes: UnsafeRawBufferPointer, isText: Bool, _ limits: DecodingLimits, into output: inout ByteWriter
    ) throws(PayloadError) {
        try within(limits, bytes, into: &output) { bytes, output in
            if isText {
                JSONString.write(bytes, into: &output)
            } else {
                output.append(UInt8(ascii: "\""))
                Base64.encode(bytes, into: &output)
                output.append(UInt8(ascii: "\""))
            }
        }
    }

    /// Lets `body` write the text of a payload, and takes it back where it is over the limit.
    @inline(__always)
    private static func within<Result>(
        _ limits: DecodingLimits, _ bytes: UnsafeRawBufferPointer, into output: inout ByteWriter,
        _ body: (UnsafeRawBufferPointer, inout ByteWriter) -> Result
    ) throws(PayloadError) -> Result {
        let start = output.count
        let maximum = limits.maximumText(ofPayloadBytes: bytes.count)
        guard bytes.count <= maximum else { throw .textOverLimit(maximum) }
        let result = body(bytes, &output)
        guard output.count - start <= maximum else {
            output.truncate(to: start)
            throw .textOverLimit(maximum)
        }
        return result
    }

    package func encodeReadable(
        _ key: ReadableForm.Key, _ value: Value, settings: WritingSettings, limits: DecodingLimits,
        into output: inout ByteWriter
    ) throws(PayloadError) {
        guard let text = value.text else {
            throw PayloadError(.notRepresentable, at: 0, "\"\(key.rawValue)\" of a raw message must be a JSON string")
        }
        switch key {
        case .text, .value: output.append(text)
        case .base64: try Base64.decode(text.span.bytes, into: &output)
        }
    }
}
