import ArgumentParser
import Recorder
import Replay

/// Which of the recordings are replayed.
struct RecordingSelectionOptions: ParsableArguments {
    @Option(
        name: [.customShort("g"), .customLong("grep")],
        help: ArgumentHelp(
            "Only recordings whose path matches this regular expression somewhere; may be repeated.",
            valueName: "pattern"),
        transform: OptionText.valid(RecordingSelectionOptions.pattern))
    var patterns: [Pattern] = []

    @Option(
        name: .customLong("shard"),
        help: ArgumentHelp(
            "Only one of N parts of them, which take about as long as each other, such as 2/4.", valueName: "I/N"),
        transform: OptionText.valid(ShardOption.parse))
    var shard: Shard?

    @Flag(name: .customLong("last-failed"), help: "Only those that failed when they were replayed last.")
    var onlyLastFailed = false

    @Flag(name: .customLong("list"), help: "Print the paths of what would be replayed, and do nothing else.")
    var lists = false

    private static func pattern(_ text: String) throws(UsageFault) -> Pattern {
        do throws(PatternError) {
            return try Pattern(text)
        } catch {
            throw UsageFault("\"\(text)\" is no regular expression: \(error.description)")
        }
    }

    /// The recordings that are selected, in their order, each with the files that go on from it. None is a fault that says which
    /// option left none.
    func recordings(in paths: [String], _ lastRun: LastRun) throws -> [RecordingParts] {
        var found = RecordingParts.found(in: try RecordingSearch.recordings(in: paths))
        guard !found.isEmpty else {
            throw NothingSelected("no recording (*.tape.jsonl) in \(paths.joined(separator: ", "))")
        }
        found = try matching(found)
        if let shard {
            found = shard.picks(found.map { ShardOption.item($0.first) }).map { found[$0] }
            guard !found.isEmpty else {
                throw NothingSelected("shard \(shard) has no recording: there are fewer than shards")
            }
        }
        if onlyLastFailed { found = try failed(among: found, lastRun) }
        return found
    }

    private func matching(_ recordings: [RecordingParts]) throws -> [RecordingParts] {
        guard !patterns.isEmpty else { return recordings }
        var allowance = Pattern.Allowance()
        let found = try recordings.filter { recording in
            try recording.paths.contains { path in
                try patterns.contains { try $0.matches(path.utf8Span.span.bytes, within: &allowance) }
            }
        }
        guard !found.isEmpty else {
            let texts = patterns.map { "'\($0.text)'" }.joined(separator: ", ")
            throw NothingSelected(
                "-g \(texts) matches the path of none of \(recordings.count.counting("recording")); --list shows them")
        }
        return found
    }

    private func failed(among recordings: [RecordingParts], _ lastRun: LastRun) throws -> [RecordingParts] {
        let failed = try lastRun.failed()
        let found = recordings.filter { failed.contains(LastRun.resolved($0.first)) }
        guard !found.isEmpty else {
            let reason = failed.isEmpty ? "nothing failed" : "none of these failed"
            throw NothingSelected("\(reason) when it was replayed last (\(lastRun.path)): leave --last-failed out")
        }
        return found
    }
}

/// There is nothing to be done.
struct NothingSelected: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
