/// Looks whether sessions are opened before they are used, once, and not used behind their close.
///
/// A gap explains what else would be a fault: one of a session its missing beginning or close, one of the whole recording the
/// missing beginning of any.
struct SessionCheck: LineCheck {
    /// Open sessions.
    private var open: Set<Int> = []
    /// Sessions that were open when another header came.
    private var carried: Set<Int> = []
    private var closed = NumberSet()
    /// Sessions that a gap stood in last.
    private var gapped: Set<Int> = []
    private var hasGap = false
    private var ports: Set<Int> = []
    private var toldPorts: Set<Int> = []

    mutating func passOver() { hasGap = true }

    mutating func check(_ line: CheckedLine, tell: (CheckFinding) throws -> Void) rethrows {
        let session = line.event.session
        switch line.event.kind {
        case .resumed(let header):
            carried.formUnion(open)
            open = []
            gapped = []
            hasGap = false
            ports = Set(header.ports.compactMap(\.number))
            toldPorts = []
        case .gap:
            if session == 0 { hasGap = true } else { gapped.insert(session) }
        case .opened(let opening):
            try checkOpening(opening, line, tell)
            gapped.remove(session)
            carried.remove(session)
            open.insert(session)
        case .message, .endOfStream, .closed:
            if !open.contains(session), gapped.remove(session) == nil { try checkUnopened(line, tell) }
            gapped.remove(session)
            open.insert(session)
            if case .closed = line.event.kind {
                open.remove(session)
                closed.insert(session)
            }
        case .ended, .unknown: break
        }
    }

    private mutating func checkOpening(
        _ opening: SessionOpening, _ line: CheckedLine, _ tell: (CheckFinding) throws -> Void
    ) rethrows {
        let session = line.event.session
        if !gapped.contains(session) {
            if open.contains(session) {
                try tellOf(line, "session \(session) is opened a second time, and was not closed before", tell)
            } else if closed.contains(session) || carried.contains(session) && !opening.isContinued {
                try tellOf(line, "session \(session) is opened, but an earlier one had its number", tell)
            }
        }
        // A damaged header may have held it; that is told of with the header.
        if !ports.contains(opening.port), toldPorts.count < 1_000, toldPorts.insert(opening.port).inserted {
            try tell(
                CheckFinding(
                    .header, line: line.number,
                    "port \(opening.port) is not among the header's, so its codec is not known",
                    advice:
                        "add {\"listen\":\"127.0.0.1:\(opening.port)\",\"codec\":\"PAYLOAD/FRAMING\"} to its \"ports\"")
            )
        }
    }

    private mutating func checkUnopened(_ line: CheckedLine, _ tell: (CheckFinding) throws -> Void) rethrows {
        let session = line.event.session
        if closed.contains(session) {
            try tellOf(line, "session \(session) goes on behind its close", tell)
        } else if !hasGap {
            try tellOf(line, "session \(session) was not opened before this", tell)
        }
    }

    private func tellOf(_ line: CheckedLine, _ what: String, _ tell: (CheckFinding) throws -> Void) rethrows {
        try tell(
            CheckFinding(
                .session, line: line.number, what, advice: CheckFinding.repairable,
                mend: .addGap(session: line.event.session, why: what)))
    }
}
