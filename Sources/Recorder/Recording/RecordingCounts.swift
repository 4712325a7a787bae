/// What an `end` counts, since the header before it.
package struct RecordingCounts: Sendable, Hashable {
    /// Sessions that have an `open`.
    package var sessions: Int
    package var messages: Int

    package init(sessions: Int = 0, messages: Int = 0) {
        self.sessions = sessions
        self.messages = messages
    }

    /// Counts an event, or begins again at a header.
    package mutating func add(_ event: TranscriptEvent) {
        switch event.kind {
        case .opened: sessions += 1
        case .message: messages += 1
        case .resumed: self = RecordingCounts()
        case .endOfStream, .closed, .gap, .ended, .unknown: break
        }
    }
}

extension RecordingCounts: CustomStringConvertible {
    package var description: String { "\(sessions.counting("session")) and \(messages.counting("message"))" }
}
