internal import Recorder

/// What a run of replays has found, as data: reports of every format are made from it alone, and those of shards are put
/// together as such.
package struct Report: Sendable, Hashable {
    /// The program that made it.
    package var tool: String
    /// When the run began, in UTC.
    package var started: String
    /// Microseconds that the run took; of reports that were put together, those of the longest.
    package var duration: Int64 = 0
    /// The run was ended by a signal.
    package var isInterrupted = false
    /// Which part of the recordings it is about; empty where it is all of them.
    package var shards: [Shard] = []
    package var recordings: [RecordingResult] = []
    /// The rules that were given, other than those of headers.
    package var rules: [RuleUse] = []

    package init(tool: String, started: String) {
        self.tool = tool
        self.started = started
    }

    /// What a run comes to, as a whole.
    package enum Status: String, Sendable {
        case passed
        case failed
        /// Something could not be done.
        case impossible
        case interrupted
    }

    package var status: Status {
        if isInterrupted { return .interrupted }
        if recordings.contains(where: { $0.status == .impossible }) { return .impossible }
        return recordings.contains { $0.status == .failed } ? .failed : .passed
    }

    /// How many recordings have that status.
    package func count(_ status: RecordingResult.Status) -> Int { recordings.count { $0.status == status } }

    /// Rules that decided nothing in any recording: their path is wrong, or their time is over.
    package var unusedRules: [RuleUse] {
        // A run that was interrupted says nothing of its rules.
        isInterrupted ? [] : rules.filter { !$0.isUsed }
    }

    /// Takes note of the rules of a replay that was done.
    package mutating func note(rulesOf report: RecordingReport) {
        guard report.problem == nil else { return }
        // A replay compares nothing that clients send.
        for rule in report.rules where rule.from != .client {
            let use = RuleUse(
                text: rule.text, origin: "\(rule.origin)", isUsed: report.findings.rules.used.contains(rule))
            note(use)
        }
    }

    mutating func note(_ use: RuleUse) {
        guard let known = rules.firstIndex(where: { $0.text == use.text && $0.origin == use.origin }) else {
            return rules.append(use)
        }
        rules[known].isUsed = rules[known].isUsed || use.isUsed
    }
}

/// A rule, and whether it decided anything.
package struct RuleUse: Sendable, Hashable {
    package var text: String
    /// Where it was given.
    package var origin: String
    package var isUsed: Bool

    package init(text: String, origin: String, isUsed: Bool) {
        self.text = text
        self.origin = origin
        self.isUsed = isUsed
    }
}
