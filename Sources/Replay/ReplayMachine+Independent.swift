// For its queues: without it their members would be the slow ones that every collection has.
internal import NIOCore
internal import Recorder

// Sessions that go on each for itself: only the order within a session is kept.
extension ReplayMachine {
    /// What is read ahead of what can be done, at most: events, and about so many bytes.
    private static let maximumQueued = 65_536
    private static let maximumQueuedBytes = 64 << 20
    /// Sessions that are begun at the same time, unless those that are open wait for one more: a server has so many
    /// places, and this process so many descriptors.
    private static let maximumLanes = 256

    /// What is known beside the lanes.
    struct Independence {
        /// Events in all lanes, and about their bytes.
        var queued = 0
        var queuedBytes = 0
        /// Lanes to be looked at.
        var ready: Set<Int> = []
        /// Lanes whose next message waits for what another session is to hear first, and since when.
        var held: [Int: Int64] = [:]
        /// No lane is to be looked at again before this.
        var earliestWake: Int64?
        /// When the recording, or its part behind another header, began this time.
        var begun: Int64?
    }

    /// Goes on in each session as far as what has arrived in it allows.
    mutating func advanceIndependently() throws {
        independence.begun = independence.begun ?? now
        lanes[0]?.wakeAt = nil
        let isDue = independence.earliestWake.map { $0 <= now } ?? false
        if isDue {
            for (number, lane) in lanes where lane.wakeAt.map({ $0 <= now }) == true {
                independence.ready.insert(number)
            }
        }
        independence.ready.formUnion(independence.held.keys)
        var hasRead = true
        while hasRead || !independence.ready.isEmpty {
            hasRead = try readAhead()
            let ready = independence.ready.sorted()
            independence.ready.removeAll()
            for number in ready where number != 0 { try advance(lane: number) }
        }
        if isDue { independence.earliestWake = lanes.values.lazy.compactMap(\.wakeAt).min() }
        if try peek() == nil, independence.queued == 0, !sessions.isAwaitingAny { finish() }
    }

    /// Whether a client's message may go out before what stands before it has been heard: not while it holds an identifier
    /// that the server has not issued yet.
    func mayGoAhead(_ event: TranscriptEvent) -> Bool {
        guard case .message(let message) = event.kind else { return true }
        return !correlation.awaitsIdentifiers(of: message)
    }

    /// Reads events into their lanes; false where there is no room, or no more.
    private mutating func readAhead() throws -> Bool {
        var hasRead = false
        while independence.queued < Self.maximumQueued, independence.queuedBytes < Self.maximumQueuedBytes,
            let event = try peek()
        {
            if case .opened = event.kind, lanes.count > Self.maximumLanes,
                independence.queued > 0 || sessions.isAwaitingAny
            {
                break
            }
            drop()
            try queue(event)
            hasRead = true
        }
        return hasRead
    }

    private mutating func queue(_ event: TranscriptEvent) throws {
        let number = event.session
        if case .resumed = event.kind { independence.begun = now }
        guard number != 0, !sessions.hasEnded(number) else { return try take(event) }
        if case .opened(let opening) = event.kind, lanes[number] == nil {
            let lane = ReplayLane()
            lane.speech = speech(ofPort: opening.port)
            lane.pace.acted(recorded: 0, at: independence.begun ?? now)
            lanes[number] = lane
        }
        // The error says what is wrong with one that was not opened.
        guard lanes[number] != nil else { return try take(event) }
        lanes[number]?.events.append(event)
        independence.queued += 1
        independence.queuedBytes += event.memoryBytes
        independence.ready.insert(number)
    }

    private mutating func advance(lane number: Int) throws {
        lanes[number]?.wakeAt = nil
        while let event = lanes[number]?.events.first {
            guard try mayTake(event, lane: number), !isHeld(event) else { return }
            _ = lanes[number]?.events.popFirst()
            lanes[number]?.pausedUntil = nil
            independence.queued -= 1
            independence.queuedBytes -= event.memoryBytes
            try take(event)
        }
        guard try mayAct(number) else { return }
        if sessions.hasEnded(number) { lanes[number] = nil }
    }

    /// Whether a message waits for what another session is to hear first; not for ever.
    private mutating func isHeld(_ event: TranscriptEvent) -> Bool {
        guard case .message(let message) = event.kind, message.from == .client, !sessions.hasEnded(event.session),
            lanes[event.session]?.holdsNothing != true, !mayGoAhead(event)
        else {
            independence.held[event.session] = nil
            return false
        }
        let since = independence.held[event.session] ?? now
        let until = since + options.timeout.microseconds
        guard now < until else {
            independence.held[event.session] = nil
            // What did not come now will not come later.
            lanes[event.session]?.holdsNothing = true
            return false
        }
        independence.held[event.session] = since
        wake(event.session, at: until)
        return true
    }
}

extension TranscriptEvent {
    /// About the memory that it takes.
    fileprivate var memoryBytes: Int {
        guard case .message(let message) = kind else { return 256 }
        return 256 + message.text.count + (message.raw?.count ?? 0)
    }
}
