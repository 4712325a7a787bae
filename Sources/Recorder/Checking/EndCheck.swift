internal import Codecs

/// Looks whether each part of the file was ended, once and at its end, with the right counts.
struct EndCheck {
    /// What stands since the header.
    private var sessions = 0
    private var continued = 0
    private var messages = 0
    private var hasGap = false
    /// The line of the `end`, once it is there.
    private var endLine: Int?
    private var isFirst = true
    /// Over the whole file.
    private(set) var allSessions = 0
    private(set) var allMessages = 0

    /// Hears of a line that is no event.
    mutating func passOver(line: Int, tell: (CheckFinding) throws -> Void) rethrows {
        hasGap = true
        isFirst = false
        try tellOfEarlyEnd(before: line, tell)
    }

    /// Looks at an event or a header.
    mutating func check(_ line: CheckedLine, tell: (CheckFinding) throws -> Void) rethrows {
        if case .resumed = line.event.kind {
            if !isFirst, endLine == nil {
                try tell(
                    CheckFinding(
                        .end, line: line.number,
                        "what stands before this header was never ended: its recorder was killed, crashed, or could not write",
                        advice: CheckFinding.repairable, mend: .end(counts, isBehind: false)))
            }
            let (sessions, messages) = (allSessions, allMessages)
            self = EndCheck()
            (allSessions, allMessages, isFirst) = (sessions, messages, false)
            return
        }
        isFirst = false
        try tellOfEarlyEnd(before: line.number, tell)
        switch line.event.kind {
        case .opened(let opening):
            if opening.isContinued { continued += 1 } else { sessions += 1 }
            allSessions += 1
        case .message:
            messages += 1
            allMessages += 1
        // What this version does not know may have been counted.
        case .gap, .unknown: hasGap = true
        case .ended:
            endLine = line.number
            try checkCounts(line, tell)
        default: break
        }
    }

    /// Looks at the end of the file.
    mutating func finish(_ end: CheckedEnd, tell: (CheckFinding) throws -> Void) rethrows {
        guard endLine == nil, !end.isCut else { return }
        if end.isBeingWritten {
            return try tell(
                CheckFinding(
                    .end, line: end.line, "there is no end yet: a running tapedeck is writing this file",
                    advice: "check it when that has ended"))
        }
        try tell(
            CheckFinding(
                .end, line: end.line,
                "there is no end behind this line: the recorder was killed, crashed, or could not write",
                advice: CheckFinding.repairable, mend: .end(counts, isBehind: true)))
    }

    /// What stands since the header.
    private var counts: RecordingCounts { RecordingCounts(sessions: sessions + continued, messages: messages) }

    /// What is to be counted at a cut; nil where the end stands before it.
    var countsAtCut: RecordingCounts? { endLine == nil ? counts : nil }

    private mutating func tellOfEarlyEnd(before line: Int, _ tell: (CheckFinding) throws -> Void) rethrows {
        guard let early = endLine else { return }
        endLine = nil
        hasGap = true
        try tell(
            CheckFinding(
                .end, line: early, "the end stands here, but line \(line) goes on behind it",
                advice: CheckFinding.repairable, mend: .takeOutEnd))
    }

    private func checkCounts(_ line: CheckedLine, _ tell: (CheckFinding) throws -> Void) rethrows {
        let end = line.value["end"]
        let told = (sessions: end?["sessions"]?.int, messages: end?["messages"]?.int)
        let right = RecordingMend.setCounts(counts)
        guard let toldSessions = told.sessions, let toldMessages = told.messages else {
            return try tell(
                CheckFinding(
                    .end, line: line.number, "the end does not count sessions and messages",
                    advice: CheckFinding.repairable, mend: right))
        }
        // What a gap took away may have been counted.
        let areSessionsRight =
            toldSessions >= sessions && (hasGap || toldSessions <= sessions + continued)
        let areMessagesRight = hasGap ? toldMessages >= messages : toldMessages == messages
        guard !areSessionsRight || !areMessagesRight else { return }
        try tell(
            CheckFinding(
                .end, line: line.number,
                "the end counts \(Int(toldSessions).counting("session")) and \(Int(toldMessages).counting("message")); "
                    + "there are \(counts)",
                advice: "lines may have been taken out or added; \(CheckFinding.repairable)", mend: right))
    }
}
