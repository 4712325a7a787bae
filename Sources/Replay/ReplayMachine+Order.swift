internal import Recorder

// When what stands next in the recording may be done.
extension ReplayMachine {
    /// Expectations that are taken from the recording before any of them has come, at most.
    private static let maximumAwaited = 4_096

    /// A distance at which a server surely takes one thing before the other.
    private static let safeDistance: Int64 = 5_000

    /// Goes through the recording as far as what has arrived allows.
    mutating func advance() throws {
        while let event = try peek() {
            if isDeed(event) {
                guard try mayAct(), try waitedLongEnough(for: event) else { return }
            } else if sessions.expectationCount >= Self.maximumAwaited {
                guard try mayAct() else { return }
            }
            drop()
            try take(event)
        }
        guard try mayAct() else { return }
        finish()
    }

    /// Whether the event is something that a client did and that is done again.
    private func isDeed(_ event: TranscriptEvent) -> Bool {
        if sessions.isGivenUp(event.session) { return false }
        switch event.kind {
        case .opened: return true
        case .message(let message): return message.from == .client
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
    private mutating func mayAct() throws -> Bool {
        while sessions.isAwaitingAny {
            lastDeed = nil
            let since = waitingSince ?? now
            waitingSince = since
            var patience = options.timeout.microseconds
            if !sessions.isAwaitingMoreThanEnds { patience = min(patience, 1_000_000) }
            if now - since < patience {
                let hold = holds.values.min().map { max($0 - now, 0) }
                actions.append(.wake(after: min(patience - (now - since), hold ?? .max)))
                return false
            }
            giveUp()
            waitingSince = nil
        }
        waitingSince = nil
        return true
    }

    /// Nothing came in time.
    private mutating func giveUp() {
        let seconds = Double(options.timeout.microseconds) / 1_000_000
        for number in sessions.awaiting.sorted() {
            if sessions[number]?.isConnecting == true {
                refused(number, "no connection within \(seconds) s")
                continue
            }
            guard let expectation = sessions[number]?.popExpectation() else { continue }
            switch expectation.kind {
            case .message(let message):
                report(
                    .missing(expected: message, reason: "\(whatCame(number)) within \(seconds) s"), session: number,
                    at: expectation.event)
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

    /// Keeps the recorded distance between deeds of different sessions that nothing else orders, up to `pause`; and that
    /// before a client's own end, up to `settle`, since what a server says too much is not to be seen after it. Before the
    /// last ends of all the whole of `settle` is waited.
    private mutating func waitedLongEnough(for event: TranscriptEvent) throws -> Bool {
        if pausedUntil == nil {
            var until = now
            if let last = lastDeed, last.session != event.session {
                until = now + distance(max(event.time - last.time, 0), before: event)
            }
            if isEnd(event), let session = sessions[event.session], !session.isOver {
                let settle = options.settle.microseconds
                if try isLastEnd() {
                    until = max(until, lastActivity + settle)
                } else if isClientsEnd(event), let last = session.lastEvent {
                    until = max(until, session.lastActivity + min(max(event.time - last.time, 0), settle))
                }
            }
            pausedUntil = until
        }
        guard let until = pausedUntil, now < until else {
            pausedUntil = nil
            lastDeed = nil
            return true
        }
        actions.append(.wake(after: until - now))
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
