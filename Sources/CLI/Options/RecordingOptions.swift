import ArgumentParser
import Recorder

/// How a recording is written.
struct RecordingOptions: ParsableArguments {
    @Option(
        name: .customLong("durability"),
        help: ArgumentHelp(
            "What has a request's line before its answer leaves: none (a thread writes it soon), kernel (killing tapedeck loses nothing), disk (cutting the power loses nothing) (default: kernel).",
            valueName: "none|kernel|disk"))
    var durability: RecordingSettings.Durability?

    @Option(
        name: .customLong("on-full"),
        help: ArgumentHelp(
            "While the disk is too slow for --durability none: wait (so do the connections) or drop (the loss is counted in a gap line) (default: wait).",
            valueName: "wait|drop"))
    var onFull: RecordingSettings.FullPolicy?

    @Option(
        name: .customLong("on-record-failure"),
        help: ArgumentHelp(
            "When the recording cannot be written: stop (nobody is served any more, status 2) or continue (the recording ends, serving goes on, status 2 at the end) (default: stop).",
            valueName: "stop|continue"))
    var onFailure: RecordingSettings.FailurePolicy?

    func validate() throws {
        if let onFull, durability != RecordingSettings.Durability.none {
            throw ValidationError("--on-full \(onFull.rawValue) goes with --durability none: only there lines wait")
        }
    }

    /// Refuses what says how to record where nothing is recorded.
    func checkUnused() throws {
        let given =
            durability.map { "--durability \($0.rawValue)" } ?? onFailure.map { "--on-record-failure \($0.rawValue)" }
        if let given { throw ValidationError("\(given) goes with --record FILE: without it nothing is recorded") }
    }

    /// What is meant.
    var settings: RecordingSettings {
        var settings = RecordingSettings()
        if let durability { settings.durability = durability }
        if let onFull { settings.onFull = onFull }
        if let onFailure { settings.onFailure = onFailure }
        return settings
    }
}

extension RecordingSettings.Durability: ExpressibleByArgument {}
extension RecordingSettings.FullPolicy: ExpressibleByArgument {}
extension RecordingSettings.FailurePolicy: ExpressibleByArgument {}
