internal import Codecs

/// What can still be read of a damaged header: the ports that stand in it whole, when it was made and by what.
enum HeaderSalvage {
    /// A header has a few hundred bytes; more are not searched.
    private static let maximumBytes = 64 << 10
    /// What tells a header stands at its front.
    private static let frontBytes = 4 << 10
    private static let maximumPorts = 1_000

    /// Whether a damaged line was a header, or holds one: the LF between two lines may be what is damaged.
    static func isHeader(_ text: UnsafeRawBufferPointer) -> Bool {
        let text = UnsafeRawBufferPointer(rebasing: text.prefix(frontBytes))
        return text.starts(with: "{\"tapedeck\"".utf8)
            || offset(of: "\"ports\":[{\"listen\":", in: text, from: 0) != nil
    }

    static func header(from text: UnsafeRawBufferPointer) -> RecordingHeader {
        let text = UnsafeRawBufferPointer(rebasing: text.prefix(maximumBytes))
        var header = RecordingHeader(
            created: string(behind: "\"created\":", in: text) ?? "1970-01-01T00:00:00.000000Z",
            tool: string(behind: "\"tool\":", in: text) ?? "tapedeck check --repair", ports: [])
        var start = 0
        while header.ports.count < maximumPorts, let found = offset(of: "{\"listen\":", in: text, from: start) {
            start = found + 1
            if let port = port(at: found, in: text) { header.ports.append(port) }
        }
        return header
    }

    /// The object that begins there, up to the first brace that closes it: no text in it holds one.
    private static func port(at start: Int, in text: UnsafeRawBufferPointer) -> RecordedPort? {
        guard let end = text[start...].firstIndex(of: UInt8(ascii: "}")) else { return nil }
        let tree = ValueTree()
        let object = UnsafeRawBufferPointer(rebasing: text[start...end])
        guard RecordingReader.parse(object, into: tree, limits: DecodingLimits()) == nil,
            let listen = tree.root["listen"]?.string, let codec = tree.root["codec"]?.string
        else { return nil }
        let version = tree.root["protocol"]?.int.flatMap { Int(exactly: $0) }
        return RecordedPort(
            listen: listen, codec: codec, settings: WritingSettings(protocolVersion: version),
            usesTLS: tree.root["tls"]?.bool ?? false)
    }

    /// The JSON string that stands behind a key.
    private static func string(behind key: StaticString, in text: UnsafeRawBufferPointer) -> String? {
        guard let found = offset(of: key, in: text, from: 0) else { return nil }
        let start = found + key.utf8CodeUnitCount
        guard start < text.count, text[start] == UInt8(ascii: "\""),
            let end = text[(start + 1)...].firstIndex(of: UInt8(ascii: "\""))
        else { return nil }
        let tree = ValueTree()
        let string = UnsafeRawBufferPointer(rebasing: text[start...end])
        return RecordingReader.parse(string, into: tree, limits: DecodingLimits()) == nil ? tree.root.string : nil
    }

    private static func offset(of word: StaticString, in text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        let word = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        return start < text.count ? text[start...].firstRange(of: word)?.lowerBound : nil
    }
}
