import Codecs
import NIOPosix
import Replay

/// The replay of one recording, with what options and project file say about it put together.
struct PlannedReplay: Sendable {
    let path: String
    var options: ReplayOptions
    let limits: DecodingLimits
    /// The ways in which what clients send is cut; none to send it as it comes.
    var ways: [Segmentation] = []
    /// Against what; nil where that could not be made out.
    var target: ReplayTarget?
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
            reports.append(await report())
        }
        return reports
    }

    private func report() async -> RecordingReport {
        guard let target else {
            var report = RecordingReport(path: path)
            report.problem = problem
            report.repetition = repetition
            return report
        }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        var report = await RecordingReplay(options: options, limits: limits, on: loop).report(
            on: path, target: target, ways: ways)
        report.repetition = repetition
        return report
    }
}
