internal import Codecs

/// Which codec each session of a recording speaks, followed event by event.
struct SessionCodecs {
    private var ports: [Int: (codec: Codec, settings: WritingSettings)] = [:]
    private var sessions: [Int: Int] = [:]

    init(_ header: RecordingHeader) { add(header) }

    /// Takes note of sessions and headers.
    mutating func follow(_ event: TranscriptEvent) {
        switch event.kind {
        case .opened(let opening): sessions[event.session] = opening.port
        case .resumed(let header):
            sessions = [:]
            add(header)
        default: break
        }
    }

    /// What a session speaks, and how its payloads are written; nil where the recording does not say it.
    func codec(of session: Int) -> (codec: Codec, settings: WritingSettings)? {
        if let port = sessions[session] { return ports[port] }
        return ports.count == 1 ? ports.first?.value : nil
    }

    private mutating func add(_ header: RecordingHeader) {
        ports = [:]
        for port in header.ports {
            guard let number = port.number, let codec = try? CodecRegistry.codec(named: port.codec) else { continue }
            ports[number] = (codec, port.settings)
        }
    }
}

extension RecordedMessage {
    /// Reads the message's values into `tree`; of a format that is kept in the value notation, out of that. Fails where the form
    /// is no message of the codec.
    func read(_ codec: Codec, _ settings: WritingSettings, into tree: ValueTree, limits: DecodingLimits) throws {
        if form == .value, codec.payload.isStructured {
            let isNotation = codec.payload is any NotationFormat
            let text = isNotation ? ValueTree() : tree
            try JSONFormat().decode(self.text.span.bytes, into: text, limits: .recordedText(within: limits))
            if isNotation { try ValueNotation.read(text.root, into: tree, limits: limits) }
            return
        }
        let payload = try payload(codec: codec, settings: settings, limits: limits)
        try codec.payload.decode(payload.span.bytes, into: tree, limits: limits)
    }
}
