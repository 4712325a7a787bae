internal import Codecs
internal import Recorder

/// Reads one recording into a script, event by event.
struct MockCollector {
    /// What a session that is being read has come to.
    private struct Reading {
        var session: Int
        var port: Int
        /// The exchange that the server's next message belongs to; nil: its request did not decode.
        var exchange: Int?
        var clientHasEnded = false
    }

    private let reader: RecordingReader
    private let options: MockOptions
    private let recording: Int
    private let trees = MessageMatcher.Trees()
    private let tree = ValueTree()
    private var header: RecordingHeader
    private var rules: RuleBook
    private var open: [Int: Reading] = [:]

    private(set) var script: MockScript
    private(set) var names: [EchoedNames]
    private(set) var bytes: Int

    init(_ path: String, into script: MockScript, _ options: MockOptions, _ names: [EchoedNames], _ bytes: Int) throws {
        (self.script, self.options, self.names, self.bytes) = (script, options, names, bytes)
        reader = try RecordingReader(path: path)
        header = reader.header
        rules = RuleBook(options.rules, ignoresHeader: options.ignoresHeaderRules)
        recording = script.recordings.count
        self.script.recordings.append(
            MockRecording(
                path: path, identifiers: RecordedIdentifiers(readingRecordingAt: path, issuedBy: .client)))
    }

    /// Reads all of it.
    mutating func read() throws {
        try take(reader.header, line: 1)
        while let event = try reader.next() {
            try take(event)
            guard bytes <= options.maximumBytes else {
                throw MockError.tooLarge(path: reader.path, line: event.line, megabytes: options.maximumBytes >> 20)
            }
        }
        finish()
    }

    private mutating func take(_ header: RecordingHeader, line: Int) throws {
        self.header = header
        do throws(ReplayError) {
            try rules.take(header, line: line)
        } catch {
            throw RecordingError(.foreign, reader.path, "\(error)")
        }
    }

    private mutating func take(_ event: TranscriptEvent) throws {
        switch event.kind {
        case .opened(let opening): try begin(event, opening)
        case .message(let message):
            switch message.from {
            case .client: ask(event, message)
            case .server: answer(event, message)
            }
        case .endOfStream(.client):
            guard let reading = open[event.session], !reading.clientHasEnded else { return }
            open[event.session]?.clientHasEnded = true
            let exchange = add(.endOfStream, event, reading)
            script.sessions[reading.session].endOfStream = exchange
        case .endOfStream(.server): end(event.session, .finish)
        case .closed(let closing):
            if closing.by == .server, closing.manner != .shutdown {
                end(event.session, closing.manner == .reset ? .reset : .finish)
            }
            if let reading = open.removeValue(forKey: event.session) { note(reading) }
        case .resumed(let header):
            finish()
            try take(header, line: event.line)
        case .gap, .ended, .unknown: break
        }
    }

    /// The recording, or this part of it, is over.
    private mutating func finish() {
        for reading in open.values { note(reading) }
        open = [:]
    }

    private mutating func begin(_ event: TranscriptEvent, _ opening: SessionOpening) throws {
        guard !opening.isContinued, let port = header.port(numbered: opening.port) ?? header.ports.first,
            let number = port.number
        else { return }
        guard let place = place(of: number, port.codec) else { return }
        let settings = script.ports[place].settings
        var writing = port.settings
        writing.protocolVersion =
            writing.protocolVersion ?? settings.codec.payload.defaultSettings.protocolVersion
        let matcher = MessageMatcher(
            codec: settings.codec, settings: writing, limits: settings.limits, comparesBytes: false,
            rules: rules.automaton(port: number, from: .client), believesRedaction: !options.ignoresHeaderRules,
            trees: trees)
        let session = script.sessions.count
        let client = opening.via ?? opening.peer
        script.sessions.append(
            MockSession(
                recording: recording, number: event.session, client: client,
                server: opening.upstream ?? port.listen, matcher: matcher, opening: -1))
        if let address = Correlation.split(client) {
            script.recordings[recording].addresses.insert(Array(String(address.port).utf8))
            script.recordings[recording].addresses.insert(Array(address.host.utf8))
        }
        script.ports[place].sessions.append(session)
        let reading = Reading(session: session, port: place)
        open[event.session] = reading
        script.sessions[session].opening = add(.opening, event, reading)
    }

    /// Which port of the mock stands for a recorded one.
    private mutating func place(of number: Int, _ name: String) -> Int? {
        let codec = (try? CodecRegistry.codec(named: name))?.name ?? name
        var found: Int?
        for (place, port) in script.ports.enumerated() where (port.settings.recorded ?? number) == number {
            guard port.settings.codec.name == codec else {
                script.ports[place].otherCodecs.insert(codec)
                continue
            }
            if port.settings.recorded != nil { return place }
            found = found ?? place
        }
        return found
    }

    private mutating func add(_ request: MockExchange.Request, _ event: TranscriptEvent, _ reading: Reading) -> Int {
        note(reading)
        script.exchanges.append(MockExchange(request: request, session: reading.session, line: event.line))
        bytes += 256
        open[event.session]?.exchange = script.exchanges.count - 1
        return script.exchanges.count - 1
    }

    private mutating func ask(_ event: TranscriptEvent, _ message: RecordedMessage) {
        guard let reading = open[event.session] else { return }
        bytes += message.text.count + (message.raw?.count ?? 0)
        let matcher = script.sessions[reading.session].matcher
        guard message.isDecoded else {
            note(reading)
            open[event.session]?.exchange = nil
            script.leftOutRequests += 1
            return
        }
        if !matcher.codec.framing.keepsBoundaries, let exchange = reading.exchange,
            let before = script.exchanges[exchange].message, script.exchanges[exchange].answers.isEmpty,
            let joined = joined(before, message, matcher)
        {
            script.exchanges[exchange].request = .message(joined)
            return
        }
        let exchange = add(.message(message), event, reading)
        script.sessions[reading.session].requests.append(exchange)
    }

    /// Where TCP's pieces are all the messages there are, what a client says in one go is one request.
    private func joined(
        _ one: RecordedMessage, _ other: RecordedMessage, _ matcher: MessageMatcher
    ) -> RecordedMessage? {
        guard let front = try? matcher.wire(of: one), let back = try? matcher.wire(of: other) else { return nil }
        let bytes = front + back
        return matcher.recorded(ActualMessage(payload: bytes, wire: bytes))
    }

    private mutating func answer(_ event: TranscriptEvent, _ message: RecordedMessage) {
        guard let exchange = open[event.session]?.exchange else { return }
        guard message.isDecoded else {
            script.leftOutAnswers += 1
            return
        }
        bytes += message.text.count + (message.raw?.count ?? 0) + 64
        script.exchanges[exchange].answers.append(.message(message))
    }

    private mutating func end(_ session: Int, _ ending: RecordedAnswer.Ending) {
        guard let reading = open[session], !reading.clientHasEnded, let exchange = reading.exchange else { return }
        if script.exchanges[exchange].ending == .none { script.exchanges[exchange].ending = ending }
    }

    /// What a session did last is complete: it says something of the names in it.
    private mutating func note(_ reading: Reading) {
        guard let exchange = reading.exchange, let message = script.exchanges[exchange].message else { return }
        let asked = NamedNumber.all(in: message.text, reading: tree)
        guard !asked.isEmpty else { return }
        var answered: [NamedNumber] = []
        for case .message(let answer) in script.exchanges[exchange].answers {
            answered += NamedNumber.all(in: answer.text, reading: tree)
        }
        names[reading.port].take(
            asked, answers: answered, isAnswered: !script.exchanges[exchange].answers.isEmpty, session: reading.session)
    }
}
