/// What a port speaks: a framing and a payload format under one name, such as `json/lines`.
///
/// A class only because handing it on then costs one reference, not copies of what any format and framing may hold.
package final class Codec: Sendable {
    package let payload: any PayloadFormat
    package let framing: any Framing

    package init(payload: any PayloadFormat, framing: any Framing) {
        self.payload = payload
        self.framing = framing
    }

    /// `PAYLOAD/FRAMING`.
    package var name: String { payload.name + "/" + framing.name }

    // Asked through the codec, a format or framing is not copied before and given back after each call, as it is through
    // `payload` and `framing`.

    /// Reads a whole payload.
    @inline(__always)
    func decode(_ bytes: RawSpan, into tree: ValueTree, limits: DecodingLimits) throws(PayloadError) {
        try payload.decode(bytes, into: tree, limits: limits)
    }

    /// Appends the member in which the message that `tree` holds stands in a recording.
    package func writeMember(
        _ tree: ValueTree, limits: DecodingLimits, into output: inout ByteWriter
    ) throws(PayloadError) -> ReadableForm {
        try payload.writeMember(tree, limits: limits, into: &output)
    }

    /// Whether the framing would write the payload as this very frame.
    package func isCanonical(_ frame: RawSpan, payload: Range<Int>, scratch: inout ByteWriter) -> Bool {
        framing.isCanonical(frame, payload: payload, scratch: &scratch)
    }

    /// Appends the frame of a message given as the JSON text of a recording.
    package func write(
        _ key: ReadableForm.Key, _ value: Value, settings: WritingSettings, limits: DecodingLimits,
        into output: inout ByteWriter
    ) throws {
        var encoded = ByteWriter()
        try payload.encodeReadable(key, value, settings: settings, limits: limits, into: &encoded)
        try framing.write(payload: encoded.bytes, into: &output)
    }
}
