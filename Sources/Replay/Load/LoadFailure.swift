/// Why a session of a load was not done to its end.
package struct LoadFailure: Error, Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Nobody listens there.
        case refused
        /// No connection for another reason.
        case unreachable
        case reset
        /// The server ended the connection before its answer.
        case closedEarly
        case timeout
        /// Another answer than the recorded one.
        case wrongAnswer
        case undecodable
        /// A message that is not in the recording.
        case extra

        /// In words, of one and of several.
        package var words: (one: String, several: String) {
            switch self {
            case .refused: ("connection refused", "connections refused")
            case .unreachable: ("connection failed", "connections failed")
            case .reset: ("connection reset", "connections reset")
            case .closedEarly: ("connection closed early", "connections closed early")
            case .timeout: ("time-out", "time-outs")
            case .wrongAnswer: ("wrong answer", "wrong answers")
            case .undecodable: ("answer that does not decode", "answers that do not decode")
            case .extra: ("message too many", "messages too many")
            }
        }
    }

    package var kind: Kind
    /// Where in the recording, and what.
    package var text: String
    /// The recording's line; 0 where it is about none.
    package var line = 0
}
