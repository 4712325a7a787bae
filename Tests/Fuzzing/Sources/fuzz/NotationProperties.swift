import Codecs

/// What must hold for any JSON text that is taken for a message in the notation.
enum NotationProperties {
    static func check(_ format: any NotationFormat, _ bytes: CaseBytes) throws(PropertyFailure) {
        let limits = DecodingLimits()
        let line = ValueTree()
        guard PayloadProperties.decodeError(JSONFormat(), bytes.span, line, limits) == nil else { return }
        let tree = ValueTree()
        do throws(PayloadError) { try ValueNotation.read(line.root, into: tree, limits: limits) } catch {
            try require(
                (0...bytes.count).contains(error.offset), "an error stands outside of the text", "\(error)")
            return
        }
        let version = Int(bytes.hash % 6)
        let settings = WritingSettings(
            protocolVersion: version, strings: StringIdentity.allCases[Int((bytes.hash >> 8) % 3)])
        guard let payload = try encoded(format, line.root, settings, limits) else { return }
        let first = try text(format, of: payload, limits)
        guard let first else { return }
        let firstLine = ValueTree()
        _ = PayloadProperties.decodeError(JSONFormat(), first.span.bytes, firstLine, limits)
        guard let again = try encoded(format, firstLine.root, settings, limits) else {
            throw PropertyFailure("a text that was written cannot be encoded", PayloadProperties.shown(first))
        }
        let second = try text(format, of: again, limits)
        try require(
            second == nil || second == first, "a text comes back as another one",
            "\(PayloadProperties.shown(first)) and \(PayloadProperties.shown(second ?? []))")
    }

    /// The payload; nil where there can be none.
    private static func encoded(
        _ format: any NotationFormat, _ value: Value, _ settings: WritingSettings, _ limits: DecodingLimits
    ) throws(PropertyFailure) -> [UInt8]? {
        var payload = ByteWriter()
        do {
            try format.encodeReadable(.value, value, settings: settings, limits: limits, into: &payload)
        } catch {
            try require(payload.count == 0, "an error leaves half a payload behind")
            return nil
        }
        return payload.array
    }

    /// The readable text of a payload that we wrote; nil where a limit forbids it.
    private static func text(
        _ format: any NotationFormat, of payload: [UInt8], _ limits: DecodingLimits
    ) throws(PropertyFailure) -> [UInt8]? {
        let tree = ValueTree()
        if let error = PayloadProperties.decodeError(format, payload.span.bytes, tree, limits) {
            try require(error.code == .overLimit, "a payload that was written does not read", "\(error)")
            return nil
        }
        return try PayloadProperties.readable(format, tree, limits, payload.count)?.text
    }
}
