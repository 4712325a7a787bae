package import Codecs

/// One event of a recording: something that happened in a session, at a time.
package struct TranscriptEvent: Sendable, Hashable {
    /// Microseconds since the recording (or its last header) began.
    package var time: Int64
    /// The session's number, from 1; 0 for an event of the recording as a whole.
    package var session: Int
    package var kind: Kind
    /// The line of the file that it was read from; 0 where there is none.
    package var line = 0

    package enum Kind: Sendable, Hashable {
        case opened(SessionOpening)
        case message(RecordedMessage)
        /// The first FIN came from this side.
        case endOfStream(Side)
        case closed(SessionClosing)
        /// Something is missing here.
        case gap(RecordingGap)
        /// The recording was appended to: another header stands here, and time starts again.
        case resumed(RecordingHeader)
        /// The recording was ended as it should be.
        case ended
        /// An event that this version does not know, kept out of the way.
        case unknown
    }

    package init(time: Int64, session: Int, kind: Kind, line: Int = 0) {
        self.time = time
        self.session = session
        self.kind = kind
        self.line = line
    }
}

/// Who connected to what.
package struct SessionOpening: Sendable, Hashable {
    /// The listened port, which says which codec is spoken.
    package var port: Int
    /// The client's address, `HOST:PORT`.
    package var peer: String
    /// Where a relay connected to.
    package var upstream: String?
    /// The relay's own address on that side, which the server saw as the client's.
    package var via: String?
    /// The session goes on from an earlier file.
    package var isContinued = false

    package init(port: Int, peer: String, upstream: String? = nil, via: String? = nil) {
        self.port = port
        self.peer = peer
        self.upstream = upstream
        self.via = via
    }
}

/// How a session ended.
package struct SessionClosing: Sendable, Hashable {
    package enum Manner: String, Sendable, CaseIterable {
        /// Both sides said that they had no more to send.
        case clean
        case reset
        case timeout
        case limit
        case error
        /// The recorder itself was stopped.
        case shutdown
    }

    package var manner: Manner
    /// The side that ended it, where that is known.
    package var by: Side?
    /// What a person should know of it.
    package var reason: String?
    /// Where secrets were taken out of the reason, as the line lists it.
    package var redacted: [String] = []

    package init(_ manner: Manner, by: Side? = nil, reason: String? = nil) {
        self.manner = manner
        self.by = by
        self.reason = reason
    }
}

/// What a recording says is missing.
package struct RecordingGap: Sendable, Hashable {
    package var from: Side?
    package var bytes: Int?
    package var events: Int?
    package var reason: String?
    /// Where secrets were taken out of the reason, as the line lists it.
    package var redacted: [String] = []

    package init(from: Side? = nil, bytes: Int? = nil, events: Int? = nil, reason: String? = nil) {
        self.from = from
        self.bytes = bytes
        self.events = events
        self.reason = reason
    }
}

/// One message as a recording keeps it: a readable form, and the bytes where that form does not give them back.
package struct RecordedMessage: Sendable, Hashable {
    package var from: Side
    /// Which readable form it has.
    package var form: ReadableForm.Key
    /// The form's JSON text, just as it stands in the line.
    package var text: [UInt8]
    /// How the payload is written, where the message says so itself.
    package var settings = WritingSettings()
    /// Every byte since the message before, where `text` does not give them back.
    package var raw: [UInt8]?
    /// Why it could not be decoded.
    package var error: String?
    /// The bytes are what was left over when the connection ended.
    package var isPartial = false
    /// Where secrets were taken out before it was written, as the line lists it.
    package var redacted: [String] = []

    package init(from: Side, form: ReadableForm.Key, text: [UInt8]) {
        self.from = from
        self.form = form
        self.text = text
    }

    /// Whether it is a whole message of its codec, rather than bytes that did not decode.
    package var isDecoded: Bool { error == nil && !isPartial }
}

extension TranscriptEvent.Kind {
    /// Where secrets were taken out, as the line lists it.
    var redacted: [String] {
        switch self {
        case .message(let message): message.redacted
        case .closed(let closing): closing.redacted
        case .gap(let gap): gap.redacted
        case .opened, .endOfStream, .resumed, .ended, .unknown: []
        }
    }
}

extension DecodingLimits {
    /// The limits for the JSON text of a message within these: one value of a pickle may be several there.
    package static func recordedText(within limits: DecodingLimits) -> DecodingLimits {
        var text = limits
        text.maximumElements = max(limits.maximumElements, 1 << 26)
        return text
    }
}

extension RecordedMessage {
    /// The payload that the readable form stands for; for bytes that did not decode, those bytes.
    ///
    /// - Parameter tree: what the form is read into, for whoever asks for many.
    package func payload(
        codec: Codec, settings defaults: WritingSettings, limits: DecodingLimits, reading tree: ValueTree = ValueTree()
    ) throws -> [UInt8] {
        try JSONFormat().decode(text.span.bytes, into: tree, limits: .recordedText(within: limits))
        var output = ByteWriter(capacity: text.count)
        if isDecoded {
            var settings = settings
            settings.protocolVersion = settings.protocolVersion ?? defaults.protocolVersion
            try codec.payload.encodeReadable(
                form, tree.root, settings: settings, limits: limits, into: &output)
        } else {
            try RawFormat().encodeReadable(
                form, tree.root, settings: settings, limits: limits, into: &output)
        }
        return output.array
    }

    /// The message with another form in its place. Where its bytes are kept, the new payload is put into them: what its sender
    /// chose around it, such as the end of the line, stays.
    package func replacing(
        text: [UInt8], codec: Codec, settings defaults: WritingSettings, limits: DecodingLimits
    ) -> RecordedMessage {
        var changed = self
        changed.text = text
        changed.raw = nil
        if let raw, isDecoded {
            changed.raw = try? changed.frame(inPlaceOf: raw, codec, defaults, limits)
        }
        return changed
    }

    /// The frame of the payload with what stands around that of `frame`; nil where `frame` is none.
    private func frame(
        inPlaceOf frame: [UInt8], _ codec: Codec, _ defaults: WritingSettings, _ limits: DecodingLimits
    ) throws -> [UInt8]? {
        var scanner = codec.framing.makeScanner(limits: limits)
        guard let extent = try scanner.nextFrame(in: frame.span.bytes) ?? scanner.finish(in: frame.span.bytes) else {
            return nil
        }
        let payload = try payload(codec: codec, settings: defaults, limits: limits)
        var output = ByteWriter(capacity: frame.count + payload.count)
        try codec.framing.write(
            payload: payload.span.bytes, inPlaceOf: extent.payload, in: frame.span.bytes, into: &output)
        return output.array
    }

    /// The bytes that passed: `raw`, or the frame of the payload. A person may have changed the form and taken `raw` away;
    /// then these are the bytes of what it says now.
    ///
    /// - Parameter tree: what the form is read into, for whoever asks for many.
    package func wire(
        codec: Codec, settings defaults: WritingSettings, limits: DecodingLimits, reading tree: ValueTree = ValueTree()
    ) throws -> [UInt8] {
        if let raw { return raw }
        let payload = try payload(codec: codec, settings: defaults, limits: limits, reading: tree)
        guard isDecoded else { return payload }
        var output = ByteWriter(capacity: payload.count + 16)
        try codec.framing.write(payload: payload.span.bytes, into: &output)
        return output.array
    }
}
