internal import Histogram

/// What one event loop of a load has counted and measured.
struct LoadTally: Sendable {
    /// Requests that were due before are not measured.
    let measuredFrom: Int64
    /// From when a request was due to its answer, and from when it was sent; microseconds.
    private(set) var corrected = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
    private(set) var asSent = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
    /// How late requests were sent that nothing but this program held up.
    private(set) var lateness = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
    private(set) var sent = 0
    private(set) var answered = 0
    private(set) var maximumBehind: Int64 = 0
    private(set) var bytesSent = 0
    private(set) var bytesReceived = 0
    private(set) var failures: [LoadFailure.Kind: (count: Int, first: String)] = [:]
    /// Sessions by what became of them.
    var done = 0
    var cut = 0
    /// Requests that were due at the end and could not be sent.
    var unsent = 0
    /// Those that were sent and not answered.
    var unanswered = 0

    init(measuredFrom: Int64) { self.measuredFrom = measuredFrom }

    /// A request goes out.
    ///
    /// - Parameter isFree: nothing was awaited when it became due.
    mutating func send(_ bytes: Int, due: Int64, at now: Int64, isFree: Bool) {
        guard due >= measuredFrom else { return }
        sent += 1
        bytesSent += bytes
        maximumBehind = max(maximumBehind, now - due)
        if isFree { lateness.record(UInt64(max(now - due, 0))) }
    }

    /// Its answer came.
    mutating func answer(due: Int64, sent: Int64, at now: Int64) {
        guard due >= measuredFrom else { return }
        answered += 1
        corrected.record(UInt64(max(now - due, 0)))
        asSent.record(UInt64(max(now - sent, 0)))
    }

    /// Bytes came.
    mutating func receive(_ bytes: Int, at now: Int64) {
        if now >= measuredFrom { bytesReceived += bytes }
    }

    /// A session ended before its end.
    mutating func fail(_ failure: LoadFailure) {
        failures[failure.kind, default: (0, failure.text)].count += 1
    }

    /// Takes what another loop has counted.
    mutating func add(_ other: LoadTally) {
        corrected.add(other.corrected)
        asSent.add(other.asSent)
        lateness.add(other.lateness)
        sent += other.sent
        answered += other.answered
        maximumBehind = max(maximumBehind, other.maximumBehind)
        bytesSent += other.bytesSent
        bytesReceived += other.bytesReceived
        done += other.done
        cut += other.cut
        unsent += other.unsent
        unanswered += other.unanswered
        for (kind, failure) in other.failures {
            failures[kind, default: (0, failure.first)].count += failure.count
        }
    }
}
