package import Recorder

/// What a replay has found, as data; reports are made from it.
package struct ReplayFindings: Sendable {
    /// Differences that are kept; more are only counted.
    package static let maximumDifferences = 1_000

    /// Bytes of recorded and present texts that are kept with them; those of further differences are cut.
    package static let maximumKeptBytes = 64 << 20

    package var differences: [Difference] = []
    /// Bytes of texts that are kept.
    package var keptBytes = 0
    /// Differences beyond those that are kept.
    package var moreDifferences = 0
    /// Connections that could be made.
    package var connected = 0
    /// Why the first connection could not be made; nothing was replayed then.
    package var unreachable: String?
    /// Sessions that were begun.
    package var sessions = 0
    /// Sessions that began in an earlier file and so were not replayed.
    package var continued = 0
    /// Client messages that were sent.
    package var sent = 0
    /// Server messages that the recording has, in the sessions as far as they were reached.
    package var expected = 0
    /// Server messages that came as recorded.
    package var matched = 0
    /// Messages that were neither sent nor awaited, since their session ended before.
    package var notReached = 0
    /// Gaps of the recording in what clients sent.
    package var gaps = 0
    /// Events that were taken from the recording.
    package var events = 0
    /// Where clients' bytes were cut and joined on purpose.
    package var segmentPoints: [SegmentPoint] = []
    /// How often a piece was sent although the server had not read the one before, since it did not read in time.
    package var piecesNotApart = 0
    /// Values that were replaced since they differ from run to run.
    package var bindings: [ReplayBinding] = []
    /// Identifiers of the server that clients sent as they were recorded, since no answer had shown what they are this time,
    /// each with the line in which it was first sent so.
    package private(set) var sentAsRecorded: [(identifier: String, line: Int)] = []
    /// Values of answers that were let pass as they were, since secrets were taken out of the recorded ones.
    package var redacted = 0
    /// What there is to tell of rules.
    package var rules = RuleFindings()
    /// When everything happened and what was said, where that was to be kept.
    var conversation: KeptConversation?
    /// What the recording would have to say so that a replay of it passes, where that was to be kept …
    package var amendments: RecordingAmendments?
    /// … and the differences that it is about.
    var amendedDifferences = 0
    /// Answers that differ, where they were to be kept.
    package var differingAnswers: [DifferingAnswer] = []

    package init() {}

    mutating func sentAsRecorded(_ identifier: String, line: Int) {
        guard sentAsRecorded.count < 100, !sentAsRecorded.contains(where: { $0.identifier == identifier }) else {
            return
        }
        sentAsRecorded.append((identifier, line))
    }
}
