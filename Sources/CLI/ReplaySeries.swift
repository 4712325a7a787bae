import Recorder
import Replay

/// Replays of several recordings, one after the other or some at a time, and the report of them all.
struct ReplaySeries: Sendable {
    let replays: [PlannedReplay]
    /// How many at the same time.
    let atOnce: Int
    /// So many failures are enough; nil where all are wanted.
    let enoughFailures: Int?
    /// Writes what is printed, and what a person reads in reports.
    let console: TextReport
    /// The same without colours.
    let plain: TextReport
    /// Whether results are printed as they come, and those that passed with them.
    let prints: Bool
    let isQuiet: Bool
    let progress: ReplayProgress

    /// What keeps all of them alike from being done; nil where one can be.
    var problem: String? {
        guard let problem = replays.first?.problem, replays.allSatisfy({ $0.problem == problem }) else { return nil }
        return problem
    }

    /// Does them. Of a cancelled task the report has what was done so far.
    func run() async throws -> (report: Report, updates: RecordingUpdates) {
        var updates = RecordingUpdates()
        var report = Report(tool: ToolVersion.text, started: RecordingClock.timestamp())
        let start = RecordingClock.monotonic()
        var failures = 0
        let progress = progress
        try await OrderedJobs.run(replays, atOnce: atOnce) { replay in
            progress.begin(replay.path)
            let reports = await replay.reports()
            progress.end(replay.path, isFailure: reports.last?.outcome != .passed)
            return reports
        } isEnough: { reports in
            failures += reports.last?.outcome == .passed ? 0 : 1
            return enoughFailures.map { failures >= $0 } ?? false
        } each: { reports in
            if let last = reports.last { updates.take(last, place: report.recordings.count) }
            try take(reports, &report)
        }
        for replay in replays.dropFirst(report.recordings.count) {
            report.recordings.append(
                RecordingResult(path: replay.path, repetition: replay.repetition, status: .notRun))
        }
        report.duration = RecordingClock.monotonic() - start
        return (report, updates)
    }

    private func take(_ reports: [RecordingReport], _ report: inout Report) throws {
        for each in reports { report.note(rulesOf: each) }
        let replay = replays[report.recordings.count]
        let result = RecordingResult(
            path: replay.path, repetition: replay.repetition,
            attempts: reports.map { ReplayAttempt($0, text: plain) })
        report.recordings.append(result)
        guard prints, !isQuiet || result.status != .passed else { return }
        try progress.pause { try Terminal.write(console.text(reports)) }
    }
}
