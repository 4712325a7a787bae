internal import Codecs
internal import Recorder

/// How much of an answer a load looks at.
package enum LoadCheck: String, Sendable, CaseIterable {
    /// Values are compared as in a replay, identifiers followed.
    case full
    /// Bytes are compared with the recorded ones.
    case bytes
    /// Only that it comes.
    case none
}

/// Says what a client sends in one session, and whether answers are right.
struct LoadJudge {
    private let check: LoadCheck
    private let matcher: MessageMatcher
    private var correlation: Correlation
    private let opening: SessionOpening
    private let listen: String

    init(
        _ check: LoadCheck, _ matcher: MessageMatcher, _ identifiers: RecordedIdentifiers, opening: SessionOpening,
        listen: String
    ) {
        self.check = check
        self.matcher = matcher
        correlation = Correlation(identifiers: identifiers)
        self.opening = opening
        self.listen = listen
    }

    mutating func connect(localPort: Int, hosts: ReplayMachine.TransportHosts?) {
        guard check == .full else { return }
        correlation.bindClient(
            session: 1, recorded: opening.via ?? opening.peer, actualHost: hosts?.local, actualPort: localPort)
        guard let hosts else { return }
        correlation.bindServer(
            session: 1, recorded: opening.upstream ?? listen, actualHost: hosts.remote, actualPort: hosts.remotePort)
    }

    /// What is sent: the recorded bytes, with what is bound in the place of what was recorded.
    mutating func bytes(of message: LoadScript.Message) throws(LoadFailure) -> [UInt8] {
        guard check == .full else { return message.wire }
        let current = matcher.current(message.recorded, &correlation)
        guard current.text != message.recorded.text else { return message.wire }
        do { return try matcher.wire(of: current) } catch {
            throw LoadFailure(kind: .undecodable, text: "cannot be sent: \(error)", line: message.line)
        }
    }

    /// Whether an answer is right; throws what is wrong with it.
    mutating func judge(
        _ actual: ActualMessage, _ expected: LoadScript.Message, keepsBoundaries: Bool
    ) throws(LoadFailure) {
        switch check {
        case .none: return
        case .full where keepsBoundaries: try compare(actual, expected)
        case .bytes, .full:
            guard actual.wire != expected.wire else { return }
            let difference = MessageMatcher.byteDifference(expected: expected.wire, actual: actual.wire)
            throw Self.failure(.value([difference]), expected.line)
        }
    }

    private mutating func compare(_ actual: ActualMessage, _ expected: LoadScript.Message) throws(LoadFailure) {
        let current = matcher.current(expected.recorded, &correlation)
        let comparison: MessageComparison
        do {
            comparison = try matcher.comparison(
                expected: current, recorded: expected.recorded, actual: actual, correlation)
        } catch {
            throw LoadFailure(kind: .undecodable, text: "\(error)", line: expected.line)
        }
        if let difference = comparison.difference { throw Self.failure(difference, expected.line) }
        correlation.bind(comparison.found, session: 1, line: expected.line)
    }

    private static func failure(_ difference: Difference.Kind, _ line: Int) -> LoadFailure {
        switch difference {
        case .value(let values):
            let first = values.first
            func cut(_ text: String?) -> String {
                guard let text else { return "nothing" }
                return text.unicodeScalars.count > 40 ? String(text.unicodeScalars.prefix(40)) + "…" : text
            }
            let more = values.count > 1 ? " (and \((values.count - 1).counting("more place")))" : ""
            let text = "\(first?.path ?? "$"): \(cut(first?.expected)) → \(cut(first?.actual))\(more)"
            return LoadFailure(kind: .wrongAnswer, text: text, line: line)
        case .undecodable(let reason, _): return LoadFailure(kind: .undecodable, text: reason, line: line)
        default: return LoadFailure(kind: .wrongAnswer, text: difference.sentence, line: line)
        }
    }
}
