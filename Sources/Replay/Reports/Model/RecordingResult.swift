/// What came of one recording in a run: of one replay, or of several where it was tried again.
package struct RecordingResult: Sendable, Hashable {
    package enum Status: String, Sendable, CaseIterable {
        case passed
        case failed
        /// It failed at first, and passed when it was tried again.
        case flaky
        /// It could not be replayed.
        case impossible
        /// It differed, and the new answers were written into it.
        case updated
        /// The run ended before it was begun.
        case notRun
    }

    /// The recording's path.
    package var path: String
    /// Which of several runs of the same recording this was, from 1; nil where each has one.
    package var repetition: Int?
    package var status: Status
    /// Its replays, the last one at the end.
    package var attempts: [ReplayAttempt] = []

    package init(path: String, repetition: Int? = nil, status: Status) {
        self.path = path
        self.repetition = repetition
        self.status = status
    }

    /// What came of a recording's replays, in their order.
    package init(path: String, repetition: Int? = nil, attempts: [ReplayAttempt]) {
        let last = attempts.last?.outcome
        let status: Status =
            switch last {
            case nil: .notRun
            case .passed?: attempts.count > 1 ? .flaky : .passed
            case .failed?: .failed
            case .impossible?: .impossible
            }
        self.init(path: path, repetition: repetition, status: status)
        self.attempts = attempts
    }

    /// Whether it is not as it should be.
    package var isFailure: Bool { status == .failed || status == .impossible }

    /// Path and repetition, as one line has them.
    package var title: String { repetition.map { "\(path) (run \($0))" } ?? path }

    /// Microseconds that its replays took.
    var duration: Int64 { attempts.reduce(0) { $0 + $1.duration } }
}
