internal import Glibc

/// The lock that says who writes a recording: `flock(2)`, advisory, on the file itself.
///
/// Whoever records holds it as long as the file is open; the kernel gives it up with the process.
package final class RecordingLock {
    private let file: RecordingFile

    /// Takes the lock; fails at once where a running tapedeck holds it. It is held as long as this lives.
    package init(path: String) throws(RecordingError) {
        file = try RecordingFile(path: path)
        guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw RecordingError(
                .cannotOpen, path,
                errno == EWOULDBLOCK
                    ? "is being written by a running tapedeck: end that first"
                    : "cannot lock it: \(systemMessage(errno))")
        }
    }

    // A program that is being started at this moment has the descriptor too, and with it the lock.
    deinit { flock(file.descriptor, LOCK_UN) }

    /// What changes when another program writes the file: how long it is, and when it was written last.
    struct Stamp: Equatable {
        var length: Int
        /// The time, as the kernel's bytes: which of the C modules its fields are seen through is chance.
        var written: [UInt8]
    }

    func stamp(_ path: String) throws(RecordingError) -> Stamp {
        var status = stat()
        guard fstat(file.descriptor, &status) == 0 else {
            throw RecordingError(.cannotRead, path, "cannot read: \(systemMessage(errno))")
        }
        return Stamp(length: Int(status.st_size), written: withUnsafeBytes(of: status.st_mtim) { Array($0) })
    }

    /// Whether somebody holds it.
    static func isHeld(_ file: RecordingFile) -> Bool {
        guard flock(file.descriptor, LOCK_SH | LOCK_NB) == 0 else { return errno == EWOULDBLOCK }
        flock(file.descriptor, LOCK_UN)
        return false
    }
}
