package import Recorder

/// One place where a server did something else than it did when it was recorded.
package struct Difference: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// A message came, and says something else.
        case value([ValueDifference])
        /// A message that was recorded did not come.
        case missing(expected: RecordedMessage, reason: String)
        /// A message came that was not recorded.
        case extra(actual: RecordedMessage)
        /// What came does not read as a message of the codec.
        case undecodable(reason: String, actual: RecordedMessage)
        /// The connection ended in another way.
        case ending(expected: String, actual: String)
        /// No connection could be made.
        case refused(reason: String)
        /// The server process ended.
        case died(reason: String)
        /// A session is in one of two recordings only; a sentence.
        case session(String)
    }

    package var kind: Kind
    /// Whose message it is about.
    package var from = Side.server
    /// The session's number in the recording.
    package var session: Int
    /// The recording's line that it is about; 0 where none is.
    package var line: Int
    /// When that was, in the recording.
    package var time: Int64
    /// When it was found, in microseconds since the replay began; nil where that says nothing.
    package var foundAt: Int64?
    /// What went before, as it was recorded: up to a handful of events, not all of them of this session.
    package var context: [TranscriptEvent]

    package init(_ kind: Kind, session: Int, line: Int, time: Int64, context: [TranscriptEvent] = []) {
        self.kind = kind
        self.session = session
        self.line = line
        self.time = time
        self.context = context
    }
}

extension Difference {
    /// Whether the server is gone: it ended a connection, or takes none.
    var isEndOfConnection: Bool {
        switch kind {
        case .ending, .refused: true
        case .missing(_, let reason): reason == Self.serverEnded || reason == Self.serverReset
        default: false
        }
    }

    /// Why a message is missing behind the end of a connection …
    static let serverEnded = "the server ended the connection"
    /// … and behind a reset.
    static let serverReset = "the server reset the connection"
}

/// One place in a message where two values differ.
package struct ValueDifference: Sendable, Hashable {
    /// Where: `$.users[2].name`.
    package var path: String
    /// The recorded value's text; nil where there was none.
    package var expected: String?
    /// The answered value's text; nil where there is none.
    package var actual: String?
    /// What the two were compared by: `equal`.
    package var rule: String

    package init(path: String, expected: String?, actual: String?, rule: String = "equal") {
        self.path = path
        self.expected = expected
        self.actual = actual
        self.rule = rule
    }
}
