/// Where the bytes of one direction go, in order.
protocol StreamOutput {
    func pass(_ bytes: UnsafeRawBufferPointer)
    func missing(_ count: Int64, _ reason: MissingReason)
    /// Bytes came a second time, and were others; the first ones stay.
    func conflict(_ count: Int)
    /// The side has no more to send, and all before that has been given.
    func end()
}

/// One direction of a TCP connection, put together as its receiver does (RFC 9293, 3.10.7): a pure state machine.
///
/// Positions count bytes from the first one that is expected; sequence numbers wrap around, positions do not. A byte is given
/// out once, in order. Of overlapping segments the first one's bytes count. A hole is a gap once the other side has
/// acknowledged all of it, and bytes behind it are there; at the end of the stream in any case.
struct ReceivedStream {
    /// A piece that came before what stands in front of it.
    struct Piece {
        var start: Int64
        var bytes: [UInt8]
        /// Its length as it was sent.
        var length: Int64
        /// It lies outside of what the receiver asked for, so that it counts only once it is acknowledged.
        var isFar: Bool

        var end: Int64 { start + length }
        var cost: Int { bytes.count + 96 }
    }

    /// Whether the number of the next byte is known.
    private(set) var isStarted = false
    /// Any segment of this side has been seen.
    var isSeen = false
    /// It has ended, and all has been given out.
    private(set) var hasEnded = false
    private(set) var nextSequence: UInt32 = 0
    private(set) var nextPosition: Int64 = 0
    /// Sorted; they do not overlap.
    private(set) var held: [Piece] = []
    private(set) var heldBytes = 0
    private var farBytes = 0
    private var farPieces = 0
    /// Where the side said that its bytes end.
    private(set) var finPosition: Int64?
    /// Up to where the other side has acknowledged.
    private(set) var acknowledged: Int64 = 0
    /// Up to where the other side takes bytes; nil where that is not known.
    private(set) var windowEdge: Int64?
    /// The furthest byte that was seen.
    private(set) var furthest: Int64 = 0
    /// Acknowledgements in a row of something far away.
    private var farAcknowledgements = 0
    /// The last bytes that were given out, to compare with what is sent again.
    private(set) var recent = RecentBytes()
    var keepsRecent = true
    private(set) var outsideWindow = 0
    private(set) var afterEnd = 0
    /// Segments from before the first byte, where that is not known to be the side's first one.
    private(set) var beforeStart = 0
    /// The capture begins inside of it.
    private var isJoined = false
    /// A reset that may be the side's last word, and where it stands.
    var resetPosition: Int64?

    /// So often something outside of the window must be acknowledged to be believed.
    private static let farAcknowledgementsNeeded = 3

    /// The number of the first byte becomes known.
    mutating func start(at sequence: UInt32, isJoined: Bool = false) {
        isStarted = true
        self.isJoined = isJoined
        nextSequence = sequence
    }

    /// Where a sequence number stands.
    @inline(__always)
    func position(of sequence: UInt32) -> Int64 {
        nextPosition &+ Int64(Int32(bitPattern: sequence &- nextSequence))
    }

    /// The number behind its last one.
    var endSequence: UInt32 { nextSequence &+ (hasEnded ? 1 : 0) }

    /// Memory that it keeps.
    var cost: Int { heldBytes + recent.capacity }

    // MARK: Segments of this side

    /// Takes what a segment carries.
    @inline(__always)
    mutating func take(
        _ payload: UnsafeRawBufferPointer, length: Int, sequence: UInt32, isLast: Bool, _ limits: ReassemblyLimits,
        _ output: some StreamOutput
    ) {
        if sequence == nextSequence, held.isEmpty, finPosition == nil, !isLast, payload.count == length {
            // What nearly every segment is.
            give(payload, Int64(length), output, limits)
            furthest = max(furthest, nextPosition)
            farAcknowledgements = 0
            return
        }
        takeAny(payload, length: Int64(length), sequence: sequence, isLast: isLast, limits, output)
    }

    private mutating func takeAny(
        _ payload: UnsafeRawBufferPointer, length: Int64, sequence: UInt32, isLast: Bool, _ limits: ReassemblyLimits,
        _ output: some StreamOutput
    ) {
        let start = position(of: sequence)
        var end = start + length
        if isJoined, start < 0, length > 1 { beforeStart += 1 }
        let isFar = start >= windowEdge ?? (nextPosition + limits.distance) && start > nextPosition
        if let finPosition, end > finPosition {
            if length > 0 { afterEnd += 1 }
            end = finPosition
        } else if isLast, finPosition == nil, end >= nextPosition, !isFar {
            // Bytes that came from behind it are none of the stream.
            finPosition = end
            dropHeld(from: end)
        }
        furthest = max(furthest, end)
        // The byte before the next one asks whether the other side is still there; what it is does not matter.
        if length > 1 || end != nextPosition { compareWithRecent(payload, start, min(end, nextPosition), output) }
        if end > nextPosition {
            if start <= nextPosition, held.isEmpty {
                let skipped = Int(nextPosition - start)
                let kept = UnsafeRawBufferPointer(rebasing: payload[min(skipped, payload.count)...])
                let wanted = end - nextPosition
                give(UnsafeRawBufferPointer(rebasing: kept.prefix(Int(wanted))), wanted, output, limits)
                farAcknowledgements = 0
            } else {
                hold(payload, start, end, isFar, limits, output)
                drain(output, limits)
            }
        }
        endIfComplete(output)
        keepWithin(limits, output)
    }

    /// Gives bytes out that come next; `length` of them were sent.
    @inline(__always)
    private mutating func give(
        _ bytes: UnsafeRawBufferPointer, _ length: Int64, _ output: some StreamOutput, _ limits: ReassemblyLimits
    ) {
        if bytes.count > 0 { output.pass(bytes) }
        nextPosition &+= length
        nextSequence &+= UInt32(truncatingIfNeeded: length)
        if Int64(bytes.count) < length {
            output.missing(length - Int64(bytes.count), .cut)
            recent.removeAll()
        } else if keepsRecent {
            recent.append(bytes, limit: limits.recentBytes)
        }
    }

    private mutating func endIfComplete(_ output: some StreamOutput) {
        guard !hasEnded, finPosition == nextPosition else { return }
        hasEnded = true
        output.end()
    }

    /// Keeps what a SYN carries until the connection is made, or the other side has not taken it.
    mutating func holdFirst(_ payload: UnsafeRawBufferPointer, length: Int) {
        let piece = Piece(start: 0, bytes: Array(payload), length: Int64(length), isFar: false)
        held.append(piece)
        heldBytes += piece.cost
    }

    /// Gives out what a SYN carried.
    mutating func giveFirst(_ output: some StreamOutput, _ limits: ReassemblyLimits) {
        drain(output, limits)
        furthest = max(furthest, nextPosition)
    }

    // MARK: What came too early

    /// Keeps those parts of a segment that no earlier one had.
    private mutating func hold(
        _ payload: UnsafeRawBufferPointer, _ start: Int64, _ end: Int64, _ isFar: Bool, _ limits: ReassemblyLimits,
        _ output: some StreamOutput
    ) {
        var position = max(start, nextPosition)
        var index = firstHeld(endingBehind: position)
        while position < end {
            let next = index < held.count ? held[index].start : .max
            if position < next {
                let partEnd = min(end, next)
                index += insert(payload, start, position..<partEnd, isFar, at: index, limits)
                position = partEnd
            } else {
                let partEnd = min(end, held[index].end)
                compare(payload, start, position..<partEnd, with: held[index], output)
                position = partEnd
                index += 1
            }
        }
    }

    /// Keeps a part of a segment; gives how many pieces that made.
    private mutating func insert(
        _ payload: UnsafeRawBufferPointer, _ start: Int64, _ range: Range<Int64>, _ isFar: Bool, at index: Int,
        _ limits: ReassemblyLimits
    ) -> Int {
        let from = min(Int(range.lowerBound - start), payload.count)
        let to = min(Int(range.upperBound - start), payload.count)
        if isFar {
            guard farBytes + to - from <= limits.farBytes, farPieces < limits.heldPieces / 2 else {
                outsideWindow += 1
                return 0
            }
            farBytes += to - from
            farPieces += 1
        }
        let piece = Piece(
            start: range.lowerBound, bytes: Array(payload[from..<to]),
            length: range.upperBound - range.lowerBound, isFar: isFar)
        held.insert(piece, at: index)
        heldBytes += piece.cost
        return 1
    }

    /// The first piece that reaches behind a position.
    private func firstHeld(endingBehind position: Int64) -> Int {
        var (low, high) = (0, held.count)
        while low < high {
            let middle = (low + high) / 2
            if held[middle].end > position { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Gives out the pieces that come next.
    private mutating func drain(_ output: some StreamOutput, _ limits: ReassemblyLimits) {
        var count = 0
        while count < held.count, held[count].start == nextPosition {
            let piece = held[count]
            count += 1
            piece.bytes.withUnsafeBytes { give($0, piece.length, output, limits) }
            forget(piece)
        }
        guard count > 0 else { return }
        held.removeFirst(count)
        farAcknowledgements = 0
    }

    private mutating func forget(_ piece: Piece) {
        heldBytes -= piece.cost
        guard piece.isFar else { return }
        farBytes -= piece.bytes.count
        farPieces -= 1
    }

    private mutating func dropHeld(from position: Int64) {
        while let last = held.last, last.start >= position {
            forget(last)
            held.removeLast()
            afterEnd += 1
        }
        guard let last = held.last, last.end > position else { return }
        forget(last)
        held[held.count - 1].length = position - last.start
        held[held.count - 1].bytes = Array(last.bytes.prefix(Int(position - last.start)))
        heldBytes += held[held.count - 1].cost
        guard last.isFar else { return }
        farBytes += held[held.count - 1].bytes.count
        farPieces += 1
    }

    /// Forgets what the other side did not take.
    mutating func dropHeld() {
        held = []
        heldBytes = 0
        farBytes = 0
        farPieces = 0
    }

    private mutating func keepWithin(_ limits: ReassemblyLimits, _ output: some StreamOutput) {
        while heldBytes > limits.heldBytes || held.count > limits.heldPieces {
            giveUpHole(.limit, output, limits)
        }
    }

    /// Gives up what is missing before the first piece; pieces outside of the window are forgotten instead.
    mutating func giveUpHole(_ reason: MissingReason, _ output: some StreamOutput, _ limits: ReassemblyLimits) {
        guard let first = held.first else { return }
        if first.isFar, acknowledged < first.start {
            outsideWindow += held.count
            return dropHeld()
        }
        passOver(to: first.start, reason, output)
        drain(output, limits)
        endIfComplete(output)
    }

    private mutating func passOver(to position: Int64, _ reason: MissingReason, _ output: some StreamOutput) {
        let count = position - nextPosition
        guard count > 0 else { return }
        output.missing(count, position <= acknowledged && reason != .byteOrEnd ? .acknowledged : reason)
        nextPosition = position
        nextSequence &+= UInt32(truncatingIfNeeded: count)
        furthest = max(furthest, position)
        recent.removeAll()
    }

    // MARK: Segments of the other side

    /// The other side has acknowledged up to a number, and takes `window` bytes more.
    @inline(__always)
    mutating func acknowledge(
        _ sequence: UInt32, window: Int64, _ limits: ReassemblyLimits, _ output: some StreamOutput
    ) {
        let position = position(of: sequence)
        if position > acknowledged { acknowledged = position }
        // The edge never moves back (RFC 9293, 3.8.6).
        if position &+ window > windowEdge ?? .min, position <= furthest &+ 1 { windowEdge = position &+ window }
        // A single number of a side that is not in the capture may be that of its end.
        if held.isEmpty, finPosition == nil, isSeen || position <= nextPosition + 1 { return }
        acknowledgeHoles(output, limits)
    }

    /// Gives up the holes that the other side has acknowledged.
    private mutating func acknowledgeHoles(_ output: some StreamOutput, _ limits: ReassemblyLimits) {
        while let first = held.first, acknowledged >= first.start {
            if first.isFar {
                farAcknowledgements += 1
                guard farAcknowledgements >= Self.farAcknowledgementsNeeded else { return }
            }
            giveUpHole(.acknowledged, output, limits)
        }
        if held.isEmpty, let finPosition, !hasEnded, acknowledged > finPosition {
            passOver(to: finPosition, .acknowledged, output)
            endIfComplete(output)
        } else if held.isEmpty, !isSeen, acknowledged > nextPosition + 1 {
            // Of this side the capture has nothing at all.
            passOver(to: acknowledged, .acknowledged, output)
        }
    }

    // MARK: The end

    /// No more segments will come: gives out what is there, with what is missing before it.
    ///
    /// - Parameter hasOtherEnded: the other side has ended, so that one more number that it acknowledged is this side's end.
    mutating func finish(hasOtherEnded: Bool, _ output: some StreamOutput, _ limits: ReassemblyLimits) {
        while !held.isEmpty { giveUpHole(.unseen, output, limits) }
        if let finPosition {
            passOver(to: finPosition, .unseen, output)
            endIfComplete(output)
        } else if let resetPosition, resetPosition > nextPosition {
            passOver(to: resetPosition, .reset, output)
        } else if acknowledged > nextPosition,
            acknowledged <= max(furthest, windowEdge ?? (nextPosition + limits.distance))
        {
            let isOne = acknowledged == nextPosition + 1
            if isOne, hasOtherEnded { return }
            passOver(to: acknowledged, isOne ? .byteOrEnd : .acknowledged, output)
        }
    }

    // MARK: Conflicts

    /// Compares bytes before the next one with those that were given out.
    private func compareWithRecent(
        _ payload: UnsafeRawBufferPointer, _ start: Int64, _ end: Int64, _ output: some StreamOutput
    ) {
        let recentStart = nextPosition - Int64(recent.count)
        let range = max(start, recentStart)..<max(start, recentStart, min(end, start + Int64(payload.count)))
        guard !range.isEmpty else { return }
        let bytes = payload[Int(range.lowerBound - start)..<Int(range.upperBound - start)]
        if !recent.holds(UnsafeRawBufferPointer(rebasing: bytes), at: Int(range.lowerBound - recentStart)) {
            output.conflict(range.count)
        }
    }

    /// Compares bytes with those of a piece that is held.
    private func compare(
        _ payload: UnsafeRawBufferPointer, _ start: Int64, _ range: Range<Int64>, with piece: Piece,
        _ output: some StreamOutput
    ) {
        let end = min(range.upperBound, start + Int64(payload.count), piece.start + Int64(piece.bytes.count))
        guard end > range.lowerBound else { return }
        let ours = payload[Int(range.lowerBound - start)..<Int(end - start)]
        let theirs = piece.bytes[Int(range.lowerBound - piece.start)..<Int(end - piece.start)]
        if !ours.elementsEqual(theirs) { output.conflict(ours.count) }
    }
}
