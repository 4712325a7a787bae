internal import Codecs

/// Takes the secrets out of the lines of one recording, one after the other.
struct LineScrub {
    private let redaction: Redaction
    private let path: String
    private var codecs: SessionCodecs
    private let limits = DecodingLimits()
    private let line = ValueTree()
    private let tree = ValueTree()
    /// How values of a session are read that the recording says nothing of.
    private static let json = try? CodecRegistry.codec(named: "json")

    init(_ redaction: Redaction, path: String, header: RecordingHeader) {
        self.redaction = redaction
        self.path = path
        codecs = SessionCodecs(header)
    }

    /// What stands in the place of a line; nil where it stays as it is.
    mutating func scrub(_ text: UnsafeRawBufferPointer, number: Int) throws(RecordingError) -> [UInt8]? {
        do throws(PayloadError) {
            try JSONFormat().decode(RawSpan(_unsafeBytes: text), into: line, limits: .recordedText(within: limits))
        } catch {
            throw RecordingError(
                .damagedLine, path, line: number,
                "damaged at byte \(error.offset) of the line, so that nobody can say what stands in it: mend it or take it out first"
            )
        }
        let event = try RecordingEventParser.event(line.root, path: path, line: number)
        codecs.follow(event)
        let known = RedactedPlaces(line: line.root)
        var change = Change()
        if case .message(let message) = event.kind { change.form = form(of: message, event.session, known) }
        scrubSentence(of: event, known, &change)
        var search = ValueRedaction(redaction, format: JSONFormat(), known: known, isLine: true)
        LineRemainder.walk(line.root, event.kind, ValueRedaction.noPlace, &search)
        change.edits += search.edits
        change.places += search.places
        return change.isEmpty ? nil : rebuilt(change)
    }

    // MARK: Beside the message

    private func scrubSentence(of event: TranscriptEvent, _ known: RedactedPlaces, _ change: inout Change) {
        guard let sentence = event.sentence,
            let changed = redaction.sentence(sentence.text, at: sentence.place, known: known)
        else { return }
        var value: Value? = line.root
        for key in sentence.place.split(separator: ".") { value = value?[String(key)] }
        guard let source = value?.sourceRange else { return }
        var token = ByteWriter()
        var text = changed.text
        text.withUTF8 { JSONString.write(UnsafeRawBufferPointer($0), into: &token) }
        change.edits.append(ValueEdit(site: .source(source, with: token.array)))
        change.places += changed.places
    }

    // MARK: The message

    /// What stands in the place of a message's readable form and its bytes; nil where they stay as they are.
    private func form(of message: RecordedMessage, _ session: Int, _ known: RedactedPlaces) -> Form? {
        let port = codecs.codec(of: session)
        guard message.isDecoded else { return bytes(of: message, port?.codec, known) }
        guard let codec = port?.codec ?? Self.json else { return nil }
        let settings = port?.settings ?? WritingSettings()
        do {
            try message.read(codec, settings, into: tree, limits: .recordedText(within: limits))
        } catch {
            // It is no message of what the session is said to speak.
            return bytes(of: message, port?.codec, known)
        }
        if let changed = redaction.message(tree, codec: codec, limits: limits, known: known, isOwn: true) {
            return Form(key: changed.form, text: changed.text, places: changed.places)
        }
        if let raw = message.raw, holdsSecret(raw, codec) {
            return Form(key: message.form, text: message.text, places: ["raw"])
        }
        return nil
    }

    private func bytes(of message: RecordedMessage, _ codec: Codec?, _ known: RedactedPlaces) -> Form? {
        var plain = message
        plain.isPartial = true
        // What cannot be read is searched as the text that it is.
        let bytes =
            (try? plain.payload(codec: codec ?? Self.raw, settings: WritingSettings(), limits: limits)) ?? message.text
        guard let changed = bytes.withUnsafeBytes({ redaction.bytes($0, codec: codec, known: known) }) else {
            guard
                message.raw.map({ $0.withUnsafeBytes { redaction.bytes($0, codec: codec, known: RedactedPlaces()) } })
                    != nil
            else { return nil }
            return Form(key: message.form, text: message.text, places: ["raw"])
        }
        return Form(
            key: .base64, text: Array("\"\(Base64.encode(changed.bytes))\"".utf8), places: changed.places,
            withheld: changed.withheld)
    }

    private static let raw = Codec(payload: RawFormat(), framing: ChunksFraming())

    /// Whether the bytes that passed hold a secret, also where somebody has changed the readable form since.
    private func holdsSecret(_ raw: [UInt8], _ codec: Codec) -> Bool {
        var scanner: any FrameScanner = codec.framing.makeScanner(limits: limits)
        let found = ValueTree()
        return raw.withUnsafeBytes { raw in
            guard let frame = (try? scanner.nextFrame(in: RawSpan(_unsafeBytes: raw))) ?? nil,
                frame.frameBytes == raw.count,
                (try? codec.payload.decode(
                    RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: raw[frame.payload])), into: found,
                    limits: limits)) != nil
            else { return redaction.bytes(raw, codec: codec, known: RedactedPlaces()) != nil }
            return redaction.message(found, codec: codec, limits: limits) != nil
                || redaction.holdsSecret(raw, around: frame.payload, codec: codec)
        }
    }

    // MARK: The line

    /// Another readable form of the line's message, which has no `raw` then.
    private struct Form {
        var key: ReadableForm.Key
        var text: [UInt8]
        var places: [String]
        var withheld: Int?
    }

    /// What becomes of a line.
    private struct Change {
        var form: Form?
        /// Pieces of the line's text beside the message.
        var edits: [ValueEdit] = []
        /// Where they are.
        var places: [String] = []

        var isEmpty: Bool { form == nil && edits.isEmpty }
    }

    /// The line with its changes, every other member as it stands.
    private func rebuilt(_ change: Change) -> [UInt8] {
        var output = ByteWriter(capacity: line.payload.count)
        let hasForm = change.form != nil
        for (key, value) in line.root.entries {
            guard let name = key.string, let start = key.sourceRange?.lowerBound,
                let end = value.sourceRange?.upperBound,
                name != "redacted", !hasForm || !["raw", "withheld"].contains(name)
            else { continue }
            output.append(output.count == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
            if let form = change.form, ReadableForm.Key(rawValue: name) != nil {
                output.append("\"\(form.key.rawValue)\":" as String)
                output.append(form.text)
            } else {
                output.append(ValueEdit.splice(change.edits, into: line.payload, of: start..<end))
            }
        }
        let before = RedactedPlaces.list(in: line.root)
        let places = (change.form?.places ?? []) + change.places
        RedactedPlaces.write(before + places.filter { !before.contains($0) }, into: &output)
        if let withheld = change.form?.withheld { RecordingLine.writeWithheld(withheld, into: &output) }
        output.append(UInt8(ascii: "}"))
        return output.array
    }
}
