/// When the requests of one connection are due.
///
/// With a rate that is known beforehand, whatever the server does: one that answers late makes no request due later. So what its
/// clients would have had to wait is measured, too.
struct LoadPace: Sendable {
    /// When the first one is due, in microseconds.
    private let start: Int64
    /// Microseconds from one to the next; nil where each is due as soon as it can be sent.
    private let interval: Double?
    /// Those that were taken.
    private var taken = 0

    /// - Parameters:
    ///   - rate: requests a second of all connections together.
    ///   - connection: which one of them this is; they take turns.
    init(rate: Double?, connection: Int, of connections: Int, from start: Int64) {
        guard let rate else {
            (self.start, interval) = (start, nil)
            return
        }
        self.start = start + Int64(Double(connection) / rate * 1_000_000)
        interval = Double(connections) / rate * 1_000_000
    }

    /// When the next request is due; with no rate that is now.
    mutating func next(at now: Int64) -> Int64 {
        guard let interval else { return now }
        defer { taken += 1 }
        return start + Int64(Double(taken) * interval)
    }

    /// Requests that were due before a time and were not taken.
    func overdue(at time: Int64) -> Int {
        guard let interval, time > start else { return 0 }
        return max(Int((Double(time - start) / interval).rounded(.up)) - taken, 0)
    }
}
