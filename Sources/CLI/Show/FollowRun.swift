import ArgumentParser
import Codecs
import Recorder

/// `show --follow`: shows recordings while they are written, until they have their end, or somebody has seen enough.
struct FollowRun: Sendable {
    /// How long to wait at the end of all recordings before they are looked at again: two calls of the system for each.
    private static let pause = Duration.milliseconds(50)
    /// Events of one recording that are shown before it is another's turn.
    private static let eventsPerTurn = 4_096

    let paths: [String]
    let settings: ShowSettings
    let selection: SelectionOptions
    let limits: DecodingLimits
    let codec: String?

    /// Shows until all is over, or the task is cancelled. Whether anything that was asked for was there.
    func run() async throws -> Bool {
        let output = ShowOutput(pager: nil)
        let followed = FollowedPaths(paths)
        if followed.areSeveral { output.makesHeading = settings.heading }
        for folder in followed.folders where !RecordingSearch.isFolder(folder) {
            if let reason = FollowedRecording.reasonAgainst(folder: folder) {
                throw RecordingError(.cannotOpen, folder, "can never be there: \(reason)")
            }
            try output.complain("tapedeck: \(folder): no folder is there yet: waiting for it")
        }
        var hasFound = false
        while !Task.isCancelled {
            try followed.search()
            var hasNews = false
            for entry in followed.entries {
                output.turn(to: entry.recording.path)
                let isOver: Bool
                do {
                    isOver = try read(entry, output, &hasNews)
                } catch let error as RecordingError {
                    // The others are none the worse for it.
                    try output.complain("tapedeck: \(error)")
                    output.isFlawed = true
                    isOver = true
                }
                followed.hasRead(entry)
                hasFound = hasFound || entry.conversation?.hasFound ?? false
                if isOver {
                    try entry.conversation?.finish()
                    followed.remove(entry)
                }
            }
            try output.flush()
            if followed.isOver { break }
            if hasNews {
                await Task.yield()
            } else {
                if ShowOutput.isUnread { return true }
                try? await Task.sleep(for: Self.pause)
            }
        }
        for entry in followed.entries {
            output.turn(to: entry.recording.path)
            try entry.conversation?.finish()
        }
        try output.finish()
        if output.isFlawed { throw ExitStatus.impossible }
        return hasFound
    }

    /// Shows what is new of a recording; true where that was the last.
    private func read(
        _ entry: FollowedPaths.Entry, _ output: ShowOutput, _ hasNews: inout Bool
    ) throws -> Bool {
        for _ in 0..<Self.eventsPerTurn {
            let step: FollowedRecording.Step
            do throws(RecordingError) {
                step = try entry.recording.step()
            } catch {
                guard let conversation = entry.conversation else { throw error }
                try conversation.tellOfDamage(error)
                continue
            }
            switch step {
            case .nothing: return false
            case .over: return true
            case .began(let header):
                entry.conversation = ShownConversation(
                    header, path: entry.recording.path, settings, selection, limits: limits,
                    choice: try codec.map { try CodecChoice.choice($0, recording: entry.recording.path) }, output)
            case .event(let event): try entry.conversation?.take(event)
            case .told(let path, let shortcoming): try tell(path, shortcoming, output)
            }
            hasNews = true
        }
        return false
    }

    private func tell(_ path: String, _ shortcoming: TranscriptShortcoming, _ output: ShowOutput) throws {
        let place = shortcoming.line > 0 ? "\(path):\(shortcoming.line)" : path
        try output.complain("tapedeck: \(place): \(shortcoming.reason)")
    }
}
