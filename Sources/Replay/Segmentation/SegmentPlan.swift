/// Decides where the bytes of a replay's clients are cut and joined, and keeps what it decided.
struct SegmentPlan {
    /// A client's message.
    struct Subject {
        var session: Int
        var message: Int
        var line: Int
    }

    /// Bytes of a message that go one by one.
    static let singleBytes = 1_000
    /// Pieces of a recording, beyond which messages are cut at their ends only.
    static let maximumPieces = 20_000
    /// Points that are kept for finding the shortest case.
    static let maximumPoints = 100_000

    let way: Segmentation
    /// The places where something was done, in their order.
    private(set) var points: [SegmentPoint] = []
    private var pieces = 0
    /// For chosen places, those of each line.
    private let chosenCuts: [Int: [Int]]
    private let chosenJoins: Set<Int>

    init(_ way: Segmentation) {
        self.way = way
        var cuts: [Int: [Int]] = [:]
        var joins: Set<Int> = []
        if case .only(let points) = way {
            for point in points {
                switch point.place {
                case .cut(let count): cuts[point.line, default: []].append(count)
                case .join: joins.insert(point.line)
                }
            }
        }
        chosenCuts = cuts.mapValues { $0.sorted() }
        chosenJoins = joins
    }

    /// Whether the message goes out in one piece with the one before it.
    mutating func joins(_ subject: Subject) -> Bool {
        let isJoined: Bool
        switch way {
        case .whole, .bytes: isJoined = false
        case .coalesce: isJoined = true
        case .random(let seed):
            var random = SplitMix(seed, subject.session, subject.line, 1)
            isJoined = random.next() & 1 == 0
        case .only: isJoined = chosenJoins.contains(subject.line)
        }
        if isJoined { keep(.join, subject) }
        return isJoined
    }

    /// Behind which of its bytes a message of so many is cut, in ascending order.
    mutating func cuts(_ subject: Subject, of count: Int) -> [Int] {
        guard count > 1 else { return [] }
        let cuts: [Int]
        switch way {
        case .whole, .coalesce: cuts = []
        case .bytes: cuts = pieces < Self.maximumPieces ? Self.bytewise(count) : Array(Set([1, count - 1])).sorted()
        case .random(let seed):
            var random = SplitMix(seed, subject.session, subject.line, 2)
            cuts = Set((0..<random.next() % 5).map { _ in 1 + Int(random.next() % UInt64(count - 1)) }).sorted()
        case .only: cuts = (chosenCuts[subject.line] ?? []).filter { 0 < $0 && $0 < count }
        }
        pieces += cuts.count + 1
        for cut in cuts { keep(.cut(after: cut), subject) }
        return cuts
    }

    private static func bytewise(_ count: Int) -> [Int] {
        var cuts = Array(1..<min(count, singleBytes + 1))
        var next = singleBytes + 2
        var step = 2
        while next < count {
            cuts.append(next)
            step = min(step * 2, 1 << 20)
            next += step
        }
        return cuts
    }

    private mutating func keep(_ place: SegmentPoint.Place, _ subject: Subject) {
        guard points.count < Self.maximumPoints else { return }
        points.append(
            SegmentPoint(place, session: subject.session, message: subject.message, line: subject.line))
    }
}

/// Random numbers that a seed and a place give, so that they do not depend on what came before (SplitMix64).
private struct SplitMix {
    private var state: UInt64

    init(_ seed: UInt64, _ session: Int, _ line: Int, _ use: UInt64) {
        state = seed
        for part in [UInt64(bitPattern: Int64(session)), UInt64(bitPattern: Int64(line)), use] {
            state = next() ^ part
        }
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
