import ArgumentParser
internal import Glibc
import Recorder

/// When a recording goes on in another file: `256MB`, `64KiB`, `1h`, `10m`.
struct RotationOption: ExpressibleByArgument, Equatable {
    let rotation: RecordingSettings.Rotation

    init?(argument: String) {
        // A plain number could be either.
        guard argument.last?.isNumber == false else { return nil }
        if let span = TimeSpan(argument: argument), span.duration >= .seconds(1) {
            let parts = span.duration.components
            rotation = .microseconds(parts.seconds * 1_000_000 + parts.attoseconds / 1_000_000_000_000)
        } else if let size = ByteCount(argument: argument), size.bytes >= 1 << 10 {
            rotation = .bytes(size.bytes)
        } else {
            return nil
        }
    }
}

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

    @Option(
        name: .customLong("rotate"),
        help: ArgumentHelp(
            "Go on in a new file (a.0002.tape.jsonl, a.0003.tape.jsonl, …) after so much: 64KiB, 256MB, or 10m, 1h.",
            valueName: "size|time"))
    var rotation: RotationOption?

    @Flag(name: .customLong("append"), help: "Go on in the recording that is there, behind what it holds.")
    var appends = false

    @Flag(name: .customLong("force"), help: "Replace the file that is there.")
    var replaces = false

    func validate() throws {
        if appends, replaces { throw ValidationError("--append and --force exclude each other") }
        if let onFull, durability != RecordingSettings.Durability.none {
            throw ValidationError("--on-full \(onFull.rawValue) goes with --durability none: only there lines wait")
        }
    }

    /// What says how to record, in the words that were given.
    private var given: String? {
        durability.map { "--durability \($0.rawValue)" } ?? onFailure.map { "--on-record-failure \($0.rawValue)" }
            ?? (rotation == nil ? nil : "--rotate") ?? given(appends, "--append") ?? given(replaces, "--force")
    }

    private func given(_ flag: Bool, _ name: String) -> String? { flag ? name : nil }

    /// Refuses what says how to record where nothing is recorded, and what a folder's new files make no sense of.
    ///
    /// - Parameter path: nil: nothing is recorded.
    func check(recordingTo path: String?) throws {
        guard let path else {
            if let given { throw ValidationError("\(given) goes with --record FILE: without it nothing is recorded") }
            return
        }
        guard Self.isFolder(path) else { return }
        let wrong =
            given(rotation != nil, "--rotate") ?? given(appends, "--append") ?? given(replaces, "--force")
            ?? given(onFull == .drop, "--on-full drop")
        if let wrong {
            throw ValidationError("\(wrong) goes with a file: in the folder \(path) each session gets a new file")
        }
    }

    /// Whether each session is to get a file of its own there.
    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return path.hasSuffix("/") || (lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR)
    }

    /// What is meant.
    func settings(recordingTo path: String) -> RecordingSettings {
        var settings = RecordingSettings()
        settings.isFolder = Self.isFolder(path)
        settings.rotation = rotation?.rotation
        settings.existing = appends ? .append : replaces ? .replace : .refuse
        if let durability { settings.durability = durability }
        if let onFull { settings.onFull = onFull }
        if let onFailure { settings.onFailure = onFailure }
        return settings
    }
}

extension RecordingSettings.Durability: ExpressibleByArgument {}
extension RecordingSettings.FullPolicy: ExpressibleByArgument {}
extension RecordingSettings.FailurePolicy: ExpressibleByArgument {}
