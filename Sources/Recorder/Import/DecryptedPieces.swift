/// Decrypted bytes on their way from who decrypts to the sessions they belong to. Nothing is kept of connections that nobody asks
/// for.
struct DecryptedPieces {
    /// One end to another.
    struct Way: Hashable {
        var source: IPEndpoint
        var destination: IPEndpoint
    }

    /// What has come of one way since it was asked for last.
    struct Piece: Equatable {
        var bytes: [UInt8] = []
        /// Bytes behind these for which there was no room.
        var dropped = 0

        var isEmpty: Bool { bytes.isEmpty && dropped == 0 }
    }

    private var waiting: [Way: Piece] = [:]
    /// Bytes that wait, of all ways.
    private var count = 0
    private let limit: Int

    /// - Parameter limit: bytes that wait at most, of all ways.
    init(limit: Int) { self.limit = limit }

    /// From now on a session takes what comes of this way.
    mutating func follow(_ way: Way) {
        leave(way)
        waiting[way] = Piece()
    }

    /// Nobody takes it any more.
    mutating func leave(_ way: Way) { count -= waiting.removeValue(forKey: way)?.bytes.count ?? 0 }

    func isFollowed(_ way: Way) -> Bool { waiting[way] != nil }

    mutating func add(_ bytes: [UInt8], _ way: Way) {
        guard let piece = waiting[way] else { return }
        // What comes behind dropped bytes does not go on where the others end.
        guard piece.dropped == 0, count + bytes.count <= limit else {
            waiting[way]?.dropped += bytes.count
            return
        }
        waiting[way]?.bytes += bytes
        count += bytes.count
    }

    /// Takes what waits of one way.
    mutating func take(_ way: Way) -> Piece {
        guard let piece = waiting[way], !piece.isEmpty else { return Piece() }
        waiting[way] = Piece()
        count -= piece.bytes.count
        return piece
    }
}
