internal import Codecs
internal import NIOCore
internal import Recorder

// Comparing what came with what is expected.
//
// A session is read by parts here, never held in a variable while it changes: its queues would be copied each time.
extension ReplayMachine {
    /// How far on either side a message is looked for that came too early or too late.
    static let reach = 8
    /// Bytes of messages that are compared to find the next pair, at most.
    private static let maximumSearchedBytes = 32 << 20
    /// How often it is waited in vain for what comes behind a message that differs.
    private static let maximumVainHolds = 20

    /// Compares what has arrived in a session with what is expected of it.
    mutating func match(_ number: Int) throws {
        while let expectation = sessions[number]?.expectations.first {
            switch expectation.kind {
            case .message(let message):
                if let actual = sessions[number]?.received.first {
                    guard try compare(number, message, actual, expectation.event) else { return }
                } else if let end = sessions[number]?.serverEnd {
                    let reason = end == .reset ? Difference.serverReset : Difference.serverEnded
                    report(.missing(expected: message, reason: reason), session: number, at: expectation.event)
                    _ = sessions[number]?.popExpectation()
                    return abandon(number)
                } else {
                    return
                }
            case .end(let isReset, let isCompared):
                while let extra = sessions[number]?.received.first {
                    if isCompared || (sessions[number]?.receivedBeforeEnd ?? 0) > 0 {
                        reportExtra(extra, session: number)
                    }
                    takeReceived(number)
                }
                guard let end = sessions[number]?.serverEnd else { return }
                if isCompared, let isReset, (end == .reset) != isReset { reportManner(number, end, expectation.event) }
                keepTime(ofLine: expectation.event.line)
                _ = sessions[number]?.popExpectation()
            }
            arrived(number, recorded: expectation.event.time)
        }
        settleIfClosing(number)
    }

    /// Judges the sessions whose time of waiting for more has run out.
    mutating func endHolds() throws {
        guard !holds.isEmpty else { return }
        for (number, until) in holds.sorted(by: { $0.key < $1.key }) where until <= now { try match(number) }
    }

    /// Drops a session's first message that came.
    private mutating func takeReceived(_ number: Int) {
        holds[number] = nil
        if sessions[number]?.dropReceived() == true { actions.append(.resumeReading(session: number)) }
    }

    private mutating func take(_ number: Int, matched: Bool) {
        if matched { findings.matched += 1 }
        keepAnswer(number)
        _ = sessions[number]?.popExpectation()
        takeReceived(number)
    }

    /// Compares the first message that came with the first that is expected; false while it cannot be told yet.
    private mutating func compare(
        _ number: Int, _ message: RecordedMessage, _ actual: ActualMessage, _ event: TranscriptEvent
    ) throws -> Bool {
        guard let matcher = sessions[number]?.matcher else { return false }
        if !matcher.codec.framing.keepsBoundaries {
            try compareStream(number, matcher, message, actual, event)
            return true
        }
        let current = matcher.current(message, &correlation)
        let comparison = try matcher.comparison(
            expected: current, recorded: message, actual: actual, correlation)
        guard let difference = comparison.difference else {
            correlation.bind(comparison.found, session: number, line: event.line)
            findings.redacted += comparison.redacted
            take(number, matched: true)
            return true
        }
        if actual.isLost {
            report(difference, session: number, at: event)
            _ = sessions[number]?.popExpectation()
            abandon(number)
            return false
        }
        // One that is only missing or only extra must not shift all that follow.
        switch try alignment(number, matcher) {
        case .match(let expected, let received): return try skip(number, expected: expected, received: received)
        case .unclear: return false
        case .none: break
        }
        report(difference, session: number, at: event)
        keep(actual, for: current, difference, session: number, at: event)
        amend(number, message, actual, comparison, at: event)
        correlation.bind(comparison.found, session: number, line: event.line)
        take(number, matched: false)
        return true
    }

    /// Waits a moment for what comes behind a message that differs: it may only be one too many.
    mutating func waitsForMore(_ number: Int) -> Bool {
        guard let session = sessions[number], session.serverEnd == nil, !hasComeFar(number) else {
            return false
        }
        if let until = holds[number] {
            if now < until { return true }
            vainHolds += 1
            return false
        }
        if vainHolds >= Self.maximumVainHolds || options.settle <= .zero { return false }
        holds[number] = now + min(options.settle, options.timeout).microseconds
        return true
    }

    /// The nearest pair of a message that came and one that is expected which are the same. Large messages are looked at only
    /// as long as that takes about as much as reading so many bytes.
    mutating func nextMatch(
        _ number: Int, _ matcher: MessageMatcher
    ) throws -> (expected: Int, received: Int)? {
        guard let session = sessions[number] else { return nil }
        let received = Array(session.received.prefix(Self.reach + 1))
        var recorded: [RecordedMessage] = []
        var expected: [RecordedMessage] = []
        for expectation in session.expectations.prefix(Self.reach + 1) {
            guard case .message(let message) = expectation.kind else { break }
            recorded.append(message)
            expected.append(matcher.current(message, &correlation))
        }
        var budget = Self.maximumSearchedBytes
        for distance in 1...Self.reach {
            for other in 0...distance {
                for place in [(distance, other), (other, distance)]
                where place.0 < expected.count && place.1 < received.count {
                    budget -= expected[place.0].text.count + received[place.1].payload.count
                    guard budget > 0 else { return nil }
                    if try matcher.comparison(
                        expected: expected[place.0], recorded: recorded[place.0], actual: received[place.1], correlation
                    ).difference == nil {
                        return place
                    }
                }
            }
        }
        return nil
    }

    /// Reports so many messages on both sides as differing from each other, and those left over as missing or extra.
    private mutating func skip(_ number: Int, expected: Int, received: Int) throws -> Bool {
        for _ in 0..<min(expected, received) {
            guard let matcher = sessions[number]?.matcher, let first = sessions[number]?.expectations.first,
                let actual = sessions[number]?.received.first, case .message(let message) = first.kind
            else { return false }
            let current = matcher.current(message, &correlation)
            let comparison = try matcher.comparison(
                expected: current, recorded: message, actual: actual, correlation)
            if let difference = comparison.difference {
                amend(number, message, actual, comparison, at: first.event)
                report(difference, session: number, at: first.event)
                keep(actual, for: current, difference, session: number, at: first.event)
                correlation.bind(comparison.found, session: number, line: first.event.line)
                take(number, matched: false)
            } else {
                correlation.bind(comparison.found, session: number, line: first.event.line)
                findings.redacted += comparison.redacted
                take(number, matched: true)
            }
        }
        for _ in 0..<max(0, expected - received) {
            guard let first = sessions[number]?.popExpectation(), case .message(let message) = first.kind,
                let current = sessions[number]?.matcher.current(message, &correlation)
            else { return false }
            report(.missing(expected: current, reason: "a later one came instead"), session: number, at: first.event)
            amendMissing(at: first.event)
        }
        for _ in 0..<max(0, received - expected) {
            guard let extra = sessions[number]?.received.first else { return false }
            reportExtra(extra, session: number)
            takeReceived(number)
        }
        return true
    }

    /// Where TCP's pieces are all the messages there are, the bytes of a turn are compared, in whatever pieces they come.
    private mutating func compareStream(
        _ number: Int, _ matcher: MessageMatcher, _ message: RecordedMessage, _ actual: ActualMessage,
        _ event: TranscriptEvent
    ) throws {
        let expected: [UInt8]
        if let begun = sessions[number]?.expectedBytes {
            expected = begun
        } else {
            expected = try matcher.wire(of: matcher.current(message, &correlation))
            sessions[number]?.expectedBytes = expected
        }
        let left = expected[min(sessions[number]?.matchedBytes ?? 0, expected.count)...]
        let count = min(left.count, actual.wire.count)
        guard left.prefix(count).elementsEqual(actual.wire.prefix(count)) else {
            report(
                .value([MessageMatcher.byteDifference(expected: Array(left), actual: actual.wire)]), session: number,
                at: event)
            _ = sessions[number]?.popExpectation()
            return abandon(number)
        }
        if count == actual.wire.count {
            takeReceived(number)
        } else {
            let rest = Array(actual.wire[count...])
            sessions[number]?.replaceReceived(ActualMessage(payload: rest, wire: rest))
        }
        if count == left.count {
            findings.matched += 1
            keepTime(ofLine: event.line)
            _ = sessions[number]?.popExpectation()
        } else {
            sessions[number]?.matchedBytes += count
        }
    }

    private mutating func reportManner(_ number: Int, _ end: ReplaySession.ServerEnd, _ event: TranscriptEvent) {
        report(
            .ending(
                expected: end == .reset ? "the server ends the connection" : "the server resets the connection",
                actual: end == .reset ? "it resets the connection" : "it ends the connection"),
            session: number, at: event)
    }
}
