internal import Glibc

/// Why a path is not written to, in words for the person who named it.
enum FileRefusal {
    /// What may be done where a file stands already, in the words of the command that makes it.
    struct Advice {
        let text: String

        static let recording = Advice(text: "--append adds to it, --force replaces it")
        static let output = Advice(text: "name another file, or give --force")
        static let other = Advice(text: "name another file or move this one away")
    }

    /// What an error number of making a file means.
    static func error(_ path: String, number: Int32, _ advice: Advice) -> RecordingError {
        guard number == EEXIST || number == ELOOP else {
            return RecordingError(.cannotOpen, path, "cannot make this file: \(systemMessage(number))")
        }
        return RecordingError(
            .cannotOpen, path, kind(path) ?? "exists already, and nothing is overwritten: \(advice.text)")
    }

    /// Refuses what can be no file's name.
    static func checkName(_ path: String) throws(RecordingError) {
        if path.isEmpty { throw RecordingError(.cannotOpen, path, "the name of the file is empty") }
        if path.hasSuffix("/") { throw RecordingError(.cannotOpen, path, "is the name of a folder, not of a file") }
    }

    /// Refuses a path where anything stands.
    static func checkFree(_ path: String, _ advice: Advice) throws(RecordingError) {
        var status = stat()
        if lstat(path, &status) == 0 { throw error(path, number: EEXIST, advice) }
    }

    /// Refuses to replace what is no file, and a file that a running tapedeck writes.
    static func checkReplaceable(_ path: String) throws(RecordingError) {
        if let kind = kind(path) { throw RecordingError(.cannotOpen, path, kind) }
        // Its lock tells whether somebody writes it. It may be one that only its folder lets us replace.
        let old = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        defer { if old >= 0 { close(old) } }
        if old >= 0, flock(old, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK { throw inUse(path) }
    }

    /// What stands at a path that is neither a file nor nothing; nil for these.
    static func kind(_ path: String) -> String? {
        var status = stat()
        return lstat(path, &status) == 0 ? kind(status) : nil
    }

    /// What something is that is no file; nil for a file.
    static func kind(_ status: stat) -> String? {
        switch status.st_mode & S_IFMT {
        case S_IFREG: return nil
        case S_IFLNK: return "is a link, and none is followed: name the file itself"
        case S_IFDIR: return "is a folder, not a file"
        case S_IFIFO: return "is a pipe (fifo), not a file"
        case S_IFSOCK: return "is a socket, not a file"
        default: return "is a device, not a file"
        }
    }

    static func inUse(_ path: String) -> RecordingError {
        RecordingError(.cannotOpen, path, "another program is writing this file: name another one")
    }
}
