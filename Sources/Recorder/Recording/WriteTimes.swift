internal import Synchronization

/// How long the writes of a recording took, in buckets. Written by one thread at a time, read by any.
package final class WriteTimes: Sendable {
    /// The upper ends of the buckets, in nanoseconds; what is above the last is in one more.
    package static let bounds = [
        50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000,
        100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 5_000_000_000,
    ]

    /// What was counted so far.
    package struct Figures: Sendable, Hashable {
        /// The writes in each bucket, and last those above all bounds.
        package var counts: [Int]
        package var sumNanoseconds: Int
    }

    private final class Bucket: Sendable {
        let count = Atomic(0)
    }

    private let buckets = (0...WriteTimes.bounds.count).map { _ in Bucket() }
    private let sum = Atomic(0)

    /// A write is done.
    func add(nanoseconds: Int) {
        let place = WriteTimes.bounds.firstIndex { nanoseconds <= $0 } ?? WriteTimes.bounds.count
        buckets[place].count.add(1, ordering: .relaxed)
        sum.add(nanoseconds, ordering: .relaxed)
    }

    package var figures: Figures {
        Figures(counts: buckets.map { $0.count.load(ordering: .relaxed) }, sumNanoseconds: sum.load(ordering: .relaxed))
    }
}
