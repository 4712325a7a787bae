/// A sentence about an event whose secrets were taken out.
package struct RedactedSentence: Sendable, Hashable {
    package var text: String
    /// Where secrets stood.
    package var places: [String]
}

extension Redaction {
    /// A sentence that a recorder writes beside an event, without its secrets; nil where it holds none. What a peer sent may be
    /// quoted in it.
    ///
    /// `place`: where it stands in the line.
    package func sentence(_ text: String, at place: String) -> RedactedSentence? {
        sentence(text, at: place, known: RedactedPlaces())
    }

    /// - Parameter known: what was taken out before.
    func sentence(_ text: String, at place: String, known: RedactedPlaces) -> RedactedSentence? {
        guard !known.covers(place) else { return nil }
        var text = text
        return text.withUTF8 { utf8 in
            let bytes = UnsafeRawBufferPointer(utf8)
            let ranges = known.remaining(of: self.ranges(in: bytes, .stream), at: place)
            guard !ranges.isEmpty else { return nil }
            return RedactedSentence(
                text: String(decoding: replacing(ranges, of: bytes, isText: true), as: UTF8.self),
                places: ranges.map { $0 == 0..<bytes.count ? place : RedactedPlaces.text(place, $0) })
        }
    }
}

extension TranscriptEvent {
    /// The sentence for people that an event holds, if any, and where it stands in the line.
    var sentence: (text: String, place: String)? {
        switch kind {
        case .message(let message): message.error.map { ($0, "error") }
        case .closed(let closing): closing.reason.map { ($0, "reason") }
        case .gap(let gap): gap.reason.map { ($0, "gap.why") }
        case .opened, .endOfStream, .resumed, .ended, .unknown: nil
        }
    }
}
