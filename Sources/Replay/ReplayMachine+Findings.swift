internal import NIOCore
internal import Recorder

// The ends of sessions and of the replay, and what is found.
extension ReplayMachine {
    /// All of the recording has been done: listen a moment for what should not come, then end.
    mutating func finish() {
        if settledAt == nil {
            settledAt = sessions.isEmpty ? now : max(now, lastActivity + options.settle.microseconds)
        }
        if let until = settledAt, now < until { return wake(0, at: until) }
        for number in sessions.open { reportExtras(number) }
        end()
    }

    /// Closes a session whose recording has ended, once all that is awaited of it has come.
    mutating func settleIfClosing(_ number: Int) {
        guard let session = sessions[number], session.isClosing, session.expectations.isEmpty else { return }
        reportExtras(number)
        forget(number, isGivenUp: false)
    }

    /// What came and nothing in the recording asks for. After the client's own end it is not looked at.
    mutating func reportExtras(_ number: Int) {
        guard let session = sessions[number], session.unfinished == nil else { return }
        let count = session.clientHasFinished ? session.receivedBeforeEnd : session.received.count
        for extra in session.received.prefix(count) { reportExtra(extra, session: number) }
        sessions[number]?.dropAllReceived()
    }

    mutating func reportExtra(_ extra: ActualMessage, session number: Int) {
        guard findings.differences.count < ReplayFindings.maximumDifferences else {
            findings.moreDifferences += 1
            return
        }
        guard let session = sessions[number] else { return }
        report(.extra(actual: session.matcher.recorded(extra)), session: number, at: session.lastEvent)
        amendExtra(extra, session: number)
    }

    /// What has come of a message that is awaited.
    func whatCame(_ number: Int) -> String {
        if let count = sessions[number]?.matchedBytes, count > 0 {
            return "only the first \(count.counting("byte")) came"
        }
        let bytes = unfinishedBytes(number)
        if bytes.isEmpty { return "nothing came" }
        return "only \(TerminalText.bytes(bytes, limit: 60)) came"
    }

    /// Gives a session up: its connection is closed, the rest of its events is not reached.
    mutating func abandon(_ number: Int) {
        guard let session = sessions[number] else { return }
        findings.notReached += session.expectations.count { $0.isMessage }
        forget(number, isGivenUp: true)
        arrived(number, recorded: nil)
    }

    private mutating func forget(_ number: Int, isGivenUp: Bool) {
        sessions.end(number, isGivenUp: isGivenUp)
        holds[number] = nil
        actions.append(.close(session: number))
    }

    mutating func report(_ kind: Difference.Kind, session: Int, at event: TranscriptEvent?) {
        guard findings.differences.count < ReplayFindings.maximumDifferences else {
            findings.moreDifferences += 1
            return
        }
        // Ten messages of megabytes may be kept whole, a thousand may not.
        let kept = findings.keptBytes < ReplayFindings.maximumKeptBytes ? kind : kind.shortened
        findings.keptBytes += kept.textBytes
        var difference = Difference(kept, session: session, line: event?.line ?? 0, time: event?.time ?? 0)
        difference.foundAt = now - began
        findings.differences.append(difference)
    }
}
