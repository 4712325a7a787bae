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
        guard case .message(let message) = event.kind else { return nil }
        let known = RedactedPlaces(message.redacted)
        let port = codecs.codec(of: event.session)
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
            return rebuilt(message, changed.form, changed.text, changed.places)
        }
        if let raw = message.raw, holdsSecret(raw, codec) {
            return rebuilt(message, message.form, message.text, ["raw"])
        }
        return nil
    }

    private func bytes(of message: RecordedMessage, _ codec: Codec?, _ known: RedactedPlaces) -> [UInt8]? {
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
            return rebuilt(message, message.form, message.text, ["raw"])
        }
        return rebuilt(
            message, .base64, Array("\"\(Base64.encode(changed.bytes))\"".utf8), changed.places,
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

    /// The line with another form, without `raw`, every other member as it stands.
    private func rebuilt(
        _ message: RecordedMessage, _ form: ReadableForm.Key, _ text: [UInt8], _ places: [String], withheld: Int? = nil
    ) -> [UInt8] {
        let payload = line.payload
        var output = ByteWriter(capacity: payload.count)
        for (key, value) in line.root.entries {
            guard let name = key.string, let start = key.sourceRange?.lowerBound,
                let end = value.sourceRange?.upperBound,
                !["raw", "redacted", "withheld"].contains(name)
            else { continue }
            output.append(output.count == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
            if ReadableForm.Key(rawValue: name) != nil {
                output.append("\"\(form.rawValue)\":" as String)
                output.append(text)
            } else {
                output.append(UnsafeRawBufferPointer(rebasing: payload[start..<end]))
            }
        }
        RedactedPlaces.write(message.redacted + places.filter { !message.redacted.contains($0) }, into: &output)
        if let withheld { RecordingLine.writeWithheld(withheld, into: &output) }
        output.append(UInt8(ascii: "}"))
        return output.array
    }
}
