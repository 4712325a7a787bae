internal import Codecs
internal import Glibc
internal import NIOCore
internal import Recorder

/// The clients of a load on one event loop, and what they come to.
///
/// Confined to its event loop.
final class LoadLoop {
    let eventLoop: any EventLoop
    let shared: LoadShared
    let limits: DecodingLimits
    let check: LoadCheck
    /// Microseconds.
    let timeout: Int64
    var tally: LoadTally
    /// Nothing more is sent.
    private(set) var isEnding = false
    private let script: LoadScript
    private let targets: [Int: SocketAddress]
    private let completion: EventLoopPromise<Result>
    private var clients: [LoadClient] = []
    private var busy = 0
    private var ticking: RepeatedTask?
    private var rules: [Int: RuleBook] = [:]
    private let settings: LoadSettings
    private let trees = MessageMatcher.Trees()
    /// What this thread had used of a processor when measuring began.
    private var usedBefore: Int64?
    private var told = 0

    /// What came of it.
    struct Result: Sendable {
        var tally: LoadTally
        /// What the thread used of a processor while it was measured, in microseconds.
        var used: Int64
        var endedAt: Int64
    }

    init(
        _ eventLoop: any EventLoop, _ script: LoadScript, _ settings: LoadSettings, targets: [Int: SocketAddress],
        shared: LoadShared, limits: DecodingLimits, measuredFrom: Int64, _ completion: EventLoopPromise<Result>
    ) {
        self.eventLoop = eventLoop
        self.script = script
        self.settings = settings
        self.targets = targets
        self.shared = shared
        self.limits = limits
        self.completion = completion
        check = settings.check
        timeout = max(settings.timeout.microseconds, 1)
        tally = LoadTally(measuredFrom: measuredFrom)
    }

    /// Begins with these of all connections.
    func begin(_ connections: [Int], at start: Int64, until end: Int64?) {
        clients = connections.map { number in
            LoadClient(
                self,
                pace: LoadPace(rate: settings.rate, connection: number, of: settings.connections, from: start))
        }
        busy = clients.count
        let loop = NIOLoopBound(self, eventLoop: eventLoop)
        let every = TimeAmount.microseconds(min(max(timeout / 4, 1_000), 100_000))
        ticking = eventLoop.scheduleRepeatedTask(initialDelay: every, delay: every) { _ in loop.value.tick() }
        let now = RecordingClock.monotonic()
        eventLoop.scheduleTask(in: .microseconds(max(tally.measuredFrom - now, 0))) { loop.value.measure() }
        if let end {
            eventLoop.scheduleTask(in: .microseconds(max(end - now, 0))) { loop.value.finish(at: end) }
        }
        // All at once, they would find the server's queue of connections full.
        for (index, client) in clients.enumerated() {
            let client = NIOLoopBound(client, eventLoop: eventLoop)
            eventLoop.scheduleTask(in: .microseconds(Int64(index) * 50)) { client.value.begin() }
        }
    }

    private func measure() { if usedBefore == nil { usedBefore = Self.threadTime() } }

    private func finish(at time: Int64) {
        guard !isEnding else { return }
        isEnding = true
        for client in clients { client.finish(at: time) }
    }

    /// Ends at once.
    func stop() {
        isEnding = true
        for client in clients { client.stop() }
    }

    func clientIsDone() {
        busy -= 1
        guard busy == 0 else { return }
        ticking?.cancel()
        let used = usedBefore.map { Self.threadTime() - $0 } ?? 0
        completion.succeed(Result(tally: tally, used: used, endedAt: RecordingClock.monotonic()))
    }

    private func tick() {
        let now = RecordingClock.monotonic()
        for client in clients { client.tick(at: now) }
        shared.answered(tally.answered - told)
        told = tally.answered
        if shared.isUnreachable { stop() }
    }

    /// Processor time of this thread, in microseconds.
    private static func threadTime() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }

    // MARK: What clients ask

    /// The number of the next session; nil where there are no more.
    func nextSession() -> Int? { shared.nextSession(of: settings.sessions) }

    /// Where a port's server is; nil for a port that no session has.
    func target(ofPort port: Int) -> SocketAddress? { targets[port] }

    /// What stands for the recordings, in turn.
    func prepare(_ number: Int) -> (LoadScript.Session, LoadJudge, LoadScript.Port)? {
        let session = script.sessions[number % script.sessions.count]
        let source = script.sources[session.source]
        guard let port = source.ports[session.opening.port] else { return nil }
        let matcher = MessageMatcher(
            codec: port.codec, settings: port.settings, limits: limits, comparesBytes: false,
            rules: rules[session.source]?.automaton(port: session.opening.port),
            believesRedaction: !settings.ignoresHeaderRules, trees: trees)
        let judge = LoadJudge(check, matcher, source.identifiers, opening: session.opening, listen: port.listen)
        return (session, judge, port)
    }

    /// Makes the rules ready.
    func readRules() throws {
        guard check == .full else { return }
        for (index, source) in script.sources.enumerated() {
            let book = RuleBook(settings.rules, ignoresHeader: settings.ignoresHeaderRules)
            try book.take(source.header, line: 1)
            rules[index] = book
        }
    }

    func fail(_ failure: LoadFailure, source: Int?) {
        var failure = failure
        if let source {
            let path = TerminalText.escaped(script.sources[source].path)
            let place = failure.line > 0 ? "\(path):\(failure.line)" : path
            failure.text = "\(place): \(TerminalText.escaped(failure.text, limit: 200))"
        }
        tally.fail(failure)
    }

    func end(session outcome: LoadSession.Outcome, unanswered: Int, source: Int) {
        switch outcome {
        case .done: tally.done += 1
        case .cut: tally.cut += 1
        case .failed(let failure):
            // Elsewhere some requests may have no answer.
            tally.unanswered += unanswered
            fail(failure, source: source)
        }
    }
}
