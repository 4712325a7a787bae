internal import Codecs
internal import Recorder

/// A client of a mock.
///
/// A class, since it is looked up and changed for each message. Confined to its mock's lock.
final class MockClient {
    /// Values of clients whose recorded ones are kept, to know them when they come again.
    private static let maximumKnown = 1 << 14

    let port: Int
    let host: String
    let number: Int
    /// The recorded session that it plays; nil: there is none left for it.
    var session: Int?
    /// What the transport gives: what recorded requests would have said this time.
    private(set) var transport = Correlation()
    /// What is put into answers: that, and what the client made up.
    private(set) var forward = Correlation()
    /// What stood in the recording where the client's own values stand now.
    private(set) var back = Correlation()
    private var identifiers = RecordedIdentifiers.none
    /// Requests of its session that it has made.
    var used: Set<Int> = []
    var exactCursors: ExchangeIndex<MessageContent>.Cursors = [:]
    var shapeCursors: ExchangeIndex<RequestShape>.Cursors = [:]
    /// The next request of its session in the recorded order, as its place.
    var next = 0
    /// The last exchange that it had.
    var last: Int?
    /// What it said and is not a whole request yet, where there are no messages.
    var pending: [UInt8] = []
    /// What it said last, while another server is asked.
    var referred: MockMachine.Received?

    init(port: Int, peer: String) {
        self.port = port
        let address = Correlation.split(peer)
        host = address?.host ?? ""
        number = address?.port ?? 0
    }

    /// Takes a recorded session's place.
    func play(_ session: Int, _ recorded: MockSession, _ identifiers: RecordedIdentifiers, _ shared: MockShared) {
        self.session = session
        self.identifiers = identifiers
        transport = bound(to: recorded, Correlation(identifiers: identifiers))
        transport.inherited = shared.transport
        forward = bound(to: recorded, Correlation(identifiers: identifiers))
        forward.inherited = shared.forward
        back = Correlation(identifiers: identifiers)
        shared.transport.value = bound(to: recorded, shared.transport.value)
        shared.forward.value = bound(to: recorded, shared.forward.value)
        if let address = Correlation.split(recorded.client) {
            know([IdentifierTrial.Found(recorded: Array(String(address.port).utf8), actual: Array(String(number).utf8))]
            )
        }
        (used, exactCursors, shapeCursors, next) = ([], [:], [:], 0)
    }

    /// The same with a recorded client's port and address bound to those of this one.
    func bound(to recorded: MockSession, _ correlation: Correlation) -> Correlation {
        var correlation = correlation
        correlation.bindClient(
            session: recorded.number, recorded: recorded.client, actualHost: nil, actualPort: number)
        // An address that is also the server's says nothing of the client.
        if let address = Correlation.split(recorded.client), address.host != Correlation.split(recorded.server)?.host,
            address.host != host, !host.isEmpty
        {
            let found = IdentifierTrial.Found(recorded: Array(address.host.utf8), actual: Array(host.utf8))
            correlation.bind([found], session: recorded.number, line: 0)
        }
        return correlation
    }

    /// Takes what a request has shown of the client's own values.
    func bind(_ found: [IdentifierTrial.Found], session: Int, line: Int, _ shared: MockShared) {
        let changed = found.filter { $0.recorded != $0.actual }
        forward.bind(changed, session: session, line: line)
        shared.forward.value.bind(changed, session: session, line: line)
        know(changed)
    }

    private func know(_ found: [IdentifierTrial.Found]) {
        if back.boundCount > Self.maximumKnown { back = Correlation(identifiers: identifiers) }
        for value in found where !value.isWeak && value.name == nil {
            let reversed = IdentifierTrial.Found(
                recorded: value.actual, actual: value.recorded, isBinary: value.isBinary)
            back.bind([reversed], session: 0, line: 0)
        }
    }

    /// What a message of the client would have been when it was recorded.
    func recorded(_ form: ReadableForm.Key, _ text: [UInt8]) -> [UInt8] {
        (form == .base64 ? back.replaced(inBinary: text, sentAt: nil) : back.replaced(in: text, sentAt: nil)) ?? text
    }
}

/// What the clients of a mock share: what one made up may be told to another.
///
/// Confined to its mock's lock.
final class MockShared {
    let transport = SharedCorrelation()
    let forward = SharedCorrelation()
}
