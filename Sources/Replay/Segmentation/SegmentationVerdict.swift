/// What it says of a server that its answers change with how the bytes of its clients are cut.
package enum SegmentationVerdict: Sendable, Hashable {
    /// Two messages in one read change the answers.
    case twoInOneRead
    /// A message in pieces does.
    case inPieces
    /// So does the length in front of a message in pieces, and nothing behind it.
    case lengthInPieces
    /// Messages that were sent together must arrive together.
    case apart
    /// It does with a certain way of cutting, but no one place shows it.
    case unclear
    /// The answers are wrong however the bytes are cut.
    case notTheCause

    /// One sentence.
    package var sentence: String {
        switch self {
        case .twoInOneRead:
            "answers change when two messages arrive in one read: the server assumes that one recv is one message"
        case .inPieces:
            "answers change when a message arrives in pieces: the server assumes that one recv is a whole message"
        case .lengthInPieces:
            "answers change when the start of a message, which says how long it is, arrives in pieces: the server assumes that one recv gives all of it"
        case .apart:
            "answers change when messages that were sent together arrive apart: the server assumes that they come in one read"
        case .unclear: "answers change with how the bytes are cut, but no single place shows it"
        case .notTheCause:
            "answers differ when each message arrives on its own, too: how the bytes are cut is not the cause"
        }
    }
}

/// One thing that cutting the clients' bytes in another way has found.
package struct SegmentationFinding: Sendable, Hashable {
    /// The way that showed it, as the option has it: with the seed, if it was random.
    package var way: String
    package var verdict: SegmentationVerdict
    /// The fewest places that show it.
    package var shortest: [SegmentPoint]
    /// Nobody else has to be connected for it.
    package var showsAlone: Bool

    package init(way: String, verdict: SegmentationVerdict, shortest: [SegmentPoint] = [], showsAlone: Bool = false) {
        self.way = way
        self.verdict = verdict
        self.shortest = shortest
        self.showsAlone = showsAlone
    }
}

/// What came of sending a recording in several ways.
package struct SegmentationResult: Sendable, Hashable {
    /// Each way that was tried, and whether the answers were as recorded.
    package var ways: [(name: String, passed: Bool)] { zip(names, results).map { ($0, $1) } }
    package private(set) var names: [String] = []
    private var results: [Bool] = []
    package var findings: [SegmentationFinding] = []
    /// Pieces that the server did not read before the next one went out.
    package var piecesNotApart = 0
    /// Replays that it took to find the shortest cases.
    package var searches = 0

    package init() {}

    /// A way has been tried.
    package mutating func add(_ name: String, passed: Bool) {
        names.append(name)
        results.append(passed)
    }
}
