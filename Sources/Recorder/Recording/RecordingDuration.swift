internal import Codecs

/// How long a recording lasts: the time of its last event, found without reading the recording as a whole.
///
/// Where a recording was appended to, it is the time of its last part. One that is compressed has to be unpacked.
package enum RecordingDuration {
    /// What of a file's end is looked at first …
    private static let firstLook = 4 << 10
    /// … and at most: a last line that is longer tells no time.
    private static let longestLook = 64 << 20
    /// How much is unpacked at most.
    private static let longestText = 1 << 30
    private static let lineStart = Array("\n{\"t\":".utf8)
    /// Bytes of a line that its time and what stands before that take at most.
    private static let timeBytes = 64

    /// The duration in microseconds; nil where no event is found.
    package static func microseconds(ofRecordingAt path: String) -> Int64? {
        do throws(RecordingError) {
            let file = try RecordingFile(path: path)
            return try file.isPacked() ? unpacked(path) : atEnd(of: file)
        } catch {
            return nil
        }
    }

    private static func atEnd(of file: RecordingFile) throws(RecordingError) -> Int64? {
        let length = file.length
        var look = firstLook
        while true {
            let bytes = try read(file, from: max(length - look, 0), count: min(look, length))
            if let time = lastTime(in: bytes) { return time }
            guard look < length, look < longestLook else { return nil }
            look *= 8
        }
    }

    private static func read(
        _ file: RecordingFile, from offset: Int, count: Int
    ) throws(RecordingError) -> [UInt8] {
        file.seek(to: offset)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { buffer.deallocate() }
        var filled = 0
        while filled < count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            guard case .bytes(let read) = try file.read(into: rest) else { break }
            filled += read
        }
        return Array(buffer[..<filled])
    }

    private static func unpacked(_ path: String) throws(RecordingError) -> Int64? {
        let bytes = try RecordingFile.bytes(of: path)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        var (found, total): (Int64?, Int) = (nil, 0)
        // The start of a line may lie on both sides of a border.
        var carried: [UInt8] = []
        while total < longestText {
            switch try bytes.read(into: buffer) {
            case .bytes(let count):
                total += count
                let piece = carried + buffer[..<count]
                found = lastTime(in: piece) ?? found
                carried = Array(piece.suffix(timeBytes))
            case .damage: carried = []
            case .end: return found
            }
        }
        return found
    }

    /// The time of the last line that begins in these bytes and whose time is whole.
    private static func lastTime(in bytes: [UInt8]) -> Int64? {
        var start = bytes.count - lineStart.count
        while start >= 0 {
            if bytes[start] == 10, bytes[start...].starts(with: lineStart) {
                let number = bytes[(start + lineStart.count)...].prefix(timeBytes).prefix { $0 != UInt8(ascii: ",") }
                let isWhole = number.endIndex < bytes.count && number.count < timeBytes
                if isWhole, let seconds = Double(String(decoding: number, as: UTF8.self)), seconds >= 0,
                    seconds < 1e11
                {
                    return Int64((seconds * 1_000_000).rounded())
                }
            }
            start -= 1
        }
        return nil
    }
}
