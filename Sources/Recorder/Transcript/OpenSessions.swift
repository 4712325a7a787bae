/// Which sessions of a recording are open, as its events are read.
package struct OpenSessions: Sendable {
    /// Sessions that were opened and not closed.
    package private(set) var open: Set<Int> = []
    /// Those that were open when another header came: they may go on behind it, where the parts of a recording were put together.
    private var carried: Set<Int> = []
    /// How many sessions began in an earlier file.
    package private(set) var continued = 0

    package init() {}

    /// Takes note of an event.
    package mutating func follow(_ event: TranscriptEvent) {
        switch event.kind {
        case .opened(let opening):
            open.insert(event.session)
            if carried.remove(event.session) == nil, opening.isContinued { continued += 1 }
        case .closed: open.remove(event.session)
        case .resumed:
            carried.formUnion(open)
            open = []
        default: break
        }
    }
}
