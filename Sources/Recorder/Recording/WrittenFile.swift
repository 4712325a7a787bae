internal import Codecs
internal import Glibc

/// The file of a recording: all that is done with its descriptor. It knows nothing of lines.
///
/// What is written together stands in it together or not at all, as far as the system lets that be. A name that ends in
/// `.zst` has it compressed. Confined to the lock of its writer.
final class WrittenFile {
    /// The file's path as it was given.
    private(set) var path: String
    private let operations: FileOperations
    /// Negative while it is closed.
    private var descriptor: Int32
    /// Bytes of the writes that succeeded. Where every write is to reach the disk, of those that did.
    private(set) var length: Int
    /// When the file was last looked at from outside, in microseconds.
    private var lookedAt: Int64 = .min
    private let compression: ZstdCompression?
    private var compressed = ByteWriter()

    /// Makes the file. One that exists is left alone and is an error.
    convenience init(making path: String, _ operations: FileOperations) throws(RecordingError) {
        let descriptor = operations.make(path)
        guard descriptor >= 0 else { throw FileRefusal.error(path, number: -descriptor) }
        try self.init(path: path, descriptor, length: 0, operations)
    }

    /// Takes a descriptor of a file of that length, and closes it should this fail.
    init(path: String, _ descriptor: Int32, length: Int, _ operations: FileOperations) throws(RecordingError) {
        self.path = path
        self.operations = operations
        self.descriptor = descriptor
        self.length = length
        compression = path.hasSuffix(".zst") ? ZstdCompression() : nil
        if path.hasSuffix(".zst"), compression == nil {
            throw RecordingError(.cannotOpen, path, "there is no memory to compress it")
        }
    }

    deinit { if descriptor >= 0 { _ = operations.close(descriptor) } }

    // MARK: Writing

    /// Writes all bytes behind those that are there, or none; with `toDisk` the disk has them when it returns.
    func write(_ bytes: UnsafeRawBufferPointer, toDisk: Bool) throws(RecordingError) {
        guard let compression else { return try writePlain(bytes, toDisk) }
        try write(bytes, compression, isLast: false, toDisk)
    }

    private func write(
        _ bytes: UnsafeRawBufferPointer, _ compression: ZstdCompression, isLast: Bool, _ toDisk: Bool
    ) throws(RecordingError) {
        compressed.removeAll()
        guard compression.compress(bytes, isLast: isLast, into: &compressed) else {
            throw failed("cannot be compressed: there is no memory for it")
        }
        let result = compressed.withUnsafeBytes { bytes in
            RecordingError.caught { () throws(RecordingError) in try writePlain(bytes, toDisk) }
        }
        if let result { throw result }
    }

    private func writePlain(_ bytes: UnsafeRawBufferPointer, _ toDisk: Bool) throws(RecordingError) {
        var number = writeAll(bytes)
        if number == 0, toDisk { number = -operations.sync(descriptor) }
        guard number == 0 else {
            // Half a line may have been written, and answers that will never leave; without them the file is true.
            _ = operations.cut(descriptor, length)
            throw failed("cannot write: \(systemMessage(number))")
        }
        length += bytes.count
    }

    /// Waits until the disk has the file's name.
    func syncName() throws(RecordingError) {
        let number = operations.syncFolder(path)
        if number < 0 { throw failed("cannot write its folder to the disk: \(systemMessage(-number))") }
    }

    /// Gives it another name, in place of what has that.
    func rename(to newPath: String) throws(RecordingError) {
        guard Glibc.rename(path, newPath) == 0 else {
            throw RecordingError(.cannotOpen, newPath, "cannot be replaced: \(systemMessage(errno))")
        }
        path = newPath
    }

    /// Cuts off what is behind the first bytes.
    func cut(to newLength: Int) throws(RecordingError) {
        let number = operations.cut(descriptor, newLength)
        if number < 0 { throw failed("cannot be cut: \(systemMessage(-number))") }
        length = newLength
    }

    /// Writes what compression still holds, and closes it; once.
    func close(toDisk: Bool) throws(RecordingError) {
        guard descriptor >= 0 else { return }
        if let compression, compression.isInFrame {
            try write(UnsafeRawBufferPointer(start: nil, count: 0), compression, isLast: true, toDisk)
        }
        try release()
    }

    private func release() throws(RecordingError) {
        // Some file systems tell only here that they could not keep what was written.
        let number = operations.close(descriptor)
        descriptor = -1
        if number < 0 { throw failed("cannot write: \(systemMessage(-number))") }
    }

    // MARK: From outside

    /// Sees, at most once a second, whether somebody took the file away or changed it: what is written then would be lost.
    ///
    /// - Parameter time: microseconds; nil: look in any case.
    func checkFromOutside(at time: Int64?) throws(RecordingError) {
        if let time {
            if lookedAt == .min { lookedAt = time }
            guard time - lookedAt >= 1_000_000 else { return }
            lookedAt = time
        }
        guard descriptor >= 0, let look = operations.look(descriptor) else { return }
        if look.names == 0 { throw failed("somebody deleted this file while it was written") }
        if look.bytes != length { throw failed("another program changed this file while it was written") }
    }

    /// Whether this very file stands at its path.
    var standsAtItsPath: Bool {
        var here = stat()
        var there = stat()
        return fstat(descriptor, &here) == 0 && lstat(path, &there) == 0
            && here.st_dev == there.st_dev && here.st_ino == there.st_ino
    }

    // MARK: A while without a descriptor

    /// Gives its descriptor back for now.
    func pause() throws(RecordingError) { if descriptor >= 0 { try release() } }

    /// Gets a descriptor again, if it has none: that of the file which it was.
    func resume() throws(RecordingError) {
        guard descriptor < 0 else { return }
        descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw failed("cannot be opened again: \(systemMessage(errno))") }
        try checkFromOutside(at: nil)
    }

    private func failed(_ reason: String) -> RecordingError {
        RecordingError(.cannotWrite, path, "\(reason); the recording ends here")
    }

    /// Writes all bytes; gives 0 or the error's number.
    private func writeAll(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        var offset = 0
        while offset < bytes.count {
            let written = operations.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[offset...]))
            if written < 0 { return Int32(clamping: -written) }
            if written == 0 { return ENOSPC }
            offset += written
        }
        return 0
    }
}

@available(*, unavailable)
extension WrittenFile: Sendable {}

extension RecordingError {
    /// The error that `body` throws.
    static func caught(_ body: () throws(RecordingError) -> Void) -> RecordingError? {
        do throws(RecordingError) {
            try body()
            return nil
        } catch {
            return error
        }
    }
}
