internal import NIOCore
internal import Recorder

/// Events that are done one after the other: those of all sessions, or where sessions are independent those of one.
///
/// A class, since it is looked up in a dictionary and changed many times for each event: a struct would be moved out of the
/// dictionary and back each time. Confined to the replay's thread.
final class ReplayLane {
    /// When the wait that is on began; nil while nothing is awaited.
    var waitingSince: Int64?
    /// When what stands next may happen, if a recorded distance is kept.
    var pausedUntil: Int64?
    /// The last thing that a client did, with nothing awaited since.
    var lastDeed: ReplayMachine.Deed?
    /// When it is to be looked at again, even if nothing comes.
    var wakeAt: Int64?
    var pace = ReplayPace()
    /// Events that were read and not yet taken, where sessions are independent.
    var events = CircularBuffer<TranscriptEvent>()
    /// No message waits for other sessions any more, where sessions are independent.
    var holdsNothing = false
    /// What the session speaks, where sessions are independent: another header may follow before it is opened.
    var speech: ReplayMachine.PortSpeech?
}

/// Keeps recorded pauses, divided by a speed: what a client does keeps its distance from what a client did before and from
/// what a server did before.
struct ReplayPace {
    /// A recorded time, and when that was this time.
    private struct Mark {
        var recorded: Int64
        var actual: Int64
    }

    private var deed: Mark?
    private var answer: Mark?

    /// A client did something, or the replay began.
    mutating func acted(recorded: Int64, at now: Int64) { deed = Mark(recorded: recorded, actual: now) }

    /// A server did what was awaited.
    mutating func answered(recorded: Int64, at now: Int64) { answer = Mark(recorded: recorded, actual: now) }

    /// The recording's times start again.
    mutating func restart() {
        deed = nil
        answer = nil
    }

    /// When something may be done at that speed; nil where nothing was done before.
    func due(recorded: Int64, speed: Double) -> Int64? {
        [deed, answer].compactMap(\.self).map { mark in
            let (distance, overflow) = recorded.subtractingReportingOverflow(mark.recorded)
            guard !overflow, distance > 0 else { return mark.actual }
            // A year is for ever, and leaves times that can be added.
            return mark.actual + Int64(min(Double(distance) / speed, 31_536_000_000_000))
        }.max()
    }
}
