internal import Glibc

/// A recording that goes on in a file that was there before.
struct ContinuedRecording {
    /// The highest number of a session in it.
    var sessions = 0
    /// Bytes of a last line without its LF, which were cut off.
    var cutBytes = 0
}

extension WrittenFile {
    /// Opens a recording to go on in it, locked against other writers. A torn last line is cut off.
    ///
    /// A compressed recording gets frames of its own. One that is cut inside a frame is first written anew, since what can be
    /// unpacked of that frame belongs to the recording.
    static func appending(
        to path: String, _ operations: FileOperations
    ) throws(RecordingError) -> (WrittenFile, ContinuedRecording) {
        let descriptor = try openExisting(path, O_RDWR | O_APPEND)
        let length = Int(lseek(descriptor, 0, SEEK_END))
        let file = try WrittenFile(PrivateFile(taking: descriptor, path, length: length, operations))
        guard length > 0 else { return (file, ContinuedRecording()) }
        let isPacked = try RecordingFile(path: path).isPacked()
        guard isPacked == path.hasSuffix(".zst") else {
            throw RecordingError(
                .cannotOpen, path,
                isPacked
                    ? "is compressed, and its name does not end in .zst: rename it, or name another file"
                    : "is not compressed, but its name ends in .zst: rename it, or name another file")
        }
        let (sessions, isTorn) = try contents(path)
        var continued = ContinuedRecording(sessions: sessions)
        if isPacked {
            guard isTorn else { return (file, continued) }
            continued.cutBytes = try rewriteTorn(path, operations)
            let rewritten = try openExisting(path, O_RDWR | O_APPEND)
            let length = Int(lseek(rewritten, 0, SEEK_END))
            return (try WrittenFile(PrivateFile(taking: rewritten, path, length: length, operations)), continued)
        }
        let end = try endOfLines(path, descriptor, length)
        continued.cutBytes = length - end
        if continued.cutBytes > 0 { try file.cut(to: end) }
        return (file, continued)
    }

    /// Takes an empty file that stands at a path, or makes one.
    static func takingEmpty(_ path: String, _ operations: FileOperations) throws(RecordingError) -> WrittenFile {
        var status = stat()
        guard lstat(path, &status) == 0 else { return try WrittenFile(making: path, operations) }
        let descriptor = try openExisting(path, O_WRONLY)
        guard fstat(descriptor, &status) == 0, status.st_size == 0 else {
            Glibc.close(descriptor)
            throw RecordingError(.cannotOpen, path, "another file stands there that is not empty")
        }
        fchmod(descriptor, 0o600)
        return try WrittenFile(PrivateFile(taking: descriptor, path, length: 0, operations))
    }

    private static func openExisting(_ path: String, _ mode: Int32) throws(RecordingError) -> Int32 {
        if let kind = FileRefusal.kind(path) { throw RecordingError(.cannotOpen, path, kind) }
        // O_NONBLOCK: a pipe that was put there meanwhile must not hang us.
        let descriptor = open(path, mode | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            throw RecordingError(.cannotOpen, path, "cannot open: \(systemMessage(errno))")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            Glibc.close(descriptor)
            throw RecordingError(.cannotOpen, path, "is not a file")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
            Glibc.close(descriptor)
            throw FileRefusal.inUse(path)
        }
        return descriptor
    }

    /// Writes a compressed recording anew that is cut inside a frame: its whole lines, in whole frames. The file takes its
    /// place when it is whole. Gives the bytes of the torn last line.
    private static func rewriteTorn(_ path: String, _ operations: FileOperations) throws(RecordingError) -> Int {
        let file = try RewrittenFile(path, isPacked: true, .locked, operations)
        let lines = LineReader(try RecordingFile.bytes(of: path), maximumLineBytes: RecordingReader.maximumLineBytes)
        var (number, cutBytes, isAtEnd) = (0, 0, false)
        while !isAtEnd {
            number += 1
            switch try lines.next() {
            case .whole(let text):
                try file.append(text)
                try file.endLine()
            case .torn(let rest): (cutBytes, isAtEnd) = (rest.count, true)
            case .end: isAtEnd = true
            case .tooLong, .damaged:
                throw RecordingError(
                    .damagedLine, path, line: number,
                    "damaged, so that nothing is added behind it: tapedeck check --repair mends it")
            }
        }
        try file.finish()
        try file.takePlace()
        return cutBytes
    }

    /// The highest number of a session in a recording, and whether it is cut off; fails where it is none.
    private static func contents(_ path: String) throws(RecordingError) -> (lastSession: Int, isTorn: Bool) {
        let reader = try RecordingReader(path: path)
        var last = 0
        while true {
            do throws(RecordingError) {
                guard let event = try reader.next() else { break }
                last = max(last, event.session)
            } catch {
                // A damaged line keeps nobody from adding others; without a header nobody could read them.
                guard error.code == .damagedLine, error.line > 1 else { throw error }
            }
        }
        guard last < 1 << 52 else {
            throw RecordingError(.cannotOpen, path, "its session numbers leave no room for more: name another file")
        }
        return (last, reader.tornLine != nil)
    }

    /// The number of bytes up to and with the last LF.
    private static func endOfLines(
        _ path: String, _ descriptor: Int32, _ length: Int
    ) throws(RecordingError) -> Int {
        var end = length
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while end > 0 {
            let start = max(end - chunk.count, 0)
            let count = pread(descriptor, &chunk, end - start, off_t(start))
            guard count == end - start else {
                throw RecordingError(.cannotRead, path, "cannot read: \(systemMessage(errno))")
            }
            if let found = chunk[..<count].lastIndex(of: UInt8(ascii: "\n")) { return start + found + 1 }
            end = start
        }
        return 0
    }
}
