internal import Codecs
package import Recorder

/// An answer that differs from the recorded one, whole, for learning rules from it.
package struct DifferingAnswer: Sendable {
    /// Bytes of answers that are kept of a replay.
    static let maximumBytes = 64 << 20

    /// The recorded port.
    package var port: Int
    /// The recording's line.
    package var line: Int
    /// Where the two differ.
    package var differences: [ValueDifference]
    /// What was expected, with what is bound in its place.
    package var expected: RecordedMessage
    /// The payload that came.
    package var payload: [UInt8]
}

extension ReplayMachine {
    /// Keeps an answer whose values differ, where that was asked for.
    mutating func keep(
        _ actual: ActualMessage, for expected: RecordedMessage, _ difference: Difference.Kind, session: Int,
        at event: TranscriptEvent
    ) {
        guard options.keepsDifferingAnswers, case .value(let differences) = difference, expected.isDecoded,
            let opening = sessions[session]?.opening
        else { return }
        guard findings.differingAnswers.count < ReplayFindings.maximumDifferences else { return }
        let kept = findings.differingAnswers.reduce(0) { $0 + $1.payload.count }
        guard kept + actual.payload.count <= DifferingAnswer.maximumBytes else { return }
        findings.differingAnswers.append(
            DifferingAnswer(
                port: opening.port, line: event.line, differences: differences, expected: expected,
                payload: actual.payload))
    }
}
