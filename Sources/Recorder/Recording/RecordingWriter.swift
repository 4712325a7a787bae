package import Codecs
internal import Glibc
import Synchronization

/// A recording that is being written: one file, one order of events over all sessions and event loops.
///
/// `append` gives an event its place and time and keeps the line in memory; `commit` hands all lines so far to the kernel
/// in one `write(2)`. Event loops append as things happen and commit once a turn, before any answer of that turn leaves:
/// killing the process then loses nothing that a client saw answered.
///
/// The first write that fails ends the recording: the file is cut back to what earlier commits wrote, which ends with a
/// whole line; later lines are not taken, and `commit` and `end` throw from then on.
package final class RecordingWriter: Sendable {
    /// The file's path as it was given.
    package let path: String
    private let descriptor: Int32
    private let clock: @Sendable () -> Int64
    private let start: Int64
    private let state: Mutex<State>
    private let file: Mutex<FileState>

    /// Lines that have their place but are not written yet.
    private struct State: ~Copyable {
        var pending = ByteWriter(capacity: 64 << 10)
        var lastTime: Int64 = 0
        var sessions = 0
        var messages = 0
        var isEnded = false
        var failure: RecordingError?
    }

    /// What is being written; locked before `State` is.
    private struct FileState: ~Copyable {
        var writing = ByteWriter(capacity: 64 << 10)
        var length: off_t = 0
        var isClosed = false
    }

    /// Makes the file and writes the header. A file that exists is left alone and is an error.
    ///
    /// - Parameter clock: microseconds from any point on; the time of the header is second 0.
    package init(
        path: String, header: RecordingHeader, clock: @escaping @Sendable () -> Int64 = RecordingClock.monotonic
    ) throws(RecordingError) {
        self.path = path
        self.clock = clock
        // O_EXCL refuses links, folders and pipes that stand there as well.
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            let number = errno
            throw RecordingError(
                .cannotOpen, path,
                number == EEXIST
                    ? "exists already, and nothing is overwritten: name another file or move this one away"
                    : "cannot make this file: \(systemMessage(number))")
        }
        // The umask may only take rights away; the file is the owner's alone whatever it says.
        fchmod(descriptor, 0o600)
        start = clock()
        state = Mutex(State())
        file = Mutex(FileState())
        state.withLock { RecordingLine.writeHeader(header, into: &$0.pending) }
        do throws(RecordingError) {
            try commit()
        } catch {
            // An empty file would only be in the way of the next try.
            unlink(path)
            throw error
        }
    }

    deinit {
        file.withLock { if !$0.isClosed { close(descriptor) } }
    }

    /// The number of a new session.
    package func nextSession() -> Int {
        state.withLock {
            $0.sessions += 1
            return $0.sessions
        }
    }

    /// Gives an event its place and its time. `line` is the event's JSON without its opening brace and its time:
    /// `"s":1,"eof":"client"}`.
    package func append(_ line: borrowing ByteWriter, isMessage: Bool) {
        state.withLock { state in
            guard !state.isEnded, state.failure == nil else { return }
            state.lastTime = max(state.lastTime, clock() - start)
            if isMessage { state.messages += 1 }
            RecordingLine.writeTime(state.lastTime, into: &state.pending)
            state.pending.append(contentsOf: line)
            state.pending.append(UInt8(ascii: "\n"))
        }
    }

    /// Hands every line so far to the kernel; returns when it has them, also where another thread was writing them.
    package func commit() throws(RecordingError) {
        let failure: RecordingError? = file.withLock { file in
            let earlier: RecordingError? = state.withLock { state in
                if state.failure == nil { swap(&state.pending, &file.writing) }
                return state.failure
            }
            if let earlier { return earlier }
            guard file.writing.count > 0 else { return nil }
            let number = file.writing.withUnsafeBytes { writeAll($0) }
            if number == 0 {
                file.length += off_t(file.writing.count)
                file.writing.removeAll(keeping: 4 << 20)
                return nil
            }
            // Half a line may have been written, and answers that will never leave; without them the file is true.
            ftruncate(descriptor, file.length)
            file.writing.removeAll()
            return fail(number)
        }
        if let failure { throw failure }
    }

    /// Takes no more lines; gives the error that every later call throws.
    private func fail(_ number: Int32) -> RecordingError {
        let error = RecordingError(
            .cannotWrite, path, "cannot write: \(systemMessage(number)); the recording ends here")
        state.withLock { state in
            state.failure = error
            state.pending.removeAll()
        }
        return error
    }

    /// Writes the end with its counts, hands all to the kernel and closes the file. Nothing is taken after that.
    package func end() throws(RecordingError) {
        state.withLock { state in
            guard !state.isEnded, state.failure == nil else { return }
            state.lastTime = max(state.lastTime, clock() - start)
            RecordingLine.writeTime(state.lastTime, into: &state.pending)
            RecordingLine.writeEnd(sessions: state.sessions, messages: state.messages, into: &state.pending)
            state.isEnded = true
        }
        let failure: RecordingError?
        do throws(RecordingError) {
            try commit()
            failure = nil
        } catch {
            failure = error
        }
        let number: Int32 = file.withLock { file in
            guard !file.isClosed else { return 0 }
            file.isClosed = true
            // Some file systems tell only here that they could not keep what was written.
            return close(descriptor) == 0 || errno == EINTR ? 0 : errno
        }
        if let failure { throw failure }
        if number != 0 { throw fail(number) }
    }

    /// Sessions and messages so far.
    package var counts: (sessions: Int, messages: Int) { state.withLock { ($0.sessions, $0.messages) } }

    /// Writes all bytes; gives 0 or the error's number.
    private func writeAll(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        var offset = 0
        while offset < bytes.count {
            let written = write(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
            if written > 0 {
                offset += written
            } else if written == 0 {
                return ENOSPC
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }
}

/// The clocks of a recording.
package enum RecordingClock {
    /// Microseconds of the machine's monotonic clock.
    package static let monotonic: @Sendable () -> Int64 = {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000
    }

    /// The present time in UTC as a header has it: `2026-11-22T10:00:00.000000Z`.
    package static func timestamp() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        gmtime_r(&now.tv_sec, &parts)
        func padded(_ number: some BinaryInteger, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(width - digits.count, 0)) + digits
        }
        let date = "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
        let time = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
        return "\(date)T\(time).\(padded(now.tv_nsec / 1_000, 6))Z"
    }
}
