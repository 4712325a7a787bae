internal import Glibc

/// Why a path is not written to, in words for the person who named it.
enum FileRefusal {
    /// What an error number of making a file means.
    static func error(_ path: String, number: Int32) -> RecordingError {
        guard number == EEXIST || number == ELOOP else {
            return RecordingError(.cannotOpen, path, "cannot make this file: \(systemMessage(number))")
        }
        return RecordingError(
            .cannotOpen, path,
            kind(path) ?? "exists already, and nothing is overwritten: --append adds to it, --force replaces it")
    }

    /// What stands at a path that is neither a file nor nothing; nil for these.
    static func kind(_ path: String) -> String? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return nil
        case S_IFLNK: return "is a link, and none is followed: name the file itself"
        case S_IFDIR: return "is a folder, not a file"
        case S_IFIFO: return "is a pipe, not a file"
        default: return "is a device or a socket, not a file"
        }
    }

    static func inUse(_ path: String) -> RecordingError {
        RecordingError(.cannotOpen, path, "another program is writing this file: name another one")
    }
}
