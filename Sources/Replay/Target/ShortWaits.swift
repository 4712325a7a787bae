/// Whether waits have been so short of late that looking again and again costs less than to sleep and be woken: to sleep for an
/// answer that takes ten microseconds takes fifty.
struct ShortWaits {
    /// So long it is looked before sleeping, in microseconds, and so short waits must have been.
    static let limit: Int64 = 80
    /// What one wait counts at most, so that a long one is soon forgotten.
    private static let mostCounted: Int64 = 1_000

    /// Of the latest ones, those before counting less and less.
    private var average: Int64 = 0

    var areExpected: Bool { average < Self.limit }

    /// A wait is over.
    mutating func took(_ microseconds: Int64) {
        average = (average * 3 + min(microseconds, Self.mostCounted)) / 4
    }
}
