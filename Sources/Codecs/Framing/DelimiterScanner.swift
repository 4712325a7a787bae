internal import Glibc

/// Finds frames that end with one byte, such as a line's LF. Resumes its search behind what it has seen.
package struct DelimiterScanner: FrameScanner {
    let delimiter: UInt8
    /// What the delimiter is called in an error.
    let delimiterName: String
    /// A CR before the delimiter belongs to it.
    let takesCarriageReturn: Bool
    /// Frames without anything but white space are no messages; they are part of the next frame.
    let skipsBlank: Bool
    /// The end of the stream ends the last frame, too.
    let endsWithStream: Bool
    let limits: DecodingLimits
    /// Where the payload starts: behind the blank frames that were skipped.
    private var start = 0
    /// There is no delimiter from `start` to here.
    private var searched = 0

    init(
        _ delimiter: UInt8, named delimiterName: String, takesCarriageReturn: Bool, skipsBlank: Bool,
        endsWithStream: Bool,
        limits: DecodingLimits
    ) {
        self.delimiter = delimiter
        self.delimiterName = delimiterName
        self.takesCarriageReturn = takesCarriageReturn
        self.skipsBlank = skipsBlank
        self.endsWithStream = endsWithStream
        self.limits = limits
    }

    package mutating func nextFrame(in bytes: RawSpan) throws(FramingError) -> FrameExtent? {
        try bytes.withUnsafeBytes { buffer throws(FramingError) in try nextFrame(in: buffer) }
    }

    private mutating func nextFrame(in bytes: UnsafeRawBufferPointer) throws(FramingError) -> FrameExtent? {
        while let found = nextDelimiter(in: bytes) {
            guard found < limits.maximumFrameBytes else { throw .grownTooLong(awaiting: delimiterName, limits) }
            var end = found
            if takesCarriageReturn, end > start, bytes[end &- 1] == UInt8(ascii: "\r") { end &-= 1 }
            searched = found &+ 1
            if skipsBlank, ByteScan.isBlank(bytes[start..<end]) {
                start = searched
                continue
            }
            return take(start..<end, frameBytes: searched)
        }
        searched = max(searched, bytes.count)
        guard searched <= limits.maximumFrameBytes else { throw .grownTooLong(awaiting: delimiterName, limits) }
        return nil
    }

    private func nextDelimiter(in bytes: UnsafeRawBufferPointer) -> Int? {
        guard searched < bytes.count, let base = bytes.baseAddress else { return nil }
        let found = memchr(base + searched, Int32(delimiter), bytes.count - searched)
        return found.map { UnsafeRawPointer($0) - base }
    }

    package mutating func finish(in bytes: RawSpan) throws(FramingError) -> FrameExtent? {
        if let frame = try nextFrame(in: bytes) { return frame }
        guard endsWithStream, start < bytes.byteCount, !isPadding(bytes.extracting(start..<bytes.byteCount)) else {
            return nil
        }
        return take(start..<bytes.byteCount, frameBytes: bytes.byteCount)
    }

    package func isPadding(_ rest: RawSpan) -> Bool {
        rest.byteCount == 0
            || skipsBlank
                && rest.withUnsafeBytes { bytes in
                    bytes.allSatisfy { $0 == delimiter || ByteScan.isWhitespace($0) }
                }
    }

    private mutating func take(_ payload: Range<Int>, frameBytes: Int) -> FrameExtent {
        start = 0
        searched = 0
        return FrameExtent(payload: payload, frameBytes: frameBytes)
    }
}
