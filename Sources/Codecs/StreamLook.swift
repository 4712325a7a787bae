/// What the beginning of a stream looks like that its codec does not read, and what would: for the error that says why.
///
/// It is asked for once a stream, and looks at few bytes: any client can make an error.
enum StreamLook {
    /// So many bytes are read as other codecs.
    private static let usefulBytes = 1 << 10
    /// So many frames are followed to see whether lengths fit.
    private static let mostFrames = 1_000

    /// A sentence part: "this looks like TLS, not json/lines (tls=CERT.pem has a port speak it)"; empty where they look like
    /// nothing that is known, or like the codec itself.
    ///
    /// - Parameter isOwnPayloadExpected: what is wrong stands behind the start, so that one that looks right says nothing.
    static func sentence(_ bytes: RawSpan, notReadBy codec: Codec, isOwnPayloadExpected: Bool) -> String {
        if let guess = ProtocolGuess(firstBytes: bytes) {
            if guess.framingName == codec.framing.name { return "" }
            if isOwnPayloadExpected, guess.payloadName == codec.payload.name { return "" }
            return "this looks like \(guess.what), not \(codec.name)" + advice(guess, bytes, codec)
        }
        let other = reader(of: bytes, instead: codec)
        // Of lengths before any bytes the usual ones are likelier than those that fit as well.
        if other?.hasPrefix("raw/") != false, let (length, framing) = lengths(in: bytes), framing != codec.framing.name
        {
            return "this looks like messages behind \(length), not \(codec.name) (raw/\(framing) reads them)"
        }
        return other.map { "this looks like messages of \($0), not \(codec.name)" } ?? ""
    }

    private static func advice(_ guess: ProtocolGuess, _ bytes: RawSpan, _ codec: Codec) -> String {
        if guess.isTLS { return " (tls=CERT.pem has a port speak it)" }
        if let other = reader(of: bytes, instead: codec) { return " (\(other) reads it)" }
        return guess.isForeign ? " (raw/chunks takes any bytes)" : ""
    }

    /// The codec that reads the bytes; nil where none does, or one that takes nearly any text.
    private static func reader(of bytes: RawSpan, instead codec: Codec) -> String? {
        let start = bytes.withUnsafeBytes { Array($0.prefix(usefulBytes)) }
        let guess = CodecGuess(starts: [.init(bytes: start, isWhole: false)])
        let isAnyText = guess.codec.payload.name == "raw" && ["lines", "nul"].contains(guess.codec.framing.name)
        return guess.isFallback || isAnyText || guess.codec.name == codec.name ? nil : guess.codec.name
    }

    /// The length before each message, where the bytes are just such messages one after another.
    private static func lengths(in bytes: RawSpan) -> (length: String, framing: String)? {
        let kinds: [(width: Int, isBig: Bool, length: String, framing: String)] = [
            (4, true, "a 4-byte length", "u32be"), (4, false, "a 4-byte length", "u32le"),
            (8, true, "an 8-byte length", "u64be"), (2, true, "a 2-byte length", "u16be"),
            (2, false, "a 2-byte length", "u16le"),
        ]
        return bytes.withUnsafeBytes { bytes in
            kinds.first { fits(bytes, width: $0.width, isBig: $0.isBig) }.map { ($0.length, $0.framing) }
        }
    }

    private static func fits(_ bytes: UnsafeRawBufferPointer, width: Int, isBig: Bool) -> Bool {
        var offset = 0
        var frames = 0
        while offset + width < bytes.count, frames < mostFrames {
            var length: UInt64 = 0
            for place in 0..<width {
                let byte = UInt64(bytes[offset + (isBig ? place : width - 1 - place)])
                length = length << 8 | byte
            }
            guard length > 0, length <= UInt64(bytes.count - offset - width) else { return false }
            offset += width + Int(length)
            frames += 1
        }
        // Two bytes fit by accident too easily.
        return offset == bytes.count && frames >= (width == 2 ? 2 : 1)
    }
}
