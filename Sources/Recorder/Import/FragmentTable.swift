/// Puts the pieces of IP datagrams together, as RFC 791 and 8200 say, with the bounds of Linux: memory is limited, the oldest datagram
/// goes first; one whose pieces overlap is dropped (RFC 5722); one that is not whole after 30 s begins anew.
struct FragmentTable {
    struct Key: Hashable {
        var source: FlowAddress
        var destination: FlowAddress
        var number: UInt32
        /// The protocol inside.
        var next: UInt8
        var isVersion6: Bool
    }

    struct Piece {
        var bytes: UnsafeRawBufferPointer
        var offset: Int
        /// Its length on the wire.
        var length: Int
        var isLast: Bool
    }

    enum Outcome {
        case waits
        case malformed
        case overlaps
        /// The datagram with its length; less of it where a piece was cut.
        case whole([UInt8], length: Int)
    }

    private struct Datagram {
        var bytes: [UInt8] = []
        /// What has come, sorted, with no two that touch.
        var parts: [Range<Int>] = []
        /// The length of all, once the last piece has come.
        var total: Int?
        /// Where the first byte is missing that was not kept.
        var cut = Int.max
        var time: Int64
        var order: Int
        /// It takes no more pieces: some of them overlapped.
        var isDropped = false

        var cost: Int { bytes.capacity + 256 }
    }

    private var datagrams: [Key: Datagram] = [:]
    /// Those that have begun, the oldest first; some may be gone.
    private var order: [(key: Key, number: Int)] = []
    private var head = 0
    private var begun = 0
    private var bytes = 0
    private let maximumBytes: Int
    /// Datagrams that were given up.
    private(set) var incomplete = 0

    private static let lifetime: Int64 = 30_000_000_000
    private static let maximumLength = 65_535

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// Datagrams that wait for pieces.
    var count: Int { datagrams.values.count { !$0.isDropped } }

    mutating func add(_ piece: Piece, to key: Key, at time: Int64) -> Outcome {
        let end = piece.offset + piece.length
        guard end <= Self.maximumLength, piece.length > 0, piece.isLast || piece.length.isMultiple(of: 8) else {
            return .malformed
        }
        if let found = datagrams[key], time > found.time, time - found.time > Self.lifetime { giveUp(key) }
        var datagram = datagrams.removeValue(forKey: key) ?? begin(key, at: time)
        bytes -= datagram.cost
        guard !datagram.isDropped else {
            keep(datagram, key)
            return .waits
        }
        let outcome = Self.join(piece, end, &datagram)
        if case .whole = outcome {
            giveBackOrder()
            return outcome
        }
        keep(datagram, key)
        evict()
        return outcome
    }

    private static func join(_ piece: Piece, _ end: Int, _ datagram: inout Datagram) -> Outcome {
        let range = piece.offset..<end
        let index = datagram.parts.firstIndex { $0.upperBound >= range.lowerBound } ?? datagram.parts.count
        if index < datagram.parts.count {
            let part = datagram.parts[index]
            // The same once more.
            if part.lowerBound <= range.lowerBound, part.upperBound >= range.upperBound { return .waits }
        }
        var joined = range
        var last = index
        while last < datagram.parts.count, datagram.parts[last].lowerBound <= range.upperBound {
            let part = datagram.parts[last]
            guard part.upperBound == range.lowerBound || part.lowerBound == range.upperBound else {
                return drop(&datagram)
            }
            joined = min(joined.lowerBound, part.lowerBound)..<max(joined.upperBound, part.upperBound)
            last += 1
        }
        if let total = datagram.total, end > total || piece.isLast && end != total { return drop(&datagram) }
        if piece.isLast {
            guard datagram.parts.last.map({ $0.upperBound <= end }) ?? true else { return drop(&datagram) }
            datagram.total = end
        }
        datagram.parts.replaceSubrange(index..<last, with: CollectionOfOne(joined))
        let needed = piece.offset + piece.bytes.count
        if datagram.bytes.count < needed {
            datagram.bytes.append(contentsOf: repeatElement(0, count: needed - datagram.bytes.count))
        }
        datagram.bytes.withUnsafeMutableBytes { all in
            UnsafeMutableRawBufferPointer(rebasing: all[piece.offset..<needed]).copyMemory(from: piece.bytes)
        }
        if piece.bytes.count < piece.length { datagram.cut = min(datagram.cut, needed) }
        guard let total = datagram.total, datagram.parts.count == 1, datagram.parts[0] == 0..<total else {
            return .waits
        }
        if datagram.cut < datagram.bytes.count { datagram.bytes.removeSubrange(datagram.cut...) }
        return .whole(datagram.bytes, length: total)
    }

    private static func drop(_ datagram: inout Datagram) -> Outcome {
        datagram.bytes = []
        datagram.parts = []
        datagram.isDropped = true
        return .overlaps
    }

    private mutating func begin(_ key: Key, at time: Int64) -> Datagram {
        begun += 1
        order.append((key, begun))
        let datagram = Datagram(time: time, order: begun)
        bytes += datagram.cost
        return datagram
    }

    private mutating func keep(_ datagram: Datagram, _ key: Key) {
        bytes += datagram.cost
        datagrams[key] = datagram
    }

    private mutating func giveUp(_ key: Key) {
        guard let datagram = datagrams.removeValue(forKey: key) else { return }
        bytes -= datagram.cost
        if !datagram.isDropped { incomplete += 1 }
    }

    /// Gives the oldest datagrams up until what is kept has room.
    private mutating func evict() {
        while bytes > maximumBytes, head < order.count {
            let oldest = order[head]
            head += 1
            if datagrams[oldest.key]?.order == oldest.number { giveUp(oldest.key) }
        }
        giveBackOrder()
    }

    /// Forgets the places of datagrams that are gone.
    private mutating func giveBackOrder() {
        guard order.count > 64, order.count > 4 * datagrams.count || head > order.count / 2 else { return }
        order.removeFirst(head)
        head = 0
        order.removeAll { datagrams[$0.key]?.order != $0.number }
    }
}
