internal import Codecs
internal import Glibc

/// A recording that is written anew, front to back: beside its place, which it takes when it is whole and on the disk. Unless
/// it does, it goes away.
final class RewrittenFile {
    private let file: PrivateFile
    private let operations: FileOperations
    private let compression: ZstdCompression?
    private var text = ByteWriter(capacity: 1 << 20)
    private var packed = ByteWriter()
    /// Whether it has taken its place.
    private(set) var isInPlace = false

    /// Text that is written at once; of a compressed recording, what goes into one frame.
    private static let pieceBytes = 1 << 20

    /// - Parameter isPacked: it is to be compressed with Zstandard.
    init(
        _ target: String, isPacked: Bool, _ replacing: PrivateFile.Replacing, _ operations: FileOperations = .system
    ) throws(RecordingError) {
        compression = isPacked ? ZstdCompression() : nil
        if isPacked, compression == nil {
            throw RecordingError(.cannotOpen, target, "there is no memory to compress it")
        }
        self.operations = operations
        file = try PrivateFile(besides: target, replacing, operations)
    }

    deinit { if !isInPlace { file.remove() } }

    func append(_ bytes: UnsafeRawBufferPointer) throws(RecordingError) {
        text.append(bytes)
        if text.count >= Self.pieceBytes { try flush() }
    }

    func append(_ line: borrowing ByteWriter) throws(RecordingError) {
        text.append(contentsOf: line)
        if text.count >= Self.pieceBytes { try flush() }
    }

    func append(line: [UInt8]) throws(RecordingError) {
        text.append(line)
        try endLine()
    }

    func endLine() throws(RecordingError) {
        text.append(UInt8(ascii: "\n"))
        if text.count >= Self.pieceBytes { try flush() }
    }

    /// Writes the rest, and waits until the disk has all of it.
    func finish() throws(RecordingError) {
        try flush()
        let number = file.sync()
        // Some file systems know no such thing.
        guard number == 0 || number == EINVAL else { throw failure(number) }
        let closing = file.close()
        guard closing == 0 else { throw failure(closing) }
    }

    /// Takes the owner and the mode of a file, as far as that is allowed.
    func takeLook(of path: String) throws(RecordingError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure(errno) }
        _ = chown(file.path, status.st_uid, status.st_gid)
        guard chmod(file.path, status.st_mode & 0o7777) == 0 else { throw failure(errno) }
    }

    /// Takes its place; once it is finished.
    func takePlace() throws(RecordingError) {
        try file.takePlace()
        isInPlace = true
        // A name that was changed survives a power cut only once its folder is on the disk.
        let number = file.syncName()
        guard number == 0 else {
            throw RecordingError(
                .cannotWrite, file.path,
                "stands there, but may be gone after a power cut: its folder cannot be written to the disk: "
                    + systemMessage(number))
        }
    }

    private func flush() throws(RecordingError) {
        guard text.count > 0 else { return }
        defer { text.removeAll(keeping: 4 << 20) }
        guard let compression else { return try write(text) }
        packed.removeAll(keeping: 4 << 20)
        guard text.withUnsafeBytes({ compression.compress($0, isLast: true, into: &packed) }) else {
            throw failure(ENOMEM)
        }
        try write(packed)
    }

    private func write(_ bytes: borrowing ByteWriter) throws(RecordingError) {
        let number = bytes.withUnsafeBytes { file.write($0) }
        if number != 0 { throw failure(number) }
    }

    private func failure(_ number: Int32) -> RecordingError {
        RecordingError(.cannotWrite, file.target, "cannot write: \(systemMessage(number)); nothing was changed")
    }
}

@available(*, unavailable)
extension RewrittenFile: Sendable {}
