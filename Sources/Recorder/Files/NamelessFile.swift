internal import Glibc

/// A file that has no name, so that it is gone with the process, however that ends.
///
/// What is written through its operations is read at its path.
package final class NamelessFile {
    let descriptor: Int32

    /// Makes it where temporary files are kept.
    package init() throws(RecordingError) {
        let folder = getenv("TMPDIR").flatMap { $0.pointee == 0 ? nil : String(cString: $0) } ?? "/tmp"
        var descriptor = open(folder, O_RDWR | Self.hasNoName | O_CLOEXEC, 0o600)
        if descriptor < 0, errno == EOPNOTSUPP || errno == EISDIR {
            // Not every file system has files without a name.
            var template = Array("\(folder)/tapedeck-XXXXXX".utf8CString)
            descriptor = mkstemp(&template)
            if descriptor >= 0 {
                unlink(template)
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            }
        }
        guard descriptor >= 0 else {
            throw RecordingError(
                .cannotOpen, folder,
                "cannot make a temporary file there: \(systemMessage(errno)); TMPDIR names another folder")
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// O_TMPFILE of Linux on this machine, which the C library's headers make of two others.
    private static let hasNoName: Int32 = 0o20_000_000 | O_DIRECTORY

    /// Where it is read.
    package var path: String { "/proc/self/fd/\(descriptor)" }

    /// Adds bytes to it.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(RecordingError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw RecordingError(.cannotWrite, path, "cannot write a temporary file: \(systemMessage(errno))")
            }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    /// What writes to it in the place of a file that would be made.
    package var operations: FileOperations {
        var operations = FileOperations.system
        let descriptor = descriptor
        operations.make = { _ in
            let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
            return copy >= 0 ? copy : -errno
        }
        // Nobody can take it away.
        operations.look = { _ in nil }
        operations.remove = { _ in 0 }
        return operations
    }
}
