package import Codecs

/// Something in a recording that looks like a secret that was left in.
package struct SecretFinding: Sendable, Hashable {
    /// The line of the file.
    package var line: Int
    /// Where it stands in the message.
    package var path: String
    /// What it looks like.
    package var kind: String
    /// Its beginning, and how long it is; never all of it.
    package var masked: String

    /// Whether the rules that are there by default take it out.
    var isKnownToDefaults: Bool { kind != CardNumber.name }
}

/// Searches a recording for secrets that were left in: tokens of well-known shapes, private keys, credentials,
/// passwords in URLs, card numbers, and what stands under the names of secrets and is no everyday word.
///
/// What was put in the place of a secret is none, nor is a UUID.
package struct SecretSearch {
    private var codecs: SessionCodecs
    private let limits = DecodingLimits()
    private let tree = ValueTree()
    private static let json = try? CodecRegistry.codec(named: "json")
    private static let maximumFindingsOfLine = 100

    package init(header: RecordingHeader) { codecs = SessionCodecs(header) }

    /// What looks like a secret in an event.
    ///
    /// - Parameter line: the line that it was read from, to look at what this version does not know, too.
    package mutating func findings(in event: TranscriptEvent, of line: Value? = nil) -> [SecretFinding] {
        codecs.follow(event)
        var found: [SecretFinding] = []
        if case .message(let message) = event.kind { found = findings(in: message, of: event) }
        let known = line.map { RedactedPlaces(line: $0) } ?? RedactedPlaces(event.kind.redacted)
        var visitor = SecretVisitor(known: known, format: JSONFormat(), line: event.line, isLine: true)
        if let sentence = event.sentence {
            var text = sentence.text
            text.withUTF8 { visitor.searchStream(UnsafeRawBufferPointer($0), sentence.place) }
        }
        if let line { LineRemainder.walk(line, event.kind, SecretVisitor.State.root, &visitor) }
        return Array((found + visitor.found).prefix(Self.maximumFindingsOfLine))
    }

    private mutating func findings(in message: RecordedMessage, of event: TranscriptEvent) -> [SecretFinding] {
        let known = RedactedPlaces(message.redacted)
        let port = codecs.codec(of: event.session)
        var visitor = SecretVisitor(known: known, format: (port?.codec.payload) ?? JSONFormat(), line: event.line)
        if message.isDecoded, let codec = port?.codec ?? Self.json, codec.payload.isStructured,
            (try? message.read(
                codec, port?.settings ?? WritingSettings(), into: tree, limits: .recordedText(within: limits))) != nil
        {
            ValueWalk.walk(tree.root, SecretVisitor.State.root, &visitor)
        } else {
            var plain = message
            plain.isPartial = true
            let bytes = try? plain.payload(codec: Self.raw, settings: WritingSettings(), limits: limits)
            (bytes ?? message.text).withUnsafeBytes { visitor.searchStream($0, "bytes") }
        }
        if visitor.found.isEmpty, let raw = message.raw { raw.withUnsafeBytes { visitor.searchShapes($0, "raw") } }
        return visitor.found
    }

    private static let raw = Codec(payload: RawFormat(), framing: ChunksFraming())
}

/// Looks at the values of one message.
private struct SecretVisitor: ValueVisitor {
    struct State: Hashable {
        /// What stands under the name of a secret.
        var name: SecretLikeness.Name?

        static let root = State()
    }

    let known: RedactedPlaces
    let format: any PayloadFormat
    let line: Int
    /// The values are those of a recording's line, not of a message.
    var isLine = false
    var paths = ValuePaths()
    var found: [SecretFinding] = []

    mutating func state(of place: ValueWalk.Place, in outer: Value, key: Value?, _ state: State) -> State {
        guard let key else { return state }
        guard key.kind.isText else { return State() }
        return State(name: key.withText { SecretLikeness.name($0) })
    }

    mutating func leaf(_ place: ValueWalk.Place, _ state: State) {
        let value = place.value
        let path = Site.value(place)
        switch value.kind {
        case .string, .legacyString, .bytes, .byteArray, .typedBytes:
            value.withText { text in
                let before = found.count
                search(text, path, value.kind == .string || value.kind == .legacyString ? .string : .stream)
                guard !place.isKey, found.count == before, let name = state.name else { return }
                let parts = SecretValue.parts(of: text, isCookie: name == .cookies)
                for range in parts where SecretLikeness.isSecret(UnsafeRawBufferPointer(rebasing: text[range]), name) {
                    note("what stands under the name of a secret", path, range, text)
                }
            }
        case .number, .int:
            let digits = value.kind == .number ? Array(value.content) : Array(String(value.int ?? 0).utf8)
            digits.withUnsafeBytes { digits in
                for range in CardNumber.ranges(in: digits) { note(CardNumber.name, path, range, digits) }
            }
        default: break
        }
    }

    /// Searches all that passed, as text.
    mutating func searchStream(_ text: UnsafeRawBufferPointer, _ path: String) { search(text, .named(path), .stream) }

    /// Searches for what looks like a secret by itself.
    mutating func searchShapes(_ text: UnsafeRawBufferPointer, _ path: String) {
        var allowance = Pattern.Allowance()
        for (shape, range) in (try? SecretShape.find(in: text, within: &allowance)) ?? [] {
            note(shape.name, .named(path), range, text)
        }
    }

    /// Where something stands, until somebody asks for its text.
    private enum Site {
        case value(ValueWalk.Place)
        case named(String)
    }

    private func text(_ site: Site) -> String {
        switch site {
        case .value(let place):
            self.text(place.path) + (place.isKey ? "~" : "")
        case .named(let text): text
        }
    }

    private func text(_ path: Int) -> String {
        let text = PlaceNames().text(path, of: paths, format: format)
        return isLine ? LineRemainder.place(text) : text
    }

    private mutating func search(_ text: UnsafeRawBufferPointer, _ path: Site, _ nature: KeyedText.Nature) {
        let before = found.count
        var allowance = Pattern.Allowance()
        for (shape, range) in (try? SecretShape.find(in: text, within: &allowance)) ?? [] {
            note(shape.name, path, range, text)
        }
        for range in CardNumber.ranges(in: text) { note(CardNumber.name, path, range, text) }
        guard found.count == before else { return }
        for value in KeyedText.values(in: text, nature, SecretLikeness.names) {
            let name = SecretLikeness.name(UnsafeRawBufferPointer(rebasing: text[value.key]))
            let secret = UnsafeRawBufferPointer(rebasing: text[value.value])
            if let name, SecretLikeness.isSecret(secret, name) {
                note("what stands under the name of a secret", path, value.value, text)
            }
        }
    }

    private mutating func note(_ kind: String, _ site: Site, _ range: Range<Int>, _ text: UnsafeRawBufferPointer) {
        let path = self.text(site)
        guard !known.covers(path), !known.remaining(of: [range], at: path).isEmpty else { return }
        let place = range == 0..<text.count || path.hasPrefix("raw") ? path : RedactedPlaces.text(path, range)
        let masked = SecretLikeness.masked(UnsafeRawBufferPointer(rebasing: text[range]))
        found.append(SecretFinding(line: line, path: place, kind: kind, masked: masked))
    }
}
