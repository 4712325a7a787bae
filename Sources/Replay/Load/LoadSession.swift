internal import Codecs
internal import NIOCore
internal import Recorder

/// One recorded session as a load does it: says what its client does when, and takes what comes. It touches no socket.
struct LoadSession {
    /// What is to be done.
    enum Action: Equatable {
        case send([UInt8])
        case finish
        case abort
        /// Nothing until then.
        case wake(at: Int64)
    }

    enum Outcome: Equatable {
        case done
        /// The time of the load was over.
        case cut
        case failed(LoadFailure)
    }

    /// What came and is not awaited yet, at most.
    private static let maximumWaiting = 65_536
    private static let maximumWaitingBytes = 256 << 20

    private let script: LoadScript.Session
    /// Whether answers have frames of their own.
    private let keepsBoundaries: Bool
    private var judge: LoadJudge
    private var position = 0
    /// Requests without an answer.
    private var pending = CircularBuffer<(due: Int64, sent: Int64)>()
    private var received = CircularBuffer<(message: ActualMessage, time: Int64)>()
    /// Bytes of an answer without frames.
    private var stream: [UInt8] = []
    /// When the next request is due, once that was asked for.
    private var due: Int64?
    /// Whether it was waited for that time.
    private var isFree = false
    private var end: (isReset: Bool, time: Int64)?
    /// Since when the next thing has been awaited.
    private var waitingSince: Int64
    /// What became of it; nil while it goes on.
    private(set) var outcome: Outcome?

    init(_ script: LoadScript.Session, keepsBoundaries: Bool, judge: LoadJudge, at now: Int64) {
        self.script = script
        self.keepsBoundaries = keepsBoundaries
        self.judge = judge
        waitingSince = now
    }

    /// Requests that were sent and not answered.
    var unanswered: Int { pending.count }

    // MARK: What happens

    /// The connection stands.
    mutating func connect(localPort: Int, hosts: ReplayMachine.TransportHosts?, at now: Int64) {
        judge.connect(localPort: localPort, hosts: hosts)
        waitingSince = now
    }

    /// The server sent a message.
    mutating func receive(_ message: ActualMessage, at now: Int64) {
        guard received.count < Self.maximumWaiting, stream.count < Self.maximumWaitingBytes else {
            return fail(.extra, "so many came that nothing asked for")
        }
        if keepsBoundaries { received.append((message, now)) } else { stream += message.wire }
    }

    /// What the server sends is no message.
    mutating func lose(_ reason: String) { fail(.undecodable, reason) }

    /// The server ended the connection.
    mutating func end(isReset: Bool, at now: Int64) { if end == nil { end = (isReset, now) } }

    /// It lasts too long: the time that a message may take has passed.
    mutating func tick(at now: Int64, timeout: Int64) {
        guard outcome == nil, position < script.steps.count else { return }
        switch script.steps[position] {
        case .answer(let message):
            if now - waitingSince >= timeout { fail(.timeout, "no answer in time", line: message.line) }
        case .end(isCompared: true):
            if now - waitingSince >= timeout { fail(.timeout, "the connection stays open") }
        case .end(isCompared: false):
            // The server is through with it or not: nobody is there any more to see.
            if now - waitingSince >= min(timeout, 1_000_000) { outcome = .done }
        case .send, .finish, .abort: break
        }
    }

    // MARK: What is done

    /// Goes on as far as it can.
    ///
    /// - Parameter isEnding: no more is to be sent.
    mutating func advance(
        at now: Int64, _ pace: inout LoadPace, _ tally: inout LoadTally, isEnding: Bool
    ) -> [Action] {
        var actions: [Action] = []
        do {
            while outcome == nil, try step(at: now, &pace, &tally, isEnding, &actions) {}
        } catch {
            outcome = .failed(error)
        }
        if outcome == nil, let end {
            fail(end.isReset ? .reset : .closedEarly, end.isReset ? "the server reset it" : "the server ended it")
        }
        return actions
    }

    /// Does the next step; false where it has to be waited.
    private mutating func step(
        at now: Int64, _ pace: inout LoadPace, _ tally: inout LoadTally, _ isEnding: Bool, _ actions: inout [Action]
    ) throws(LoadFailure) -> Bool {
        guard position < script.steps.count else {
            if let extra = received.first { throw extraMessage(extra.message) }
            outcome = .done
            return false
        }
        switch script.steps[position] {
        case .send(let message):
            if isEnding {
                outcome = .cut
                return false
            }
            guard try send(message, at: now, &pace, &tally, &actions) else { return false }
        case .answer(let message):
            guard try answer(message, at: now, &tally) else {
                if isEnding, pending.isEmpty { outcome = .cut }
                return false
            }
        case .finish: actions.append(.finish)
        case .abort:
            actions.append(.abort)
            outcome = .done
        case .end(let isCompared):
            if isCompared, let extra = received.first { throw extraMessage(extra.message) }
            received.removeAll()
            guard end != nil else { return false }
        }
        position += 1
        waitingSince = now
        return true
    }

    private mutating func send(
        _ message: LoadScript.Message, at now: Int64, _ pace: inout LoadPace, _ tally: inout LoadTally,
        _ actions: inout [Action]
    ) throws(LoadFailure) -> Bool {
        let due = self.due ?? pace.next(at: now)
        guard now >= due else {
            self.due = due
            isFree = true
            actions.append(.wake(at: due))
            return false
        }
        let bytes = try judge.bytes(of: message)
        tally.send(bytes.count, due: due, at: now, isFree: isFree)
        pending.append((due, now))
        actions.append(.send(bytes))
        (self.due, isFree) = (nil, false)
        return true
    }

    private mutating func answer(
        _ message: LoadScript.Message, at now: Int64, _ tally: inout LoadTally
    ) throws(LoadFailure) -> Bool {
        var arrived = now
        let actual: ActualMessage
        if keepsBoundaries {
            guard let first = received.popFirst() else { return false }
            (actual, arrived) = (first.message, first.time)
        } else {
            guard stream.count >= message.wire.count else { return false }
            let bytes = Array(stream.prefix(message.wire.count))
            stream.removeFirst(bytes.count)
            actual = ActualMessage(payload: bytes, wire: bytes)
        }
        if let request = pending.popFirst() { tally.answer(due: request.due, sent: request.sent, at: arrived) }
        try judge.judge(actual, message, keepsBoundaries: keepsBoundaries)
        return true
    }

    private func extraMessage(_ message: ActualMessage) -> LoadFailure {
        LoadFailure(kind: .extra, text: TerminalText.bytes(message.wire, limit: 60))
    }

    private mutating func fail(_ kind: LoadFailure.Kind, _ text: String, line: Int = 0) {
        var line = line
        if line == 0, position < script.steps.count, case .answer(let message) = script.steps[position] {
            line = message.line
        }
        outcome = .failed(LoadFailure(kind: kind, text: text, line: line))
    }
}
