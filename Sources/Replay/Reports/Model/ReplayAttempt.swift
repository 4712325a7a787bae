internal import Recorder

/// What one replay of a recording has found, in words and numbers.
package struct ReplayAttempt: Sendable, Hashable {
    package enum Outcome: String, Sendable {
        case passed
        case failed
        case impossible
    }

    package var outcome: Outcome
    /// What kept it from being done.
    package var problem: String?
    /// Microseconds that it took.
    package var duration: Int64 = 0
    package var sessions = 0
    /// Messages that clients sent.
    package var sent = 0
    /// Answers that came as recorded.
    package var matched = 0
    /// Messages that were neither sent nor awaited.
    package var notReached = 0
    /// What there is to know of the recording and of how it was sent: a line each.
    package var notes: [String] = []
    /// What was compared with what.
    package var sides = ReportedSides.replay
    package var differences: [ReportedDifference] = []
    /// Differences beyond those.
    package var moreDifferences = 0
    /// Values that were followed from answers into what was sent.
    package var bindings: [ReportedBinding] = []
    /// What the server printed, where it was started for the replay and something was wrong.
    package var serverOutput = ""
    /// The report for a person, as the console has it without colours; empty where all was as recorded.
    package var text = ""
    /// The conversation, where it was kept.
    package var conversation: [ConversationEntry] = []

    package init(outcome: Outcome) { self.outcome = outcome }

    /// Differences that were found, those beyond the kept ones with them.
    var differenceCount: Int { differences.count + moreDifferences }

    /// What is wrong, in a line; empty where nothing is.
    var headline: String {
        if let problem { return problem }
        guard let first = differences.first else { return outcome == .passed ? "" : "the answers differ" }
        let more = differenceCount > 1 ? " (and \((differenceCount - 1).counting("more difference")))" : ""
        return first.headline + more
    }
}

/// A recorded value and the present one that stood for it.
package struct ReportedBinding: Sendable, Hashable {
    package var recorded: String
    package var actual: String
    /// Whose it is, where it was issued and where it was sent.
    package var journey: String
}

/// One place where the server did something else.
package struct ReportedDifference: Sendable, Hashable {
    /// `value`, `missing`, `extra`, `undecodable`, `ending`, `refused` or `died`.
    package var kind: String
    /// The session's number in the recording; 0 where it is about none.
    package var session = 0
    /// The recording's line; 0 where it is about none.
    package var line = 0
    /// When that was in the recording, in microseconds.
    package var recordedAt: Int64 = 0
    /// When it was found, in microseconds since the replay began.
    package var at: Int64?
    /// What it is, in a few words.
    package var what: String
    /// Where the values of a message differ.
    package var values: [ValueDifference] = []
    /// What was recorded, of a difference that is about a whole.
    package var expected: String?
    /// What came.
    package var actual: String?

    package init(kind: String, what: String) {
        self.kind = kind
        self.what = what
    }

    /// Where and what, in a line.
    var headline: String {
        var place: [String] = []
        if session > 0 { place.append("session \(session)") }
        if line > 0 { place.append("line \(line)") }
        var text = place.isEmpty ? what : place.joined(separator: ", ") + ": " + what
        if let first = values.first {
            text += " at \(first.path)"
            if values.count > 1 { text += " and \((values.count - 1).counting("more place"))" }
        }
        return text
    }
}
