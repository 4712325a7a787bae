internal import Codecs
internal import Glibc

/// The file of a recording: all that is done with its descriptor. It knows nothing of lines.
///
/// What is written together stands in it together or not at all, as far as the system lets that be.
struct WrittenFile: ~Copyable {
    /// The file's path as it was given.
    let path: String
    private let operations: FileOperations
    /// Negative once it is closed.
    private var descriptor: Int32
    /// Bytes of the writes that succeeded. Where every write is to reach the disk, of those that did.
    private(set) var length = 0
    /// When the file was last looked at from outside, in microseconds of the recording.
    private var lookedAt: Int64 = 0

    /// Makes the file. One that exists is left alone and is an error.
    init(making path: String, _ operations: FileOperations) throws(RecordingError) {
        self.path = path
        self.operations = operations
        descriptor = operations.make(path)
        guard descriptor < 0 else { return }
        throw RecordingError(
            .cannotOpen, path,
            descriptor == -EEXIST
                ? "exists already, and nothing is overwritten: name another file or move this one away"
                : "cannot make this file: \(systemMessage(-descriptor))")
    }

    deinit { if descriptor >= 0 { _ = operations.close(descriptor) } }

    /// Writes all bytes behind those that are there, or none; with `toDisk` the disk has them when it returns.
    mutating func write(_ bytes: borrowing ByteWriter, toDisk: Bool) throws(RecordingError) {
        var number = bytes.withUnsafeBytes { writeAll($0) }
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

    /// Sees, at most once a second, whether somebody took the file away or changed it: what is written then would be lost.
    ///
    /// - Parameter time: microseconds of the recording; nil: look in any case.
    mutating func checkFromOutside(at time: Int64?) throws(RecordingError) {
        if let time {
            guard time - lookedAt >= 1_000_000 else { return }
            lookedAt = time
        }
        guard descriptor >= 0, let look = operations.look(descriptor) else { return }
        if look.names == 0 { throw failed("somebody deleted this file while it was written") }
        if look.bytes != length { throw failed("another program changed this file while it was written") }
    }

    /// Closes it, once.
    mutating func close() throws(RecordingError) {
        guard descriptor >= 0 else { return }
        // Some file systems tell only here that they could not keep what was written.
        let number = operations.close(descriptor)
        descriptor = -1
        if number < 0 { throw failed("cannot write: \(systemMessage(-number))") }
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
