internal import Glibc

/// Where the text of a recording comes from: a file as it is, or one that is unpacked while it is read.
protocol RecordingBytes: AnyObject {
    /// Reads on, into the front of the buffer.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(RecordingError) -> RecordingRead
    /// The longest line that is taken, where lines may be that long.
    func maximumLineBytes(atMost limit: Int) -> Int
    /// The most JSON values that a line may have, where it may have so many.
    func maximumElements(atMost limit: Int) -> Int
}

/// What reading on gave.
enum RecordingRead {
    /// So many bytes, one at least.
    case bytes(Int)
    /// Some bytes are lost here; why. What follows them may still read.
    case damage(String)
    /// There is no more; torn where what packs the text was cut off.
    case end(isTorn: Bool)
}

/// What became of a file that is read while it grows.
package enum RecordingFate: Sendable, Hashable {
    /// It stands where it was opened.
    case stands
    /// Another file stands there.
    case replaced
    /// Nothing stands there.
    case gone
    /// It is shorter than what was read of it.
    case cut
}

/// The bytes of a file.
final class RecordingFile: RecordingBytes {
    let path: String
    let descriptor: Int32
    /// Where is read next.
    private var offset = 0

    /// Opens the file, which must be one: no folder, pipe or device.
    init(path: String) throws(RecordingError) {
        self.path = path
        // O_NONBLOCK: a pipe that nobody writes to must not hang us.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        let number = errno
        guard descriptor >= 0 else {
            throw RecordingError(.cannotOpen, path, "cannot open: \(systemMessage(number))")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            throw RecordingError(.cannotOpen, path, isFolder ? "is a folder, not a file" : "is not a file")
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
        guard fstat(descriptor, &here) == 0, Int(here.st_size) >= offset else { return .cut }
        guard stat(path, &there) == 0 else { return .gone }
        return here.st_dev == there.st_dev && here.st_ino == there.st_ino ? .stands : .replaced
    }

    /// Whether anything has that path.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Reads on from another place.
    func seek(to offset: Int) { self.offset = offset }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(RecordingError) -> RecordingRead {
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            if count > 0 {
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
