internal import Codecs
internal import Recorder

// Which recorded request a client's message is.
extension MockMachine {
    /// Requests that are compared one by one, where they cannot be looked up.
    private static let maximumCompared = 1_000
    /// Of those whose texts are most like a message, how many are compared with it.
    private static let maximumNear = 20

    /// The request that stands next in the client's session; a client's first one may tell which session that is.
    func nextInOrder(_ received: Received, _ client: MockClient) -> Found? {
        guard let session = client.session else { return nil }
        let requests = script.sessions[session].requests
        if client.next < requests.count, let found = asked(requests[client.next], received, client) { return found }
        guard client.next == 0 else { return nil }
        for other in script.ports[client.port].sessions.prefix(Self.maximumCompared) where other != session {
            guard let first = script.sessions[other].requests.first, mayPlay(other, client) else { continue }
            if let found = asked(first, received, client) { return found }
        }
        return nil
    }

    /// A request that says the same, wherever it was made.
    func anywhere(_ received: Received, _ client: MockClient) -> Found? {
        let port = client.port
        let content = content(received, client)
        let isUsed: (Int) -> Bool = { [self] exchange in self.isUsed(exchange, client) }
        let index = script.ports[port].exact
        let session = client.session
        let unused =
            index.firstUnused(content, session: session, &client.exactCursors, isUsed: isUsed)
            ?? index.firstUnused(content, session: nil, &exactCursors[port], isUsed: isUsed)
        if let unused { return Found(exchange: unused, isExact: true) }
        // One that was asked already is as good as one that is only alike.
        let again = index.last(content, session: session) ?? index.last(content, session: nil)
        if let again { return Found(exchange: again, isExact: true) }
        return alike(received, client) ?? loosely(received, client)
    }

    private func isUsed(_ exchange: Int, _ client: MockClient) -> Bool {
        script.exchanges[exchange].session == client.session
            ? client.used.contains(exchange) : script.exchanges[exchange].isUsed
    }

    private func content(_ received: Received, _ client: MockClient) -> MessageContent {
        let text = client.recorded(received.form, received.text)
        return MessageContent(received.form, text: text.span.bytes, reading: tree)
    }

    /// A request from which only values differ that clients make up.
    private func alike(_ received: Received, _ client: MockClient) -> Found? {
        let port = client.port
        guard
            let shape = RequestShape(
                received.form, text: received.text, echoed: script.ports[port].echoed, reading: tree)
        else { return nil }
        var found: Found?
        let isWanted: (Int) -> Bool = { [self] exchange in
            found = comparison(exchange, received, client).found
            return found != nil
        }
        let isUsed: (Int) -> Bool = { [self] exchange in self.isUsed(exchange, client) }
        let index = script.ports[port].shapes
        let session = client.session
        _ =
            index.firstUnused(shape, session: session, &client.shapeCursors, isUsed: isUsed, where: isWanted)
            ?? index.firstUnused(shape, session: nil, &shapeCursors[port], isUsed: isUsed, where: isWanted)
            ?? index.last(shape, session: session, where: isWanted) ?? index.last(shape, session: nil, where: isWanted)
        return found
    }

    /// A request that rules, or secrets that were taken out, let be otherwise: each has to be compared.
    private func loosely(_ received: Received, _ client: MockClient) -> Found? {
        let loose = script.ports[client.port].loose
        guard !loose.isEmpty else { return nil }
        let own = loose.lazy.filter { [self] in script.exchanges[$0].session == client.session }
        let others = loose.lazy.filter { [self] in script.exchanges[$0].session != client.session }
        for wantsUsed in [false, true] {
            for candidates in [own, others] {
                for exchange in candidates.filter({ self.isUsed($0, client) == wantsUsed }).prefix(Self.maximumCompared)
                {
                    if let found = comparison(exchange, received, client).found { return found }
                }
            }
        }
        return nil
    }

    /// Whether a message is one recorded request.
    private func asked(_ exchange: Int, _ received: Received, _ client: MockClient) -> Found? {
        guard let message = script.exchanges[exchange].message else { return nil }
        let recorded = MessageContent(message.form, text: message.text.span.bytes, reading: tree)
        if content(received, client) == recorded { return Found(exchange: exchange, isExact: true) }
        return comparison(exchange, received, client).found
    }

    /// Holds a message against a recorded request.
    func comparison(
        _ exchange: Int, _ received: Received, _ client: MockClient
    ) -> (found: Found?, differences: [ValueDifference]) {
        guard let message = script.exchanges[exchange].message else { return (nil, []) }
        let session = script.exchanges[exchange].session
        let matcher = script.sessions[session].matcher
        var transport = client.transport
        if session != client.session { transport = client.bound(to: script.sessions[session], transport) }
        let expected = matcher.current(message, &transport)
        guard
            let comparison = try? matcher.comparison(
                expected: expected, recorded: message, actual: received.message, transport)
        else { return (nil, []) }
        switch comparison.difference {
        case nil: return (Found(exchange: exchange, values: comparison.found), [])
        case .value(let differences):
            let isMadeUp = differences.allSatisfy { isEchoed($0, script.exchanges[exchange].echoed) }
            return (isMadeUp ? Found(exchange: exchange, values: comparison.found) : nil, differences)
        default: return (nil, [])
        }
    }

    /// Whether two values differ as numbers that clients make up do.
    private func isEchoed(_ difference: ValueDifference, _ echoed: [NamedNumber]) -> Bool {
        guard let expected = difference.expected, let actual = difference.actual, Self.isInteger(actual) else {
            return false
        }
        return echoed.contains {
            expected.utf8.elementsEqual($0.text)
                && difference.path.hasSuffix("." + String(decoding: $0.name, as: UTF8.self))
        }
    }

    private static func isInteger(_ text: String) -> Bool {
        !text.isEmpty && Array(text.utf8).withUnsafeBytes { JSONNumber.isInteger($0) }
    }

    // MARK: Without messages

    /// What a client said before and what it says now.
    func joined(_ received: Received, _ client: MockClient) -> Received? {
        guard !client.pending.isEmpty, let session = client.session else { return nil }
        let bytes = client.pending + received.message.wire
        let message = ActualMessage(payload: bytes, wire: bytes)
        let recorded = script.sessions[session].matcher.recorded(message)
        return Received(form: recorded.form, text: recorded.text, message: message)
    }

    /// Whether a request begins with these bytes.
    func isBeginning(_ received: Received, _ client: MockClient) -> Bool {
        let own = client.session.map { script.sessions[$0].requests } ?? []
        let bytes = received.message.wire
        return
            (own.dropFirst(options.isStrict ? client.next : 0).prefix(Self.maximumCompared)
            + script.ports[client.port].requests.prefix(options.isStrict ? 0 : Self.maximumCompared)).contains {
                exchange in
                guard let message = script.exchanges[exchange].message,
                    let wire = try? script.sessions[script.exchanges[exchange].session].matcher.wire(of: message)
                else { return false }
                return wire.count > bytes.count && wire.starts(with: bytes)
            }
    }

    // MARK: What comes nearest

    /// The recorded request that a message is most like, and how it differs from that.
    func nearest(to received: Received, _ client: MockClient) -> (exchange: Int, differences: [ValueDifference])? {
        let own = client.session.map { script.sessions[$0].requests } ?? []
        let candidates: ArraySlice<Int>
        if options.isStrict {
            // It is about that one, whatever it says.
            candidates = own.dropFirst(client.next).prefix(1)
        } else {
            candidates =
                (own.prefix(Self.maximumCompared) + script.ports[client.port].requests.prefix(Self.maximumCompared))[
                    ...]
        }
        let front = received.text.prefix(MockReport.textBytes)
        let alike = candidates.map { (exchange: $0, likeness: Self.likeness(text(of: $0), front)) }
            .sorted { $0.likeness > $1.likeness }.prefix(Self.maximumNear)
        let compared = alike.map { candidate in
            let echoed = script.exchanges[candidate.exchange].echoed
            let differences = comparison(candidate.exchange, received, client).differences
            return (exchange: candidate.exchange, differences: differences.filter { !isEchoed($0, echoed) })
        }
        // Where nothing is known of the values they have little in common.
        return compared.min { Self.distance($0.differences) < Self.distance($1.differences) }
    }

    private static func distance(_ differences: [ValueDifference]) -> Int {
        differences.isEmpty ? .max : differences.count
    }

    private func text(of exchange: Int) -> ArraySlice<UInt8> {
        script.exchanges[exchange].message?.text.prefix(MockReport.textBytes) ?? []
    }

    /// How many bytes two texts have in common at their ends, less what sets them apart.
    private static func likeness(_ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Int {
        let front = zip(one, other).prefix { $0 == $1 }.count
        let rest = (one.dropFirst(front), other.dropFirst(front))
        let back = zip(rest.0.reversed(), rest.1.reversed()).prefix { $0 == $1 }.count
        return 2 * (front + back) - max(one.count, other.count)
    }
}
