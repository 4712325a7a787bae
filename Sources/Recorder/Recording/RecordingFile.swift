internal import Glibc

/// The bytes of a file.
final class RecordingFile: RecordingBytes {
    let path: String
    /// Negative while it is closed.
    private(set) var descriptor: Int32
    /// Where is read next.
    private var offset = 0
    /// What it is known by while it is read as it grows; nil where nobody waits for more.
    private var watch: FileWatch?
    /// It was seen to begin otherwise than it did.
    private var isRewritten = false

    /// Opens the file, which must be one: no folder, pipe or device.
    init(path: String) throws(RecordingError) {
        self.path = path
        // O_NONBLOCK: a pipe that nobody writes to must not hang us.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        let number = errno
        guard descriptor >= 0 else {
            // A socket cannot be opened at all.
            let reason = number == ENXIO ? FileRefusal.kind(path) : nil
            throw RecordingError(.cannotOpen, path, reason ?? "cannot open: \(systemMessage(number))")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw RecordingError(.cannotOpen, path, FileRefusal.kind(status) ?? "is not a file")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Opens a recording: what is packed with Zstandard is unpacked as it is read.
    static func bytes(of path: String) throws(RecordingError) -> any RecordingBytes {
        try RecordingFile(path: path).bytes()
    }

    /// What the recording is read from: the file as it is, or unpacked.
    func bytes() throws(RecordingError) -> any RecordingBytes { try isPacked() ? ZstandardBytes(self) : self }

    /// Whether Zstandard packed it: told by its first bytes, or by its name where those are damaged or cut off.
    func isPacked() throws(RecordingError) -> Bool {
        var front: [UInt8] = [0, 0, 0, 0]
        let count = pread(descriptor, &front, front.count, 0)
        guard count >= 0 else { throw RecordingError(.cannotRead, path, "cannot read: \(systemMessage(errno))") }
        if count == 4, ZstandardBytes.isStartOfFrame(front) { return true }
        return path.hasSuffix(".zst") && count > 0 && front[0] != UInt8(ascii: "{") && front[0] != 0xEF
    }

    /// How long the file is at present.
    var length: Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    /// What became of the file since it was opened.
    var fate: RecordingFate {
        var here = stat()
        var there = stat()
        let isThere = stat(path, &there) == 0
        if descriptor < 0 {
            // Closed, it is looked at where it stood; what has another name by now is not cut.
            guard isThere else { return .gone }
            guard watch?.identity == FileIdentity(there) else { return .replaced }
            here = there
        } else if fstat(descriptor, &here) != 0 {
            return .cut
        }
        guard Int(here.st_size) >= offset else { return .cut }
        if isRewritten || watch?.isRewritten(here, descriptor) ?? false { return .rewritten }
        guard isThere else { return .gone }
        return FileIdentity(here) == FileIdentity(there) ? .stands : .replaced
    }

    // MARK: Growing

    /// Takes note of what the file looks like, to know it again when more is read.
    func beginWatch() { watch = FileWatch(descriptor) }

    /// Closes it until there is more to read of it.
    func rest() {
        guard descriptor >= 0, watch != nil else { return }
        close(descriptor)
        descriptor = -1
    }

    /// Opens it again if there is more, whatever it is called by now; false where there is not.
    private func wake() -> Bool {
        guard let watch else { return false }
        var status = stat()
        let stands = stat(path, &status) == 0 && FileIdentity(status) == watch.identity
        if stands, Int(status.st_size) == offset, !watch.isTouched(status) { return false }
        guard let place = stands ? path : watch.identity.path(besides: path) else { return false }
        descriptor = open(place, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0, FileIdentity(descriptor) != watch.identity else { return descriptor >= 0 }
        close(descriptor)
        descriptor = -1
        return false
    }

    /// Whether anything has that path.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Why nothing can ever have that path; nil where something may.
    static func reasonAgainst(_ path: String) -> String? {
        var status = stat()
        guard stat(path, &status) != 0 else { return nil }
        let number = errno
        switch number {
        case ENOTDIR:
            let parts = path.split(separator: "/", omittingEmptySubsequences: false)
            for count in 1..<parts.count {
                let part = parts[..<count].joined(separator: "/")
                if stat(part.isEmpty ? "/" : part, &status) == 0, status.st_mode & S_IFMT != S_IFDIR {
                    return "\(part) is no folder"
                }
            }
            return systemMessage(number)
        case ENAMETOOLONG, ELOOP, EACCES: return systemMessage(number)
        default: return nil
        }
    }

    /// Reads on from another place.
    func seek(to offset: Int) { self.offset = offset }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(RecordingError) -> RecordingRead {
        guard descriptor >= 0 || wake() else { return .end(isTorn: false) }
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            if count > 0 {
                // What was written anew from its beginning goes on from nothing.
                if let watch, !watch.isSameFront(descriptor) {
                    isRewritten = true
                    return .end(isTorn: false)
                }
                offset += count
                return .bytes(count)
            }
            if count == 0 { return .end(isTorn: false) }
            guard errno == EINTR else {
                throw RecordingError(.cannotRead, path, "cannot read: \(systemMessage(errno))")
            }
        }
    }

    func maximumLineBytes(atMost limit: Int) -> Int { limit }
    func maximumElements(atMost limit: Int) -> Int { limit }
}
