internal import Codecs
internal import NIOCore
internal import Recorder

/// What a replay knows of one session.
///
/// A class, since it is looked up and changed many times for each event: a struct would be copied each time, with all that it
/// refers to. Confined to the replay's thread.
final class ReplaySession {
    /// How the server ended the connection.
    enum ServerEnd: Sendable {
        case finished
        case reset
    }

    /// Something that the server did when it was recorded, and is to do again.
    struct Expectation {
        enum Kind {
            case message(RecordedMessage)
            /// The connection's end; in which manner, where that matters. One that is not compared is only waited for.
            case end(isReset: Bool?, isCompared: Bool)
        }

        var kind: Kind
        var event: TranscriptEvent

        var isMessage: Bool { if case .message = kind { true } else { false } }

        /// The bytes that it keeps.
        var bytes: Int {
            if case .message(let message) = kind { message.text.count + (message.raw?.count ?? 0) } else { 0 }
        }
    }

    /// With so much received that the recording does not ask for yet, reading pauses.
    static let maximumReceivedMessages = 4_096
    static let maximumReceivedBytes = 16 << 20

    let number: Int
    let opening: SessionOpening
    let matcher: MessageMatcher
    /// What all sessions await together, kept in step with what this one does.
    private let awaited: AwaitedTotal
    fileprivate var isNoted = false
    private(set) var expectations = CircularBuffer<Expectation>()
    private(set) var received = CircularBuffer<ActualMessage>()
    private var receivedBytes = 0
    private var isReadingPaused = false
    /// The bytes of the first expectation, where a stream has no messages and some have come …
    var expectedBytes: [UInt8]?
    /// … and how many.
    var matchedBytes = 0
    var isConnecting = true { didSet { awaited.note(self) } }
    /// Its recording has ended; what is left is to wait for the rest.
    var isClosing = false
    private(set) var clientHasFinished = false
    /// How many of the messages that came and were not asked for yet had come before the client's end.
    private(set) var receivedBeforeEnd = 0
    var serverEnd: ServerEnd?
    /// The recording has told of the server's end.
    var isServerEndRecorded = false
    /// The client's recorded end, where the server's came before it this time.
    var overtakenEnd: TranscriptEvent?
    /// When something last came or was sent.
    var lastActivity: Int64 = 0
    /// Bytes of the client that have not gone out yet, as far as is known.
    var unsentBytes = 0
    /// Messages of the client that were sent.
    var sentMessages = 0
    /// When bytes of the client last went out, or began to wait.
    var lastProgress: Int64 = 0
    /// When the last event was, in the recording, apart from what the client did not wait for.
    private(set) var lastTime: Int64?
    /// What had come of a server's message when the recorded connection ended; whether it is awaited, how it ended tells.
    var unfinished: TranscriptEvent?
    /// The session's event that was taken last.
    private(set) var lastEvent: TranscriptEvent?

    init(_ number: Int, opening: SessionOpening, matcher: MessageMatcher, awaited: AwaitedTotal) {
        self.number = number
        self.opening = opening
        self.matcher = matcher
        self.awaited = awaited
        awaited.note(self)
    }

    /// Whether something is awaited.
    var isAwaiting: Bool { isConnecting || !expectations.isEmpty }

    /// Whether nothing can come any more that is compared.
    var isOver: Bool { clientHasFinished || serverEnd != nil }

    /// Whether the full timeout is due: something that is compared is awaited.
    var awaitsMoreThanAnEnd: Bool {
        if isConnecting { return true }
        guard let first = expectations.first else { return false }
        if case .end(_, isCompared: false) = first.kind { return false }
        return true
    }

    func expect(_ expectation: Expectation) {
        expectations.append(expectation)
        awaited.count += 1
        awaited.bytes += expectation.bytes
        awaited.note(self)
    }

    /// Takes the first expectation away.
    func popExpectation() -> Expectation? {
        expectedBytes = nil
        matchedBytes = 0
        guard let first = expectations.popFirst() else { return nil }
        awaited.count -= 1
        awaited.bytes -= first.bytes
        awaited.note(self)
        return first
    }

    func dropExpectations() {
        awaited.count -= expectations.count
        awaited.bytes -= expectations.reduce(0) { $0 + $1.bytes }
        expectations.removeAll()
        awaited.note(self)
    }

    /// Awaits nothing any more.
    func end() {
        dropExpectations()
        isConnecting = false
    }

    /// Takes what came; true where reading is to pause.
    func receive(_ message: ActualMessage) -> Bool {
        received.append(message)
        receivedBytes += message.wire.count
        guard !isReadingPaused,
            received.count >= Self.maximumReceivedMessages || receivedBytes >= Self.maximumReceivedBytes
        else { return false }
        isReadingPaused = true
        return true
    }

    /// Drops the first message that came; true where reading is to go on.
    func dropReceived() -> Bool {
        guard let first = received.popFirst() else { return false }
        receivedBytes -= first.wire.count
        receivedBeforeEnd = max(receivedBeforeEnd - 1, 0)
        guard isReadingPaused, received.count < Self.maximumReceivedMessages / 2,
            receivedBytes < Self.maximumReceivedBytes / 2
        else { return false }
        isReadingPaused = false
        return true
    }

    func dropAllReceived() {
        received.removeAll()
        receivedBytes = 0
        receivedBeforeEnd = 0
    }

    /// The client has no more to send. What had come by then may be asked for later: the server may have been slower when
    /// it was recorded.
    func finishClient() {
        receivedBeforeEnd = unfinished == nil ? received.count : 0
        clientHasFinished = true
    }

    /// Puts what is left of the first message that came in its place.
    func replaceReceived(_ rest: ActualMessage) {
        guard let first = received.first else { return }
        receivedBytes -= first.wire.count - rest.wire.count
        received[offset: 0] = rest
    }

    /// Keeps an event as the last one.
    func remember(_ event: TranscriptEvent) {
        lastEvent = event
        if unfinished == nil { lastTime = event.time }
    }
}

/// What the sessions of a replay await, all together.
final class AwaitedTotal {
    /// What they expect of their servers.
    fileprivate(set) var count = 0
    /// The bytes of the messages among it.
    fileprivate(set) var bytes = 0
    /// Sessions that wait for a connection, a message or an end.
    private(set) var sessions: Set<Int> = []

    fileprivate func note(_ session: ReplaySession) {
        guard session.isAwaiting != session.isNoted else { return }
        session.isNoted = session.isAwaiting
        if session.isNoted { sessions.insert(session.number) } else { sessions.remove(session.number) }
    }
}
