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

/// What the connections of one event loop share: memory that is kept between messages, and the recording's commit.
///
/// Confined to its event loop.
final class LoopContext {
    /// So many bytes wait for the end of a turn at most.
    private static let maximumLeavingBytes = 32 << 10
    /// So much is read without NIO before it has a look at everything, some milliseconds' worth.
    private static let maximumSweptBytes = 256 << 10
    /// What a read counts for there at least.
    private static let leastSweptBytes = 1 << 10
    /// Larger pieces go through NIO, which is no slower with them.
    private static let maximumPieceBytes = 16 << 10
    /// When so much has come it is recorded and answered before more is read.
    private static let maximumUncommittedBytes = 64 << 10

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
    /// Who has something to send at the end of the turn, and how much.
    private var leaving: [any LoopConnection] = []
    private var leavingBytes = 0
    /// The turn's end is to come, or comes by itself while the loop goes on reading.
    @exclusivity(unchecked) private var isTurnEndScheduled = false
    /// NIO has looked at everything since the loop did so itself last.
    @exclusivity(unchecked) private var mayGoOnReading = false
    /// Who had something to send last.
    private var lastSender: ObjectIdentifier?
    @exclusivity(unchecked) private var isCommitDue = false
    private var waiting: [any LoopConnection] = []
    private var flushing: [any LoopConnection] = []
    /// What a commit was for is leaving; more may be answered meanwhile.
    @exclusivity(unchecked) private var isFlushing = false
    /// Who waits for which of the commits that are under way, the oldest first.
    private var committing: [[any LoopConnection]] = []
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
        flushLeaving()
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
            scheduleCommit()
        }
        port.counters.opened.add()
        port.counters.ended(closing.manner)
        observer.sessionOpened(session)
        if closing.manner != .limit, let reason = closing.reason { observer.problem(session, reason) }
        observer.sessionClosed(session, closing)
    }

    // MARK: The end of a turn

    /// Has `flushAtEndOfTurn` called when all sockets of this turn have been read, or at once where much waits for that.
    ///
    /// A peer that is quicker than this loop falls asleep between two answers, and to wake it costs as much as to read and
    /// answer. While the answers of a turn leave one behind the other it stays awake. A connection that is alone has nobody
    /// to wait for.
    func flushAtEndOfTurn(_ connection: any LoopConnection, bytes: Int) {
        if isAlone(connection) { return connection.flushAtEndOfTurn() }
        leaving.append(connection)
        leavingBytes += bytes
        if leavingBytes > LoopContext.maximumLeavingBytes { flushLeaving() } else { scheduleTurnEnd() }
    }

    /// Whether the connection has something to send that also had before it, with nobody in between: a turn knows each once.
    private func isAlone(_ connection: any LoopConnection) -> Bool {
        let sender = ObjectIdentifier(connection)
        defer { lastSender = sender }
        return sender == lastSender && leaving.isEmpty && waiting.isEmpty && !isFlushing
    }

    private func scheduleTurnEnd() {
        guard !isTurnEndScheduled else { return }
        isTurnEndScheduled = true
        // NIO runs this after the sockets of the turn have been read, and before it waits again.
        eventLoop.assumeIsolated().execute { [self] in endTurn() }
    }

    private func endTurn() {
        guard mayGoOnReading, leaving.count + waiting.count > 1, let sweep else {
            isTurnEndScheduled = false
            return flushTurn()
        }
        mayGoOnReading = false
        goOnReading(sweep)
        isTurnEndScheduled = false
        if isCommitDue || !leaving.isEmpty || !waiting.isEmpty { scheduleTurnEnd() }
    }

    private func flushTurn() {
        flushLeaving()
        if isCommitDue { commit() }
    }

    /// NIO has read a socket.
    @inline(__always)
    func readByNIO() { mayGoOnReading = true }

    /// Reads on without NIO for as long as anything comes in small pieces, and ends each turn as NIO's turns end. A commit costs
    /// more than to look once more, so all that has come goes into one, within limits.
    private func goOnReading(_ sweep: SocketSweep) {
        var left = LoopContext.maximumSweptBytes
        var uncommittedBytes = 0
        var isFlushed = recording == nil
        if isFlushed { flushTurn() }
        while left > 0, !isOver {
            let read = sweep.readAll()
            if read.sockets == 0, isFlushed { break }
            left -= max(read.bytes, read.sockets * LoopContext.leastSweptBytes)
            if read.bytes > read.sockets * LoopContext.maximumPieceBytes { left = 0 }
            uncommittedBytes += read.bytes
            isFlushed =
                recording == nil || read.sockets == 0 || left <= 0
                || uncommittedBytes >= LoopContext.maximumUncommittedBytes
            guard isFlushed else {
                flushLeaving()
                continue
            }
            flushTurn()
            uncommittedBytes = 0
        }
    }

    private func flushLeaving() {
        var connections: [any LoopConnection] = []
        swap(&connections, &leaving)
        leavingBytes = 0
        for connection in connections { connection.flushAtEndOfTurn() }
        // The next turn uses its memory again.
        connections.removeAll(keepingCapacity: true)
        if leaving.isEmpty { swap(&connections, &leaving) }
    }

    // MARK: Recording

    /// Something was recorded: it is handed to the kernel at the end of this turn.
    func scheduleCommit() {
        guard recording != nil else { return }
        isCommitDue = true
        scheduleTurnEnd()
    }

    /// Something was recorded by who calls `scheduleDueCommit` when it has read all.
    @inline(__always)
    func commitIsDue() { isCommitDue = true }

    /// Schedules the commit of what was recorded meanwhile, if nobody has committed it.
    func scheduleDueCommit() { if isCommitDue { scheduleTurnEnd() } }

    /// Has `flushAfterCommit` called when all that was recorded so far is with the kernel.
    func flushAfterCommit(_ connection: any LoopConnection) {
        let isAlone = isAlone(connection)
        if isAlone, let recording, !recording.commitsLater {
            guard commit(recording) else { return }
            isFlushing = true
            connection.flushAfterCommit()
            isFlushing = false
            return
        }
        waiting.append(connection)
        if isAlone { return commit() }
        isCommitDue = true
        scheduleTurnEnd()
    }

    private func commit() {
        guard let recording else { return }
        if recording.commitsLater, !waiting.isEmpty { return commitLater(recording) }
        swap(&waiting, &flushing)
        isFlushing = true
        if commit(recording) {
            for connection in flushing { connection.flushAfterCommit() }
        }
        isFlushing = false
        flushing.removeAll(keepingCapacity: true)
    }

    /// Hands all that was recorded to the kernel; false where that failed, and all ends.
    private func commit(_ recording: RecordingWriter) -> Bool {
        isCommitDue = false
        scratch.submit()
        do throws(RecordingError) {
            try recording.commit()
            return true
        } catch {
            abortAll(LoopContext.recordingFailed)
            return false
        }
    }

    /// Has what waits now flushed when the disk has the recording; the loop goes on meanwhile.
    private func commitLater(_ recording: RecordingWriter) {
        isCommitDue = false
        scratch.submit()
        for connection in waiting { connection.commitBegins() }
        committing.append(waiting)
        waiting.removeAll()
        let context = NIOLoopBound(self, eventLoop: eventLoop)
        recording.commit { [eventLoop] failure in
            eventLoop.execute { context.value.committed(failure) }
        }
    }

    /// The oldest commit is done.
    private func committed(_ failure: RecordingError?) {
        let connections = committing.removeFirst()
        if failure == nil {
            for connection in connections { connection.flushAfterCommit() }
        } else {
            abortAll(LoopContext.recordingFailed)
        }
        tellIfEmpty()
    }

    // MARK: Ending

    /// How long before the limit of a drain a connection is told that no more comes, at most.
    private static let lastWords = TimeAmount.seconds(1)
    private static let recordingFailed = SessionClosing(.error, by: .server, reason: "the recording failed")

    /// Whether there are neither connections nor commits that the loop is to be told of.
    private var isEmpty: Bool { connections.isEmpty && committing.isEmpty }

    private func tellIfEmpty() {
        guard isEmpty else { return }
        // They have closed.
        waiting.removeAll()
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
        flushLeaving()
        for connection in connections { connection.abort(closing) }
    }
}

@available(*, unavailable)
extension LoopContext: Sendable {}
