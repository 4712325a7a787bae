package import Codecs

/// Where a port's answers come from, other than from itself: what a recorded server said.
///
/// A server asks it for each of its sessions, on any of its event loops, and sends what it is given.
package protocol AnswerSource: AnyObject, Sendable {
    /// A client has connected; gives what it is told first.
    ///
    /// `peer`: the client's address, `HOST:PORT`.
    func opened(_ session: Int, peer: String) -> RecordedAnswer
    /// A client's message: its frame, where the payload stands in it, and what that reads as.
    func answer(to frame: RawSpan, payload: Range<Int>, tree: ValueTree, in session: Int) -> AnswerVerdict
    /// What was referred to another server was answered there.
    func wasAnswered(in session: Int)
    /// It was not; gives a sentence about what comes nearest, as `unmatched` does.
    func wasNotAnswered(in session: Int) -> String
    /// A client has no more to send; gives what it is told then.
    func inputEnded(_ session: Int) -> RecordedAnswer
    /// A session is over.
    func closed(_ session: Int)
}

/// What a message is answered with.
package enum AnswerVerdict: Sendable, Hashable {
    case answer(RecordedAnswer)
    /// It is the beginning of a longer one.
    case awaitsMore
    /// No client said anything like it; a sentence about what comes nearest.
    case unmatched(reason: String)
    /// No client said anything like it, and another server is to be asked. One message of a session at a time.
    case referred
}

/// What a recorded server said in one go.
package struct RecordedAnswer: Sendable, Hashable {
    /// How the server ended the connection.
    package enum Ending: Sendable, Hashable {
        case none
        /// It had no more to say.
        case finish
        case reset
    }

    /// The frames of its messages.
    package var frames: [[UInt8]]
    /// What it did behind them.
    package var ending: Ending

    package init(frames: [[UInt8]] = [], ending: Ending = .none) {
        self.frames = frames
        self.ending = ending
    }
}
