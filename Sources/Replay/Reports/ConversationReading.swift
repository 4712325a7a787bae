internal import Codecs
internal import Recorder

/// Reads a recording once more after its replay, for the conversation in a report: what stands at its beginning and around
/// differences, with what came of it this time.
struct ConversationReading {
    /// Events at the beginning that are shown, where there are differences and where there are none.
    private static let firstEvents = (failed: 200, passed: 100)
    private static let eventsBefore = 20
    private static let eventsBehind = 10
    private static let maximumEntries = 2_000
    /// Bytes of a message's text that are shown where nothing differs.
    private static let shortText = 512

    private let kept: KeptConversation
    private let description: ConversationText
    private let hasFailed: Bool
    /// The differences of each line, by their place in the report.
    private let places: [Int: [Int]]
    private let differences: [Difference]
    private var entries: [ConversationEntry] = []
    /// What may yet be shown, since a difference follows.
    private var recent: [TranscriptEvent] = []
    private var omitted = 0
    private var count = 0
    /// So many events more are shown.
    private var shownBehind = 0

    /// The entries; none where the conversation was not kept, or the recording cannot be read any more.
    static func entries(ofRecordingAt path: String, _ findings: ReplayFindings) -> [ConversationEntry] {
        guard let kept = findings.conversation, let reader = try? RecordingReader(path: path) else { return [] }
        var reading = ConversationReading(kept, findings.differences, reader.header)
        while let event = try? reader.next() { reading.take(event) }
        reading.omitRecent()
        reading.flushOmitted()
        return reading.entries
    }

    private init(_ kept: KeptConversation, _ differences: [Difference], _ header: RecordingHeader) {
        self.kept = kept
        self.differences = differences
        hasFailed = !differences.isEmpty
        description = ConversationText(usesColour: false, maximumValueCharacters: 200, ports: header.ports)
        places = differences.indices.reduce(into: [:]) { $0[differences[$1].line, default: []].append($1) }
    }

    private mutating func take(_ event: TranscriptEvent) {
        switch event.kind {
        case .resumed, .ended, .unknown: return
        case .opened, .message, .endOfStream, .closed, .gap: break
        }
        count += 1
        let differs = places[event.line] != nil
        let first = hasFailed ? Self.firstEvents.failed : Self.firstEvents.passed
        if entries.count >= Self.maximumEntries { return omitted += 1 }
        if differs {
            let before = recent
            recent.removeAll()
            flushOmitted()
            for event in before { show(event) }
            shownBehind = Self.eventsBehind
            show(event)
        } else if count <= first || shownBehind > 0 {
            if count > first { shownBehind -= 1 }
            flushOmitted()
            show(event)
        } else {
            recent.append(event)
            if recent.count > Self.eventsBefore {
                recent.removeFirst()
                omitted += 1
            }
        }
    }

    private mutating func omitRecent() {
        omitted += recent.count
        recent.removeAll()
    }

    private mutating func flushOmitted() {
        guard omitted > 0 else { return }
        var entry = ConversationEntry(kind: .omitted, text: "")
        entry.count = omitted
        entries.append(entry)
        omitted = 0
    }

    private mutating func show(_ event: TranscriptEvent) {
        var entry = self.entry(event)
        (entry.session, entry.line, entry.recordedAt) = (event.session, event.line, event.time)
        entry.at = kept.time(ofLine: event.line)
        entry.actual = kept.text(ofLine: event.line)
        if entry.at == nil, entry.kind != .gap { entry.state = .notReached }
        for place in places[event.line] ?? [] where differences[place].session == event.session {
            switch differences[place].kind {
            case .extra: continue
            case .missing: entry.state = .missing
            case .value, .undecodable, .ending, .refused, .died, .session: entry.state = .differs
            }
            entry.difference = entry.difference ?? place
            if case .undecodable(_, let message) = differences[place].kind { entry.actual = text(message) }
        }
        entries.append(entry)
        for place in places[event.line] ?? [] {
            guard case .extra(let message) = differences[place].kind else { continue }
            entries.append(extra(message, differences[place], place))
        }
    }

    private func extra(_ message: RecordedMessage, _ difference: Difference, _ place: Int) -> ConversationEntry {
        var entry = ConversationEntry(kind: .message, text: "")
        (entry.session, entry.from, entry.state) = (difference.session, .server, .extra)
        (entry.actual, entry.at, entry.difference) = (text(message), difference.foundAt, place)
        return entry
    }

    private func entry(_ event: TranscriptEvent) -> ConversationEntry {
        guard case .message(let message) = event.kind else {
            let kind: ConversationEntry.Kind =
                switch event.kind {
                case .opened: .open
                case .endOfStream: .eof
                case .closed: .close
                default: .gap
                }
            return ConversationEntry(kind: kind, text: description.what(event))
        }
        var entry = ConversationEntry(kind: .message, text: text(message))
        entry.from = message.from
        return entry
    }

    private func text(_ message: RecordedMessage) -> String {
        message.clippedText(hasFailed ? KeptConversation.maximumTextBytes : Self.shortText)
    }
}
