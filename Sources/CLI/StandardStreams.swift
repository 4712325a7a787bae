import Codecs
internal import Glibc
import Recorder

/// Standard input and output as bytes, for commands that stand in a shell's pipe.
enum StandardStreams {
    /// Opens those of the three that the program was started without on /dev/null: a file or a socket that got the number of
    /// one would be read as input, or written to as output.
    static func openMissing() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
        where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
            let opened = open("/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY)
            guard opened >= 0, opened != descriptor else { continue }
            // Something else was opened and closed meanwhile.
            dup2(opened, descriptor)
            close(opened)
        }
    }

    /// Appends what one `read(2)` of stdin gives, up to 64 KiB, as soon as there is anything. False at its end.
    static func read(into bytes: inout [UInt8]) throws(StreamError) -> Bool {
        try read(STDIN_FILENO, "stdin", into: &bytes)
    }

    /// Writes bytes to stdout. False when nobody reads it any more.
    static func write(_ bytes: RawSpan) throws(StreamError) -> Bool {
        let number = bytes.withUnsafeBytes { writeAll($0, to: STDOUT_FILENO) }
        if number == 0 { return true }
        if number == EPIPE { return false }
        throw StreamError(description: "cannot write to stdout: \(systemMessage(number))")
    }

    /// The bytes of a file, or of stdin for `-`; more than `limit` are an error.
    static func contents(of path: String, limit: Int) throws(StreamError) -> [UInt8] {
        var descriptor = STDIN_FILENO
        if path != "-" {
            descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
            guard descriptor >= 0 else {
                throw StreamError(description: "\(path): cannot open: \(systemMessage(errno))")
            }
            var status = stat()
            if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                close(descriptor)
                throw StreamError(description: "\(path.isEmpty ? "\"\"" : path): is a folder, not a file")
            }
        }
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        var bytes: [UInt8] = []
        while try read(descriptor, path == "-" ? "stdin" : path, into: &bytes) {
            guard bytes.count <= limit else {
                throw StreamError(description: "\(path): is longer than \(limit) bytes, which is the most that is read")
            }
        }
        return bytes
    }

    /// The first bytes of a file, for a look at what it is; none where it is no plain file, which can be read once only.
    static func front(of path: String, count: Int = 64) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, found in
            found = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
        }
    }

    private static func read(_ descriptor: Int32, _ name: String, into bytes: inout [UInt8]) throws(StreamError) -> Bool
    {
        while true {
            var error: Int32 = 0
            let start = bytes.count
            let count = withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { buffer in
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0 { error = errno } else { bytes.append(contentsOf: buffer[..<count]) }
                return count
            }
            if count >= 0 { return bytes.count > start }
            if error == EAGAIN {
                var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                _ = poll(&ready, 1, -1)
            } else if error != EINTR {
                throw StreamError(description: "\(name): cannot read: \(systemMessage(error))")
            }
        }
    }

    /// The error number, 0 when all is written.
    static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
        var count = 0
        return writeAll(bytes, to: descriptor, counting: &count)
    }

    /// The same; `written` grows by how many bytes were.
    static func writeAll(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, counting written: inout Int
    ) -> Int32 {
        var offset = 0
        defer { written += offset }
        while offset < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
            if count > 0 {
                offset += count
            } else if errno == EAGAIN {
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&ready, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }
}

/// Why a standard stream or a file does not read or write.
struct StreamError: Error, CustomStringConvertible {
    let description: String
}
