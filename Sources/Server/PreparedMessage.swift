internal import Codecs

/// A message of our own: its frame, and what the client will read from it.
final class PreparedMessage {
    let frame: [UInt8]
    let payload: Range<Int>
    let tree = ValueTree()

    /// The message whose frame `write` writes.
    init(codec: Codec, limits: DecodingLimits, _ write: (inout ByteWriter) throws -> Void) throws {
        var output = ByteWriter()
        try write(&output)
        frame = output.array
        var reader = MessageReader(codec: codec, limits: limits)
        let bytes = output.bytes
        guard let extent = try reader.nextMessage(in: bytes, into: tree) ?? reader.finish(in: bytes, into: tree) else {
            throw ServerError(.unwritableMessage, "a message of the server's own does not read as \(codec.name)")
        }
        payload = extent.payload
    }
}
