import Codecs

/// The list of payloads and framings, for `tapedeck codecs` and the help.
enum CodecList {
    static var text: String {
        var text = "PAYLOAD or PAYLOAD/FRAMING; the first framing of a payload is its default:\n"
        for payload in CodecRegistry.payloads {
            text += "\n\(payload.format.name)  \(payload.summary)\n"
            let width = payload.framings.map(\.name.count).max() ?? 0
            for framing in payload.framings {
                text += "  /\(framing.name.padded(to: width))  \(framing.summary)\n"
            }
        }
        return text
    }
}
