/// Looks whether the times go forward.
///
/// One line whose time stands out, up or down, is told from a recording whose time starts again: by the line behind it.
struct TimeCheck: LineCheck {
    /// The time of the line before, and of the one before that.
    private var last: Int64 = 0
    private var lastButOne: Int64 = 0
    private var lastLine = 0
    /// A line with an earlier time than both.
    private var suspect: (line: Int, time: Int64)?

    mutating func check(_ line: CheckedLine, tell: (CheckFinding) throws -> Void) rethrows {
        if case .resumed = line.event.kind {
            try tellOfSuspect(tell)
            self = TimeCheck()
            return
        }
        let time = line.event.time
        if let found = suspect, time < last {
            suspect = nil
            if found.time >= lastButOne, time >= found.time {
                try tell(
                    CheckFinding(
                        .time, line: lastLine,
                        "the time, \(Self.shown(last)), is later than that of the line behind it, "
                            + Self.shown(found.time),
                        advice: CheckFinding.repairable, mend: .setTime(lastButOne)))
            } else {
                try tell(
                    CheckFinding(
                        .time, line: found.line,
                        "the time goes back here, from \(Self.shown(last)) to \(Self.shown(found.time)), and on from there",
                        advice: "two recordings may have been joined: put a header between them"))
            }
            (lastButOne, last, lastLine) = (found.time, found.time, found.line)
        }
        try tellOfSuspect(tell)
        if time >= last {
            (lastButOne, last, lastLine) = (last, time, line.number)
        } else {
            suspect = (line.number, time)
        }
    }

    mutating func finish(_ end: CheckedEnd, tell: (CheckFinding) throws -> Void) rethrows { try tellOfSuspect(tell) }

    private mutating func tellOfSuspect(_ tell: (CheckFinding) throws -> Void) rethrows {
        guard let found = suspect else { return }
        suspect = nil
        try tell(
            CheckFinding(
                .time, line: found.line,
                "the time, \(Self.shown(found.time)), is earlier than that of the line before, \(Self.shown(last))",
                advice: CheckFinding.repairable, mend: .setTime(last)))
    }

    /// `1.204471`.
    private static func shown(_ time: Int64) -> String {
        ConversationText.time(time).trimmingPrefix { $0 == " " }.description
    }
}
