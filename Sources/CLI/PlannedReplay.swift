import Codecs
import NIOPosix
import Replay

/// The replay of one recording, with what options and project file say about it put together.
struct PlannedReplay: Sendable {
    let path: String
    let options: ReplayOptions
    let limits: DecodingLimits
    /// The ways in which what clients send is cut; none to send it as it comes.
    var ways: [Segmentation] = []
    /// Against what; nil where that could not be made out.
    var target: ReplayTarget?
    /// Why not.
    var problem: String?

    init(path: String, options: ReplayOptions, limits: DecodingLimits) {
        self.path = path
        self.options = options
        self.limits = limits
    }

    /// Does it.
    func report() async -> RecordingReport {
        guard let target else {
            var report = RecordingReport(path: path)
            report.problem = problem
            return report
        }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        return await RecordingReplay(options: options, limits: limits, on: loop).report(
            on: path, target: target, ways: ways)
    }
}
