internal import Codecs
internal import NIOCore
internal import Recorder

/// Reads along with one direction of a relay, for the recording and the observer only.
///
/// Where the stream does not decode, its bytes are recorded as they are, and nothing else happens. So are they when the two
/// sides go over to TLS inside their protocol (PostgreSQL's SSLRequest, STARTTLS), which the client's hello tells.
final class StreamTap {
    private let side: Side
    private let isClient: Bool
    private let port: ServedPort
    private let loop: LoopContext
    @exclusivity(unchecked) private var reader: MessageReader
    @exclusivity(unchecked) private var unfinished = UnfinishedBytes()
    @exclusivity(unchecked) private var isLost = false
    /// What is said of bytes that nobody reads.
    private var why = "follows bytes that did not decode"
    private var hasEnded = false
    /// Messages that did not decode.
    private var undecoded = 0
    /// So many of them are told of; more are counted, since a peer could fill a log with them.
    private static let mostTold = 10

    init(side: Side, port: ServedPort, loop: LoopContext) {
        self.side = side
        isClient = side == .client
        self.port = port
        self.loop = loop
        reader = MessageReader(codec: port.codec, limits: port.limits)
    }

    /// The client has begun with TLS, so that neither direction holds messages any more.
    private(set) var hasTurnedToTLS = false

    /// The memory that the unfinished message takes.
    var heldBytes: Int { unfinished.heldBytes }

    /// From here on nobody reads the stream, so that it takes no memory.
    func giveUp(_ recorder: SessionRecorder?, why: String) {
        isLost = true
        self.why = why
        guard unfinished.count > 0 else { return }
        recorder?.unread(from: side, bytes: unfinished.joined(with: ByteBuffer()).readableBytesSpan, why: why)
        unfinished.removeAll()
    }

    /// Bytes pass.
    func pass(_ bytes: ByteBuffer, _ session: SessionIdentity, _ recorder: SessionRecorder?) {
        loop.turn.scheduleCommit()
        port.counters.traffic(from: side).bytes.add(bytes.readableBytes)
        if isLost {
            recorder?.unread(from: side, bytes: bytes.readableBytesSpan, why: why)
            return
        }
        var unread = unfinished.joined(with: bytes)
        let taken = unread.withUnsafeReadableBytes { takeMessages(from: $0, atEnd: false, session, recorder) }
        unread.moveReaderIndex(forwardBy: taken)
        unfinished.keep(unread)
    }

    /// From here on nobody reads the stream, since it is TLS. What waits for the rest of its message is recorded as it is.
    func turnToTLS(_ recorder: SessionRecorder?) {
        guard !isLost, port.codec.framing.keepsBoundaries else { return }
        hasTurnedToTLS = true
        giveUp(recorder, why: "belongs to TLS, which began inside the stream")
    }

    /// No more bytes will pass. `isComplete` says whether the side said so itself.
    func end(isComplete: Bool, _ session: SessionIdentity, _ recorder: SessionRecorder?) {
        guard !hasEnded else { return }
        hasEnded = true
        defer { tellOfUntold(session) }
        var unread = unfinished.joined(with: ByteBuffer())
        unfinished.removeAll()
        guard !isLost else { return }
        if isComplete {
            let taken = unread.withUnsafeReadableBytes { takeMessages(from: $0, atEnd: true, session, recorder) }
            unread.moveReaderIndex(forwardBy: taken)
        }
        guard unread.readableBytes > 0 else { return }
        loop.turn.scheduleCommit()
        recorder?.partial(from: side, bytes: unread.readableBytesSpan)
        guard !reader.endsCleanly(with: unread.readableBytesSpan) else { return }
        port.counters.count(.cut)
        loop.observer.problem(
            session, "the \(side.rawValue)'s last message is cut short: \(unread.readableBytes) bytes of it passed",
            bytes: unread.readableBytesSpan)
    }

    private func tellOfUntold(_ session: SessionIdentity) {
        guard undecoded > Self.mostTold else { return }
        loop.observer.problem(
            session,
            "from the \(side.rawValue): \(undecoded - Self.mostTold) more messages that do not read; "
                + "does the port speak \(port.codec.name)?")
    }

    private func takeMessages(
        from bytes: UnsafeRawBufferPointer, atEnd: Bool, _ session: SessionIdentity, _ recorder: SessionRecorder?
    ) -> Int {
        var offset = 0
        var messages = 0
        let isWatched = recorder != nil || loop.messageObserver != nil
        loop.scratch.beginRead()
        defer {
            loop.scratch.endRead()
            port.counters.traffic(from: side).messages.add(messages)
        }
        while !isLost, offset < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            let unread = RawSpan(_unsafeBytes: rest)
            if isClient, TLSHello.begins(rest), port.codec.framing.keepsBoundaries {
                // What waited for its end was taken out to be joined with these bytes.
                unfinished.removeAll()
                turnToTLS(recorder)
                recorder?.unread(from: side, bytes: unread, why: why)
                let advice =
                    reader.streamOffset == 0 ? " (tls=CERT.pem has a port speak it, to-tls=system with the server)" : ""
                loop.observer.problem(
                    session, "from here on it is TLS, whose bytes are passed on and recorded as they are" + advice)
                return bytes.count
            }
            do throws(MessageError) {
                let next =
                    if atEnd {
                        try reader.finish(in: unread, into: loop.tree)
                    } else if isWatched {
                        try reader.nextMessage(in: unread, into: loop.tree)
                    } else {
                        try reader.passMessage(in: unread, into: loop.tree)
                    }
                guard let frame = next, frame.frameBytes > 0 else { break }
                record(frame, of: unread, recorder)
                messages += 1
                loop.messageObserver?.message(
                    session, from: side, tree: loop.tree, codec: port.codec, frameBytes: frame.frameBytes)
                offset += frame.frameBytes
            } catch {
                offset += leave(unread, error, session, recorder)
            }
        }
        return offset
    }

    @inline(__always)
    private func record(_ frame: FrameExtent, of bytes: RawSpan, _ recorder: SessionRecorder?) {
        let isReadable = recorder?.message(
            from: side, frame: bytes.extracting(0..<frame.frameBytes), payload: frame.payload, tree: loop.tree)
        if isReadable == false { port.counters.count(.expanded) }
    }

    /// Records what does not decode: one frame where its end is known, else all, and from then on every read.
    private func leave(
        _ bytes: RawSpan, _ error: MessageError, _ session: SessionIdentity, _ recorder: SessionRecorder?
    ) -> Int {
        let known = error.frameBytes(within: bytes.byteCount)
        if known == nil { isLost = true }
        let count = known ?? bytes.byteCount
        let bad = bytes.extracting(0..<count)
        port.counters.count(error.kind)
        if let limit = error.limit { port.counters.count(limit) }
        recorder?.undecodable(from: side, bytes: bad, error: error)
        undecoded += 1
        guard undecoded <= Self.mostTold else { return count }
        let rest = isLost ? "; its bytes are passed on and recorded as they are" : ""
        loop.observer.problem(session, "from the \(side.rawValue): \(error)\(rest)", bytes: bad)
        return count
    }
}

@available(*, unavailable)
extension StreamTap: Sendable {}
