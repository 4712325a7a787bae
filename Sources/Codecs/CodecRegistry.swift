/// The list of what can be spoken: every payload format with the framings that it may stand in.
///
/// Nothing registers itself; a new format or framing is a line here.
package enum CodecRegistry {
    /// A payload format and its framings, the default first.
    package struct Payload: Sendable {
        package let format: any PayloadFormat
        /// A sentence part for the list of codecs.
        package let summary: String
        package let framings: [any Framing]
    }

    /// The formats, in the order of the documentation.
    package static let payloads: [Payload] = [
        Payload(
            format: PickleFormat(),
            summary: "Python's pickle, protocols 0 to 5: data, nothing is imported or called",
            framings: [PickleStreamFraming()] + LengthPrefixFraming.all + [MultiprocessingFraming()]
        ),
        Payload(
            format: JSONFormat(), summary: "JSON (RFC 8259), kept as it was sent",
            framings: [
                LineFraming(skipsBlank: true), ConcatFraming(), NulFraming(skipsBlank: true), RecordSeparatorFraming(),
                ContentLengthFraming(), NetstringFraming(),
            ] + LengthPrefixFraming.all
        ),
        Payload(
            format: MessagePackFormat(), summary: "MessagePack, with any keys, ext types and floats of 32 bits",
            framings: [MessagePackStreamFraming()] + LengthPrefixFraming.all + [MultiprocessingFraming()]
        ),
        Payload(
            format: RawFormat(), summary: "bytes, shown as text where they are text",
            framings: LengthPrefixFraming.all + [
                MultiprocessingFraming(), LineFraming(skipsBlank: false), NulFraming(skipsBlank: false),
                NetstringFraming(), ContentLengthFraming(), ChunksFraming(),
            ]
        ),
    ]

    /// Every codec, without the `+N` variants of the length prefixes.
    package static let all: [Codec] = payloads.flatMap { payload in
        payload.framings.map { Codec(payload: payload.format, framing: $0) }
    }

    /// The codec of a name: `PAYLOAD` (with its default framing) or `PAYLOAD/FRAMING`.
    package static func codec(named name: String) throws(CodecNameError) -> Codec {
        let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let payloadName = parts[0]
        guard let payload = payloads.first(where: { $0.format.name == payloadName }) else {
            throw CodecNameError(unknown: "payload", payloadName, in: name, known: payloads.map(\.format.name))
        }
        guard parts.count > 1 else { return Codec(payload: payload.format, framing: payload.framings[0]) }
        return Codec(payload: payload.format, framing: try framing(named: parts[1], of: payload, in: name))
    }

    private static func framing(
        named framingName: String, of payload: Payload, in name: String
    ) throws(CodecNameError) -> any Framing {
        if let framing = payload.framings.first(where: { $0.name == framingName }) { return framing }
        let parts = framingName.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2, let base = payload.framings.first(where: { $0.name == parts[0] }) {
            let digits = parts[1]
            if digits.utf8.allSatisfy({ $0 &- 48 < 10 }), !digits.hasPrefix("0"), let more = Int(digits),
                let framing = base.counting(more: more)
            {
                return framing
            }
            throw CodecNameError(unusableCount: digits, of: base, in: name)
        }
        throw CodecNameError(
            unknown: "framing", framingName, in: name, known: payload.framings.map(\.name), of: payload.format.name
        )
    }
}
