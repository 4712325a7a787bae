import Codecs

/// Messages of a stream that is read piece by piece, as lines of JSON.
struct StreamDecoding {
    /// Bytes of the stream that no message took yet; what is read is appended.
    var bytes: [UInt8] = []
    private var start = 0
    private var reader: MessageReader
    private let limits: DecodingLimits
    private let tree = ValueTree()

    init(codec: Codec, limits: DecodingLimits) {
        var limits = limits
        // What is printed here need not stand in a recording.
        limits.maximumReadableDepth = limits.maximumDepth
        self.limits = limits
        reader = MessageReader(codec: codec, limits: limits)
    }

    /// Whether a message ends by itself, so that whatever follows is somebody else's.
    var isSelfDelimiting: Bool { reader.codec.framing is PickleStreamFraming }

    /// Appends the line of the next message; false when there is none yet, or at the end none any more. With `isOnly` there must
    /// be none.
    mutating func writeNext(
        isLast: Bool, into lines: inout ByteWriter, isOnly: Bool = false
    ) throws(StreamError) -> Bool {
        if isOnly, isSelfDelimiting { return false }
        let offset = reader.streamOffset
        let unread = bytes[start...]
        let rest = unread.span.bytes
        do throws(MessageError) {
            var frame = try reader.nextMessage(in: rest, into: tree)
            if frame == nil, isLast { frame = try reader.finish(in: rest, into: tree) }
            guard let frame else {
                dropTaken()
                return false
            }
            start += frame.frameBytes
        } catch {
            throw StreamError(description: "byte \(error.offset): \(error.reason)")
        }
        if isOnly {
            throw StreamError(
                description: "byte \(offset): a second message follows: with --stream any number of them are read")
        }
        try writeLine(at: offset, into: &lines)
        return true
    }

    /// Fails where the stream has ended inside a message.
    func checkEnd() throws(StreamError) {
        let unread = bytes[start...]
        let rest = unread.span.bytes
        guard reader.endsCleanly(with: rest) else {
            throw StreamError(
                description:
                    "byte \(reader.streamOffset + rest.byteCount): the input ends inside a message, which begins at byte \(reader.streamOffset)"
            )
        }
    }

    private func writeLine(at offset: Int, into lines: inout ByteWriter) throws(StreamError) {
        let codec = reader.codec
        let length = lines.count
        do throws(PayloadError) {
            let key = codec.payload.readableKey(of: tree)
            if key != .value {
                lines.append("{\"")
                lines.append(key.rawValue)
                lines.append("\":")
            }
            _ = try codec.payload.writeReadable(tree, limits: limits, into: &lines)
            if key != .value { lines.append(UInt8(ascii: "}")) }
            lines.append(UInt8(ascii: "\n"))
        } catch {
            lines.truncate(to: length)
            throw StreamError(description: "byte \(offset): the message cannot be printed: \(error.reason)")
        }
    }

    /// Frees the bytes of whole messages, now and then.
    private mutating func dropTaken() {
        guard start > 0, start >= bytes.count / 2 else { return }
        bytes.removeFirst(start)
        start = 0
    }
}
