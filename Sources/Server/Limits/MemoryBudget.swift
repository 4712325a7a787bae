internal import Synchronization

/// What the connections of all event loops hold in memory together: unfinished messages, and what waits for slow readers.
///
/// Each loop has its share, which only it writes. Where the total is over the limit, the loop that holds the most gives up
/// the connection that holds the most there: others, however many the one has filled the memory against, lose nothing.
final class MemoryBudget: Sendable {
    /// What one event loop's connections hold.
    final class Share: Sendable {
        private let bytes = Atomic(0)

        var heldBytes: Int { bytes.load(ordering: .relaxed) }

        fileprivate func change(by count: Int) { bytes.add(count, ordering: .relaxed) }
    }

    let limit: Int
    let shares: [Share]
    private let total = Atomic(0)

    init(limit: Int, loops: Int) {
        self.limit = limit
        shares = (0..<loops).map { _ in Share() }
    }

    /// What is held in all.
    var heldBytes: Int { total.load(ordering: .relaxed) }

    var isExceeded: Bool { heldBytes > limit }

    /// The place of the loop that holds the most.
    var largest: Int { shares.indices.max { shares[$0].heldBytes < shares[$1].heldBytes } ?? 0 }

    /// Whether no other loop holds more.
    func isLargest(_ share: Share) -> Bool { shares[largest] === share }

    /// A loop's connections hold more, or less. True where that is too much.
    func change(by count: Int, in share: Share) -> Bool {
        share.change(by: count)
        let now = total.add(count, ordering: .relaxed).newValue
        return count > 0 && now > limit
    }
}
