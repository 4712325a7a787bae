package import Recorder

/// One event of a replayed conversation: how it was recorded, and what came of it this time.
package struct ConversationEntry: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        case open
        case message
        /// A side has no more to send.
        case eof
        case close
        case gap
        /// Events that are left out of the report, and how many.
        case omitted
    }

    package enum State: String, Sendable, CaseIterable {
        /// As recorded, or as rules and identifiers allow.
        case same
        /// There is a difference.
        case differs
        /// It was recorded, and did not come.
        case missing
        /// It came, and was not recorded.
        case extra
        /// It was not got to.
        case notReached
    }

    package var kind: Kind
    package var state = State.same
    /// Who sent it.
    package var from: Side?
    /// The session's number.
    package var session = 0
    /// The recording's line; 0 for what is not recorded.
    package var line = 0
    /// When, in the recording: microseconds.
    package var recordedAt: Int64 = 0
    /// When, in microseconds since the replay began; nil where that is not known.
    package var at: Int64?
    /// The recorded message's text, or what happened.
    package var text: String
    /// What was sent or came this time, where that is known and not the same text.
    package var actual: String?
    /// The difference that is about it, as its place in the attempt's list.
    package var difference: Int?
    /// Events that are left out.
    package var count = 0

    package init(kind: Kind, text: String) {
        self.kind = kind
        self.text = text
    }
}
