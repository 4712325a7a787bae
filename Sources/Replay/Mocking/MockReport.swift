internal import Recorder

/// What came of being the recorded server.
package struct MockReport: Sendable {
    /// Of each sort, what is listed; the rest is counted.
    static let maximumListed = 100
    /// How much of a message is kept.
    static let textBytes = 400

    /// A message that no recorded one is like.
    package struct Unmatched: Sendable {
        /// The client's session.
        package var session: Int
        /// What it said, at most the front of it.
        package var text: [UInt8]
        /// The recording that was looked through, or that holds the nearest message.
        package var path = ""
        /// That message's line; 0 where there is none.
        package var line = 0
        package var nearest: [UInt8] = []
        package var differences: [ValueDifference] = []
        /// It was to be that one.
        var isStrict = false

        /// All of it in a sentence, for a log.
        package var sentence: String {
            let name = TerminalText.escaped(path)
            guard line > 0 else {
                return isStrict
                    ? "the recorded session has nothing more that its client said"
                    : "no message of \(name) is like this one"
            }
            var text =
                isStrict
                ? "not the message that stands next, in line \(line) of \(name): "
                : "no message of \(name) is like this one; the nearest, in line \(line): "
            text += TerminalText.escaped(nearest, limit: 100)
            guard let first = differences.first else { return text }
            text += "; it differs at \(TerminalText.escaped(first.path)): expected "
            text += "\(Self.shown(first.expected)), actual \(Self.shown(first.actual))"
            if let rule = RuleText.judging(first.rule) { text += " \(rule)" }
            if differences.count > 1 { text += " (and at \((differences.count - 1).counting("more place")))" }
            return text
        }

        private static func shown(_ value: String?) -> String {
            value.map { TerminalText.escaped($0, limit: 60) } ?? "nothing"
        }
    }

    /// A request that nobody made.
    package struct Unused: Sendable {
        package var path: String
        package var session: Int
        package var line: Int
        package var text: [UInt8]
    }

    /// Clients that came.
    package var sessions = 0
    /// Messages that were answered as recorded.
    package var answered = 0
    /// Messages that no recorded one is like, and that another server has answered.
    package var referred = 0
    /// Recorded requests …
    package var exchanges = 0
    /// … of which nobody made so many.
    package var unused = 0
    package var listedUnused: [Unused] = []
    /// Messages that no recorded one is like, and that nobody has answered.
    package private(set) var unmatched = 0
    package private(set) var listedUnmatched: [Unmatched] = []

    package init() {}

    mutating func take(_ message: Unmatched) {
        unmatched += 1
        if listedUnmatched.count < Self.maximumListed { listedUnmatched.append(message) }
    }
}
