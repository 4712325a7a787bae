internal import Codecs
internal import NIOCore
internal import Recorder

/// A session's connections as the event loop sees them.
protocol LoopConnection: AnyObject {
    /// Where it stands in the loop's list; the loop's own.
    var place: Int { get set }
    /// All sockets of the turn have been read: what waits for nothing else leaves.
    func flushAtEndOfTurn()
    /// A commit begins that others may overtake: what is to be sent now may leave after it, what comes later may not.
    func commitBegins()
    /// The recording holds everything up to here, or to where the commit began: what was to be sent then may leave.
    func flushAfterCommit()
    /// The server is stopping; called again and again until the connection has closed.
    func drainStep()
    /// The server is about to stop, whether the connection is quiet or not: it says FIN now, and reads on.
    func drainEnds()
    /// Ends the connection at once.
    func abort(_ closing: SessionClosing)
    /// A tick of the loop's limits: what takes too long ends.
    func tick()
    /// What it holds of the memory that all connections share.
    var heldBytes: Int { get }
    /// All of them hold too much, and this one the most of its loop: it lets go of it.
    func giveUpMemory()
    /// Other things are to be done wrong with the answers of the port from now on.
    func faultsChanged(of port: ServedPort)
}

extension LoopConnection {
    // Who only passes bytes on does nothing wrong with them.
    func faultsChanged(of port: ServedPort) {}
}

/// What the connections of one event loop share: memory that is kept between messages, limits, and the end of all.
///
/// Confined to its event loop.
final class LoopContext {
    let eventLoop: any EventLoop
    let recording: RecordingWriter?
    /// Where packets are made of what passes; nil: nowhere.
    let capture: LoopCapture?
    let redaction: Redaction?
    let observer: any ServerObserver
    /// The observer, if it wants to be told of messages.
    let messageObserver: (any ServerObserver)?
    let ports: [ServedPort]
    /// What the message at hand reads as.
    let tree = ValueTree()
    let scratch = SessionRecorder.Scratch()
    /// What a socket brings comes in this.
    let receiveBuffer: ReceiveBuffer
    /// What is about to leave waits in these.
    let spares = SpareBuffers()
    /// Reads what it can while many connections speak.
    let sweep: SocketSweep?
    /// When what was answered leaves, and what was recorded is committed.
    let turn: LoopTurn

    let limits: ConnectionLimits
    let ticks: LoopTicks
    /// Ticks so far.
    private(set) var now = 0

    private let sessions: SessionNumbers
    private let memory: MemoryBudget
    private let memoryShare: MemoryBudget.Share
    /// Has the loop that holds the most memory give up some.
    private let relieve: @Sendable () -> Void
    private var isTicking = false
    private var refused = RefusedClients()
    private var connections: [any LoopConnection] = []
    /// No connection is taken in any more.
    private var isOver = false
    private var whenEmpty: EventLoopPromise<Void>?

    init(
        eventLoop: any EventLoop, ports: [ServedPort], recording: RecordingWriter?, redaction: Redaction?,
        capture: CaptureWriter?, sessions: SessionNumbers, observer: any ServerObserver, limits: ConnectionLimits,
        memory: MemoryBudget, memoryShare: MemoryBudget.Share, relieve: @escaping @Sendable () -> Void
    ) {
        receiveBuffer = ReceiveBuffer()
        sweep = SocketSweep(receiveBuffer)
        self.limits = limits
        ticks = LoopTicks(limits)
        self.memory = memory
        self.memoryShare = memoryShare
        self.relieve = relieve
        self.eventLoop = eventLoop
        self.capture = capture.map { LoopCapture($0, eventLoop: eventLoop) }
        self.ports = ports
        self.recording = recording
        self.redaction = redaction
        self.sessions = sessions
        self.observer = observer
        messageObserver = observer.watchesMessages ? observer : nil
        turn = LoopTurn(eventLoop: eventLoop, recording: recording, scratch: scratch, sweep: sweep)
        turn.whenCommitFails = { [weak self] in self?.abortAll(LoopContext.recordingFailed) }
        turn.whenCommitted = { [weak self] in self?.tellIfEmpty() }
    }

    // MARK: Connections

    /// Takes a new connection in, unless the server has stopped; while it drains, those that were accepted before come still.
    func admit(_ connection: any LoopConnection) -> Bool {
        guard !isOver else { return false }
        connection.place = connections.count
        connections.append(connection)
        if !isTicking { scheduleTick() }
        return true
    }

    /// The connection has closed.
    func remove(_ connection: any LoopConnection) {
        let place = connection.place
        guard connections.indices.contains(place), connections[place] === connection else { return }
        connections.swapAt(place, connections.count - 1)
        connections.removeLast()
        if place < connections.count { connections[place].place = place }
        tellIfEmpty()
    }

    /// The number of a new session.
    func nextSession() -> Int { recording?.nextSession() ?? sessions.next() }

    /// Other things are done wrong with the answers of each port from now on, also in sessions that are open.
    func setFaults(_ plans: [FaultPlan]) {
        for (port, plan) in zip(ports, plans) where port.setFaults(plan) {
            for connection in connections { connection.faultsChanged(of: port) }
        }
    }

    // MARK: Limits

    private func scheduleTick() {
        isTicking = true
        eventLoop.assumeIsolated().scheduleTask(in: ticks.interval) { [self] in tick() }
    }

    private func tick() {
        now += 1
        for connection in connections { connection.tick() }
        isTicking = false
        if !connections.isEmpty { scheduleTick() }
    }

    /// A connection holds more memory than before, or less.
    func memoryChanged(by bytes: Int) {
        if memory.change(by: bytes, in: memoryShare) { relieve() }
    }

    /// Gives up the connections that hold the most, until all together hold no more than they may. Where another loop has come to
    /// hold the most meanwhile, that one goes on: nobody here is to answer for it.
    func giveUpMemory() {
        turn.flushLeaving()
        while memory.isExceeded {
            guard memory.isLargest(memoryShare) else { return relieve() }
            guard let largest = connections.max(by: { $0.heldBytes < $1.heldBytes }), largest.heldBytes > 0 else {
                return
            }
            largest.giveUpMemory()
        }
    }

    /// There is no place for a client: it becomes a session that holds nothing but the reason.
    func refuse(_ peer: String, _ port: ServedPort) {
        let limit = limits.maximumConnections
        port.counters.count(.connections)
        let reason = "\(limit.counting("client")) are connected, which is the limit (--max-connections)"
        record(SessionClosing(.limit, by: .server, reason: reason), of: peer, port)
        if refused.count() {
            observer.serverProblem("\(reason): \(peer) was closed at once, and so is who comes now")
            eventLoop.assumeIsolated().scheduleTask(in: .seconds(10)) { [self] in tellOfRefused() }
        }
    }

    private func tellOfRefused() {
        guard let more = refused.take() else { return }
        observer.serverProblem(
            "closed at once in the last 10 seconds, since there is no place: \(more.counting("more client"))")
    }

    /// A session that nothing happened in but its end.
    func record(_ closing: SessionClosing, of peer: String, _ port: ServedPort) {
        let session = SessionIdentity(number: nextSession(), port: port.number, peer: peer)
        if let recording {
            let recorder = SessionRecorder(
                writer: recording, number: session.number, codec: port.codec, settings: port.configuration.settings,
                limits: port.limits, scratch: scratch, redaction: redaction)
            recorder.opened(SessionOpening(port: port.number, peer: peer))
            recorder.closed(closing)
            turn.scheduleCommit()
        }
        port.counters.opened.add()
        port.counters.ended(closing.manner)
        observer.sessionOpened(session)
        if closing.manner != .limit, let reason = closing.reason { observer.problem(session, reason) }
        observer.sessionClosed(session, closing)
    }

    // MARK: Ending

    /// How long before the limit of a drain a connection is told that no more comes, at most.
    private static let lastWords = TimeAmount.seconds(1)
    private static let recordingFailed = SessionClosing(.error, by: .server, reason: "the recording failed")

    /// Whether there are neither connections nor commits that the loop is to be told of.
    private var isEmpty: Bool { connections.isEmpty && !turn.isCommitting }

    private func tellIfEmpty() {
        guard isEmpty else { return }
        turn.forgetWaiting()
        if whenEmpty != nil { isOver = true }
        whenEmpty?.succeed()
        whenEmpty = nil
    }

    /// Lets every connection finish what it has received, and closes it. `done` succeeds when all are closed.
    ///
    /// One that is not quiet until shortly before the limit is told that no more comes: a client that sends on for ever may
    /// see that, and end, before the limit resets it.
    func drain(within limit: TimeAmount, done: EventLoopPromise<Void>) {
        let closing = SessionClosing(.shutdown, by: .server)
        guard !isEmpty else {
            isOver = true
            return done.succeed()
        }
        whenEmpty?.futureResult.cascade(to: done)
        if whenEmpty == nil { whenEmpty = done }
        let loop = eventLoop.assumeIsolated()
        let lastWords = min(TimeAmount.nanoseconds(limit.nanoseconds / 2), LoopContext.lastWords)
        loop.scheduleTask(in: limit - lastWords) { [self] in
            for connection in connections { connection.drainEnds() }
        }
        loop.scheduleTask(in: limit) { [self] in abortAll(closing) }
        drainStep()
    }

    private func drainStep() {
        for connection in connections { connection.drainStep() }
        guard !isEmpty else { return }
        eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(20)) { [self] in drainStep() }
    }

    /// Closes every connection at once, and takes no more.
    func abortAll(_ closing: SessionClosing) {
        isOver = true
        turn.flushLeaving()
        for connection in connections { connection.abort(closing) }
    }
}

@available(*, unavailable)
extension LoopContext: Sendable {}
