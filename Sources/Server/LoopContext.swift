internal import Codecs
internal import NIOCore
internal import Recorder

/// A session's connections as the event loop sees them.
protocol LoopConnection: AnyObject {
    /// Where it stands in the loop's list; the loop's own.
    var place: Int { get set }
    /// The recording holds everything up to here: what was to be sent may leave.
    func flushAfterCommit()
    /// The server is stopping; called again and again until the connection has closed.
    func drainStep()
    /// Ends the connection at once.
    func abort(_ closing: SessionClosing)
}

/// What the connections of one event loop share: memory that is kept between messages, and the recording's commit.
///
/// Confined to its event loop.
final class LoopContext {
    /// Large enough that a busy connection rarely needs a second read in a turn.
    private static let receiveBytes = 64 << 10

    let eventLoop: any EventLoop
    let recording: RecordingWriter?
    /// Where packets are made of what passes; nil: nowhere.
    let capture: LoopCapture?
    let observer: any ServerObserver
    /// The observer, if it wants to be told of messages.
    let messageObserver: (any ServerObserver)?
    let ports: [ServedPort]
    /// What the message at hand reads as.
    let tree = ValueTree()
    let scratch = SessionRecorder.Scratch()

    private let sessions: SessionNumbers
    private let recordingFailed: @Sendable (any Error) -> Void
    private var connections: [any LoopConnection] = []
    private var waiting: [any LoopConnection] = []
    private var flushing: [any LoopConnection] = []
    @exclusivity(unchecked) private var isCommitScheduled = false
    private var receiveBuffer: ByteBuffer?
    private var ending: SessionClosing?
    private var whenEmpty: EventLoopPromise<Void>?

    init(
        eventLoop: any EventLoop, ports: [ServedPort], recording: RecordingWriter?, capture: CaptureWriter?,
        sessions: SessionNumbers, observer: any ServerObserver,
        recordingFailed: @escaping @Sendable (any Error) -> Void
    ) {
        self.eventLoop = eventLoop
        self.capture = capture.map { LoopCapture($0, eventLoop: eventLoop) }
        self.ports = ports
        self.recording = recording
        self.sessions = sessions
        self.observer = observer
        messageObserver = observer.watchesMessages ? observer : nil
        self.recordingFailed = recordingFailed
    }

    // MARK: Connections

    /// Takes a new connection in, unless the server is stopping.
    func admit(_ connection: any LoopConnection) -> Bool {
        guard ending == nil else { return false }
        connection.place = connections.count
        connections.append(connection)
        return true
    }

    /// The connection has closed.
    func remove(_ connection: any LoopConnection) {
        let place = connection.place
        guard connections.indices.contains(place), connections[place] === connection else { return }
        connections.swapAt(place, connections.count - 1)
        connections.removeLast()
        if place < connections.count { connections[place].place = place }
        if connections.isEmpty {
            whenEmpty?.succeed()
            whenEmpty = nil
        }
    }

    /// The number of a new session.
    func nextSession() -> Int { recording?.nextSession() ?? sessions.next() }

    // MARK: Reading

    /// The loop's buffer, for one read. Nobody else holds it then.
    func takeReceiveBuffer() -> ByteBuffer {
        defer { receiveBuffer = nil }
        if receiveBuffer?.modifyIfUniquelyOwned({ $0.clear() }) != nil, let buffer = receiveBuffer.take() {
            return buffer
        }
        return ByteBufferAllocator().buffer(capacity: LoopContext.receiveBytes)
    }

    /// Gives back what a connection has read into, whether or not somebody still holds it.
    func giveBack(_ buffer: ByteBuffer) {
        if buffer.capacity >= LoopContext.receiveBytes { receiveBuffer = buffer }
    }

    // MARK: Recording

    /// Something was recorded: it is handed to the kernel at the end of this turn.
    func scheduleCommit() {
        guard recording != nil, !isCommitScheduled else { return }
        isCommitScheduled = true
        // NIO runs this after the sockets of the turn have been read, and before it waits again.
        eventLoop.assumeIsolated().execute { [self] in commit() }
    }

    /// Has `flushAfterCommit` called when all that was recorded so far is with the kernel.
    func flushAfterCommit(_ connection: any LoopConnection) {
        waiting.append(connection)
        scheduleCommit()
    }

    private func commit() {
        isCommitScheduled = false
        swap(&waiting, &flushing)
        defer { flushing.removeAll(keepingCapacity: true) }
        do {
            try recording?.commit()
        } catch {
            abortAll(SessionClosing(.error, by: .server, reason: "the recording failed"))
            recordingFailed(error)
            return
        }
        for connection in flushing { connection.flushAfterCommit() }
    }

    // MARK: Ending

    /// Lets every connection finish what it has received, and closes it. `done` succeeds when all are closed.
    func drain(within limit: TimeAmount, done: EventLoopPromise<Void>) {
        let closing = SessionClosing(.shutdown, by: .server)
        ending = closing
        guard !connections.isEmpty else { return done.succeed() }
        whenEmpty?.futureResult.cascade(to: done)
        if whenEmpty == nil { whenEmpty = done }
        eventLoop.assumeIsolated().scheduleTask(in: limit) { [weak self] in self?.abortAll(closing) }
        drainStep()
    }

    private func drainStep() {
        for connection in connections { connection.drainStep() }
        guard !connections.isEmpty else { return }
        eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(20)) { [weak self] in self?.drainStep() }
    }

    /// Closes every connection at once, and takes no more.
    func abortAll(_ closing: SessionClosing) {
        ending = closing
        for connection in connections { connection.abort(closing) }
    }
}

@available(*, unavailable)
extension LoopContext: Sendable {}
