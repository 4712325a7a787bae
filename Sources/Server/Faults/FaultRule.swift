package import Recorder

/// What is done wrong with answers on purpose, so that clients are tried, and with which of them.
package struct FaultRule: Sendable, Hashable {
    package enum Action: Sendable, Hashable {
        /// It is not sent.
        case drop
        /// It is sent twice.
        case duplicate
        /// A bit of it is turned over.
        case corrupt
        /// It is sent later; those behind it wait. The times are the same where it is not left to chance.
        case delay(least: Duration, most: Duration)
        /// So many of its bytes are sent, and the connection ends.
        case truncate(bytes: Int)
        /// The connection ends behind it.
        case close
        /// The connection is reset behind it.
        case reset
    }

    package enum Condition: Sendable, Hashable {
        case always
        /// As often as that out of a million.
        case chance(millionths: Int)
        /// The session's answer of that number, from 1.
        case number(Int)
        /// What stands there reads so: a text without its quotes, or anything as a recording has it.
        case value(RulePath, String)
        /// Its bytes hold this text.
        case text(String)
    }

    package var action: Action
    package var condition: Condition
    /// As a person wrote it.
    package var text: String

    package init(action: Action, condition: Condition, text: String) {
        self.action = action
        self.condition = condition
        self.text = text
    }
}
