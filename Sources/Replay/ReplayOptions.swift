/// How a replay goes about its work.
package struct ReplayOptions: Sendable {
    /// How long a recorded answer is waited for.
    package var timeout: Duration = .seconds(5)
    /// How long extra messages are listened for after the last one, and how close two ends of a session must be for it not
    /// to matter which was first.
    package var settle: Duration = .milliseconds(100)
    /// How much of the recorded distance is kept between two sends on different connections that nothing else orders.
    package var pause: Duration = .milliseconds(10)
    /// The order is kept within each session only, rather than over all of them.
    package var isIndependent = false
    /// How fast recorded pauses pass: 1 as recorded, 2 in half the time; nil where none is kept.
    package var speed: Double?
    /// How what clients send is cut into pieces; nil where it is sent as it comes.
    package var segmentation: Segmentation?
    /// The replay ends with its first difference.
    package var endsAtDifference = false
    /// Only this session is replayed.
    package var onlySession: Int?
    /// Bytes are compared instead of values.
    package var comparesBytes = false
    /// What answers may be, where they need not be as recorded. The first that fits decides; the rules of the recording's header
    /// come after these.
    package var rules: [MatchRule] = []
    /// The rules of the recording's header do not count.
    package var ignoresHeaderRules = false
    /// The conversation is kept for a report, as far as that shows it.
    package var keepsConversation = false
    /// What the recording would have to say so that a replay of it passes is kept.
    package var keepsAmendments = false
    /// A session in which an answer does not come goes on without it.
    package var goesOnWithoutAnswers = false
    /// Answers that differ are kept in the findings.
    package var keepsDifferingAnswers = false

    package init() {}
}

extension Duration {
    /// The duration in whole microseconds; at most thirty years, so that times can be added.
    var microseconds: Int64 {
        let seconds = min(max(components.seconds, -1_000_000_000), 1_000_000_000)
        return seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
