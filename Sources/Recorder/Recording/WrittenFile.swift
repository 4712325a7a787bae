internal import Codecs

/// The file of a recording: all that is done with it while it is written. It knows nothing of lines.
///
/// What is written together stands in it together or not at all, as far as the system lets that be. A name that ends in
/// `.zst` has it compressed. Confined to the lock of its writer.
final class WrittenFile {
    let file: PrivateFile
    /// When the file was last looked at from outside, in microseconds.
    private var lookedAt: Int64 = .min
    private let compression: ZstdCompression?
    private var compressed = ByteWriter()

    /// Makes the file. One that exists is left alone and is an error.
    convenience init(making path: String, _ operations: FileOperations) throws(RecordingError) {
        try self.init(PrivateFile(making: path, .recording, operations))
    }

    init(_ file: PrivateFile) throws(RecordingError) {
        self.file = file
        let isCompressed = file.target.hasSuffix(".zst")
        compression = isCompressed ? ZstdCompression() : nil
        if isCompressed, compression == nil {
            throw RecordingError(.cannotOpen, file.target, "there is no memory to compress it")
        }
    }

    /// Where it stands.
    var path: String { file.path }
    /// Bytes of the writes that succeeded.
    var length: Int { file.length }

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
        let number = file.write(bytes, toDisk: toDisk)
        if number != 0 { throw failed("cannot write: \(systemMessage(number))") }
    }

    /// Waits until the disk has the file's name.
    func syncName() throws(RecordingError) {
        let number = file.syncName()
        if number != 0 { throw failed("cannot write its folder to the disk: \(systemMessage(number))") }
    }

    /// Cuts off what is behind the first bytes.
    func cut(to newLength: Int) throws(RecordingError) {
        let number = file.cut(to: newLength)
        if number != 0 { throw failed("cannot be cut: \(systemMessage(number))") }
    }

    /// Writes what compression still holds, and closes it; once.
    func close(toDisk: Bool) throws(RecordingError) {
        guard file.descriptor >= 0 else { return }
        if let compression, compression.isInFrame {
            try write(UnsafeRawBufferPointer(start: nil, count: 0), compression, isLast: true, toDisk)
        }
        try release()
    }

    private func release() throws(RecordingError) {
        let number = file.close()
        if number != 0 { throw failed("cannot write: \(systemMessage(number))") }
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
        guard let look = file.look else { return }
        if look.names == 0 { throw failed("somebody deleted this file while it was written") }
        if look.bytes != length { throw failed("another program changed this file while it was written") }
    }

    // MARK: A while without a descriptor

    /// Gives its descriptor back for now.
    func pause() throws(RecordingError) { if file.descriptor >= 0 { try release() } }

    /// Gets a descriptor again, if it has none: that of the file which it was.
    func resume() throws(RecordingError) {
        let number = file.reopen()
        guard number == 0 else { throw failed("cannot be opened again: \(systemMessage(number))") }
        try checkFromOutside(at: nil)
    }

    private func failed(_ reason: String) -> RecordingError {
        RecordingError(.cannotWrite, path, "\(reason); the recording ends here")
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
