import Recorder
import Replay

/// A line on a terminal that says how small a recording has become; nothing where stderr is none.
struct ShrinkProgress: Sendable {
    private let line: ProgressLine

    init(isQuiet: Bool) { line = ProgressLine(isQuiet: isQuiet) }

    func show(_ progress: RecordingShrinking.Progress) {
        line.show("run \(progress.runs + 1), \(ShrinkText.size(progress.size)): \(progress.phase.rawValue)")
    }

    /// Takes the line away.
    func clear() { line.clear() }
}
