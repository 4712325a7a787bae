internal import Codecs
internal import Recorder

// What a replay has found becomes what reports are made of: texts, each of a bounded length.
extension ReplayAttempt {
    /// Bytes of texts that differences take in a report; those beyond are counted.
    private static let maximumTextBytes = 4 << 20
    private static let maximumDifferences = 200
    private static let maximumBindings = 200
    /// Bytes of a problem's text.
    private static let maximumOutputBytes = 64 << 10

    /// `text`: writes what a person reads of it.
    package init(_ report: RecordingReport, text: TextReport) {
        switch report.outcome {
        case .passed: outcome = .passed
        case .failed: outcome = .failed
        case .impossible(let reason):
            outcome = .impossible
            problem = reason
        }
        let findings = report.findings
        duration = report.duration
        (sessions, sent, matched) = (findings.sessions, findings.sent, findings.matched)
        notReached = findings.notReached
        notes = text.notes(report)
        sides = report.sides
        take(findings.differences, isComparison: report.compared != nil)
        moreDifferences += findings.moreDifferences
        bindings = findings.bindings.prefix(Self.maximumBindings).map {
            ReportedBinding(recorded: $0.recorded, actual: $0.actual, journey: $0.journey)
        }
        conversation = report.conversation.map { entry in
            var entry = entry
            if let place = entry.difference, place >= differences.count { entry.difference = nil }
            return entry
        }
        guard outcome != .passed else { return }
        let output = report.serverOutput + report.laterOutput
        serverOutput = String(decoding: output.suffix(Self.maximumOutputBytes), as: UTF8.self)
        self.text = text.text(report)
    }

    private mutating func take(_ found: [Difference], isComparison: Bool) {
        var left = Self.maximumTextBytes
        for difference in found {
            guard differences.count < Self.maximumDifferences, left > 0 else {
                moreDifferences = found.count - differences.count
                return
            }
            let kind = difference.kind.shortened
            left -= kind.textBytes
            differences.append(ReportedDifference(difference, kind, isComparison: isComparison))
        }
    }
}

extension ReportedDifference {
    fileprivate init(_ difference: Difference, _ kind: Difference.Kind, isComparison: Bool) {
        self.init(kind: kind.name, what: difference.sentence(ofTwoServers: isComparison))
        (session, line) = (difference.session, difference.line)
        recordedAt = difference.time
        at = difference.foundAt
        switch kind {
        case .value(let values): self.values = values
        case .missing(let message, _): expected = message.reportText
        case .extra(let message), .undecodable(_, let message): actual = message.reportText
        case .ending(let recorded, let now): (expected, actual) = (recorded, now)
        case .refused, .died, .session: break
        }
    }
}

extension RecordedMessage {
    /// The message as reports show it: its form's text, of bytes as Python shows them.
    var reportText: String {
        guard form == .base64, let bytes = BinaryIdentifiers.bytes(ofForm: text) else {
            return String(decoding: text, as: UTF8.self)
        }
        return TerminalText.bytes(bytes, limit: bytes.count)
    }
}

extension Difference {
    /// What it is, in a few words; `ofTwoServers` where A's answers are compared with B's.
    func sentence(ofTwoServers isComparison: Bool = false) -> String {
        if isComparison { return kind.sentenceOfTwo }
        guard from == .client else { return kind.sentence }
        switch kind {
        case .value: return "the client's message differs"
        case .missing(_, let reason): return "a client's message is missing: \(reason)"
        case .extra: return "the client sent a message that is not in the recording"
        case .undecodable(let reason, _): return "the client's message does not decode: \(reason)"
        case .ending, .refused, .died, .session: return kind.sentence
        }
    }
}

extension Difference.Kind {
    /// What programs call it.
    var name: String {
        switch self {
        case .value: "value"
        case .missing: "missing"
        case .extra: "extra"
        case .undecodable: "undecodable"
        case .ending: "ending"
        case .refused: "refused"
        case .died: "died"
        case .session: "session"
        }
    }

    /// What it is, in a few words.
    var sentence: String {
        switch self {
        case .value: "the server's answer differs"
        case .missing(_, let reason): "an answer is missing: \(reason)"
        case .extra: "the server sent a message that is not in the recording"
        case .undecodable(let reason, _): "the server's answer does not decode: \(reason)"
        case .ending: "the connection ends in another way"
        case .refused(let reason): "no connection: \(reason)"
        case .died(let reason): "the server process ended: \(reason)"
        case .session(let sentence): sentence
        }
    }

    /// The same where two servers are compared, A and B.
    var sentenceOfTwo: String {
        switch self {
        case .value: "B's answer differs from A's"
        case .missing(_, let reason): "an answer of A's is missing from B: \(reason)"
        case .extra: "B sent a message that A did not"
        case .undecodable(let reason, _): "B's answer does not decode: \(reason)"
        case .ending: "B ends the connection in another way than A"
        case .refused(let reason): "no connection to B: \(reason)"
        case .died(let reason): "the server process B ended: \(reason)"
        case .session(let sentence): sentence
        }
    }
}
