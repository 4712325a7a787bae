internal import Codecs
internal import Recorder

// What the recording's events become.
extension ReplayMachine {
    /// Does what a client did; expects what the server did.
    mutating func take(_ event: TranscriptEvent) throws {
        if sessions.hasEnded(event.session) {
            if case .opened(let opening) = event.kind {
                // It goes on from part to part of a recording, and was left out from the first on.
                if opening.isContinued, sessions.isGivenUp(event.session) { return }
                throw ReplayError.sessionTwice(event.session, line: event.line)
            }
            // One that was given up has not got as far as its close.
            guard sessions.isGivenUp(event.session) else { return try checkBehindClose(event) }
            if case .message = event.kind { findings.notReached += 1 }
            return
        }
        switch event.kind {
        case .opened(let opening): try open(event, opening)
        case .resumed(let header):
            try addPorts(header.ports)
            lanes[0]?.pace.restart()
            try rules.take(header, line: event.line)
        case .gap(let gap): if gap.from != .server { findings.gaps += 1 }
        case .ended, .unknown: break
        case .message, .endOfStream, .closed:
            guard sessions[event.session] != nil else {
                throw ReplayError.unknownSession(event.session, line: event.line)
            }
            if sessions[event.session]?.isClosing == true { try checkBehindClose(event) }
            try takeInSession(event)
        }
        if findings.conversation != nil, !Self.isAwaited(event) { keepTime(ofLine: event.line) }
        sessions[event.session]?.remember(event)
    }

    /// What a session does behind its close was never replayed, so it is told of.
    private func checkBehindClose(_ event: TranscriptEvent) throws {
        switch event.kind {
        case .message, .endOfStream, .closed: throw ReplayError.behindClose(event.session, line: event.line)
        default: break
        }
    }

    private mutating func takeInSession(_ event: TranscriptEvent) throws {
        try takeUnfinished(before: event)
        switch event.kind {
        case .message(let message) where message.from == .client: try send(event, message)
        case .message(let message) where message.isPartial: sessions[event.session]?.unfinished = event
        case .message(let message): try expect(.message(message), event)
        case .endOfStream(.server):
            try expect(.end(isReset: false, isCompared: sessions[event.session]?.clientHasFinished != true), event)
            sessions[event.session]?.isServerEndRecorded = true
        case .endOfStream(.client): endOfClient(event)
        case .closed(let closing): try close(event, closing)
        default: break
        }
    }

    /// What had come of a message when the connection ended is awaited if the server ended it. If the client or the recorder
    /// did, nobody waited for the rest, and this time there may be more of it, or all.
    private mutating func takeUnfinished(before event: TranscriptEvent) throws {
        guard let unfinished = sessions[event.session]?.unfinished, case .message(let message) = unfinished.kind else {
            return
        }
        sessions[event.session]?.unfinished = nil
        if case .closed(let closing) = event.kind,
            closing.manner == .shutdown || (closing.manner == .reset && closing.by == .client)
        {
            sessions[event.session]?.dropAllReceived()
        } else {
            try expect(.message(message), unfinished)
        }
    }

    private mutating func open(_ event: TranscriptEvent, _ opening: SessionOpening) throws {
        if opening.isContinued {
            // Its beginning stands before this, where the parts of a recording were put together.
            if sessions[event.session] != nil { return }
            // What it began with stands in another file; without that nobody knows what its server should say.
            findings.continued += 1
            return sessions.end(event.session, isGivenUp: true)
        }
        guard let speech = lanes[lane(of: event.session)]?.speech ?? speech(ofPort: opening.port) else {
            throw ReplayError.unknownPort(opening.port, line: event.line)
        }
        guard sessions[event.session] == nil else {
            throw ReplayError.sessionTwice(event.session, line: event.line)
        }
        let matcher = MessageMatcher(
            codec: speech.codec, settings: speech.settings, limits: limits, comparesBytes: options.comparesBytes,
            rules: rules.automaton(port: opening.port), believesRedaction: !options.ignoresHeaderRules, trees: trees)
        sessions.begin(event.session, opening: opening, matcher: matcher)
        findings.sessions += 1
        actions.append(.connect(session: event.session, port: opening.port))
        acted(event.session, recorded: event.time)
    }

    private mutating func send(_ event: TranscriptEvent, _ message: RecordedMessage) throws {
        guard let session = sessions[event.session] else { return }
        if sentAhead.remove(event.line) != nil {
            findings.sent += 1
            return
        }
        // A server that said before that it had no more to send may still read.
        if let end = session.serverEnd, end == .reset || !session.isServerEndRecorded {
            report(
                .ending(
                    expected: "the server takes this message",
                    actual: end == .reset ? "it had reset the connection" : "it had ended the connection"),
                session: event.session, at: event)
            findings.notReached += 1
            return abandon(event.session)
        }
        let bytes = try wire(event, message)
        findings.sent += 1
        if segments == nil {
            actions.append(.send(session: event.session, bytes))
            countUnsent(event.session, bytes.count)
        } else {
            try sendSegmented(event, bytes)
        }
        sessions[event.session]?.lastActivity = now
        lastActivity = now
        acted(event.session, recorded: event.time)
    }

    /// The bytes that a client's message has this time.
    mutating func wire(_ event: TranscriptEvent, _ message: RecordedMessage) throws -> [UInt8] {
        guard let matcher = sessions[event.session]?.matcher else { return [] }
        // Where all is as recorded nobody asks.
        if !findings.differences.isEmpty, let open = correlation.openIdentifier(in: message) {
            findings.sentAsRecorded(Correlation.text(open), line: event.line)
        }
        let current = matcher.current(message, &correlation, sentAt: event.line)
        keepSent(current, recorded: message, at: event)
        do {
            return try matcher.wire(of: current)
        } catch let error as PayloadError {
            throw ReplayError.unwritable(session: event.session, line: event.line, reason: error.reason)
        } catch let error as FramingError {
            throw ReplayError.unwritable(session: event.session, line: event.line, reason: error.reason)
        }
    }

    /// Bytes are on their way to the server.
    mutating func countUnsent(_ session: Int, _ count: Int) {
        if sessions[session]?.unsentBytes == 0 { sessions[session]?.lastProgress = now }
        sessions[session]?.unsentBytes += count
    }

    private mutating func endOfClient(_ event: TranscriptEvent) {
        guard let session = sessions[event.session] else { return }
        if session.serverEnd == .reset {
            report(
                .ending(expected: "the client ends the connection", actual: "the server had reset it before"),
                session: event.session, at: event)
            return abandon(event.session)
        }
        // Whether it matters that the server was first is known when the session's close tells how far apart they were.
        if session.serverEnd == .finished, !session.isServerEndRecorded {
            sessions[event.session]?.overtakenEnd = event
        }
        sessions[event.session]?.finishClient()
        actions.append(.finish(session: event.session))
        acted(event.session, recorded: event.time)
    }

    private mutating func close(_ event: TranscriptEvent, _ closing: SessionClosing) throws {
        let number = event.session
        guard let session = sessions[number] else { return }
        let expectsEnd = !session.clientHasFinished && !session.isServerEndRecorded
        reportOvertakenEnd(number, closedAt: event.time)
        switch (closing.manner, closing.by) {
        case (.reset, .client?):
            sessions[number]?.dropExpectations()
            // A client that had ended before did not hear what came of what it had asked.
            if session.clientHasFinished { sessions[number]?.dropAllReceived() }
            reportExtras(number)
            actions.append(.abort(session: number))
            sessions[number]?.finishClient()
        case (.shutdown, _):
            if expectsEnd, let last = session.lastEvent, event.time - last.time > options.settle.microseconds {
                reportEarlyEnd(number, event)
            }
        case (.clean, .server?), (.reset, .server?):
            if expectsEnd { try expect(.end(isReset: closing.manner == .reset, isCompared: true), event) }
        case (.timeout, .server?), (.limit, .server?), (.error, .server?):
            // Whether unread input made the kernel reset the connection is chance.
            if expectsEnd { try expect(.end(isReset: nil, isCompared: true), event) }
        default:
            // After the client's own end it only matters that the server is through with this session.
            if session.clientHasFinished { try expect(.end(isReset: nil, isCompared: false), event) }
        }
        sessions[number]?.isClosing = true
        settleIfClosing(number)
        acted(number, recorded: event.time)
    }

    private mutating func reportOvertakenEnd(_ number: Int, closedAt time: Int64) {
        guard let end = sessions[number]?.overtakenEnd, time - end.time > options.settle.microseconds else { return }
        report(
            .ending(expected: "the client ends the connection first", actual: "the server ended it before"),
            session: number, at: end)
    }

    private mutating func reportEarlyEnd(_ number: Int, _ event: TranscriptEvent) {
        guard let end = sessions[number]?.serverEnd else { return }
        report(
            .ending(
                expected: "the connection stays open",
                actual: end == .reset ? "the server resets it" : "the server ends it"),
            session: number, at: event)
    }

    private mutating func expect(_ kind: ReplaySession.Expectation.Kind, _ event: TranscriptEvent) throws {
        sessions[event.session]?.expect(.init(kind: kind, event: event))
        if case .message = kind { findings.expected += 1 }
        lanes[lane(of: event.session)]?.lastDeed = nil
        try match(event.session)
    }
}
