internal import Glibc

/// A file that this program writes, for its owner alone whatever the umask says: every recording, capture, key log, repaired or
/// scrubbed file is one.
///
/// It is made where nothing stands; or beside its place, which it takes at once when it is whole. A result that is a number is
/// that of an error, 0 when all is well. Confined to the lock of who writes it.
final class PrivateFile {
    /// What stands at its place may give way to it.
    enum Replacing {
        case nothing(FileRefusal.Advice)
        case anything
        /// The same, and the lock of what stands there is held already.
        case locked
    }

    /// Where it stands.
    private(set) var path: String
    /// Where it will stand when it is whole.
    let target: String
    private let replacing: Replacing
    private let operations: FileOperations
    /// Negative while it is closed.
    private(set) var descriptor: Int32
    /// Bytes of the writes that succeeded. Where every write is to reach the disk, of those that did.
    private(set) var length = 0

    /// Other names that are tried beside a place, where a process of the same number left a file behind.
    private static let mostNames = 100

    /// Makes the file. What stands there is left alone and is an error.
    init(making path: String, _ advice: FileRefusal.Advice, _ operations: FileOperations) throws(RecordingError) {
        try FileRefusal.checkName(path)
        (self.path, target, replacing, self.operations) = (path, path, .nothing(advice), operations)
        descriptor = operations.make(path)
        guard descriptor >= 0 else { throw FileRefusal.error(path, number: -descriptor, advice) }
    }

    /// Makes the file beside its place. What cannot or may not give way to it is an error.
    init(besides target: String, _ replacing: Replacing, _ operations: FileOperations) throws(RecordingError) {
        try FileRefusal.checkName(target)
        switch replacing {
        case .nothing(let advice): try FileRefusal.checkFree(target, advice)
        case .anything: try FileRefusal.checkReplaceable(target)
        case .locked: break
        }
        (self.target, self.replacing, self.operations) = (target, replacing, operations)
        AbandonedFiles.clear(besides: target)
        (path, descriptor) = (target, -EEXIST)
        for number in 1...Self.mostNames where descriptor == -EEXIST {
            path = "\(target).\(getpid())\(number == 1 ? "" : "-\(number)").new"
            descriptor = operations.make(path)
        }
        guard descriptor >= 0 else {
            // Its own name says nothing to who named the place.
            throw RecordingError(.cannotOpen, target, "cannot make a file beside it: \(systemMessage(-descriptor))")
        }
    }

    /// Takes a descriptor of a file of that length.
    init(taking descriptor: Int32, _ path: String, length: Int, _ operations: FileOperations) {
        (self.path, target, replacing, self.operations) = (path, path, .nothing(.recording), operations)
        (self.descriptor, self.length) = (descriptor, length)
    }

    deinit { _ = close() }

    // MARK: Writing

    /// Writes all bytes behind those that are there, or none; with `toDisk` the disk has them when it returns.
    ///
    /// - Parameter whole: how many of the bytes that were written may stay where not all can be; none if it is not given.
    func write(
        _ bytes: UnsafeRawBufferPointer, toDisk: Bool = false,
        keeping whole: (UnsafeRawBufferPointer) -> Int = { _ in 0 }
    ) -> Int32 {
        var (offset, number) = (0, Int32(0))
        while offset < bytes.count, number == 0 {
            let written = operations.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[offset...]))
            if written > 0 { offset += written } else { number = written == 0 ? ENOSPC : Int32(clamping: -written) }
        }
        if number == 0, toDisk { number = sync() }
        guard number == 0 else {
            // Half a line may have been written, and answers that will never leave; without them the file is true.
            _ = cut(to: length + whole(UnsafeRawBufferPointer(rebasing: bytes[..<offset])))
            return number
        }
        length += offset
        return 0
    }

    /// Waits until the disk has all that was written.
    func sync() -> Int32 { -operations.sync(descriptor) }

    /// Waits until the disk has the file's name.
    func syncName() -> Int32 { -operations.syncFolder(path) }

    /// Cuts off what is behind the first bytes.
    func cut(to newLength: Int) -> Int32 {
        let number = -operations.cut(descriptor, newLength)
        if number == 0 { length = newLength }
        return number
    }

    /// Closes it, if it is open. Some file systems tell only here that they could not keep what was written.
    func close() -> Int32 {
        guard descriptor >= 0 else { return 0 }
        defer { descriptor = -1 }
        return -operations.close(descriptor)
    }

    // MARK: Its place

    /// Takes its place, if it stands beside it.
    func takePlace() throws(RecordingError) {
        guard path != target else { return }
        let isAllowed: Bool
        if case .nothing = replacing { isAllowed = false } else { isAllowed = true }
        let number = -operations.move(path, target, isAllowed)
        if number == EEXIST, case .nothing(let advice) = replacing {
            throw FileRefusal.error(target, number: number, advice)
        }
        guard number == 0 else {
            throw RecordingError(
                .cannotOpen, target, "cannot \(isAllowed ? "be replaced" : "be made"): \(systemMessage(number))")
        }
        path = target
    }

    /// Takes it away from where it stands.
    func remove() { _ = operations.remove(path) }

    // MARK: From outside

    /// How it looks from outside; nil for what is no file, or closed.
    var look: FileOperations.Look? { descriptor >= 0 ? operations.look(descriptor) : nil }

    /// Whether this very file stands at its path.
    var standsAtItsPath: Bool {
        var here = stat()
        var there = stat()
        return fstat(descriptor, &here) == 0 && lstat(path, &there) == 0
            && here.st_dev == there.st_dev && here.st_ino == there.st_ino
    }

    /// Opens it again where it was closed; gives an error's number.
    func reopen() -> Int32 {
        guard descriptor < 0 else { return 0 }
        descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        return descriptor >= 0 ? 0 : errno
    }
}

@available(*, unavailable)
extension PrivateFile: Sendable {}
