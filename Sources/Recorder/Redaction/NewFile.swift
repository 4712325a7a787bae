internal import Glibc

/// A file that is made, its owner's alone, and written front to back. Unless it is finished it is taken away again.
final class NewFile {
    let path: String
    private var descriptor: Int32
    private var pending: [UInt8] = []
    private static let pieceBytes = 256 << 10

    /// Makes the file; one that exists is left alone and is an error.
    init(path: String) throws(RecordingError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            let number = errno
            throw RecordingError(
                .cannotOpen, path,
                number == EEXIST
                    ? "exists already, and nothing is overwritten: name another file or move this one away"
                    : "cannot make this file: \(systemMessage(number))")
        }
        fchmod(descriptor, 0o600)
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(path)
    }

    /// Appends a line and its LF.
    func append(line: some Sequence<UInt8>) throws(RecordingError) {
        pending += line
        pending.append(10)
        if pending.count >= Self.pieceBytes { try write() }
    }

    /// Hands all to the disk. The file stays, under another name if one is given, in whose place it comes at once.
    func finish(as name: String? = nil) throws(RecordingError) {
        try write()
        // Some file systems know no fsync.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure(errno) }
        let isClosed = close(descriptor) == 0
        let number = errno
        descriptor = -1
        guard isClosed, name.map({ rename(path, $0) == 0 }) ?? true else {
            let number = isClosed ? errno : number
            unlink(path)
            throw failure(number)
        }
    }

    private func write() throws(RecordingError) {
        var offset = 0
        while offset < pending.count {
            let count = pending.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + offset }, $0.count - offset)
            }
            if count > 0 {
                offset += count
            } else if count == 0 || errno != EINTR {
                throw failure(count == 0 ? ENOSPC : errno)
            }
        }
        pending.removeAll(keepingCapacity: true)
    }

    private func failure(_ number: Int32) -> RecordingError {
        RecordingError(.cannotWrite, path, "cannot write: \(systemMessage(number))")
    }
}
