/// What the first bytes of a stream look like, for the error that says why they do not read: most often another protocol came to
/// the port.
package struct ProtocolGuess: Sendable, Hashable {
    /// A sentence part: "an HTTP request".
    package var what: String
    /// The payload format that it is, where it is one of ours.
    package var payloadName: String?
    /// The framing that it is, where it is one of ours.
    package var framingName: String?

    private init(_ what: String, payloadName: String? = nil, framingName: String? = nil) {
        self.what = what
        self.payloadName = payloadName
        self.framingName = framingName
    }

    /// A guess from a stream's first bytes (four are enough for most), or nil.
    package init?(firstBytes: RawSpan) {
        let start = firstBytes.withUnsafeBytes { Array($0.prefix(12)) }
        guard let guess = Self.text(start) ?? Self.binary(start) else { return nil }
        self = guess
    }

    /// Whether it is a protocol that no codec reads.
    var isForeign: Bool { payloadName == nil && framingName == nil && what != "text with a byte order mark" }

    /// Whether it is TLS, which a port can be told to speak.
    var isTLS: Bool { what == "TLS" }

    private static func text(_ start: [UInt8]) -> ProtocolGuess? {
        for method in ["GET ", "POST", "PUT ", "HEAD", "DELE", "OPTI", "PATC", "CONN", "TRAC"]
        where start.starts(with: method.utf8) {
            return ProtocolGuess("an HTTP request")
        }
        if start.starts(with: "PRI * HT".utf8) { return ProtocolGuess("HTTP/2") }
        if start.starts(with: "HTTP".utf8) { return ProtocolGuess("an HTTP response") }
        if start.starts(with: "SSH-".utf8) { return ProtocolGuess("SSH") }
        if start.starts(with: "Content-Length".utf8.prefix(start.count)), start.count >= 4 {
            return ProtocolGuess("a message with a Content-Length header", framingName: "content-length")
        }
        if start.starts(with: [0xEF, 0xBB, 0xBF]) { return ProtocolGuess("text with a byte order mark") }
        let solid = start.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        guard let bracket = solid.first, bracket == UInt8(ascii: "{") || bracket == UInt8(ascii: "[") else {
            return nil
        }
        let isText = solid.allSatisfy { $0 >= 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        return isText && start.count >= 4 ? ProtocolGuess("a JSON text", payloadName: "json") : nil
    }

    private static func binary(_ start: [UInt8]) -> ProtocolGuess? {
        guard start.count >= 2 else { return nil }
        // A TLS record: handshake, version 3.x.
        if start[0] == 0x16, start[1] == 0x03 { return ProtocolGuess("TLS") }
        // PROTO, then an opcode that pickles begin with.
        if start[0] == 0x80, (2...5).contains(start[1]) { return ProtocolGuess("a pickle", payloadName: "pickle") }
        return nil
    }
}
