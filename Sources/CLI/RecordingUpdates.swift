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

    /// What came of them.
    enum Outcome: Equatable {
        case done
        /// A recording could not be written.
        case failed
        /// In place of an answer there came this signal.
        case interrupted(Int32)
    }

    /// Says what is to be done, asks where somebody can answer, and does it.
    func write(into report: inout Report, asks: Bool, isQuiet: Bool) async -> Outcome {
        let amended = proposals.filter { if case .amend = $0.proposal { true } else { false } }
        for (_, path, proposal) in proposals {
            let name = TerminalText.escaped(path)
            switch proposal {
            case .amend(let amendments): if !isQuiet { Terminal.log("tapedeck: update \(name): \(amendments.text)") }
            case .impossible(let reason):
                Terminal.log("tapedeck: \(name) is not updated: \(TerminalText.escaped(reason)): record it anew")
            }
        }
        guard !amended.isEmpty else { return .done }
        if asks, isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 {
            let answer = await Self.answer(amended.count)
            guard answer == .yes else {
                Terminal.log("tapedeck: nothing was changed")
                if case .interrupted(let signal) = answer { return .interrupted(signal) }
                return .done
            }
        }
        var outcome = Outcome.done
        for (place, path, proposal) in amended {
            guard case .amend(let amendments) = proposal else { continue }
            do throws(RecordingError) {
                try RecordingAmending.amend(LastRun.resolved(path), amendments)
                report.recordings[place].status = .updated
            } catch {
                Terminal.complain(error)
                outcome = .failed
            }
        }
        return outcome
    }

    private enum Answer: Equatable {
        case yes
        case no
        case interrupted(Int32)
    }

    /// Asks, and waits for what comes first: a line, its end, or a signal.
    private static func answer(_ count: Int) async -> Answer {
        let (answers, continuation) = AsyncStream.makeStream(of: Answer.self)
        let signals = Signals.endings()
        let watch = Task {
            for await signal in signals { continuation.yield(.interrupted(signal)) }
        }
        defer { watch.cancel() }
        var question = "Write the new answers into \(count.counting("recording"))? [y/N] "
        _ = question.withUTF8 { StandardStreams.writeAll(UnsafeRawBufferPointer($0), to: STDERR_FILENO) }
        let isAsking: Void? = try? QuietThread.startDetached {
            let line = readLine()?.lowercased() ?? ""
            continuation.yield(line == "y" || line == "yes" ? .yes : .no)
        }
        guard isAsking != nil else { return .no }
        for await answer in answers {
            if case .interrupted = answer { Terminal.log("") }
            return answer
        }
        return .no
    }
}
