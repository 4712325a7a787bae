/// Why a stream does not read as messages of its codec: the framing's or the payload's error, with its place in the stream.
package struct MessageError: Error, Sendable, Hashable {
    /// Whether the frames were lost, or one payload within its frame.
    package enum Layer: Sendable, Hashable {
        case framing(FramingError.Code)
        case payload(PayloadError.Code)
    }

    package var layer: Layer
    /// Bytes from the start of the stream to what is wrong.
    package var offset: Int
    /// What was found and what was expected; holds no payload.
    package var reason: String
    /// The bad frame where its end is known, so that reading can go on behind it.
    package var frame: FrameExtent?

    /// How many of the unread bytes are the bad frame, so that reading goes on behind them; nil where its end is not known.
    package func frameBytes(within unread: Int) -> Int? {
        guard let frame, frame.frameBytes > 0, frame.frameBytes <= unread else { return nil }
        return frame.frameBytes
    }
}

extension MessageError: CustomStringConvertible {
    package var description: String { "byte \(offset): \(reason)" }
}

/// Reads the messages of one stream, in any cut: finds each frame, then reads its payload.
///
/// It owns no bytes. Whoever reads the socket keeps the unfinished rest and gives all of it, from the last message's end on.
package struct MessageReader {
    package let codec: Codec
    package let limits: DecodingLimits
    /// Bytes of the stream before the unfinished frame.
    package private(set) var streamOffset = 0
    private var scanner: any FrameScanner
    // Most frames have their length before them, and bytes without a format read as they are. Both are asked for each message,
    // and without a table of functions between.
    private let lengthScanner: LengthPrefixFraming.Scanner?
    private let isRaw: Bool

    /// Whether an error at the start of the stream says what that looks like.
    private let tellsLook: Bool

    package init(codec: Codec, limits: DecodingLimits) { self.init(codec: codec, limits: limits, tellsLook: true) }

    /// - Parameter tellsLook: not where this is a try, of which the answer is part of what a stream looks like.
    init(codec: Codec, limits: DecodingLimits, tellsLook: Bool) {
        self.codec = codec
        self.limits = limits
        self.tellsLook = tellsLook
        scanner = codec.framing.makeScanner(limits: limits)
        lengthScanner = scanner as? LengthPrefixFraming.Scanner
        isRaw = codec.payload is RawFormat
    }

    /// The next message, read into `tree`, or nil when more bytes are needed. The caller drops the extent's `frameBytes`
    /// before it calls again, also after an error that has a `frame`; after one that has none the stream is lost.
    @inline(__always)
    package mutating func nextMessage(
        in bytes: RawSpan, into tree: ValueTree
    ) throws(MessageError) -> FrameExtent? {
        guard let frame = try nextFrame(in: bytes) else { return nil }
        try read(frame, in: bytes, into: tree)
        return frame
    }

    /// The same where nobody looks at the message: bytes that read as they are stay out of `tree`.
    @inline(__always)
    package mutating func passMessage(in bytes: RawSpan, into tree: ValueTree) throws(MessageError) -> FrameExtent? {
        guard isRaw else { return try nextMessage(in: bytes, into: tree) }
        let frame = try nextFrame(in: bytes)
        streamOffset += frame?.frameBytes ?? 0
        return frame
    }

    @inline(__always)
    private mutating func nextFrame(in bytes: RawSpan) throws(MessageError) -> FrameExtent? {
        do throws(FramingError) {
            if var lengthScanner { return try lengthScanner.nextFrame(in: bytes) }
            return try scanner.nextFrame(in: bytes)
        } catch {
            throw lost(error, in: bytes)
        }
    }

    /// The last message of a stream that has ended behind `bytes`, if its end completes one. Called until it gives nil.
    package mutating func finish(in bytes: RawSpan, into tree: ValueTree) throws(MessageError) -> FrameExtent? {
        let frame: FrameExtent?
        do { frame = try scanner.finish(in: bytes) } catch { throw lost(error, in: bytes) }
        guard let frame else { return nil }
        try read(frame, in: bytes, into: tree)
        return frame
    }

    @inline(__always)
    private mutating func read(
        _ frame: FrameExtent, in bytes: RawSpan, into tree: ValueTree
    ) throws(MessageError) {
        let start = streamOffset
        streamOffset += frame.frameBytes
        if isRaw { return tree.holdBytes(bytes.extracting(frame.payload)) }
        do throws(PayloadError) {
            try codec.decode(bytes.extracting(frame.payload), into: tree, limits: limits)
        } catch {
            throw MessageError(
                layer: .payload(error.code), offset: start + frame.payload.lowerBound + error.offset,
                reason: start == 0 ? guess(for: bytes, isOwnPayloadExpected: true) + error.reason : error.reason,
                frame: frame
            )
        }
    }

    private mutating func lost(_ error: FramingError, in bytes: RawSpan) -> MessageError {
        let offset = streamOffset + error.offset
        var reason = error.reason
        if streamOffset == 0 { reason = guess(for: bytes, isOwnPayloadExpected: error.offset > 0) + reason }
        streamOffset += error.frame?.frameBytes ?? 0
        return MessageError(layer: .framing(error.code), offset: offset, reason: reason, frame: error.frame)
    }

    /// What the start of the stream looks like, if it is something else than the codec speaks, to stand before an error.
    private func guess(for start: RawSpan, isOwnPayloadExpected: Bool) -> String {
        guard tellsLook else { return "" }
        let look = StreamLook.sentence(start, notReadBy: codec, isOwnPayloadExpected: isOwnPayloadExpected)
        return look.isEmpty ? "" : look + ": "
    }

    /// Why the stream will never read that begins with these bytes of a frame whose end has not come: they are another
    /// protocol's. Its client may wait for an answer before it sends what would end the frame.
    package func foreignStart(in bytes: RawSpan) -> MessageError? {
        guard streamOffset == 0, codec.framing.beginsWithPayload, !codec.payload.mayBegin(with: bytes) else {
            return nil
        }
        let guess = guess(for: bytes, isOwnPayloadExpected: false)
        guard !guess.isEmpty else { return nil }
        return MessageError(layer: .framing(.malformed), offset: 0, reason: String(guess.dropLast(2)))
    }

    /// Bytes of the stream are not there, or were taken by somebody else: what comes next stands `count` bytes behind the last
    /// message, and begins a frame.
    package mutating func passOver(_ count: Int) {
        streamOffset += count
        scanner = codec.framing.makeScanner(limits: limits)
    }

    /// How long the unfinished message at the start of `rest` will be, where it says so itself.
    package func announcedBytes(in rest: RawSpan) -> Int? { scanner.announcedBytes(in: rest) }

    /// Whether a stream that ends with `rest` unread ends between two messages, not in one.
    package func endsCleanly(with rest: RawSpan) -> Bool { scanner.isPadding(rest) }
}
