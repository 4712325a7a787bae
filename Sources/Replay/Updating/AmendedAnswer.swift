internal import Codecs
internal import Recorder

/// What a recorded answer becomes so that the one that came is as recorded.
///
/// As little as can be is changed: what differs and may differ (identifiers, what rules allow, secrets that were taken out)
/// stays as it was recorded. Which that is the matcher itself says, of each change.
struct AmendedAnswer {
    /// Changes of one answer that are tried for whether they are needed; beyond that all are made.
    private static let maximumTries = 200
    /// Bytes of messages that are compared for that.
    private static let maximumTriedBytes = 64 << 20

    let matcher: MessageMatcher
    /// What was bound when the answer came …
    let correlation: Correlation
    /// … and by itself.
    let bound: Correlation
    let recorded: RecordedMessage
    let actual: ActualMessage
    /// Values that the comparison let pass, since secrets were taken out of the recorded ones.
    let redacted: Int

    /// The new message; nil where none would pass.
    func message() -> RecordedMessage? {
        guard recorded.isDecoded, actual.fault == nil else { return nil }
        let present = matcher.recorded(actual)
        guard present.error == nil else { return nil }
        let text = withRecordedIdentifiers(present)
        var candidates: [RecordedMessage] = []
        if present.form == .value, recorded.form == .value, let merge = JSONMerge(old: recorded.text, new: text) {
            let unneeded = unneeded(merge)
            candidates.append(candidate(.value, merge.text(without: unneeded)))
            if !unneeded.isEmpty { candidates.append(candidate(.value, merge.text())) }
        }
        candidates.append(candidate(present.form, text))
        return candidates.first(where: passes).map(withoutNeedlessBytes)
    }

    /// A message that was not recorded, as it is put in.
    static func extra(
        _ actual: ActualMessage, _ matcher: MessageMatcher, _ correlation: Correlation
    ) -> RecordedMessage? {
        let empty = RecordedMessage(from: .server, form: .value, text: [])
        let answer = AmendedAnswer(
            matcher: matcher, correlation: correlation, bound: correlation, recorded: empty, actual: actual, redacted: 0
        )
        let present = matcher.recorded(actual)
        guard actual.fault == nil, present.error == nil else { return nil }
        let message = answer.candidate(present.form, answer.withRecordedIdentifiers(present))
        return answer.passes(message) ? message : nil
    }

    /// The text of what came, with the recorded identifiers in the place of the present ones.
    private func withRecordedIdentifiers(_ present: RecordedMessage) -> [UInt8] {
        var reversed = bound.reversed()
        let text =
            present.form == .base64
            ? reversed.replaced(inBinary: present.text, sentAt: nil) : reversed.replaced(in: present.text, sentAt: nil)
        return text ?? present.text
    }

    /// Edits without which the answer passes as well.
    private func unneeded(_ merge: JSONMerge) -> Set<Int> {
        guard merge.count <= Self.maximumTries,
            merge.count * (recorded.text.count + actual.payload.count) <= Self.maximumTriedBytes
        else { return [] }
        return Set((0..<merge.count).filter { passes(candidate(.value, merge.text(without: [$0]))) })
    }

    private func candidate(_ form: ReadableForm.Key, _ text: [UInt8]) -> RecordedMessage {
        var message = recorded
        message.form = form
        return message.replacing(text: text, codec: matcher.codec, settings: matcher.settings, limits: matcher.limits)
    }

    /// Whether the answer that came passes for this one, with no secret in it that was taken out before.
    private func passes(_ message: RecordedMessage) -> Bool {
        var correlation = correlation
        let current = matcher.current(message, &correlation)
        guard
            let comparison = try? matcher.comparison(
                expected: current, recorded: message, actual: actual, correlation)
        else { return false }
        return comparison.difference == nil && comparison.redacted >= redacted
    }

    /// The message without its bytes, where its form gives the same ones.
    private func withoutNeedlessBytes(_ message: RecordedMessage) -> RecordedMessage {
        var plain = message
        plain.raw = nil
        return (try? matcher.wire(of: plain)) == message.raw ? plain : message
    }
}

// Keeping what a recording would have to say so that a replay of it passes.
extension ReplayMachine {
    /// An answer came that differs; what it binds is not bound yet.
    mutating func amend(
        _ number: Int, _ recorded: RecordedMessage, _ actual: ActualMessage, _ comparison: MessageComparison,
        at event: TranscriptEvent
    ) {
        guard findings.amendments != nil, let matcher = sessions[number]?.matcher else { return }
        var bound = correlation
        bound.bind(comparison.found, session: number, line: event.line)
        let answer = AmendedAnswer(
            matcher: matcher, correlation: correlation, bound: bound, recorded: recorded, actual: actual,
            redacted: comparison.redacted)
        guard let message = answer.message() else { return }
        findings.amendments?.changed[event.line] = message
        findings.amendedDifferences += 1
    }

    /// A recorded answer did not come, and the session goes on.
    mutating func amendMissing(at event: TranscriptEvent) {
        guard findings.amendments != nil else { return }
        findings.amendments?.removed.insert(event.line)
        findings.amendedDifferences += 1
    }

    /// A message came that was not recorded.
    mutating func amendExtra(_ extra: ActualMessage, session number: Int) {
        guard findings.amendments != nil, let session = sessions[number],
            let message = AmendedAnswer.extra(extra, session.matcher, correlation)
        else { return }
        // It came before what is still awaited.
        let next = session.expectations.first?.event.line ?? .max
        findings.amendments?.inserted.append(
            .init(session: number, message: message, behind: min(extra.place, next - 1)))
        findings.amendedDifferences += 1
    }
}
