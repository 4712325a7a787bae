internal import Codecs
internal import Glibc

/// Reads one direction of an imported session: its messages, what does not decode, and what is missing.
///
/// Where bytes are missing, the message they belong to is kept as bytes, and messages are read again from where one is sure to
/// begin: behind the next line's end, or behind a message whose length is known. Where nothing tells, the rest of the
/// direction stays bytes.
struct ImportedStream {
    private enum Way {
        /// A message begins with the next byte, or has begun.
        case messages
        /// So many bytes belong to a message of which others are missing.
        case tail(Int)
        /// Up to this byte they belong to such a message; with it or without.
        case seeking(UInt8, takesIt: Bool)
        /// No message is found any more; why.
        case lost(String)
    }

    let side: Side
    private var reader: MessageReader
    private var way = Way.messages
    /// Nobody reads it any more, whatever a gap may make possible.
    private var isLeft = false
    /// TLS begins at the front of `unfinished`.
    private var tls: TLSStart?
    /// Nothing has come yet, and nothing is missing.
    private(set) var isAtStart = true
    /// There are keys, so that TLS is looked for where bytes are recorded as they come, too.
    var decrypts = false
    /// The capture begins inside of it.
    private let isJoined: Bool
    /// The front of a message whose end has not come.
    private(set) var unfinished: [UInt8] = []

    init(side: Side, codec: Codec, limits: DecodingLimits, isJoined: Bool) {
        self.side = side
        self.isJoined = isJoined
        reader = MessageReader(codec: codec, limits: limits)
    }

    private var framing: any Framing { reader.codec.framing }

    /// So much memory is kept for the next unfinished message.
    private static let keptCapacity = 4 << 10

    /// What is told of beside what is recorded.
    typealias Problem = (String) -> Void

    /// Takes bytes that come next. Tells where TLS begins in them, which `leave` is to follow.
    @inline(__always)
    mutating func pass(
        _ bytes: UnsafeRawBufferPointer, _ recorder: SessionRecorder, _ tree: ValueTree, _ problem: Problem
    ) -> TLSStart? {
        if isAtStart, bytes.count > 0 {
            isAtStart = false
            if case .messages = way, isTLS(bytes) {
                unfinished = Array(bytes)
                return tls
            }
        }
        if case .messages = way, unfinished.isEmpty {
            let taken = takeMessages(from: bytes, atEnd: false, recorder, tree, problem)
            if taken < bytes.count { unfinished.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[taken...])) }
            return tls
        }
        return passOn(bytes, recorder, tree, problem)
    }

    private mutating func passOn(
        _ bytes: UnsafeRawBufferPointer, _ recorder: SessionRecorder, _ tree: ValueTree, _ problem: Problem
    ) -> TLSStart? {
        var taken = 0
        switch way {
        case .lost(let why):
            recorder.unread(from: side, bytes: RawSpan(_unsafeBytes: bytes), why: why)
            reader.passOver(bytes.count)
            return nil
        case .messages:
            var all: [UInt8] = []
            swap(&all, &unfinished)
            all += bytes
            let found = all.withUnsafeBytes { takeMessages(from: $0, atEnd: false, recorder, tree, problem) }
            if found == all.count {
                all.removeAll(keepingCapacity: all.capacity <= Self.keptCapacity)
            } else {
                all.removeFirst(found)
            }
            swap(&all, &unfinished)
            return tls
        case .tail(let left):
            taken = min(left, bytes.count)
            way = taken == left ? .messages : .tail(left - taken)
        case .seeking(let byte, let takesIt):
            if let base = bytes.baseAddress, let found = memchr(base, Int32(byte), bytes.count) {
                taken = UnsafeRawPointer(found) - base + (takesIt ? 1 : 0)
                way = .messages
            } else {
                taken = bytes.count
            }
        }
        if taken > 0 {
            let why = "belongs to a message of which bytes are missing"
            recorder.unread(
                from: side, bytes: RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[..<taken])), why: why)
            reader.passOver(taken)
        }
        guard taken < bytes.count else { return nil }
        return pass(UnsafeRawBufferPointer(rebasing: bytes[taken...]), recorder, tree, problem)
    }

    /// Whether the first bytes are those of TLS, where that is found here: where messages are read, it is looked for at each.
    private mutating func isTLS(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // Bytes as they come can be kept as they are, unless there are keys.
        if !framing.keepsBoundaries, !decrypts { return false }
        if side == .client, TLSHello.begins(bytes) {
            tls = .client
        } else if side == .server, framing.keepsBoundaries, TLSHello.beginsAnswer(bytes) {
            tls = .server
        } else if isJoined, TLSHello.isInside(bytes) {
            tls = .earlier
        }
        return tls != nil
    }

    /// Records the messages that are whole; gives how many bytes they took.
    private mutating func takeMessages(
        from bytes: UnsafeRawBufferPointer, atEnd: Bool, _ recorder: SessionRecorder, _ tree: ValueTree,
        _ problem: Problem
    ) -> Int {
        var offset = 0
        while offset < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            let unread = RawSpan(_unsafeBytes: rest)
            if side == .client, TLSHello.begins(rest), framing.keepsBoundaries {
                tls = .client
                break
            }
            do throws(MessageError) {
                let next =
                    atEnd ? try reader.finish(in: unread, into: tree) : try reader.nextMessage(in: unread, into: tree)
                guard let frame = next, frame.frameBytes > 0 else { break }
                recorder.message(
                    from: side, frame: unread.extracting(0..<frame.frameBytes), payload: frame.payload, tree: tree)
                offset += frame.frameBytes
            } catch {
                let known = error.frameBytes(within: rest.count)
                if known == nil { way = .lost("follows bytes that did not decode") }
                let count = known ?? rest.count
                recorder.undecodable(from: side, bytes: unread.extracting(0..<count), error: error)
                problem("from the \(side.rawValue): \(error)")
                offset += count
            }
        }
        return offset
    }

    /// Bytes that come next are not there.
    mutating func missing(_ count: Int64, _ why: String, _ recorder: SessionRecorder) {
        isAtStart = false
        let kept = unfinished.count
        var left: Int64?
        switch way {
        case .messages:
            left = reader.announcedBytes(in: unfinished.span.bytes).map { Int64($0 - kept) - count }
            giveUpUnfinished(
                "\(Int(clamping: count).counting("byte")) of this message are missing behind these", recorder)
        case .tail(let bytes): left = Int64(bytes) - count
        case .seeking, .lost: break
        }
        recorder.gap(RecordingGap(from: side, bytes: Int(clamping: count), reason: why))
        reader.passOver(Int(clamping: count))
        guard !isLeft else { return }
        switch framing.boundaryAfterGap {
        case .anywhere: way = .messages
        case .behind(let byte): way = .seeking(byte, takesIt: true)
        case .at(let byte): way = .seeking(byte, takesIt: false)
        case .unknown:
            if case .lost = way { return }
            guard let left, left >= 0 else {
                way = .lost("follows bytes that are missing, so that nothing tells where a message begins")
                return
            }
            way = left == 0 ? .messages : .tail(Int(clamping: left))
        }
    }

    /// Records the front of a message as the bytes that it is, since the rest does not come.
    private mutating func giveUpUnfinished(_ why: String, _ recorder: SessionRecorder) {
        guard !unfinished.isEmpty else { return }
        recorder.unread(from: side, bytes: unfinished.span.bytes, why: why)
        reader.passOver(unfinished.count)
        unfinished = []
    }

    /// What begins TLS is forgotten: what is inside comes next.
    mutating func restart() {
        reader.passOver(0)
        unfinished = []
        tls = nil
    }

    /// From here on nobody reads the stream; why.
    mutating func leave(_ why: String, _ recorder: SessionRecorder) {
        isLeft = true
        if case .lost = way { return }
        giveUpUnfinished(why, recorder)
        way = .lost(why)
    }

    /// No more bytes will come. `isComplete` says whether the side said so itself.
    mutating func end(
        isComplete: Bool, _ recorder: SessionRecorder, _ tree: ValueTree, _ problem: Problem
    ) {
        guard case .messages = way, !unfinished.isEmpty else { return }
        let rest = unfinished
        unfinished = []
        rest.withUnsafeBytes { bytes in
            let taken = isComplete ? takeMessages(from: bytes, atEnd: true, recorder, tree, problem) : 0
            guard taken < bytes.count else { return }
            let left = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[taken...]))
            recorder.partial(from: side, bytes: left)
            guard !reader.endsCleanly(with: left) else { return }
            problem(
                "the \(side.rawValue)'s last message is cut short: \(left.byteCount.counting("byte")) of it are there")
        }
    }
}
