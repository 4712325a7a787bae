import Recorder

/// The opens of sessions of which nothing was picked yet: each is shown with the first event of its session that is.
struct HeldOpenings {
    private var waiting: [Int: TranscriptEvent] = [:]

    /// Takes note of an event; gives the open that stands before it.
    mutating func take(_ event: TranscriptEvent, isPicked: Bool) -> TranscriptEvent? {
        let opening = waiting[event.session]
        switch event.kind {
        case .opened where !isPicked: waiting[event.session] = event
        case .closed: waiting[event.session] = nil
        case .resumed: waiting.removeAll()
        default: if isPicked { waiting[event.session] = nil }
        }
        return isPicked ? opening : nil
    }
}
