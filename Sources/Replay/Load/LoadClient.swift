internal import Codecs
internal import NIOCore
internal import NIOPosix
internal import Recorder

/// One of the clients of a load: does one session after the other, each on a connection of its own.
///
/// Confined to its event loop.
final class LoadClient {
    /// How long it waits before it connects again, at first and at most.
    private static let backOff: (first: Int64, most: Int64) = (10_000, 1_000_000)

    private unowned let loop: LoadLoop
    private var pace: LoadPace
    private var session: LoadSession?
    private var source = 0
    private var channel: (any Channel)?
    private var handler: LoadHandler?
    private var wake: (at: Int64, task: Scheduled<Void>)?
    private var failedConnects = 0
    /// Which connection is meant, so that what an earlier one tells late is not taken for this one's.
    private var generation = 0
    private(set) var isDone = false
    private var isAdvancing = false

    init(_ loop: LoadLoop, pace: LoadPace) {
        self.loop = loop
        self.pace = pace
    }

    // MARK: Sessions

    /// Begins the next session, if there is one.
    func begin() {
        guard !isDone else { return }
        guard !loop.isEnding, let next = loop.nextSession() else { return done() }
        let now = RecordingClock.monotonic()
        guard let (script, judge, port) = loop.prepare(next) else { return done() }
        source = script.source
        session = LoadSession(
            script, keepsBoundaries: port.codec.framing.keepsBoundaries, judge: judge, at: now)
        connect(script.opening.port, port.codec)
    }

    private func connect(_ port: Int, _ codec: Codec) {
        guard let target = loop.target(ofPort: port) else { return done() }
        generation += 1
        let handler = LoadHandler(
            self, codec: codec, limits: loop.limits, keepsBytes: loop.check != .none || !codec.framing.keepsBoundaries)
        self.handler = handler
        let bound = NIOLoopBound(handler, eventLoop: loop.eventLoop)
        let client = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let generation = generation
        ClientBootstrap(group: loop.eventLoop)
            .connectTimeout(.microseconds(loop.timeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
                    try channel.pipeline.syncOperations.addHandler(bound.value)
                }
            }
            .connect(to: target)
            .whenComplete { result in
                switch result {
                case .success(let channel): client.value.connected(channel, generation)
                case .failure(let error): client.value.refused(error, target, generation)
                }
            }
    }

    private func connected(_ channel: any Channel, _ generation: Int) {
        guard generation == self.generation, session != nil else { return channel.close(promise: nil) }
        self.channel = channel
        failedConnects = 0
        loop.shared.connected()
        var hosts: ReplayMachine.TransportHosts?
        if let local = channel.localAddress?.ipAddress, let remote = channel.remoteAddress, let port = remote.port {
            hosts = .init(local: local, remote: remote.ipAddress ?? "", remotePort: port)
        }
        session?.connect(
            localPort: channel.localAddress?.port ?? 0, hosts: hosts, at: RecordingClock.monotonic())
        advance()
    }

    private func refused(_ error: any Error, _ target: SocketAddress, _ generation: Int) {
        guard generation == self.generation, session != nil else { return }
        session = nil
        let reason = ConnectFailure(error, target: target)
        loop.fail(LoadFailure(kind: reason.isRefusal ? .refused : .unreachable, text: reason.text), source: nil)
        failedConnects += 1
        if loop.shared.refused(reason.text) { return done() }
        let pause = min(Self.backOff.first << min(Int64(failedConnects - 1), 10), Self.backOff.most)
        let client = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.eventLoop.scheduleTask(in: .microseconds(pause)) { client.value.begin() }
    }

    /// Ends the session's connection and goes on with the next.
    private func leave(_ outcome: LoadSession.Outcome) {
        loop.end(session: outcome, unanswered: session?.unanswered ?? 0, source: source)
        session = nil
        close()
        let client = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.eventLoop.execute { client.value.begin() }
    }

    private func close() {
        generation += 1
        wake?.task.cancel()
        wake = nil
        // What it still hears is not about the session that follows.
        handler?.leave()
        channel?.close(promise: nil)
        (channel, handler) = (nil, nil)
    }

    private func done() {
        guard !isDone else { return }
        isDone = true
        loop.clientIsDone()
    }

    // MARK: What happens

    func received(_ bytes: Int) { loop.tally.receive(bytes, at: RecordingClock.monotonic()) }

    func take(_ message: ActualMessage) { session?.receive(message, at: RecordingClock.monotonic()) }

    func lose(_ reason: String) {
        session?.lose(reason)
        advance()
    }

    func ended(isReset: Bool) {
        session?.end(isReset: isReset, at: RecordingClock.monotonic())
        advance()
    }

    /// Looks whether something has lasted too long.
    func tick(at now: Int64) {
        // A connection that is being made has a time-out of its own.
        guard channel != nil else { return }
        session?.tick(at: now, timeout: loop.timeout)
        if session?.outcome != nil { advance() }
    }

    /// Nothing more is to be sent.
    func finish(at time: Int64) {
        loop.tally.unsent += pace.overdue(at: time)
        if session == nil || channel == nil {
            session = nil
            generation += 1
            return done()
        }
        advance()
    }

    /// Ends at once.
    func stop() {
        if session != nil { loop.end(session: .cut, unanswered: session?.unanswered ?? 0, source: source) }
        session = nil
        close()
        done()
    }

    /// Does what the session says next.
    func advance() {
        guard channel != nil, session != nil, !isAdvancing else { return }
        isAdvancing = true
        let actions = session?.advance(
            at: RecordingClock.monotonic(), &pace, &loop.tally, isEnding: loop.isEnding)
        for action in actions ?? [] { perform(action) }
        isAdvancing = false
        if let outcome = session?.outcome { leave(outcome) }
    }

    private func perform(_ action: LoadSession.Action) {
        guard let channel else { return }
        switch action {
        case .send(let bytes):
            let handler = handler.map { NIOLoopBound($0, eventLoop: loop.eventLoop) }
            let sent = channel.eventLoop.makePromise(of: Void.self)
            sent.futureResult.whenFailure { _ in handler?.value.broken() }
            channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: sent)
        case .finish: channel.close(mode: .output, promise: nil)
        case .abort:
            _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        case .wake(let time): wakeUp(at: time)
        }
    }

    private func wakeUp(at time: Int64) {
        if let wake, wake.at == time { return }
        wake?.task.cancel()
        let client = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let task = loop.eventLoop.scheduleTask(in: .microseconds(max(time - RecordingClock.monotonic(), 0))) {
            client.value.wake = nil
            client.value.advance()
        }
        wake = (time, task)
    }
}
