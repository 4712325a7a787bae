internal import Codecs
internal import Recorder

/// What a replay keeps of a conversation for a report, where one is wanted: when each event happened this time, and the texts
/// that were not the recorded ones. All else stands in the recording.
struct KeptConversation: Sendable {
    /// Lines whose time is kept.
    private static let maximumLines = 1 << 20
    /// Messages that are looked at for their text: as many before the first difference as from it on …
    private static let maximumLooks = 10_000
    /// … of which so many texts are kept, each so long.
    private static let maximumTexts = 1_000
    static let maximumTextBytes = 2_048

    /// Microseconds since the replay began, by line; negative where it did not happen.
    private var times: [Int64] = []
    private var texts: [Int: String] = [:]
    private var looksLeft = KeptConversation.maximumLooks
    private var textsLeft = KeptConversation.maximumTexts
    private var hasDifference = false

    /// When the event of a line happened.
    func time(ofLine line: Int) -> Int64? {
        guard times.indices.contains(line), times[line] >= 0 else { return nil }
        return times[line]
    }

    /// What was sent or came in the place of a line's message, where that was another text.
    func text(ofLine line: Int) -> String? { texts[line] }

    mutating func note(line: Int, at time: Int64) {
        guard line > 0, line < Self.maximumLines else { return }
        while times.count <= line { times.append(-1) }
        times[line] = time
    }

    /// Whether one more message may be looked at for its text.
    mutating func mayLook(hasDifference: Bool) -> Bool {
        if hasDifference, !self.hasDifference {
            self.hasDifference = true
            (looksLeft, textsLeft) = (Self.maximumLooks, Self.maximumTexts)
        }
        looksLeft -= 1
        return looksLeft >= 0 && textsLeft > 0
    }

    mutating func note(line: Int, _ message: RecordedMessage, recorded: RecordedMessage) {
        guard message.text != recorded.text || message.form != recorded.form else { return }
        textsLeft -= 1
        texts[line] = message.clippedText(Self.maximumTextBytes)
    }
}

extension RecordedMessage {
    /// The message as reports show it, of so many bytes at most.
    func clippedText(_ limit: Int) -> String {
        if form == .base64, let bytes = BinaryIdentifiers.bytes(ofForm: text) {
            return TerminalText.bytes(bytes, limit: limit / 4)
        }
        guard text.count > limit else { return String(decoding: text, as: UTF8.self) }
        // Not in the middle of a character.
        var end = limit
        while end > 0, text[end] & 0xC0 == 0x80 { end -= 1 }
        return String(decoding: text[..<end], as: UTF8.self) + "… (\(text.count) bytes)"
    }
}

extension ReplayMachine {
    /// Whether an event is a server's doing, which happens when it comes and not when it is taken from the recording.
    static func isAwaited(_ event: TranscriptEvent) -> Bool {
        switch event.kind {
        case .message(let message): message.from == .server
        case .endOfStream(let side): side == .server
        case .closed(let closing): closing.by == .server
        default: false
        }
    }

    /// Keeps that the event of a line happened now, where conversations are kept.
    mutating func keepTime(ofLine line: Int) { findings.conversation?.note(line: line, at: now - began) }

    /// Keeps the first message that came in a session as what came for the first that is expected.
    mutating func keepAnswer(_ number: Int) {
        guard findings.conversation != nil, let session = sessions[number], let first = session.expectations.first,
            let actual = session.received.first, case .message(let message) = first.kind
        else { return }
        keepTime(ofLine: first.event.line)
        guard findings.conversation?.mayLook(hasDifference: !findings.differences.isEmpty) == true else { return }
        findings.conversation?.note(
            line: first.event.line, session.matcher.recorded(actual), recorded: message)
    }

    /// Keeps what a client's message was this time.
    mutating func keepSent(_ message: RecordedMessage, recorded: RecordedMessage, at event: TranscriptEvent) {
        guard findings.conversation?.mayLook(hasDifference: !findings.differences.isEmpty) == true else { return }
        findings.conversation?.note(line: event.line, message, recorded: recorded)
    }
}
