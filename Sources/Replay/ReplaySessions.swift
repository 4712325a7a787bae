/// The sessions of a replay that are open, and which of them await something, so that a replay of many sessions looks only
/// at those that matter.
struct ReplaySessions {
    private var storage: [Int: ReplaySession] = [:]
    private var ended = NumberSet()
    private var givenUp = NumberSet()
    /// Sessions that wait for a connection, a message or an end.
    private(set) var awaiting: Set<Int> = []
    /// What all sessions together expect.
    private(set) var expectationCount = 0
    /// The bytes of the messages among it.
    private(set) var expectedBytes = 0

    subscript(number: Int) -> ReplaySession? {
        get { storage[number] }
        _modify {
            let before = storage[number]?.expectations.count ?? 0
            let bytesBefore = storage[number]?.expectationBytes ?? 0
            defer {
                expectationCount += (storage[number]?.expectations.count ?? 0) - before
                expectedBytes += (storage[number]?.expectationBytes ?? 0) - bytesBefore
                if storage[number]?.isAwaiting == true { awaiting.insert(number) } else { awaiting.remove(number) }
            }
            yield &storage[number]
        }
    }

    var isEmpty: Bool { storage.isEmpty }
    var isAwaitingAny: Bool { !awaiting.isEmpty }
    var isAwaitingMoreThanEnds: Bool { awaiting.contains { storage[$0]?.awaitsMoreThanAnEnd == true } }
    /// Open sessions in the order of their numbers.
    var open: [Int] { storage.keys.sorted() }

    func hasEnded(_ number: Int) -> Bool { ended.contains(number) }
    func isGivenUp(_ number: Int) -> Bool { givenUp.contains(number) }

    /// Forgets a session, but not that it was.
    mutating func end(_ number: Int, isGivenUp: Bool) {
        let session = storage.removeValue(forKey: number)
        expectationCount -= session?.expectations.count ?? 0
        expectedBytes -= session?.expectationBytes ?? 0
        awaiting.remove(number)
        ended.insert(number)
        if isGivenUp { givenUp.insert(number) }
    }
}

/// Numbers that mostly stand close together, sixty-four of them in a word: a million sessions take a quarter of a megabyte.
struct NumberSet {
    private var words: [Int: UInt64] = [:]

    func contains(_ number: Int) -> Bool { (words[number >> 6] ?? 0) & Self.bit(number) != 0 }

    mutating func insert(_ number: Int) { words[number >> 6, default: 0] |= Self.bit(number) }

    private static func bit(_ number: Int) -> UInt64 { 1 << UInt64(number & 63) }
}
