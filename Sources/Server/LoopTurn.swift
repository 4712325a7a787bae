internal import NIOCore
internal import Recorder

/// The turns of an event loop: what was answered in one leaves at its end, behind the recording's commit; and while several
/// connections speak, what has come meanwhile is read at once.
///
/// Confined to its event loop.
final class LoopTurn {
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

    /// A commit failed: all ends.
    var whenCommitFails: () -> Void = {}
    /// A commit that others could overtake is done.
    var whenCommitted: () -> Void = {}

    private let eventLoop: any EventLoop
    private let recording: RecordingWriter?
    private let scratch: SessionRecorder.Scratch
    private let sweep: SocketSweep?
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
    /// Who waits for the next commit, and for whom the present one is.
    private var waiting: [any LoopConnection] = []
    private var flushing: [any LoopConnection] = []
    /// A commit is made and what it was for is leaving; more may be answered meanwhile.
    @exclusivity(unchecked) private var isFlushing = false
    /// A commit has failed: nothing is read any more.
    private var hasFailed = false
    /// Who waits for which of the commits that are under way, the oldest first.
    private var committing: [[any LoopConnection]] = []

    /// - Parameters:
    ///   - scratch: where what was recorded waits for its commit.
    ///   - sweep: reads what it can while many connections speak.
    init(
        eventLoop: any EventLoop, recording: RecordingWriter?, scratch: SessionRecorder.Scratch, sweep: SocketSweep?
    ) {
        self.eventLoop = eventLoop
        self.recording = recording
        self.scratch = scratch
        self.sweep = sweep
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
        if leavingBytes > LoopTurn.maximumLeavingBytes { flushLeaving() } else { scheduleTurnEnd() }
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
        var left = LoopTurn.maximumSweptBytes
        var uncommittedBytes = 0
        var isFlushed = recording == nil
        if isFlushed { flushTurn() }
        while left > 0, !hasFailed {
            let read = sweep.readAll()
            if read.sockets == 0, isFlushed { break }
            left -= max(read.bytes, read.sockets * LoopTurn.leastSweptBytes)
            if read.bytes > read.sockets * LoopTurn.maximumPieceBytes { left = 0 }
            uncommittedBytes += read.bytes
            isFlushed =
                recording == nil || read.sockets == 0 || left <= 0
                || uncommittedBytes >= LoopTurn.maximumUncommittedBytes
            guard isFlushed else {
                flushLeaving()
                continue
            }
            flushTurn()
            uncommittedBytes = 0
        }
    }

    /// Has what waits for the end of the turn leave now.
    func flushLeaving() {
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
            isFlushing = true
            if commitNow(recording) { connection.flushAfterCommit() }
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
        if commitNow(recording) {
            for connection in flushing { connection.flushAfterCommit() }
        }
        isFlushing = false
        flushing.removeAll(keepingCapacity: true)
    }

    /// Commits all that was recorded. False where that failed, and all ends.
    private func commitNow(_ recording: RecordingWriter) -> Bool {
        isCommitDue = false
        scratch.submit()
        do throws(RecordingError) {
            try recording.commit()
            return true
        } catch {
            fail()
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
            fail()
        }
        whenCommitted()
    }

    private func fail() {
        hasFailed = true
        whenCommitFails()
    }

    /// Whether there are commits that connections are to be told of.
    var isCommitting: Bool { !committing.isEmpty }

    /// Those who wait have closed.
    func forgetWaiting() { waiting.removeAll() }
}

@available(*, unavailable)
extension LoopTurn: Sendable {}
