internal import Codecs
internal import NIOCore
internal import Recorder

/// Has the messages of a port answered by its child: an event loop's part in that.
///
/// What a turn brings goes to the child in one piece. A session is read no further while the child has not taken what it was
/// told before.
final class ExecResponder: Responder {
    /// What the child has not taken yet: at the higher one clients are not read any more, at the lower one they are again.
    private static let unwrittenBytes = (low: 64 << 10, high: 256 << 10)
    /// What a client has not taken yet: above it the child is not read any more, below half of it it is again.
    private static let maximumUnreadBytes = 8 << 20
    /// How long a client may hold the child up so.
    private static let patience = TimeAmount.seconds(1)

    private struct Session {
        let connection: ConnectionHandler
        /// Since when its client waits for the first answer to what it sent.
        var asked: NIODeadline?
        /// Since when the child waits for its client.
        var held: NIODeadline?
        /// Its client sends no more, which the child is to be told of with its opening.
        var hasEnded = false
    }

    private let port: PortConfiguration
    private let child: ExecPort
    private let eventLoop: any EventLoop
    private let place: Int
    private let observer: any ServerObserver
    private let tree = ValueTree()
    private var sessions: [Int: Session] = [:]
    private var lines = ByteWriter()
    private var pieces: [ChildBatch.Piece] = []
    private var isScheduled = false
    /// Bytes of lines that the child has not taken yet, those of this turn with them.
    private var unwritten = 0
    /// Connections that go on when it has, and how many of them have closed.
    private var stalled: [ConnectionHandler] = []
    private var stalledAndClosed = 0
    /// Sessions that the child is told of when it has, should they still be there: a storm of them must not pile up.
    private var untold: Set<Int> = []
    private var isWatchingClients = false
    private var isWatchingTimes = false
    private(set) var isDrained = false

    /// - Parameter place: a number of the event loop's own.
    init(
        port: PortConfiguration, child: ExecPort, eventLoop: any EventLoop, place: Int, observer: any ServerObserver
    ) {
        self.port = port
        self.child = child
        self.eventLoop = eventLoop
        self.place = place
        self.observer = observer
        let here = ExecPlace(self, eventLoop: eventLoop)
        child.execute { $0.add(here, at: place) }
    }
}

// MARK: What clients do

extension ExecResponder {
    var isFull: Bool { unwritten >= Self.unwrittenBytes.high }

    func opened(_ connection: ConnectionHandler) {
        let number = connection.session.number
        sessions[number] = Session(connection: connection)
        if isFull { untold.insert(number) } else { tellOpening(of: connection) }
    }

    private func tellOpening(of connection: ConnectionHandler) {
        tell(connection.session.number, .opened) { ChildEvent.writeOpening(connection.session, into: &$0) }
    }

    private func tellEnd(of number: Int) { tell(number, .ended) { ChildEvent.writeEnd(number, into: &$0) } }

    /// Tells of a session that found no room before.
    private func tellLateOpening(of number: Int) {
        guard untold.remove(number) != nil, let session = sessions[number] else { return }
        tellOpening(of: session.connection)
        if session.hasEnded { tellEnd(of: number) }
    }

    func respond(to frame: RawSpan, payload: Range<Int>, tree: ValueTree, on connection: ConnectionHandler) {
        let number = connection.session.number
        if !untold.isEmpty { tellLateOpening(of: number) }
        let bytes = frame.extracting(payload)
        tell(number, .message) { ChildEvent.writeMessage(number, tree, payload: bytes, port: port, into: &$0) }
        if port.replyTimeout != nil, sessions[number]?.asked == nil {
            sessions[number]?.asked = .now()
            watchTimes()
        }
    }

    func goOnWhenThereIsRoom(_ connection: ConnectionHandler) { stalled.append(connection) }

    func inputEnded(_ connection: ConnectionHandler) -> Bool {
        guard !isDrained else { return true }
        let number = connection.session.number
        if untold.contains(number) { sessions[number]?.hasEnded = true } else { tellEnd(of: number) }
        return false
    }

    func closed(_ connection: ConnectionHandler, hadEnded: Bool) {
        let number = connection.session.number
        if untold.remove(number) == nil {
            tell(number, .gone) { if !hadEnded { ChildEvent.writeEnd(number, into: &$0) } }
        }
        if connection.isWaitingForRoom { forgetStalled() }
        if sessions.removeValue(forKey: number)?.held != nil, !isDrained { child.execute { $0.release() } }
    }

    private func tell(_ session: Int, _ kind: ChildBatch.Kind, _ write: (inout ByteWriter) -> Void) {
        guard !isDrained else { return }
        let start = lines.count
        write(&lines)
        pieces.append(ChildBatch.Piece(session: session, kind: kind, bytes: lines.count - start))
        unwritten += lines.count - start
        guard !isScheduled else { return }
        isScheduled = true
        eventLoop.assumeIsolated().execute { [self] in handOver() }
    }

    private func handOver() {
        isScheduled = false
        guard !isDrained else { return }
        var batch = ChildBatch(pieces: pieces)
        lines.withUnsafeBytes { batch.lines = ByteBuffer(bytes: $0) }
        lines.removeAll()
        pieces.removeAll(keepingCapacity: true)
        let told = batch
        let place = place
        child.execute { $0.take(told, from: place) }
    }

    /// One of the connections that wait has closed: it is not kept for long.
    private func forgetStalled() {
        stalledAndClosed += 1
        guard stalledAndClosed * 2 > stalled.count else { return }
        stalled.removeAll { $0.phase == .ended }
        stalledAndClosed = 0
    }

    /// The child has taken so many bytes.
    func wasWritten(_ count: Int) {
        unwritten = max(unwritten - count, 0)
        guard unwritten <= Self.unwrittenBytes.low else { return }
        for number in untold.sorted() {
            guard !isFull else { break }
            tellLateOpening(of: number)
        }
        var waiting = stalled[...]
        stalled = []
        stalledAndClosed = 0
        while !isFull, let connection = waiting.popFirst() {
            connection.isWaitingForRoom = false
            connection.resumeWithRoom()
        }
        // Those that the others left no room for are the first next time.
        stalled = Array(waiting) + stalled
    }
}

// MARK: What the child says

extension ExecResponder {
    /// Sends what the child answered; `bytes` are given back to its account.
    func deliver(_ answers: [ChildAnswer], bytes: Int) {
        var answered: [ConnectionHandler] = []
        for answer in answers {
            guard let connection = sessions[answer.session]?.connection else { continue }
            if let frame = answer.frame { send(frame, to: connection) }
            if answer.closes { connection.finish() }
            if answered.last !== connection { answered.append(connection) }
        }
        for connection in answered {
            connection.sendAnswers()
            watch(connection)
        }
        child.execute { $0.wasDelivered(bytes) }
    }

    private func send(_ frame: [UInt8], to connection: ConnectionHandler) {
        let number = connection.session.number
        sessions[number]?.asked = nil
        if let fault = connection.answer(frame, reading: tree) { fail([number], fault) }
    }

    /// The child has no more to say to these sessions, whose clients send no more.
    func finish(_ numbers: [Int]) {
        for number in numbers { sessions[number]?.connection.finish() }
    }

    /// These sessions cannot go on.
    func fail(_ numbers: [Int], _ reason: String) {
        for number in numbers {
            sessions[number]?.connection.finish(SessionClosing(.error, by: .server, reason: reason))
        }
    }

    /// There is no child any more, since the server stops.
    func childIsOver() {
        isDrained = true
        untold.removeAll()
        wasWritten(unwritten)
        for session in sessions.values where session.connection.isAwaitingFinish { session.connection.finish() }
    }
}

// MARK: Clients that do not read

extension ExecResponder {
    /// Has the child wait for a client that does not take what it is sent, or the client closed in the end.
    private func watch(_ connection: ConnectionHandler) {
        let number = connection.session.number
        guard let session = sessions[number], session.held == nil, connection.unreadBytes > Self.maximumUnreadBytes
        else { return }
        sessions[number]?.held = .now()
        child.execute { $0.hold() }
        watchClients()
    }

    private func watchClients() {
        guard !isWatchingClients else { return }
        isWatchingClients = true
        eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(20)) { [weak self] in self?.lookAtClients() }
    }

    private func lookAtClients() {
        isWatchingClients = false
        let now = NIODeadline.now()
        for (number, session) in sessions {
            guard let since = session.held else { continue }
            let unread = session.connection.unreadBytes
            guard unread <= Self.maximumUnreadBytes / 2 || now - since >= Self.patience else {
                watchClients()
                continue
            }
            sessions[number]?.held = nil
            child.execute { $0.release() }
            guard unread > Self.maximumUnreadBytes / 2 else { continue }
            session.connection.abort(
                SessionClosing(
                    .limit, by: .server, reason: "the client does not take what it is sent: \(unread) bytes wait for it"
                ))
        }
    }
}

// MARK: A child that does not answer

extension ExecResponder {
    private func watchTimes() {
        guard let limit = port.replyTimeout, !isWatchingTimes else { return }
        isWatchingTimes = true
        let pause = max(TimeAmount(limit / 8), .milliseconds(5))
        eventLoop.assumeIsolated().scheduleTask(in: pause) { [weak self] in self?.lookAtTimes(limit) }
    }

    private func lookAtTimes(_ limit: Duration) {
        isWatchingTimes = false
        let now = NIODeadline.now()
        for (number, session) in sessions {
            guard let since = session.asked else { continue }
            guard now - since >= TimeAmount(limit) else {
                watchTimes()
                continue
            }
            sessions[number]?.asked = nil
            let reason = "the child did not answer within \(limit)"
            observer.problem(session.connection.session, reason)
            session.connection.finish(SessionClosing(.timeout, by: .server, reason: reason))
        }
    }
}

@available(*, unavailable)
extension ExecResponder: Sendable {}
