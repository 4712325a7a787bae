package import Recorder

/// What came of the replay of one recording.
package struct RecordingReport: Sendable {
    package enum Outcome: Sendable, Hashable {
        /// Everything was as recorded.
        case passed
        /// There are differences.
        case failed
        /// It could not be done; why.
        case impossible(String)
    }

    /// The recording's path.
    package var path: String
    /// The files that go on from it, which were replayed with it as one.
    package var later: [String] = []
    /// Which of several runs of the same recording this was; nil where there is one.
    package var repetition: Int?
    package var findings: ReplayFindings
    /// What kept the replay from being done.
    package var problem: String?
    /// The number of a torn last line, if there is one.
    package var tornLine: Int?
    /// The recording that was compared with this one; nil where a server was.
    package var second: String?
    /// The two servers that were compared, where that was asked for: what is expected is then what the first one answered.
    package var compared: ComparedServers?
    /// What came of sending it in several ways, where that was asked for.
    package var segmentation: SegmentationResult?
    /// The recording ends without saying so.
    package var lacksEnd = false
    /// What the server printed, where it was started for the replay: up to the first difference, or its end.
    package var serverOutput: [UInt8]
    /// What it printed after the first difference.
    package var laterOutput: [UInt8] = []
    /// The conversation, where it was to be kept for a report.
    package var conversation: [ConversationEntry] = []
    /// Ports and their codecs, for showing conversations.
    package var ports: [RecordedPort]
    /// The rules that were given for it, other than those of its header.
    package var rules: [MatchRule] = []
    /// Microseconds that it took.
    package var duration: Int64

    package init(path: String) {
        self.path = path
        findings = ReplayFindings()
        serverOutput = []
        ports = []
        duration = 0
    }

    /// What was compared with what.
    package var sides: ReportedSides {
        if compared != nil { return .servers }
        return second.map { ReportedSides(files: path, $0) } ?? .replay
    }

    package var outcome: Outcome {
        if let problem { return .impossible(problem) }
        return findings.differences.isEmpty ? .passed : .failed
    }
}
