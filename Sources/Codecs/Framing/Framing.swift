internal import Glibc

/// How a stream is cut into frames: by a length before each, by a line's end, or by the payload's own end.
///
/// A framing is a plain value. What it remembers of one stream is its scanner's; there is one for each direction of a
/// connection.
package protocol Framing: Sendable {
    associatedtype Scanner: FrameScanner
    /// The name that stands behind the slash in a codec's: `u32be`.
    var name: String { get }
    /// Whether frames are the sender's own. Where they are not, they are TCP's accidents, and only the bytes of a turn mean
    /// something.
    var keepsBoundaries: Bool { get }
    /// Whether a frame begins with its payload, so that the first bytes of a stream are those of a message.
    var beginsWithPayload: Bool { get }
    /// Where a frame is sure to begin again after bytes of the stream are missing, whatever those were.
    var boundaryAfterGap: BoundaryAfterGap { get }
    /// A sentence part for the list of codecs: how a frame looks.
    var summary: String { get }
    /// The framing whose length counts that many bytes more than the payload (the `+N` of a name), where it has a length and
    /// N makes sense.
    func counting(more bytes: Int) -> (any Framing)?
    /// A scanner for a new stream.
    func makeScanner(limits: DecodingLimits) -> Scanner
    /// Appends the frame of a payload. Fails where the framing cannot carry it: too long for the prefix, or with the
    /// separator inside.
    func write(payload: RawSpan, into output: inout ByteWriter) throws(FramingError)
    /// Appends the frame of a payload that takes the place of the one at `old` in `frame`, with what its sender chose for the
    /// rest: the line's end, other headers. A framing that leaves no choice need not have it.
    func write(
        payload: RawSpan, inPlaceOf old: Range<Int>, in frame: RawSpan, into output: inout ByteWriter
    ) throws(FramingError)
    /// Whether `frame` is the very frame that `write` makes of the payload in it. `scratch` is for who has to write it to know.
    func isCanonical(_ frame: RawSpan, payload: Range<Int>, scratch: inout ByteWriter) -> Bool
}

/// Where a frame is sure to begin in a stream of which bytes are missing.
package enum BoundaryAfterGap: Sendable, Hashable {
    /// Nowhere, unless the scanner knows how long the frame is that the gap is in.
    case unknown
    /// Behind this byte, which stands in no payload.
    case behind(UInt8)
    /// At this byte, which stands in no payload.
    case at(UInt8)
    /// Anywhere: there are no frames.
    case anywhere
}

/// Finds the end of frames in one stream.
///
/// Each call gets all bytes from the start of the unfinished frame on. The scanner resumes where it stood in them; it never
/// starts again, so that a frame dripped byte by byte costs little more than the frame whole. After it has given an
/// extent, the next call's bytes begin `frameBytes` further on.
package protocol FrameScanner: Sendable {
    /// The next frame, or nil when more bytes are needed. An error ends the stream, unless it says where the frame ends.
    mutating func nextFrame(in bytes: RawSpan) throws(FramingError) -> FrameExtent?
    /// The stream has ended behind `bytes`: a last line without its LF, a number that only the end completes, or nil. Bytes
    /// that still remain then are a frame cut short.
    mutating func finish(in bytes: RawSpan) throws(FramingError) -> FrameExtent?
    /// Whether bytes that remain when the stream ends between two frames are only what may stand there (white space behind
    /// the last JSON text), so that nothing was cut short.
    func isPadding(_ rest: RawSpan) -> Bool
    /// How long the unfinished frame at the start of `bytes` will be, where what has been read of it says so.
    func announcedBytes(in bytes: RawSpan) -> Int?
}

extension Framing {
    package var keepsBoundaries: Bool { true }
    package var beginsWithPayload: Bool { false }
    package var boundaryAfterGap: BoundaryAfterGap { .unknown }
    package var summary: String { "" }
    package func write(
        payload: RawSpan, inPlaceOf old: Range<Int>, in frame: RawSpan, into output: inout ByteWriter
    ) throws(FramingError) { try write(payload: payload, into: &output) }
    package func isCanonical(_ frame: RawSpan, payload: Range<Int>, scratch: inout ByteWriter) -> Bool {
        scratch.removeAll()
        do throws(FramingError) {
            try write(payload: frame.extracting(payload), into: &scratch)
        } catch {
            return false
        }
        return frame.withUnsafeBytes { passed in
            scratch.withUnsafeBytes { written in
                guard let left = written.baseAddress, let right = passed.baseAddress else {
                    return written.count == passed.count
                }
                return written.count == passed.count && memcmp(left, right, passed.count) == 0
            }
        }
    }
    package func counting(more bytes: Int) -> (any Framing)? { nil }
}

extension FrameScanner {
    package func isPadding(_ rest: RawSpan) -> Bool { rest.byteCount == 0 }

    package func announcedBytes(in bytes: RawSpan) -> Int? { nil }

    package mutating func finish(in bytes: RawSpan) throws(FramingError) -> FrameExtent? {
        try nextFrame(in: bytes)
    }
}
