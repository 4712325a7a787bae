internal import Glibc
internal import Recorder

/// What a process writes: a file without a name, which no reader has to keep up with as with a pipe.
///
/// It belongs to the owner alone and is gone with the last process that has it open.
final class OutputFile: Sendable {
    let descriptor: Int32

    init() throws(ServerProcessError) {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let path = "\(folder)/tapedeck-\(getpid())-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        // Appending: a program that cuts the file and writes on leaves no hole.
        let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_APPEND, 0o600)
        guard file >= 0 else {
            let cause = systemMessage(errno)
            throw ServerProcessError(.cannotStart, "cannot make a file for output in \(folder): \(cause)")
        }
        unlink(path)
        // Never one of the three that the process gets others for.
        descriptor = file > 2 ? file : fcntl(file, F_DUPFD_CLOEXEC, 3)
        if file <= 2 { close(file) }
    }

    deinit { close(descriptor) }

    /// How many bytes there are.
    var count: Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    /// The last bytes, at most so many, before an offset or the end.
    func tail(_ limit: Int, before end: Int = .max) -> [UInt8] {
        let end = min(self.count, end)
        let count = min(end, max(limit, 0))
        let start = end - count
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count, let base = buffer.baseAddress {
                let received = pread(descriptor, base + filled, count - filled, off_t(start + filled))
                if received > 0 { filled += received } else if received == 0 || errno != EINTR { break }
            }
        }
    }
}
