/// Which sessions of a recording are open, as its events are read.
package struct OpenSessions: Sendable {
    /// Sessions that were opened and not closed.
    package private(set) var open: Set<Int> = []
    /// How many sessions began in an earlier file.
    package private(set) var continued = 0

    package init() {}

    /// Takes note of an event.
    package mutating func follow(_ event: TranscriptEvent) {
        switch event.kind {
        case .opened(let opening):
            open.insert(event.session)
            if opening.isContinued { continued += 1 }
        case .closed: open.remove(event.session)
        // The recorder ended before; what was open then has not been closed, and never will be.
        case .resumed: open = []
        default: break
        }
    }
}
