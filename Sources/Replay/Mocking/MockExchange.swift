internal import Codecs
internal import Recorder

/// What a recorded client said, and what the server answered.
struct MockExchange {
    /// What the client did.
    enum Request {
        /// It connected.
        case opening
        /// It said this.
        case message(RecordedMessage)
        /// It said that it had no more to send.
        case endOfStream
    }

    /// One message of the server.
    enum Answer {
        /// Bytes that are the same for everybody.
        case frame([UInt8])
        /// A message that holds what other clients would have said otherwise.
        case message(RecordedMessage)
    }

    var request: Request
    /// The recorded session, as an index.
    let session: Int
    /// The line in which the client did that.
    let line: Int
    var answers: [Answer] = []
    var ending = RecordedAnswer.Ending.none
    /// Numbers of the request that the answers repeat under the same name.
    var echoed: [NamedNumber] = []
    /// What is answered, where that is the same for everybody.
    var fixed: RecordedAnswer?
    /// A client has asked for it.
    var isUsed = false

    var message: RecordedMessage? { if case .message(let message) = request { message } else { nil } }
}

/// A recorded session as a mock plays it.
struct MockSession {
    /// The recording, as an index.
    let recording: Int
    /// Its number there.
    let number: Int
    /// The client's address as the server saw it.
    let client: String
    /// The server's.
    let server: String
    /// What its messages are compared by.
    let matcher: MessageMatcher
    /// What happened when it was opened.
    var opening: Int
    /// What its client said, in order.
    var requests: [Int] = []
    /// What happened when its client had no more to say.
    var endOfStream: Int?
}
