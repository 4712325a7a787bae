import Codecs
import Recorder
import Replay

/// The replay of one recording, with what options and project file say about it put together.
struct PlannedReplay: Sendable {
    let path: String
    /// Files that the recording goes on in: they are replayed with it as one.
    var later: [String] = []
    var options: ReplayOptions
    let limits: DecodingLimits
    /// The ways in which what clients send is cut; none to send it as it comes.
    var ways: [Segmentation] = []
    /// Against what; nil where that could not be made out.
    var target: ReplayTarget?
    /// The server that is compared with that one; nil where the recorded answers are.
    var against: ReplayTarget?
    /// Why not.
    var problem: String?

    /// Which of several runs of the same recording this is; nil where there is one.
    var repetition: Int?
    /// How often it may be tried again.
    var retries = 0

    init(path: String, options: ReplayOptions, limits: DecodingLimits) {
        self.path = path
        self.options = options
        self.limits = limits
    }

    /// Does it, and again as long as it fails and may be tried again; gives what came of each time.
    func reports() async -> [RecordingReport] {
        var reports = [await report()]
        // What is not planned well does not get better.
        while let last = reports.last, last.outcome != .passed, target != nil, reports.count <= retries,
            !Task.isCancelled
        {
            let next = await report()
            // An interrupted try says nothing: those before it count.
            if Task.isCancelled, case .impossible = next.outcome { break }
            reports.append(next)
        }
        return reports
    }

    private func report() async -> RecordingReport {
        guard let target else { return report(problem) }
        let joined: JoinedRecording?
        do throws(RecordingError) {
            joined = later.isEmpty ? nil : try JoinedRecording([path] + later)
        } catch {
            return report("\(error)")
        }
        if let against {
            var report = await ServerComparison(target, with: against, options: options, limits: limits)
                .report(on: path)
            report.repetition = repetition
            return report
        }
        var report = await RecordingReplay(options: options, limits: limits).report(
            on: joined?.path ?? path, target: target, ways: ways)
        withExtendedLifetime(joined) {}
        report.path = path
        report.later = later
        report.repetition = repetition
        return report
    }

    private func report(_ problem: String?) -> RecordingReport {
        var report = RecordingReport(path: path)
        report.problem = problem
        report.repetition = repetition
        return report
    }
}
