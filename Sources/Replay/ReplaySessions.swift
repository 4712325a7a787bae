internal import Recorder

/// The sessions of a replay that are open, and which of them await something, so that a replay of many sessions looks only
/// at those that matter.
struct ReplaySessions {
    private var storage: [Int: ReplaySession] = [:]
    private var ended = NumberSet()
    private var givenUp = NumberSet()
    private let awaited = AwaitedTotal()

    /// Sessions that wait for a connection, a message or an end.
    var awaiting: Set<Int> { awaited.sessions }
    /// What all sessions together expect.
    var expectationCount: Int { awaited.count }
    /// The bytes of the messages among it.
    var expectedBytes: Int { awaited.bytes }

    subscript(number: Int) -> ReplaySession? { storage[number] }

    var isEmpty: Bool { storage.isEmpty }
    var isAwaitingAny: Bool { !awaited.sessions.isEmpty }
    var isAwaitingMoreThanEnds: Bool { awaited.sessions.contains { storage[$0]?.awaitsMoreThanAnEnd == true } }
    /// Open sessions in the order of their numbers.
    var open: [Int] { storage.keys.sorted() }

    func hasEnded(_ number: Int) -> Bool { ended.contains(number) }
    func isGivenUp(_ number: Int) -> Bool { givenUp.contains(number) }

    mutating func begin(_ number: Int, opening: SessionOpening, matcher: MessageMatcher) {
        storage[number] = ReplaySession(number, opening: opening, matcher: matcher, awaited: awaited)
    }

    /// Forgets a session, but not that it was.
    mutating func end(_ number: Int, isGivenUp: Bool) {
        storage.removeValue(forKey: number)?.end()
        ended.insert(number)
        if isGivenUp { givenUp.insert(number) }
    }
}
