internal import Recorder

// When what stands next in the recording may be done.
extension ReplayMachine {
    /// Expectations that are taken from the recording before any of them has come, at most, and their bytes.
    private static let maximumAwaited = 4_096
    private static let maximumAwaitedBytes = 16 << 20

    /// Bytes of a client that wait for the server to take them, at most; beyond these its next message waits.
    static let maximumUnsentBytes = 1 << 20

    /// A distance at which a server surely takes one thing before the other.
    private static let safeDistance: Int64 = 5_000

    /// Goes through the recording as far as what has arrived allows.
    mutating func advance() throws {
        if options.isIndependent { return try advanceIndependently() }
        lanes[0]?.wakeAt = nil
        while let event = try peek() {
            guard try mayTake(event, lane: 0) else { return }
            drop()
            lanes[0]?.pausedUntil = nil
            try take(event)
        }
        guard try mayAct(0) else { return }
        finish()
    }

    /// The lane that a session's events stand in.
    func lane(of session: Int) -> Int { options.isIndependent ? session : 0 }

    /// Whether the event may be taken: what a client did waits for what came before it, and in its time.
    mutating func mayTake(_ event: TranscriptEvent, lane: Int) throws -> Bool {
        if isDeed(event) {
            return try mayAct(lane) && hasRoom(for: event, lane: lane) && waitedLongEnough(for: event, lane: lane)
        }
        if sessions.expectationCount >= Self.maximumAwaited || sessions.expectedBytes >= Self.maximumAwaitedBytes {
            return try mayAct(lane)
        }
        return true
    }

    /// Something was done by a client, so that what follows keeps its distance from it.
    mutating func acted(_ session: Int, recorded time: Int64) {
        let lane = lane(of: session)
        lanes[lane]?.lastDeed = Deed(session: session, time: time)
        if options.speed != nil { lanes[lane]?.pace.acted(recorded: time, at: now) }
    }

    /// Something that was awaited has come; the recorded time says what.
    mutating func arrived(_ session: Int, recorded time: Int64?) {
        let lane = lane(of: session)
        lanes[lane]?.waitingSince = nil
        if options.speed != nil, let time { lanes[lane]?.pace.answered(recorded: time, at: now) }
    }

    /// A lane is to be looked at again at that time, if nothing comes before.
    mutating func wake(_ lane: Int, at time: Int64) {
        let earliest = min(lanes[lane]?.wakeAt ?? time, time)
        lanes[lane]?.wakeAt = earliest
        if options.isIndependent { independence.earliestWake = min(independence.earliestWake ?? time, time) }
    }

    /// Whether the event is something that a client did and that is done again.
    private func isDeed(_ event: TranscriptEvent) -> Bool {
        if sessions.isGivenUp(event.session) { return false }
        switch event.kind {
        case .opened: return true
        case .message(let message): return message.from == .client && !wasSentAhead(event)
        case .endOfStream(let side): return side == .client
        case .closed(let closing): return !endsUnheard(event.session, closing)
        default: return false
        }
    }

    /// Whether a client that had ended before turns out to have gone: it cannot have heard what the server said after that,
    /// and nobody knows how much of it the server got rid of.
    func endsUnheard(_ session: Int, _ closing: SessionClosing) -> Bool {
        closing.manner == .reset && closing.by == .client && sessions[session]?.clientHasFinished == true
    }

    /// Whether nothing is awaited any more; gives up on what has been awaited too long.
    mutating func mayAct(_ lane: Int) throws -> Bool {
        while isAwaiting(lane) {
            lanes[lane]?.lastDeed = nil
            let since = lanes[lane]?.waitingSince ?? now
            lanes[lane]?.waitingSince = since
            var patience = options.timeout.microseconds
            if !awaitsMoreThanEnds(lane) { patience = min(patience, 1_000_000) }
            if now - since < patience {
                wake(lane, at: since + patience)
                if let hold = options.isIndependent ? holds[lane] : holds.values.min() {
                    wake(lane, at: max(hold, now))
                }
                return false
            }
            giveUp(lane)
            lanes[lane]?.waitingSince = nil
        }
        lanes[lane]?.waitingSince = nil
        return true
    }

    private func isAwaiting(_ lane: Int) -> Bool {
        options.isIndependent ? sessions.awaiting.contains(lane) : sessions.isAwaitingAny
    }

    private func awaitsMoreThanEnds(_ lane: Int) -> Bool {
        options.isIndependent ? sessions[lane]?.awaitsMoreThanAnEnd == true : sessions.isAwaitingMoreThanEnds
    }

    /// Nothing came in time.
    private mutating func giveUp(_ lane: Int) {
        for number in options.isIndependent ? [lane] : sessions.awaiting.sorted() {
            if sessions[number]?.isConnecting == true {
                let port = sessions[number]?.opening.port ?? 0
                refused(number, "the server of port \(port): no connection within \(patienceText)")
                continue
            }
            guard let expectation = sessions[number]?.popExpectation() else { continue }
            switch expectation.kind {
            case .message(let message):
                report(
                    .missing(expected: message, reason: "\(whatCame(number)) within \(patienceText)"), session: number,
                    at: expectation.event)
                if options.goesOnWithoutAnswers, sessions[number]?.matchedBytes == 0, unfinishedBytes(number).isEmpty {
                    amendMissing(at: expectation.event)
                    settleIfClosing(number)
                    continue
                }
                // What came of it shows that the session does not go on; the rest may be nothing.
                amendMissing(at: expectation.event)
                abandon(number)
            case .end(_, isCompared: true):
                report(
                    .ending(expected: "the server ends the connection", actual: "it stays open"), session: number,
                    at: expectation.event)
                abandon(number)
            case .end(_, isCompared: false): settleIfClosing(number)
            }
        }
    }

    private var patienceText: String { "\(Double(options.timeout.microseconds) / 1_000_000) s" }

    /// Whether the server has taken enough of what its client sent before for another message to follow. One that takes
    /// nothing for so long as an answer would be waited for hangs.
    private mutating func hasRoom(for event: TranscriptEvent, lane: Int) throws -> Bool {
        if segments != nil { return hasSentPieces(before: event, lane: lane) }
        guard case .message = event.kind, let session = sessions[event.session],
            session.unsentBytes > Self.maximumUnsentBytes
        else { return true }
        return givesUpSending(event.session, before: event)
    }

    /// Gives a session up whose server has taken nothing for too long; false while there is time.
    mutating func givesUpSending(_ number: Int, before event: TranscriptEvent) -> Bool {
        guard let session = sessions[number] else { return true }
        let until = session.lastProgress + options.timeout.microseconds
        if now < until {
            wake(lane(of: number), at: until)
            return false
        }
        let place = event.session == number ? event : session.lastEvent
        report(
            .ending(expected: "the server takes this message", actual: "it reads nothing for \(patienceText)"),
            session: number, at: place)
        abandon(number)
        return true
    }

    /// Keeps the recorded distance between deeds of different sessions that nothing else orders, up to `pause`; and that
    /// before a client's own end, up to `settle`, since what a server says too much is not to be seen after it. Before the
    /// last ends of all the whole of `settle` is waited. With a `speed` every recorded distance is kept.
    private mutating func waitedLongEnough(for event: TranscriptEvent, lane: Int) throws -> Bool {
        if lanes[lane]?.pausedUntil == nil {
            var until = now
            if let last = lanes[lane]?.lastDeed, last.session != event.session {
                until = now + distance(max(event.time - last.time, 0), before: event)
            }
            if isEnd(event), let session = sessions[event.session], !session.isOver {
                let settle = options.settle.microseconds
                if options.isIndependent {
                    until = max(until, session.lastActivity + settle)
                } else if try isLastEnd() {
                    until = max(until, lastActivity + settle)
                } else if isClientsEnd(event), let last = session.lastTime {
                    until = max(until, session.lastActivity + min(max(event.time - last, 0), settle))
                }
            }
            if let speed = options.speed, let due = lanes[lane]?.pace.due(recorded: event.time, speed: speed) {
                until = max(until, due)
            }
            lanes[lane]?.pausedUntil = until
        }
        guard let until = lanes[lane]?.pausedUntil, now < until else {
            lanes[lane]?.pausedUntil = nil
            lanes[lane]?.lastDeed = nil
            return true
        }
        wake(lane, at: until)
        return false
    }

    /// How much of a recorded distance is kept. A very small one is stretched, since the threads of a busy server do not
    /// start that punctually; but not for so long that a recording with many of them takes for ever.
    private mutating func distance(_ recorded: Int64, before event: TranscriptEvent) -> Int64 {
        let pause = options.pause.microseconds
        let kept = min(recorded, pause)
        switch event.kind {
        // The kernel hands connections to a server in their order; after its close nothing is compared in a session.
        case .opened, .closed: return kept
        default: break
        }
        let added = min(max(min(pause, Self.safeDistance) - kept, 0), spareTime)
        spareTime -= added
        return kept + added
    }

    private func isEnd(_ event: TranscriptEvent) -> Bool {
        switch event.kind {
        case .endOfStream(.client): true
        // A server's own end is awaited, not made.
        case .closed(let closing): closing.by != .server
        default: false
        }
    }

    private func isClientsEnd(_ event: TranscriptEvent) -> Bool {
        switch event.kind {
        case .endOfStream(.client): true
        case .closed(let closing): closing.by == .client && closing.manner == .reset
        default: false
        }
    }
}
