internal import Codecs
internal import Recorder

/// What a session is like, as far as it takes to find the one in another recording that it stands for.
struct SessionSketch {
    /// Messages that are remembered one by one; the others count for the whole only.
    private static let maximumMessages = 64

    let number: Int
    let opening: SessionOpening
    let line: Int
    let time: Int64
    /// Where its port stands in the header, and what is spoken there.
    let port: Int
    let codec: String
    private(set) var messages = 0
    /// Its messages, but for identifiers.
    private(set) var digest: UInt64 = 0
    private var first: [UInt64] = []

    /// Whether two sessions may be one at all.
    func mayBe(_ other: SessionSketch) -> Bool { port == other.port && codec == other.codec }

    /// Whether half of what was said in two sessions is the same.
    func isLike(_ other: SessionSketch) -> Bool {
        guard mayBe(other) else { return false }
        var left: [UInt64: Int] = [:]
        for hash in other.first { left[hash, default: 0] += 1 }
        var common = 0
        for hash in first where left[hash, default: 0] > 0 {
            left[hash, default: 0] -= 1
            common += 1
        }
        return common > 0 && 2 * common >= max(first.count, other.first.count)
    }

    private mutating func take(_ message: RecordedMessage, _ tree: ValueTree) {
        let hash = Self.hash(message, tree)
        messages += 1
        digest = ContentHash().hash(digest, hash)
        if first.count < Self.maximumMessages { first.append(hash) }
    }

    /// What stands for a message, but for identifiers in it.
    static func hash(_ message: RecordedMessage, _ tree: ValueTree) -> UInt64 {
        let shape = RequestShape(message.form, text: message.text, echoed: [], reading: tree)?.number ?? 0
        return ContentHash().hash(shape, message.from == .client ? 1 : 2)
    }

    /// The sessions of a recording, in the order in which they were opened.
    static func all(inRecordingAt path: String) throws -> [SessionSketch] {
        let reader = try RecordingReader(path: path)
        var header = reader.header
        var sketches: [SessionSketch] = []
        var places: [Int: Int] = [:]
        let tree = ValueTree()
        while let event = try reader.next() {
            switch event.kind {
            case .opened(let opening) where !opening.isContinued:
                let port = header.ports.firstIndex { $0.number == opening.port } ?? 0
                let codec = header.ports.indices.contains(port) ? header.ports[port].codec : ""
                places[event.session] = sketches.count
                sketches.append(
                    SessionSketch(
                        number: event.session, opening: opening, line: event.line, time: event.time, port: port,
                        codec: (try? CodecRegistry.codec(named: codec))?.name ?? codec))
            case .message(let message):
                if let place = places[event.session] { sketches[place].take(message, tree) }
            case .closed: places[event.session] = nil
            case .resumed(let next): header = next
            default: break
            }
        }
        return sketches
    }

    private init(
        number: Int, opening: SessionOpening, line: Int, time: Int64, port: Int, codec: String
    ) {
        (self.number, self.opening, self.line, self.time) = (number, opening, line, time)
        (self.port, self.codec) = (port, codec)
    }
}

/// Which sessions of two recordings stand for each other: those that say the same, between them those that are like each
/// other, and between those the ones that stand at the same place.
enum SessionPairing {
    /// The pairs, as indices, in order.
    static func pairs(_ left: [SessionSketch], _ right: [SessionSketch]) -> [SequenceDiff.Match] {
        let stages: [(Int, Int) -> Bool] = [
            {
                left[$0].mayBe(right[$1]) && left[$0].digest == right[$1].digest
                    && left[$0].messages == right[$1].messages
            },
            { left[$0].isLike(right[$1]) },
            { left[$0].mayBe(right[$1]) },
        ]
        return pairs(left.indices, right.indices, stages[...])
    }

    private static func pairs(
        _ left: Range<Int>, _ right: Range<Int>, _ stages: ArraySlice<(Int, Int) -> Bool>
    ) -> [SequenceDiff.Match] {
        guard let areEqual = stages.first, !left.isEmpty, !right.isEmpty else { return [] }
        let anchors = SequenceDiff.matches(left, right, areEqual: areEqual)
        var found: [SequenceDiff.Match] = []
        var (start, other) = (left.lowerBound, right.lowerBound)
        for anchor in anchors {
            found += pairs(start..<anchor.left, other..<anchor.right, stages.dropFirst()) + [anchor]
            (start, other) = (anchor.left + 1, anchor.right + 1)
        }
        return found + pairs(start..<left.upperBound, other..<right.upperBound, stages.dropFirst())
    }
}
