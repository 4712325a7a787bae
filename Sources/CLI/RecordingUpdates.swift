import ArgumentParser
internal import Glibc
import Recorder
import Replay

/// The new answers of a run, on their way into its recordings.
struct RecordingUpdates {
    /// A recording that differed, and what it would have to say; or why it cannot be made to say it.
    enum Proposal {
        case amend(RecordingAmendments)
        case impossible(String)
    }

    /// By the place of the recording in the report.
    private var proposals: [(place: Int, path: String, proposal: Proposal)] = []

    /// Takes note of a replay.
    mutating func take(_ report: RecordingReport, place: Int) {
        guard report.outcome == .failed else { return }
        proposals.append((place, report.path, Self.proposal(report)))
    }

    private static func proposal(_ report: RecordingReport) -> Proposal {
        if let reason = report.findings.reasonAgainstUpdate { return .impossible(reason) }
        return .amend(report.findings.amendments ?? RecordingAmendments())
    }

    /// Says what is to be done, asks where somebody can answer, and does it. Gives false where a recording could not be written.
    func write(into report: inout Report, asks: Bool, isQuiet: Bool) throws -> Bool {
        let amended = proposals.filter { if case .amend = $0.proposal { true } else { false } }
        for (_, path, proposal) in proposals {
            let name = TerminalText.escaped(path)
            switch proposal {
            case .amend(let amendments): if !isQuiet { Terminal.log("tapedeck: update \(name): \(amendments.text)") }
            case .impossible(let reason):
                Terminal.log("tapedeck: \(name) is not updated: \(TerminalText.escaped(reason)): record it anew")
            }
        }
        guard !amended.isEmpty else { return true }
        if asks, isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1, !Self.isConfirmed(amended.count) {
            Terminal.log("tapedeck: nothing was changed")
            return true
        }
        var isDone = true
        for (place, path, proposal) in amended {
            guard case .amend(let amendments) = proposal else { continue }
            do throws(RecordingError) {
                try RecordingAmending.amend(LastRun.resolved(path), amendments)
                report.recordings[place].status = .updated
            } catch {
                Terminal.complain(error)
                isDone = false
            }
        }
        return isDone
    }

    private static func isConfirmed(_ count: Int) -> Bool {
        // Ctrl-C is an answer, too.
        for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
        let question = "Write the new answers into \(count.counting("recording"))? [y/N] "
        var text = question
        _ = text.withUTF8 { StandardStreams.writeAll(UnsafeRawBufferPointer($0), to: STDERR_FILENO) }
        let answer = readLine()?.lowercased() ?? ""
        return answer == "y" || answer == "yes"
    }
}
