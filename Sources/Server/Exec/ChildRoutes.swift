internal import NIOCore

/// Which sessions the child knows of, and on which event loop each of them is.
struct ChildRoutes {
    private struct Session {
        var place: Int
        /// Since its client sends no more: when it was last answered.
        var quietSince: NIODeadline?
        /// Nothing was said to it since its last message.
        var isOwed = false
    }

    private var sessions: [Int: Session] = [:]
    private var ending: Set<Int> = []

    /// Whether there is a session whose client sends no more.
    var hasEndings: Bool { !ending.isEmpty }

    /// Takes note of a batch of an event loop, and gives the lines that are for the child: not those of sessions that an
    /// earlier child knew.
    mutating func take(_ batch: ChildBatch, from place: Int, at now: NIODeadline) -> ByteBuffer {
        var kept = ByteBuffer()
        var isWhole = true
        var offset = batch.lines.readerIndex
        for piece in batch.pieces {
            let isKnown = take(piece, from: place, at: now)
            if isKnown != isWhole, isWhole {
                isWhole = false
                kept.writeImmutableBuffer(
                    batch.lines.getSlice(at: batch.lines.readerIndex, length: offset - batch.lines.readerIndex)
                        ?? ByteBuffer())
            }
            if !isWhole, isKnown, let line = batch.lines.getSlice(at: offset, length: piece.bytes) {
                kept.writeImmutableBuffer(line)
            }
            offset += piece.bytes
        }
        return isWhole ? batch.lines : kept
    }

    private mutating func take(_ piece: ChildBatch.Piece, from place: Int, at now: NIODeadline) -> Bool {
        switch piece.kind {
        case .opened: sessions[piece.session] = Session(place: place)
        case .message:
            sessions[piece.session]?.isOwed = true
            return sessions[piece.session] != nil
        case .ended:
            guard sessions[piece.session] != nil else { return false }
            sessions[piece.session]?.quietSince = now
            ending.insert(piece.session)
        case .gone:
            ending.remove(piece.session)
            return sessions.removeValue(forKey: piece.session) != nil
        }
        return true
    }

    /// The child speaks to a session: on which event loop that is; nil where it knows of none.
    mutating func place(answering session: Int, at now: NIODeadline) -> Int? {
        guard let found = sessions[session] else { return nil }
        if found.quietSince != nil { sessions[session]?.quietSince = now }
        if found.isOwed { sessions[session]?.isOwed = false }
        return found.place
    }

    /// The sessions whose clients send no more and that were not answered for so long. They are told of once.
    ///
    /// - Parameters:
    ///   - owedTime: how long that is for one whose last message nothing was said to: the child may be working on it.
    ///   - hasReadAll: whether the child has read all that it was told; as long as it has not, it is not quiet.
    mutating func takeQuiet(
        for time: TimeAmount, owed owedTime: TimeAmount, hasReadAll: Bool, at now: NIODeadline
    ) -> [(session: Int, place: Int)] {
        var quiet: [(session: Int, place: Int)] = []
        for number in ending {
            guard let session = sessions[number], let since = session.quietSince else { continue }
            if !hasReadAll {
                sessions[number]?.quietSince = now
            } else if now - since >= (session.isOwed ? owedTime : time) {
                quiet.append((number, session.place))
            }
        }
        for (number, _) in quiet { ending.remove(number) }
        return quiet
    }

    /// Forgets all sessions, as the child that knew them has ended; gives those of each event loop.
    mutating func removeAll() -> [Int: [Int]] {
        defer { self = ChildRoutes() }
        return Dictionary(grouping: sessions.keys.sorted()) { sessions[$0]?.place ?? 0 }
    }
}
