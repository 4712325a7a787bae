import Codecs
import Recorder

/// The bytes of messages, and nothing else: what `--from` sent, one message after another.
struct RawPresentation: ConversationPresentation {
    private let path: String
    private var wires: WireBytes
    /// The session of the first message.
    private var session: Int?
    /// No byte was written.
    private(set) var isEmpty = true
    private var hasToldOfSessions = false
    private var hasToldOfSecrets = false

    init(_ header: RecordingHeader, path: String) {
        self.path = path
        wires = WireBytes(header: header)
    }

    mutating func take(_ event: TranscriptEvent, isPicked: Bool, _ output: ShowOutput) throws {
        wires.follow(event)
        guard isPicked else { return }
        switch event.kind {
        case .message(let message): try write(message, event, output)
        case .gap:
            try output.complain("tapedeck: \(path):\(event.line): bytes are missing here: the recording says so")
            output.isFlawed = true
        default: break
        }
    }

    mutating func finish(_ output: ShowOutput) throws {}

    private mutating func write(_ message: RecordedMessage, _ event: TranscriptEvent, _ output: ShowOutput) throws {
        try tell(message, event, output)
        do {
            let bytes = try wires.bytes(of: message, session: event.session)
            isEmpty = isEmpty && bytes.isEmpty
            try output.write(bytes: bytes)
        } catch let error as PayloadError {
            throw RecordingError(
                .cannotRead, path, line: event.line,
                "the bytes of this message are not known (\(error.reason)): it ends before them")
        }
    }

    /// Says what a reader of the bytes alone cannot know.
    private mutating func tell(_ message: RecordedMessage, _ event: TranscriptEvent, _ output: ShowOutput) throws {
        if let session, session != event.session, !hasToldOfSessions {
            hasToldOfSessions = true
            try output.complain(
                "tapedeck: \(path): messages of several sessions follow one another; --session N picks one")
        }
        session = session ?? event.session
        if !message.redacted.isEmpty, !hasToldOfSecrets {
            hasToldOfSecrets = true
            try output.complain(
                "tapedeck: \(path):\(event.line): secrets were taken out before this was recorded: "
                    + "pseudonyms stand in their place")
        }
    }
}
