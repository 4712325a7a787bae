package import Codecs
internal import Recorder

/// Runs recordings several times, and makes rules of what differs between the runs of the same server.
package struct RuleLearning: Sendable {
    /// A recording and how it is replayed.
    package struct Job: Sendable {
        package var path: String
        package var target: ReplayTarget
        /// With the rules that there are already.
        package var options: ReplayOptions

        package init(path: String, target: ReplayTarget, options: ReplayOptions) {
            self.path = path
            self.target = target
            self.options = options
        }
    }

    /// A difference that no rule was made for.
    package struct Unlearned: Sendable, Hashable {
        package var recording: String
        /// The recording's line; 0 where it is about none.
        package var line: Int
        /// Where, and what differs.
        package var text: String
    }

    /// What was learned.
    package struct Outcome: Sendable {
        package var rules: [LearnedRule] = []
        /// What differs from the recording in all runs alike, and what no rule can allow.
        package var unlearned: [Unlearned] = []
        /// A recording could not be replayed; why.
        package var problems: [String] = []
        /// Replays of each recording, all told.
        package var runs = 0
        /// A replay with the rules found nothing but what is listed.
        package var isVerified = false
    }

    /// Runs begin so far apart that a clock in seconds has ticked.
    package static let distance = Duration.milliseconds(1_100)
    /// After so many rounds what still differs is left.
    private static let maximumRounds = 5

    private let jobs: [Job]
    private let runs: Int
    private let limits: DecodingLimits
    private let progress: @Sendable (String) -> Void

    /// - Parameter progress: told of what is being done.
    package init(
        _ jobs: [Job], runs: Int, limits: DecodingLimits,
        progress: @escaping @Sendable (String) -> Void
    ) {
        self.jobs = jobs
        self.runs = max(runs, 2)
        self.limits = limits
        self.progress = progress
    }

    /// Does it: rounds of runs until a run with the rules shows nothing new.
    package func learn() async throws -> Outcome {
        var observations = Observations()
        var outcome = Outcome()
        var others = OtherDifferences()
        var lessons = Lessons(observations, runs: runs, limits: limits)
        var starts = [ContinuousClock.Instant?](repeating: nil, count: jobs.count)
        for round in 0..<Self.maximumRounds {
            let known = observations
            let first = outcome.runs
            var wanted = round == 0 ? runs : 1
            while outcome.runs - first < wanted {
                progress(
                    round == 0 ? "run \(outcome.runs + 1) of \(runs)" : "run \(outcome.runs + 1), with the rules so far"
                )
                for index in jobs.indices {
                    if let last = starts[index] { try await Task.sleep(until: last + Self.distance) }
                    starts[index] = .now
                    let report = await replay(jobs[index], lessons.rules)
                    try Task.checkCancellation()
                    if let problem = report.problem {
                        outcome.problems.append("\(jobs[index].path): \(problem)")
                        return outcome
                    }
                    observations.take(report, recording: index, run: outcome.runs)
                    others.take(report, recording: index, run: outcome.runs)
                }
                outcome.runs += 1
                // Something new with the rules: one run alone does not tell whether it changes.
                if round > 0, outcome.runs - first == 1, observations.hasNews(since: known, besides: lessons) {
                    wanted = runs
                }
            }
            for index in jobs.indices { observations.endRound(of: index, runs: first..<outcome.runs) }
            if round > 0, wanted == 1 {
                outcome.isVerified = true
                break
            }
            lessons = Lessons(observations, runs: runs, limits: limits)
            if round == 0, lessons.rules.isEmpty {
                outcome.isVerified = true
                break
            }
        }
        outcome.rules = lessons.rules
        outcome.unlearned = (unlearned(lessons, observations) + others.all(runs: outcome.runs, jobs.map(\.path))).sorted
        {
            ($0.recording, $0.line) < ($1.recording, $1.line)
        }
        return outcome
    }

    private func replay(_ job: Job, _ rules: [LearnedRule]) async -> RecordingReport {
        var options = job.options
        options.keepsDifferingAnswers = true
        options.rules += rules.compactMap(\.rule)
        return await RecordingReplay(options: options, limits: limits).report(
            on: job.path, target: job.target)
    }

    private func unlearned(_ lessons: Lessons, _ observations: Observations) -> [Unlearned] {
        func text(_ place: Observations.Place, _ why: String) -> Unlearned {
            let seen = observations.places[place]
            let samples = seen?.samples ?? []
            let recorded = samples.first?.shown ?? "nothing"
            let now = samples.dropFirst().first { $0 != samples.first }?.shown ?? "nothing"
            return Unlearned(
                recording: jobs[place.recording].path, line: place.line,
                text: "\(place.path): \(Self.cut(recorded)) → \(Self.cut(now)), \(why)")
        }
        return lessons.regressions.map { text($0, "the same in all runs") }
            + lessons.unnameable.map { text($0, "another value each time, but no rule can name this place") }
    }

    private static func cut(_ text: String) -> String {
        text.unicodeScalars.count > 80 ? String(text.unicodeScalars.prefix(80)) + "…" : text
    }
}

extension Observations {
    /// Whether there are places, or values at changing places, that were not known before.
    fileprivate func hasNews(since known: Observations, besides lessons: Lessons) -> Bool {
        order.contains { place in
            guard let before = known.places[place] else { return true }
            guard let now = places[place], now.values.count != before.values.count else { return false }
            return now.changes || !lessons.regressions.contains(place)
        }
    }
}

/// Differences that are none of values: messages that are missing or extra, ends of connections, a server that died.
private struct OtherDifferences {
    private struct Key: Hashable {
        var recording: Int
        var line: Int
        var text: String
    }

    private var runs: [Key: Set<Int>] = [:]

    mutating func take(_ report: RecordingReport, recording: Int, run: Int) {
        let kept = Set(report.findings.differingAnswers.map(\.line))
        let text = DifferenceText(
            styled: TerminalStyle(usesColour: false), columns: 100, isFull: false, path: "", ports: report.ports)
        for difference in report.findings.differences {
            if case .value = difference.kind, kept.contains(difference.line) { continue }
            let summary = text.summary(difference).drop { $0 == " " }
            runs[Key(recording: recording, line: difference.line, text: String(summary)), default: []].insert(run)
        }
    }

    func all(runs count: Int, _ paths: [String]) -> [RuleLearning.Unlearned] {
        runs.map { key, runs in
            let often = runs.count == count ? "in all runs" : "in \(runs.count) of \(count) runs"
            return RuleLearning.Unlearned(
                recording: paths[key.recording], line: key.line, text: "\(key.text), \(often)")
        }.sorted { ($0.line, $0.text) < ($1.line, $1.text) }
    }
}
