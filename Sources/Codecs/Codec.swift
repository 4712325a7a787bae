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
