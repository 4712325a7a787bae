internal import Codecs
internal import Recorder

/// A recorded server, as a state machine without sockets: it is told what clients do and says what to answer.
///
/// Each client plays a recorded session of its port: the next in the order in which they were opened, and the first again
/// after the last. What it asks is looked for by content, first in that session and then in all, first in what was not asked
/// yet: by one look at a table where it is as recorded, by another one where only values differ that clients make up.
///
/// Confined to its mock's lock.
final class MockMachine {
    /// A message of a client.
    struct Received {
        var form: ReadableForm.Key
        var text: [UInt8]
        var message: ActualMessage
    }

    let options: MockOptions
    var script: MockScript
    /// Never changed.
    private let ports: [MockPortSettings]
    let shared = MockShared()
    let tree = ValueTree()
    private(set) var report = MockReport()
    private var clients: [Int: MockClient] = [:]
    /// For each port the sessions that the next clients play.
    private var waiting: [[Int]]
    /// Who plays which session.
    private var players: [Int: [ObjectIdentifier: MockClient]] = [:]
    var exactCursors: [ExchangeIndex<MessageContent>.Cursors]
    var shapeCursors: [ExchangeIndex<RequestShape>.Cursors]

    init(_ script: MockScript, _ options: MockOptions) {
        self.script = script
        self.options = options
        ports = script.ports.map(\.settings)
        waiting = script.ports.map(\.sessions)
        exactCursors = script.ports.map { _ in [:] }
        shapeCursors = script.ports.map { _ in [:] }
    }

    /// What a port speaks; the only thing that needs no lock.
    func settings(ofPort port: Int) -> MockPortSettings { ports[port] }

    /// A client has connected; gives what it is told first.
    func opened(_ number: Int, port: Int, peer: String) -> RecordedAnswer {
        let client = MockClient(port: port, peer: peer)
        clients[number] = client
        report.sessions += 1
        guard let session = waiting[port].first else { return RecordedAnswer() }
        play(session, client)
        return answer(script.sessions[session].opening, to: client)
    }

    /// A client has no more to send; gives what it is told then.
    func inputEnded(_ number: Int) -> RecordedAnswer {
        guard let client = clients[number], let session = client.session,
            let exchange = script.sessions[session].endOfStream, client.last == script.sessions[session].requests.last
        else { return RecordedAnswer() }
        return answer(exchange, to: client)
    }

    /// A session is over.
    func closed(_ number: Int) {
        guard let client = clients.removeValue(forKey: number) else { return }
        if let referred = client.referred { _ = unmatched(referred, client, number) }
        if let session = client.session { players[session]?[ObjectIdentifier(client)] = nil }
    }

    /// A client's message.
    func answer(to received: Received, in number: Int) -> AnswerVerdict {
        guard let client = clients[number] else { return .answer(RecordedAnswer()) }
        var received = received
        let keepsBoundaries = script.ports[client.port].settings.codec.framing.keepsBoundaries
        if !keepsBoundaries, let longer = joined(received, client) { received = longer }
        guard let found = options.isStrict ? nextInOrder(received, client) : anywhere(received, client) else {
            if !keepsBoundaries, isBeginning(received, client) {
                client.pending = received.message.wire
                return .awaitsMore
            }
            client.pending = []
            guard ports[client.port].refersUnmatched, client.referred == nil else {
                return .unmatched(reason: unmatched(received, client, number))
            }
            client.referred = received
            return .referred
        }
        client.pending = []
        return .answer(take(found, received, client))
    }

    // MARK: What another server is asked

    /// What was referred was answered elsewhere.
    func wasAnswered(in number: Int) {
        guard let client = clients[number], client.referred != nil else { return }
        client.referred = nil
        report.referred += 1
    }

    /// It was not; gives what is to be said of it.
    func wasNotAnswered(in number: Int) -> String {
        guard let client = clients[number], let referred = client.referred else { return "" }
        client.referred = nil
        return unmatched(referred, client, number)
    }

    // MARK: Sessions

    private func play(_ session: Int, _ client: MockClient) {
        if let before = client.session {
            waiting[client.port].removeAll { $0 == before }
            waiting[client.port].insert(before, at: 0)
        }
        waiting[client.port].removeAll { $0 == session }
        // After the last one the first again; in order each is played once.
        if !options.isStrict { waiting[client.port].append(session) }
        take(session, client)
    }

    private func take(_ session: Int, _ client: MockClient) {
        if let before = client.session { players[before]?[ObjectIdentifier(client)] = nil }
        players[session, default: [:]][ObjectIdentifier(client)] = client
        let recorded = script.sessions[session]
        client.play(session, recorded, script.recordings[recorded.recording].identifiers, shared)
    }

    /// Lets a client that has asked nothing yet play the session that its first message is of.
    private func change(to session: Int, _ client: MockClient) {
        guard let current = client.session, mayPlay(session, client) else { return }
        guard let other = players[session]?.values.first else { return play(session, client) }
        // Clients that come at the same time may be taken for each other at first.
        take(session, client)
        take(current, other)
    }

    /// Whether a client that has asked nothing yet may play another session: nobody plays that, or somebody who has asked
    /// nothing either, and nothing told them which one it is, since they were greeted in the same way.
    func mayPlay(_ session: Int, _ client: MockClient) -> Bool {
        guard let current = client.session, client.used.isEmpty, wouldBeGreeted(client, session) else { return false }
        let others = players[session] ?? [:]
        guard let other = others.values.first else {
            return !options.isStrict || waiting[client.port].contains(session)
        }
        return others.count == 1 && other.used.isEmpty && wouldBeGreeted(other, current)
    }

    /// Whether a client would have been greeted in another session just as it was.
    private func wouldBeGreeted(_ client: MockClient, _ session: Int) -> Bool {
        guard let current = client.session else { return false }
        let (ours, theirs) = (script.sessions[current].opening, script.sessions[session].opening)
        let recorded = script.sessions[session]
        let forward = client.bound(
            to: recorded, Correlation(identifiers: script.recordings[recorded.recording].identifiers))
        return rendered(script.exchanges[ours], client.forward, []) == rendered(script.exchanges[theirs], forward, [])
    }

    // MARK: Answers

    /// A request that was found, and what it shows.
    struct Found {
        var exchange: Int
        var values: [IdentifierTrial.Found] = []
        var isExact = false
    }

    private func take(_ found: Found, _ received: Received, _ client: MockClient) -> RecordedAnswer {
        let session = script.exchanges[found.exchange].session
        if session != client.session, client.used.isEmpty,
            script.sessions[session].requests.first == found.exchange
        {
            change(to: session, client)
        }
        if session == client.session {
            client.used.insert(found.exchange)
            if options.isStrict { client.next += 1 }
        }
        client.bind(
            found.values, session: script.sessions[session].number, line: script.exchanges[found.exchange].line, shared)
        report.answered += 1
        return answer(found.exchange, to: client, asked: found.isExact ? nil : received.text)
    }

    /// What the recorded server answered, with the values of this client in it.
    private func answer(_ number: Int, to client: MockClient, asked: [UInt8]? = nil) -> RecordedAnswer {
        client.last = script.exchanges[number].message == nil ? client.last : number
        if !script.exchanges[number].isUsed { script.exchanges[number].isUsed = true }
        if let fixed = script.exchanges[number].fixed { return fixed }
        let exchange = script.exchanges[number]
        var forward = client.forward
        if exchange.session != client.session { forward = client.bound(to: script.sessions[exchange.session], forward) }
        return rendered(exchange, forward, numbers(of: exchange, asked: asked, forward))
    }

    /// What the numbers of a request that the server repeats are this time.
    private func numbers(
        of exchange: MockExchange, asked: [UInt8]?, _ forward: Correlation
    ) -> [(recorded: NamedNumber, text: [UInt8])] {
        guard let asked, !exchange.echoed.isEmpty else { return [] }
        let present = NamedNumber.all(in: asked, reading: tree)
        return exchange.echoed.compactMap { recorded in
            let same = present.filter { $0.name == recorded.name }
            guard let number = same.first, same.allSatisfy({ $0.text == number.text }), number.text != recorded.text,
                recorded.text.count < IdentifierTokens.minimumBytes
                    || recorded.text.withUnsafeBytes({ forward.bound($0) }) == nil
            else { return nil }
            return (recorded, number.text)
        }
    }

    private func rendered(
        _ exchange: MockExchange, _ forward: Correlation, _ numbers: [(recorded: NamedNumber, text: [UInt8])]
    ) -> RecordedAnswer {
        let matcher = script.sessions[exchange.session].matcher
        var forward = forward
        let frames = exchange.answers.compactMap { answer -> [UInt8]? in
            switch answer {
            case .frame(let bytes): return bytes
            case .message(var message):
                if !numbers.isEmpty {
                    let edits = NamedNumber.all(in: message.text, reading: tree).compactMap { number in
                        numbers.first { $0.recorded.name == number.name && $0.recorded.text == number.text }
                            .map { (number.range, $0.text) }
                    }
                    if !edits.isEmpty {
                        message = message.replacing(
                            text: NamedNumber.replaced(in: message.text, edits), codec: matcher.codec,
                            settings: matcher.settings, limits: matcher.limits)
                    }
                }
                return try? matcher.wire(of: matcher.current(message, &forward, sentAt: 0))
            }
        }
        return RecordedAnswer(frames: frames, ending: exchange.ending)
    }

    // MARK: What is told

    private func unmatched(_ received: Received, _ client: MockClient, _ number: Int) -> String {
        let found = nearest(to: received, client)
        var unmatched = MockReport.Unmatched(session: number, text: Array(received.text.prefix(MockReport.textBytes)))
        unmatched.isStrict = options.isStrict
        if let found {
            let exchange = script.exchanges[found.exchange]
            unmatched.path = script.recordings[script.sessions[exchange.session].recording].path
            unmatched.line = exchange.line
            unmatched.nearest = exchange.message.map { Array($0.text.prefix(MockReport.textBytes)) } ?? []
            unmatched.differences = found.differences
        } else {
            unmatched.path = script.recordings.first?.path ?? ""
        }
        report.take(unmatched)
        return unmatched.sentence
    }

    /// What came of it so far.
    func finalReport() -> MockReport {
        var report = report
        for exchange in script.exchanges {
            guard let message = exchange.message else { continue }
            report.exchanges += 1
            guard !exchange.isUsed else { continue }
            report.unused += 1
            guard report.listedUnused.count < MockReport.maximumListed else { continue }
            let session = script.sessions[exchange.session]
            report.listedUnused.append(
                MockReport.Unused(
                    path: script.recordings[session.recording].path, session: session.number, line: exchange.line,
                    text: Array(message.text.prefix(MockReport.textBytes))))
        }
        return report
    }
}
