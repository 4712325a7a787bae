internal import CZstd
internal import Codecs
internal import Glibc

/// A repaired recording that is being written: beside its place, for its owner alone (0600), and on the disk before it takes the
/// place of anything.
final class RepairedFile {
    /// Where it will stand.
    private let target: String
    /// Where it stands until then.
    private let path: String
    private let descriptor: Int32
    private let context: OpaquePointer?
    private var text = ByteWriter(capacity: 1 << 20)
    private var packed: [UInt8]
    private var isClosed = false

    /// Text of a compressed recording that goes into one frame.
    private static let frameBytes = 1 << 20
    private static let maximumBackups = 100

    init(for target: String, isPacked: Bool) throws(RecordingError) {
        self.target = target
        path = "\(target).repair-\(getpid())"
        context = isPacked ? ZSTD_createCCtx() : nil
        packed = isPacked ? [UInt8](repeating: 0, count: 128 << 10) : []
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw RecordingError(.cannotOpen, path, "cannot make this file: \(systemMessage(errno))")
        }
        // The umask may only take rights away.
        fchmod(descriptor, 0o600)
        if let context { ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1) }
    }

    deinit {
        if !isClosed, descriptor >= 0 { close(descriptor) }
        if let context { ZSTD_freeCCtx(context) }
    }

    static func exists(_ path: String) -> RecordingError {
        RecordingError(
            .cannotOpen, path, "exists already, and nothing is overwritten: name another file, or give --force")
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(RecordingError) {
        text.append(bytes)
        if text.count >= Self.frameBytes { try flush() }
    }

    func append(_ line: borrowing ByteWriter) throws(RecordingError) {
        text.append(contentsOf: line)
        if text.count >= Self.frameBytes { try flush() }
    }

    func endLine() throws(RecordingError) {
        text.append(UInt8(ascii: "\n"))
        if text.count >= Self.frameBytes { try flush() }
    }

    /// Writes the rest, and waits until the disk has all of it.
    func finish() throws(RecordingError) {
        try flush()
        guard fsync(descriptor) == 0 else { throw failure(errno) }
        isClosed = true
        guard close(descriptor) == 0 else { throw failure(errno) }
    }

    /// Takes its place.
    func putInPlace(force: Bool) throws(RecordingError) {
        if force {
            guard rename(path, target) == 0 else { throw failure(errno) }
        } else if link(path, target) == 0 {
            unlink(path)
        } else {
            if errno == EEXIST { throw Self.exists(target) }
            // A file system without links: nothing stood there a moment ago.
            guard rename(path, target) == 0 else { throw failure(errno) }
        }
        syncFolder()
    }

    /// Gives it up.
    func discard() { unlink(path) }

    /// Keeps a file under another name beside it, and gives that.
    static func keep(_ path: String) throws(RecordingError) -> String {
        for number in 1...maximumBackups {
            let backup = number == 1 ? "\(path).bak" : "\(path).bak\(number)"
            if link(path, backup) == 0 { return backup }
            if errno == EEXIST { continue }
            guard access(backup, F_OK) != 0 else { continue }
            // A file system without links.
            guard rename(path, backup) == 0 else {
                throw RecordingError(.cannotWrite, backup, "cannot keep the recording here: \(systemMessage(errno))")
            }
            return backup
        }
        throw RecordingError(.cannotWrite, path, "has \(maximumBackups) backups (.bak) already: take some of them away")
    }

    // MARK: Writing

    private func flush() throws(RecordingError) {
        defer { text.removeAll(keeping: 4 << 20) }
        guard let context else { return try write(text) }
        var number: Int32 = 0
        var isDone = text.count == 0
        var offset = 0
        while !isDone, number == 0 {
            var (left, count) = (0, 0)
            text.withUnsafeBytes { text in
                packed.withUnsafeMutableBytes { packed in
                    var source = ZSTD_inBuffer(src: text.baseAddress, size: text.count, pos: offset)
                    var output = ZSTD_outBuffer(dst: packed.baseAddress, size: packed.count, pos: 0)
                    left = ZSTD_compressStream2(context, &output, &source, ZSTD_e_end)
                    (offset, count) = (source.pos, output.pos)
                    number = Self.writeAll(UnsafeRawBufferPointer(rebasing: packed[..<count]), to: descriptor)
                }
            }
            guard ZSTD_isError(left) == 0 else {
                throw RecordingError(.cannotWrite, path, "cannot compress: \(String(cString: ZSTD_getErrorName(left)))")
            }
            isDone = left == 0
        }
        if number != 0 { throw failure(number) }
    }

    private func write(_ bytes: borrowing ByteWriter) throws(RecordingError) {
        let number = bytes.withUnsafeBytes { Self.writeAll($0, to: descriptor) }
        if number != 0 { throw failure(number) }
    }

    /// The error number, 0 when all is written.
    private static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
        var offset = 0
        while offset < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
            if count > 0 {
                offset += count
            } else if count == 0 {
                return ENOSPC
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }

    private func failure(_ number: Int32) -> RecordingError {
        RecordingError(.cannotWrite, path, "cannot write: \(systemMessage(number)); the recording is as it was")
    }

    /// A name that was changed survives a power cut only once its folder is on the disk.
    private func syncFolder() {
        let folder = target.lastIndex(of: "/").map { String(target[...$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
