package import Codecs
internal import Dispatch
import Synchronization

/// A recording that is being written: one order of events over all sessions and event loops.
///
/// `append` gives an event its place and time and keeps the line in memory. Event loops append as things happen and commit
/// once a turn, before any answer of that turn leaves. What a commit does depends on the durability:
///
/// - `kernel`: `commit` hands all lines so far to the kernel in one `write(2)`.
/// - `disk`: a thread writes them and has the disk take them; who commits meanwhile shares its next turn. `commit(then:)`
///   tells when it is done.
/// - `none`: the thread writes them, and nobody waits for that.
///
/// With the thread, `commit` waits where too many lines are on their way to it: memory does not grow with a slow disk.
///
/// The first write that fails ends the recording: the file is cut back to what earlier commits wrote, which ends with a
/// whole line; later lines are not taken. What that means for the callers is in the settings.
///
/// It keeps the order; the lines are in `PendingLines`, and where they go is the business of `RecordingFiles`.
package final class RecordingWriter: Sendable {
    /// What a line tells, as far as its place in a recording goes.
    package enum LineKind: Sendable {
        case opening
        case message
        case closing
        case other
    }

    private typealias Waiter = @Sendable (RecordingError?) -> Void

    /// The path as it was given.
    package let path: String
    package let settings: RecordingSettings
    /// Bytes of a torn last line that were cut off before the recording went on behind it.
    package let cutBytes: Int
    /// Whether it goes on behind sessions that were there before.
    package let isContinued: Bool
    private let clock: @Sendable () -> Int64
    /// What `start` gives; it changes under the lock of the state.
    private let currentStart: Atomic<Int64>
    private let state: Mutex<State>
    private let files: Mutex<Files>
    /// Writes what is pending, where the durability is not `kernel`.
    private let thread = Mutex<WriterThread?>(nil)
    private let writeTimes = WriteTimes()

    private struct State: ~Copyable {
        var lines: PendingLines
        var failure: RecordingError?
        /// Lines that no file has, since the recording failed.
        var lost = 0
        /// Who is to be told when all that is pending is written.
        var waiting: [Waiter] = []
        /// Who goes on when there is room for more lines.
        var waitingForRoom: [DispatchSemaphore] = []
        /// Who is to be told of the failure.
        var watching: [@Sendable (RecordingError) -> Void] = []

        /// Whether so many lines come too late; behind a failure they are lost.
        mutating func turnsAway(_ count: Int) -> Bool {
            guard !lines.isEnded else { return true }
            if failure != nil { lost += count }
            return failure != nil
        }
    }

    /// What is being written; locked before `State` is.
    private struct Files: ~Copyable {
        var files: RecordingFiles
        /// Those of the files, once they are closed.
        var names: FileNames?
        var writing = ByteWriter(capacity: 64 << 10)
        var pieces: [PendingLines.Piece] = []
    }

    /// Opens the file as the settings say, and writes the header.
    ///
    /// `clock`: microseconds from any point on; the time of the header is second 0.
    package init(
        path: String, header: RecordingHeader, settings: RecordingSettings = RecordingSettings(),
        clock: @escaping @Sendable () -> Int64 = RecordingClock.monotonic
    ) throws(RecordingError) {
        self.path = path
        self.settings = settings
        self.clock = clock
        let opened = try RecordingFiles(path, settings)
        cutBytes = opened.continued.cutBytes
        let sessions = opened.continued.sessions
        isContinued = sessions > 0
        let start = clock()
        currentStart = Atomic(start)
        files = Mutex(Files(files: opened))
        state = Mutex(
            State(
                lines: PendingLines(header, at: start, sessions: sessions, hasFilePerSession: settings.isFolder)))
        var failure = writeOut()
        if failure == nil {
            failure = files.withLock { files in
                RecordingError.caught { () throws(RecordingError) in try files.files.takePlace() }
            }
        }
        if failure == nil, settings.durability != .kernel {
            let started = WriterThread { [weak self] in self?.writeInTurn() ?? false }
            thread.withLock { $0 = started }
            if started == nil { failure = RecordingError(.cannotOpen, path, "no thread can be started to write it") }
        }
        if let failure {
            // An empty file would only be in the way of the next try.
            discard()
            throw failure
        }
    }

    deinit { thread.withLock { $0?.wake() } }

    /// Takes the recording back that was just begun: a new file goes away, one that was there is as it was. Where the new
    /// one took another's place, the new one stays.
    package func discard() { files.withLock { $0.files.discard() } }

    // MARK: Appending

    /// The number of a new session.
    package func nextSession() -> Int { state.withLock { $0.lines.nextSession() } }

    /// What its clock says.
    package var now: Int64 { clock() }

    /// When the present file began, on that clock: its times count from there. It may be another's a moment later.
    package var start: Int64 { currentStart.load(ordering: .relaxed) }

    /// Gives an event that happens now its place and its time. `line` is the event's JSON without its opening brace and its
    /// time: `"s":1,"eof":"client"}`.
    package func append(_ line: borrowing ByteWriter, session: Int, _ kind: LineKind) {
        state.withLock { state in
            guard !state.turnsAway(1) else { return }
            line.withUnsafeBytes { add($0, session: session, kind, at: clock(), &state) }
        }
    }

    /// Gives messages that came together their place, one behind the other.
    package func append(_ messages: borrowing MessageLines) {
        state.withLock { state in
            guard !state.turnsAway(messages.count) else { return }
            guard leavesOut, state.lines.text.count + messages.text.count > settings.queueBytes else {
                return state.lines.append(messages)
            }
            messages.forEach { add($0, session: messages.session, .message, at: messages.time, &state) }
        }
    }

    private func add(
        _ line: UnsafeRawBufferPointer, session: Int, _ kind: LineKind, at time: Int64, _ state: inout State
    ) {
        if leavesOut, !hasRoom(line.count, kind, state.lines.text.count) {
            state.lines.leaveOut(line, session: session, kind)
        } else {
            state.lines.append(line, session: session, kind, at: time)
        }
    }

    /// Whether lines that find no room are left out. In a folder they are not: a gap belongs to no session.
    private var leavesOut: Bool { settings.onFull == .drop && !settings.isFolder }

    /// Whether a line of so many bytes may wait for the thread. Where a session begins and ends is left out last.
    private func hasRoom(_ bytes: Int, _ kind: LineKind, _ pendingBytes: Int) -> Bool {
        let limit: Int
        switch kind {
        case .opening, .closing: limit = settings.queueBytes * 2
        case .message, .other: limit = settings.queueBytes
        }
        return pendingBytes == 0 || pendingBytes + bytes <= limit
    }

    // MARK: Committing

    /// Whether answers have to wait for `commit(then:)`.
    package var commitsLater: Bool { settings.durability == .disk }

    /// With `kernel`, hands every line so far to the kernel; returns when it has them, also where another thread was writing
    /// them. Else leaves that to the thread, and waits only until it has room for more.
    package func commit() throws(RecordingError) {
        let failure: RecordingError? = settings.durability == .kernel ? writeOut() : handOver()
        if let failure, settings.onFailure == .stop { throw failure }
    }

    /// Tells, on a thread of the writer's own or on this one, when every line so far is as safe as the durability says; or
    /// why it is not.
    package func commit(then done: @escaping @Sendable (RecordingError?) -> Void) {
        if settings.durability == .kernel {
            let failure = writeOut()
            return done(settings.onFailure == .stop ? failure : nil)
        }
        let isOver = state.withLock { state in
            guard !state.lines.isEnded, state.failure == nil else { return true }
            state.waiting.append(done)
            return false
        }
        let failure = handOver()
        if isOver { done(settings.onFailure == .stop ? failure : nil) }
    }

    /// Has the thread write what is pending.
    private func handOver() -> RecordingError? {
        var room: DispatchSemaphore?
        let failure = state.withLock { state in
            if state.failure == nil, !state.lines.isEnded, !leavesOut,
                state.lines.text.count > settings.queueBytes
            {
                let semaphore = DispatchSemaphore(value: 0)
                state.waitingForRoom.append(semaphore)
                room = semaphore
            }
            return state.failure
        }
        thread.withLock { $0 }?.wake()
        room?.wait()
        return failure
    }

    /// What the thread does when it is woken. False: it was the last time.
    private func writeInTurn() -> Bool {
        let failure = writeOut()
        return failure == nil && !state.withLock { $0.lines.isEnded }
    }

    /// Writes every line so far, and tells who waits for it. Gives the failure, now or earlier.
    private func writeOut() -> RecordingError? {
        var waiting: [Waiter] = []
        var watching: [@Sendable (RecordingError) -> Void] = []
        let failure = files.withLock { files -> RecordingError? in
            while true {
                let turn: Turn
                do throws(RecordingError) { turn = try takeLines(&files, &waiting) } catch { return error }
                let failure = RecordingError.caught { () throws(RecordingError) in try write(&files, turn) }
                if let failure {
                    watching = fail(failure, kept: files.files.events)
                    // Who asked after this turn began would wait for ever.
                    waiting += state.withLock { $0.waiting.take() }
                    return failure
                }
                // A file that has just begun has its header at once, and one that is full its end.
                guard !turn.isEnded, turn.turnsOver || files.files.next != nil else { return nil }
            }
        }
        if let failure { for body in watching { body(failure) } }
        for done in waiting { done(settings.onFailure == .stop ? failure : nil) }
        return failure
    }

    /// What is written at once.
    private struct Turn {
        /// When its last line was.
        var time: Int64 = 0
        /// Microseconds since the file's header.
        var age: Int64 = 0
        /// Lines up to its end.
        var events = 0
        /// It ends the file.
        var turnsOver = false
        var isEnded = false
    }

    /// Throws the earlier failure, if there was one.
    private func takeLines(_ files: inout Files, _ waiting: inout [Waiter]) throws(RecordingError) -> Turn {
        try state.withLock { state throws(RecordingError) in
            if !state.waiting.isEmpty { waiting += state.waiting.take() }
            if !state.waitingForRoom.isEmpty { for room in state.waitingForRoom.take() { room.signal() } }
            if let failure = state.failure { throw failure }
            var turn = Turn()
            turn.isEnded = state.lines.isEnded
            turn.turnsOver = files.files.next != nil && !turn.isEnded
            turn.age = state.lines.lastTime - state.lines.start
            if turn.turnsOver {
                state.lines.turnOver(at: clock(), into: &files.writing)
                currentStart.store(state.lines.start, ordering: .relaxed)
            } else {
                swap(&state.lines.text, &files.writing)
            }
            if settings.isFolder { swap(&state.lines.pieces, &files.pieces) }
            turn.time = state.lines.lastTime
            turn.events = state.lines.events
            return turn
        }
    }

    /// Writes the turn's lines, and makes the next file where this one is full.
    private func write(_ files: inout Files, _ turn: Turn) throws(RecordingError) {
        if files.writing.count > 0 {
            let start = RecordingClock.nanoseconds()
            let failure = RecordingError.caught { () throws(RecordingError) in
                try files.files.write(files.writing, files.pieces, at: turn.turnsOver ? nil : turn.time)
            }
            writeTimes.add(nanoseconds: RecordingClock.nanoseconds() - start)
            files.writing.removeAll(keeping: 4 << 20)
            files.pieces.removeAll(keepingCapacity: true)
            if let failure { throw failure }
        }
        files.files.events = turn.events
        if turn.turnsOver {
            try files.files.turnOver()
        } else if !turn.isEnded, files.files.isFull(after: turn.age) {
            try files.files.makeNext()
        }
    }

    // MARK: Failing

    /// Has `body` called when the recording fails; once, on any thread.
    package func whenFailed(_ body: @escaping @Sendable (RecordingError) -> Void) {
        let failure = state.withLock { state in
            if state.failure == nil { state.watching.append(body) }
            return state.failure
        }
        if let failure { body(failure) }
    }

    /// Takes no more lines. Gives who is to be told.
    ///
    /// - Parameter kept: how many lines the files have; nil: all.
    private func fail(_ error: RecordingError, kept: Int?) -> [@Sendable (RecordingError) -> Void] {
        state.withLock { state in
            state.failure = error
            state.lost = state.lines.events - (kept ?? state.lines.events)
            state.lines.giveUp()
            for room in state.waitingForRoom.take() { room.signal() }
            return state.watching.take()
        }
    }

    // MARK: Other files

    /// Goes on in a new file where the present one was made, if somebody moved or deleted that one; an empty file that
    /// stands there is taken. False where there is nothing to do: it still stands there, or each session has its own.
    ///
    /// Where the new file cannot be made the recording goes on in the present one.
    package func reopen() throws(RecordingError) -> Bool {
        var error = state.withLock { $0.failure }
        if let error { throw error }
        let isMoved = files.withLock { files in
            do throws(RecordingError) {
                return try files.files.makeSuccessor()
            } catch let failure {
                error = failure
                return false
            }
        }
        if let error { throw error }
        if isMoved, let failure = writeOut() { throw failure }
        return isMoved
    }

    // MARK: Ending

    /// Writes the end with its counts, as safely as the durability says, and closes the file. Nothing is taken after that.
    package func end() throws(RecordingError) {
        state.withLock { if $0.failure == nil { $0.lines.end(at: clock()) } }
        var failure = writeOut()
        thread.withLock { $0 }?.wake()
        if failure == nil {
            failure = files.withLock { files in
                // A closed file is known by its path alone.
                let names = files.names ?? files.files.names
                let count = files.files.count
                let failure = RecordingError.caught { () throws(RecordingError) in try files.files.close() }
                files.names = files.files.count == count ? names : files.files.names
                return failure
            }
            if let failure { for body in fail(failure, kept: nil) { body(failure) } }
        }
        guard var failure else { return }
        let lost = state.withLock { $0.lost }
        if settings.onFailure == .continue, lost > 0 {
            failure.reason += ", without \(lost.counting("event")) that came later"
        }
        throw failure
    }

    /// How many files there are so far; with a folder, 1.
    package var fileCount: Int { files.withLock { $0.files.count } }

    /// Where the recording stands.
    package struct FileNames: Sendable, Hashable {
        /// Its first file, or its folder; nil where somebody moved it away.
        package var first: String?
        /// The file that was written last; the same where there is one only.
        package var last: String?
    }

    /// Where the recording stood when it was ended.
    package var fileNames: FileNames { files.withLock { $0.names ?? $0.files.names } }

    /// How it is doing.
    package var figures: RecordingFigures {
        state.withLock { state in
            RecordingFigures(
                sessions: state.lines.sessions, messages: state.lines.messages, queuedBytes: state.lines.text.count,
                leftOut: state.lines.leftOutInAll + state.lost, hasFailed: state.failure != nil,
                writeTimes: writeTimes.figures)
        }
    }

    /// Sessions and messages so far, and how many lines were left out for lack of room.
    package var counts: (sessions: Int, messages: Int, leftOut: Int) {
        state.withLock { ($0.lines.sessions, $0.lines.messages, $0.lines.leftOutInAll) }
    }
}

extension Array {
    /// Empties it, and gives what it held.
    fileprivate mutating func take() -> [Element] {
        defer { self = [] }
        return self
    }
}
