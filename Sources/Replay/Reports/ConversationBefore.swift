internal import Recorder

/// What was said before differences, read from the recording once more: a replay that finds nothing remembers nothing.
struct ConversationBefore {
    /// Events of the session itself that are shown with a difference.
    private static let ownEvents = 4
    /// Deeds of other sessions that are shown with it.
    private static let otherEvents = 3

    /// Differences beyond that have none.
    private static let maximumDifferences = 100

    private struct Session {
        var events: [TranscriptEvent] = []
        /// The line of what its client did last.
        var lastDeed = 0
    }

    private var sessions: [Int: Session] = [:]
    /// What clients did last, whichever.
    private var deeds: [TranscriptEvent] = []
    /// Sessions that have ended, and are not forgotten yet.
    private var closed: [Int] = []

    /// Gives the differences their contexts. A recording that cannot be read any more leaves them without.
    static func fill(_ differences: inout [Difference], from path: String) {
        let places = differences.indices.prefix(maximumDifferences).filter { differences[$0].line > 0 }
            .sorted { differences[$0].line < differences[$1].line }
        guard !places.isEmpty, let reader = try? RecordingReader(path: path) else { return }
        var before = ConversationBefore()
        var rest = places[...]
        while !rest.isEmpty, let event = try? reader.next() {
            while let place = rest.first, differences[place].line < event.line {
                differences[place].context = before.context(of: differences[place])
                rest.removeFirst()
            }
            before.take(event)
        }
        for place in rest { differences[place].context = before.context(of: differences[place]) }
    }

    private mutating func take(_ event: TranscriptEvent) {
        guard event.session > 0 else { return }
        let isDeed =
            switch event.kind {
            case .opened, .endOfStream(.client): true
            case .message(let message): message.from == .client
            case .closed(let closing): closing.by != .server
            default: false
            }
        sessions[event.session, default: Session()].events.append(event)
        if isDeed {
            sessions[event.session]?.lastDeed = event.line
            deeds.append(event)
            if deeds.count > 4 * Self.otherEvents { deeds.removeFirst() }
        }
        if let count = sessions[event.session]?.events.count, count > Self.ownEvents {
            sessions[event.session]?.events.removeFirst()
        }
        // A session that has ended has no differences any more, but for the one that its end is.
        if case .closed = event.kind { closed.append(event.session) }
        if closed.count > 1_000 { sessions[closed.removeFirst()] = nil }
    }

    /// The session's last events and, where it waited for something that others caused, what those did meanwhile.
    private func context(of difference: Difference) -> [TranscriptEvent] {
        guard let session = sessions[difference.session] else { return [] }
        var own = session.events
        if case .missing = difference.kind, own.last?.line == difference.line { own.removeLast() }
        let others = deeds.filter { deed in
            deed.session != difference.session && deed.line > session.lastDeed && deed.line < difference.line
        }
        return (own + others.suffix(Self.otherEvents)).sorted { $0.line < $1.line }
    }
}
