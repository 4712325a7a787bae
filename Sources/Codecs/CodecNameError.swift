/// Why a codec's name names none: what was not found, what there is, and which of it was probably meant.
package struct CodecNameError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The whole name.
    package var name: String
    /// A sentence.
    package var description: String

    init(unknown what: String, _ part: String, in name: String, known: [String], of payload: String? = nil) {
        self.name = name
        var sentence = "unknown \(what) \"\(Self.shown(part))\""
        if let payload { sentence += " of \(payload)" }
        if part.isEmpty { sentence = "the \(what) is missing in \"\(Self.shown(name))\"" }
        if let near = NearMiss.word(near: part, in: known) {
            sentence += ": did you mean \"\(near)\"?"
        } else {
            sentence += "."
        }
        description = sentence + " There are: " + known.joined(separator: ", ")
    }

    init(unusableCount count: String, of framing: any Framing, in name: String) {
        self.name = name
        if framing.counting(more: 1) == nil {
            description = "the framing \(framing.name) has no variant that counts more (+\(Self.shown(count)))"
        } else {
            let most = LengthPrefixFraming.maximumCounted
            description = "\"+\(Self.shown(count))\" is no count of bytes from 1 to \(most) (as in \(framing.name)+4)"
        }
    }

    /// What was typed, without what a terminal must not get, and not too long.
    private static func shown(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(40).map { $0.isASCII && $0.value >= 0x20 && $0.value < 0x7F ? $0 : "?" }))
    }
}
