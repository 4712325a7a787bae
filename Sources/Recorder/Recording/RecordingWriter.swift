package import Codecs
internal import Dispatch
internal import Glibc
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
package final class RecordingWriter: Sendable {
    /// What a line tells, as far as its place in a recording goes.
    package enum LineKind: Sendable {
        case opening
        case message
        case closing
        case other
    }

    /// The file's path as it was given.
    package let path: String
    package let settings: RecordingSettings
    private let clock: @Sendable () -> Int64
    private let start: Int64
    private let state: Mutex<State>
    private let file: Mutex<FileState>
    /// Writes what is pending, where the durability is not `kernel`.
    private let thread = Mutex<WriterThread?>(nil)

    /// Lines that have their place but are not written yet.
    private struct State: ~Copyable {
        var pending = ByteWriter(capacity: 64 << 10)
        var lastTime: Int64 = 0
        var sessions = 0
        var messages = 0
        var isEnded = false
        var failure: RecordingError?
        /// Lines that were left out since the last `gap`, for lack of room.
        var leftOut = 0
        var leftOutInAll = 0
        /// Openings that were left out, of sessions that are still open.
        var unopened: [Int: [UInt8]] = [:]
        /// Lines that were appended so far, and how many of them no file has since the recording failed.
        var events = 0
        var lost = 0
        /// Who is to be told when all that is pending is written.
        var waiting: [@Sendable (RecordingError?) -> Void] = []
        /// Who goes on when there is room for more lines.
        var waitingForRoom: [DispatchSemaphore] = []
        /// Who is to be told of the failure.
        var watching: [@Sendable (RecordingError) -> Void] = []
    }

    /// What is being written; locked before `State` is.
    private struct FileState: ~Copyable {
        var file: WrittenFile
        var writing = ByteWriter(capacity: 64 << 10)
        /// Lines that the file has.
        var events = 0
    }

    /// Makes the file and writes the header. A file that exists is left alone and is an error.
    ///
    /// - Parameter clock: microseconds from any point on; the time of the header is second 0.
    package init(
        path: String, header: RecordingHeader, settings: RecordingSettings = RecordingSettings(),
        clock: @escaping @Sendable () -> Int64 = RecordingClock.monotonic
    ) throws(RecordingError) {
        self.path = path
        self.settings = settings
        self.clock = clock
        file = Mutex(FileState(file: try WrittenFile(making: path, settings.operations)))
        start = clock()
        state = Mutex(State())
        state.withLock { RecordingLine.writeHeader(header, into: &$0.pending) }
        var failure = writeOut()
        if failure == nil, settings.durability == .disk {
            failure = file.withLock { file in
                RecordingError.caught { () throws(RecordingError) in try file.file.syncName() }
            }
        }
        if failure == nil, settings.durability != .kernel {
            let started = WriterThread { [weak self] in self?.writeInTurn() ?? false }
            thread.withLock { $0 = started }
            if started == nil { failure = RecordingError(.cannotOpen, path, "no thread can be started to write it") }
        }
        if let failure {
            // An empty file would only be in the way of the next try.
            _ = unlink(path)
            throw failure
        }
    }

    deinit { thread.withLock { $0?.wake() } }

    // MARK: Appending

    /// The number of a new session.
    package func nextSession() -> Int {
        state.withLock {
            $0.sessions += 1
            return $0.sessions
        }
    }

    /// Gives an event its place and its time. `line` is the event's JSON without its opening brace and its time:
    /// `"s":1,"eof":"client"}`.
    package func append(_ line: borrowing ByteWriter, session: Int, _ kind: LineKind) {
        state.withLock { state in
            guard !state.isEnded else { return }
            guard state.failure == nil else {
                state.lost += 1
                return
            }
            state.lastTime = max(state.lastTime, clock() - start)
            guard settings.onFull == .wait || hasRoom(for: line, kind, state) else {
                return Self.leaveOut(line, session, kind, &state)
            }
            if !state.unopened.isEmpty || state.leftOut > 0 { Self.closeGap(before: session, kind, &state) }
            if case .message = kind { state.messages += 1 }
            state.events += 1
            RecordingLine.writeTime(state.lastTime, into: &state.pending)
            state.pending.append(contentsOf: line)
            state.pending.append(UInt8(ascii: "\n"))
        }
    }

    /// Whether the line may wait for the thread. Where a session begins and ends is left out last.
    private func hasRoom(for line: borrowing ByteWriter, _ kind: LineKind, _ state: borrowing State) -> Bool {
        let limit: Int
        switch kind {
        case .opening, .closing: limit = settings.queueBytes * 2
        case .message, .other: limit = settings.queueBytes
        }
        return state.pending.count == 0 || state.pending.count + line.count <= limit
    }

    private static func leaveOut(_ line: borrowing ByteWriter, _ session: Int, _ kind: LineKind, _ state: inout State) {
        state.leftOut += 1
        state.leftOutInAll += 1
        switch kind {
        case .opening: state.unopened[session] = line.array
        case .closing: state.unopened[session] = nil
        case .message, .other: break
        }
    }

    /// Writes what was left out, and the opening of a session that goes on behind it without one.
    private static func closeGap(before session: Int, _ kind: LineKind, _ state: inout State) {
        if state.leftOut > 0 {
            RecordingLine.writeTime(state.lastTime, into: &state.pending)
            RecordingLine.writeGap(
                RecordingGap(events: state.leftOut, reason: "the disk was slower than the events came"),
                into: &state.pending)
            state.pending.append(UInt8(ascii: "\n"))
            state.leftOut = 0
        }
        guard let opening = state.unopened.removeValue(forKey: session) else { return }
        RecordingLine.writeTime(state.lastTime, into: &state.pending)
        RecordingLine.writeContinuedOpening(opening, into: &state.pending)
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
            guard !state.isEnded, state.failure == nil else { return true }
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
            if state.failure == nil, !state.isEnded, settings.onFull == .wait, state.pending.count > settings.queueBytes
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
        return failure == nil && !state.withLock { $0.isEnded }
    }

    /// Writes every line so far, and tells who waits for it. Gives the failure, now or earlier.
    private func writeOut() -> RecordingError? {
        var waiting: [@Sendable (RecordingError?) -> Void] = []
        var watching: [@Sendable (RecordingError) -> Void] = []
        let failure = file.withLock { file -> RecordingError? in
            var time: Int64 = 0
            var events = 0
            let earlier = state.withLock { state in
                if state.failure == nil { swap(&state.pending, &file.writing) }
                waiting = state.waiting.take()
                for room in state.waitingForRoom.take() { room.signal() }
                time = state.lastTime
                events = state.events
                return state.failure
            }
            if let earlier { return earlier }
            guard let failure = write(&file, time) else {
                file.events = events
                return nil
            }
            watching = fail(failure, kept: file.events)
            // Who asked after this turn began would wait for ever.
            waiting += state.withLock { $0.waiting.take() }
            return failure
        }
        if let failure { for body in watching { body(failure) } }
        for done in waiting { done(settings.onFailure == .stop ? failure : nil) }
        return failure
    }

    private func write(_ file: inout FileState, _ time: Int64) -> RecordingError? {
        guard file.writing.count > 0 else { return nil }
        let failure = RecordingError.caught { () throws(RecordingError) in
            try file.file.checkFromOutside(at: time)
            try file.file.write(file.writing, toDisk: settings.durability == .disk)
        }
        file.writing.removeAll(keeping: 4 << 20)
        return failure
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
    /// - Parameter kept: how many lines the file has; nil: all.
    private func fail(_ error: RecordingError, kept: Int?) -> [@Sendable (RecordingError) -> Void] {
        state.withLock { state in
            state.failure = error
            state.lost = state.events - (kept ?? state.events)
            state.pending.removeAll()
            state.unopened = [:]
            for room in state.waitingForRoom.take() { room.signal() }
            return state.watching.take()
        }
    }

    // MARK: Ending

    /// Writes the end with its counts, as safely as the durability says, and closes the file. Nothing is taken after that.
    package func end() throws(RecordingError) {
        state.withLock { state in
            guard !state.isEnded, state.failure == nil else { return }
            state.lastTime = max(state.lastTime, clock() - start)
            if state.leftOut > 0 { Self.closeGap(before: 0, .other, &state) }
            RecordingLine.writeTime(state.lastTime, into: &state.pending)
            RecordingLine.writeEnd(sessions: state.sessions, messages: state.messages, into: &state.pending)
            state.isEnded = true
        }
        var failure = writeOut()
        thread.withLock { $0 }?.wake()
        if failure == nil {
            failure = file.withLock { file in
                RecordingError.caught { () throws(RecordingError) in
                    try file.file.checkFromOutside(at: nil)
                    try file.file.close()
                }
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

    /// Sessions and messages so far, and how many lines were left out for lack of room.
    package var counts: (sessions: Int, messages: Int, leftOut: Int) {
        state.withLock { ($0.sessions, $0.messages, $0.leftOutInAll) }
    }
}

extension RecordingError {
    /// The error that `body` throws.
    fileprivate static func caught(_ body: () throws(RecordingError) -> Void) -> RecordingError? {
        do throws(RecordingError) {
            try body()
            return nil
        } catch {
            return error
        }
    }
}

extension Array {
    /// Empties it, and gives what it held.
    fileprivate mutating func take() -> [Element] {
        defer { self = [] }
        return self
    }
}
