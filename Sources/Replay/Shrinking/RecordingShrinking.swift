package import Codecs
package import Recorder

/// Looks for the smallest recording that still fails in the same way, by leaving parts out and replaying what is left.
package struct RecordingShrinking: Sendable {
    /// What counts as failing in the same way.
    package enum Criterion: Sendable {
        /// The same kind of difference at the same path with the same answer, as far as that is the same in every run.
        case sameAnswer
        /// The same kind of difference at the same path.
        case sameKind
        /// Any difference.
        case anyFailure
    }

    /// How it is gone about.
    package struct Settings: Sendable {
        package var criterion = Criterion.sameAnswer
        /// How often the whole recording is replayed before anything is left out.
        package var confirmations = 2
        package var maximumRuns = 1_000
        package var maximumTime = Duration.seconds(600)

        package init() {}
    }

    /// Why it ended before nothing more could be left out.
    package enum Stop: Error, Sendable, Hashable {
        case runs
        case time
        case interrupted
        /// The server is gone.
        case unreachable(String)
    }

    /// What came of it.
    package struct Outcome: Sendable {
        /// The recording's text.
        package var text: [UInt8]
        package var before: RecordingExcerpt.Size
        package var after: RecordingExcerpt.Size
        /// Replays, those of the whole recording with them.
        package var runs: Int
        /// Of the first replays of the whole recording, those that failed, and all.
        package var confirmed: (failed: Int, runs: Int)
        /// The difference that is shown, with its line in the new recording.
        package var difference: String
        /// Nil where nothing more can be left out.
        package var stop: Stop?
        /// The number of a torn last line, which was left out.
        package var tornLine: Int?
    }

    /// Why there is nothing to make smaller.
    package struct Refusal: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// How far it is.
    package struct Progress: Sendable {
        package var runs: Int
        package var size: RecordingExcerpt.Size
        /// What is tried.
        package var phase: Phase
    }

    package enum Phase: String, Sendable { case confirming, sessions, messages, values }

    private let path: String
    private let target: ReplayTarget
    private let options: ReplayOptions
    private let settings: Settings
    private let limits: DecodingLimits
    private let progress: @Sendable (Progress) -> Void

    /// - Parameter progress: told before each replay.
    package init(
        _ path: String, target: ReplayTarget, options: ReplayOptions, settings: Settings, limits: DecodingLimits,
        progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) {
        self.path = path
        self.target = target
        self.options = options
        self.settings = settings
        self.limits = limits
        self.progress = progress
    }

    /// Does it. A task that is cancelled gives the smallest recording so far, once the whole one has failed.
    package func shrink() async throws -> Outcome {
        let excerpt = try RecordingExcerpt(path: path)
        let trial = ShrinkTrial(excerpt, settings: settings, progress: progress) {
            [target, options, limits] text in
            let file = try NamelessFile()
            try excerpt.write(text, to: file)
            return await RecordingReplay(options: options, limits: limits).report(
                on: file.path, target: target)
        }
        try await trial.confirm()
        var stop: Stop?
        do {
            try await Self.reduce(excerpt, trial)
        } catch let reason as Stop {
            stop = reason
        }
        return Outcome(
            text: excerpt.text(of: trial.choice) ?? [], before: excerpt.size(of: .init()),
            after: excerpt.size(of: trial.choice), runs: trial.runs, confirmed: trial.confirmed,
            difference: trial.shown, stop: stop, tornLine: excerpt.tornLine)
    }

    /// Leaves out sessions, requests with their answers, and parts of values, until none of them can be.
    private static func reduce(_ excerpt: RecordingExcerpt, _ trial: ShrinkTrial) async throws {
        let parts = RemovableParts(excerpt.events)
        var before: RecordingExcerpt.Choice?
        while before != trial.choice {
            before = trial.choice
            try await trial.remove(parts.sessions, .sessions)
            try await trial.remove(parts.turns, .messages)
            try await trial.remove(parts.exchanges, .messages)
            try await MessageShrinking(excerpt, trial, answers: parts.answers).shrink()
        }
    }
}
