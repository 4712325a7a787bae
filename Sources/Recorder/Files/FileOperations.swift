internal import Glibc

/// What the writer of a file asks of the system, so that a test can have any of it fail.
///
/// A negative result is an error's number, as the kernel itself has it: `-ENOSPC`.
package struct FileOperations: Sendable {
    /// Makes a file that must not exist, its owner's alone, and locks it; gives a descriptor.
    package var make: @Sendable (_ path: String) -> Int32
    /// Writes some of the bytes, at least one; gives how many.
    package var write: @Sendable (_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int
    /// Waits until the disk has all that was written (`fdatasync`).
    package var sync: @Sendable (_ descriptor: Int32) -> Int32
    /// Waits until the disk has the names that stand in the folder of a path.
    package var syncFolder: @Sendable (_ path: String) -> Int32
    /// Cuts the file off behind that many bytes.
    package var cut: @Sendable (_ descriptor: Int32, _ length: Int) -> Int32
    /// How a file looks from outside; nil for what is no file.
    package var look: @Sendable (_ descriptor: Int32) -> Look?
    /// Closes the file.
    package var close: @Sendable (_ descriptor: Int32) -> Int32
    /// Gives a file another name, in place of what has that; or, where that is not allowed, only where nothing has it.
    package var move: @Sendable (_ path: String, _ newPath: String, _ replaces: Bool) -> Int32
    /// Gives a file a second name that nothing has.
    package var link: @Sendable (_ path: String, _ newPath: String) -> Int32
    /// Takes a name away.
    package var remove: @Sendable (_ path: String) -> Int32

    /// How a file looks from outside.
    package struct Look: Sendable, Hashable {
        /// How many names it has.
        package var names: Int
        package var bytes: Int

        package init(names: Int, bytes: Int) {
            self.names = names
            self.bytes = bytes
        }
    }

    /// The system's own.
    package static let system = FileOperations(
        make: { path in
            // O_EXCL refuses links, folders and pipes that stand there as well.
            // O_APPEND: what is written behind a cut stands at the end, not behind a hole.
            let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { return -errno }
            // The umask may only take rights away; the file is the owner's alone whatever it says.
            fchmod(descriptor, 0o600)
            // Nobody else can have it yet; a file system without locks does without.
            _ = flock(descriptor, LOCK_EX | LOCK_NB)
            return descriptor
        },
        write: { descriptor, bytes in
            while true {
                let written = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
                if written >= 0 { return written }
                if errno != EINTR { return Int(-errno) }
            }
        },
        sync: { fdatasync($0) == 0 ? 0 : -errno },
        syncFolder: { path in
            let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
            let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            // A folder that may be written to but not read cannot be asked for it.
            guard descriptor >= 0 else { return errno == EACCES ? 0 : -errno }
            defer { Glibc.close(descriptor) }
            return fsync(descriptor) == 0 || errno == EINVAL ? 0 : -errno
        },
        cut: { descriptor, length in
            while true {
                if ftruncate(descriptor, off_t(length)) == 0 { return 0 }
                if errno != EINTR { return -errno }
            }
        },
        look: { descriptor in
            var status = stat()
            guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
            return Look(names: Int(status.st_nlink), bytes: Int(status.st_size))
        },
        close: { descriptor in
            // A program that is being started at this moment has the descriptor too, and with it the lock.
            _ = flock(descriptor, LOCK_UN)
            return Glibc.close(descriptor) == 0 || errno == EINTR ? 0 : -errno
        },
        move: { path, newPath, replaces in
            if replaces { return rename(path, newPath) == 0 ? 0 : -errno }
            if Glibc.link(path, newPath) == 0 {
                unlink(path)
                return 0
            }
            if errno == EEXIST { return -EEXIST }
            // A file system without links.
            var status = stat()
            if lstat(newPath, &status) == 0 { return -EEXIST }
            return rename(path, newPath) == 0 ? 0 : -errno
        },
        link: { Glibc.link($0, $1) == 0 ? 0 : -errno },
        remove: { unlink($0) == 0 ? 0 : -errno })
}
