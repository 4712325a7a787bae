package import Codecs
internal import Glibc
package import NIOCore
internal import NIOPosix
internal import Recorder

/// Replays one recording against running servers: does on sockets what the machine says, and tells it what happens.
///
/// All of it happens on one event loop.
package final class ReplayRun {
    private let loop: any EventLoop
    private let targets: [Int: SocketAddress]
    private let isOnLoopback: [Int: Bool]
    private let limits: DecodingLimits
    private let tree = ValueTree()
    private let completion: EventLoopPromise<Outcome>
    private let reader: RecordingReader
    private var machine: ReplayMachine
    private var connections: [Int: Connection] = [:]
    /// Connections that are closed as soon as all has gone out.
    private var leaving: [ObjectIdentifier: any Channel] = [:]
    /// When the machine is woken: the soonest last. Later ones stay while a sooner one comes, since waking too often does no harm.
    private var wakes: [(at: Int64, task: Scheduled<Void>)] = []
    private var isDone = false
    private var piecesNotApart = 0
    private let diagnosis: SocketDiagnosis?
    /// Told when the first difference is found; nil from then on.
    private var onFirstDifference: (@Sendable () -> Void)?
    /// Inputs that came while another one was being handled.
    private var waiting = CircularBuffer<ReplayMachine.Input>()
    private var isHandling = false

    private struct Connection {
        let channel: any Channel
        let handler: TargetConnection
        let outgoing: OutgoingStream
    }

    /// What a replay found, and whether the recording ends in a torn line.
    package struct Outcome: Sendable {
        package var findings: ReplayFindings
        package var tornLine: Int?
        /// The recording ends without saying so.
        package var lacksEnd = false
    }

    /// Replays the recording at a path.
    ///
    /// - Parameters:
    ///   - targets: where to connect for each recorded port.
    ///   - onFirstDifference: told on the event loop when the first difference is found, before the replay goes on.
    package static func replay(
        _ path: String, targets: [Int: SocketAddress], options: ReplayOptions,
        limits: DecodingLimits = DecodingLimits(), on loop: any EventLoop,
        onFirstDifference: @escaping @Sendable () -> Void = {}
    ) async throws -> Outcome {
        let running = NIOLoopBoundBox<ReplayRun?>.makeEmptyBox(eventLoop: loop)
        try Task.checkCancellation()
        // Before anybody can tell it to end, so that the event loop comes to its beginning first.
        let outcome = loop.flatSubmit {
            let completion = loop.makePromise(of: Outcome.self)
            do {
                let run = try ReplayRun(path, targets: targets, options: options, limits: limits, loop, completion)
                run.onFirstDifference = onFirstDifference
                running.value = run
                run.begin()
            } catch {
                completion.fail(error)
            }
            return completion.futureResult
        }
        return try await withTaskCancellationHandler {
            try await outcome.get()
        } onCancel: {
            loop.execute { running.value?.fail(CancellationError()) }
        }
    }

    private init(
        _ path: String, targets: [Int: SocketAddress], options: ReplayOptions, limits: DecodingLimits,
        _ loop: any EventLoop, _ completion: EventLoopPromise<Outcome>
    ) throws {
        let reader = try RecordingReader(path: path)
        self.reader = reader
        let onlySession = options.onlySession
        machine = try ReplayMachine(
            header: reader.header, options: options, limits: limits,
            identifiers: RecordedIdentifiers(readingRecordingAt: path)
        ) {
            () throws(RecordingError) in
            while let event = try reader.next() {
                if onlySession.map({ event.session == $0 || event.session == 0 }) ?? true { return event }
            }
            return nil
        }
        diagnosis = options.segmentation == nil ? nil : SocketDiagnosis()
        self.targets = targets
        isOnLoopback = targets.mapValues(LoopbackConnect.applies)
        self.limits = limits
        self.loop = loop
        self.completion = completion
    }

    private func begin() {
        // The run lives until it is done.
        let run = NIOLoopBound(self, eventLoop: loop)
        completion.futureResult.whenComplete { _ in run.value.isDone = true }
        machine.unfinishedBytes = { [weak self] in self?.connections[$0]?.handler.unfinishedBytes ?? [] }
        take(.wake)
    }

    /// Tells the machine what happened and does what it says.
    func take(_ input: ReplayMachine.Input) {
        guard !isDone else { return }
        waiting.append(input)
        guard !isHandling else { return }
        isHandling = true
        defer { isHandling = false }
        while let next = waiting.popFirst(), !isDone {
            do {
                let actions = try machine.handle(next, at: RecordingClock.monotonic())
                if let tell = onFirstDifference, !machine.findings.differences.isEmpty {
                    onFirstDifference = nil
                    tell()
                }
                for action in actions { try perform(action) }
            } catch {
                fail(error)
            }
        }
    }

    private func fail(_ error: any Error) {
        guard !isDone else { return }
        stop()
        completion.fail(error)
    }

    private func perform(_ action: ReplayMachine.Action) throws {
        switch action {
        case .connect(let session, let port): try connect(session, port: port)
        case .send(let session, let bytes): connections[session]?.outgoing.send(bytes)
        case .sendPieces(let session, let pieces): connections[session]?.outgoing.send(pieces: pieces)
        case .finish(let session): connections[session]?.outgoing.finish()
        case .abort(let session): connections.removeValue(forKey: session)?.outgoing.abort()
        case .close(let session): close(session)
        case .pauseReading(let session): try read(session, false)
        case .resumeReading(let session): try read(session, true)
        case .wake(let microseconds): schedule(after: microseconds)
        case .done:
            stop()
            var findings = machine.findings
            findings.piecesNotApart = piecesNotApart
            completion.succeed(Outcome(findings: findings, tornLine: reader.tornLine, lacksEnd: reader.lacksEnd))
        }
    }

    private func connect(_ session: Int, port: Int) throws {
        guard let target = targets[port] else { throw ReplayError.noTarget(port: port) }
        guard let codec = machine.codec(ofPort: port) else { throw ReplayError.unknownPort(port, line: 0) }
        let connection = NIOLoopBound(
            TargetConnection(session: session, codec: codec, limits: limits, tree: tree, run: self), eventLoop: loop)
        let run = NIOLoopBound(self, eventLoop: loop)
        let bootstrap = ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
                    try channel.pipeline.syncOperations.addHandler(connection.value)
                }
            }
        let socket = isOnLoopback[port] == true ? LoopbackConnect.socket(to: target) : nil
        (socket.map { bootstrap.withConnectedSocket($0) } ?? bootstrap.connect(to: target))
            .hop(to: loop)
            .whenComplete { result in
                switch result {
                case .success(let channel): run.value.connected(session, channel, connection.value)
                case .failure(let error):
                    run.value.take(.refused(session: session, reason: ConnectFailure(error, target: target).text))
                }
            }
    }

    private func connected(_ session: Int, _ channel: any Channel, _ handler: TargetConnection) {
        guard !isDone else { return channel.close(promise: nil) }
        // Both are gone when the replay is done.
        let outgoing = OutgoingStream(
            channel: channel, diagnosis: diagnosis,
            onSent: { [weak self] in self?.take(.sent(session: session, bytes: $0)) },
            onBroken: { [weak handler] in handler?.broken() })
        connections[session] = Connection(channel: channel, handler: handler, outgoing: outgoing)
        var hosts: ReplayMachine.TransportHosts?
        if let local = channel.localAddress?.ipAddress, let remote = channel.remoteAddress, let port = remote.port {
            hosts = .init(local: local, remote: remote.ipAddress ?? "", remotePort: port)
        }
        take(.connected(session: session, localPort: channel.localAddress?.port ?? 0, hosts: hosts))
    }

    /// Closes a connection; what its client had to say before still goes out.
    private func close(_ session: Int) {
        guard let connection = connections.removeValue(forKey: session) else { return }
        let channel = connection.channel
        piecesNotApart += connection.outgoing.notApart
        leaving[ObjectIdentifier(channel)] = channel
        let run = NIOLoopBound(self, eventLoop: loop)
        channel.closeFuture.whenComplete { _ in run.value.leaving[ObjectIdentifier(channel)] = nil }
        connection.outgoing.close()
    }

    private func read(_ session: Int, _ isOn: Bool) throws {
        try connections[session]?.channel.syncOptions?.setOption(.autoRead, value: isOn)
    }

    private func schedule(after microseconds: Int64) {
        let time = RecordingClock.monotonic() + microseconds
        // The machine asks again. Most are for what an answer does not come in, far from now.
        if let soonest = wakes.last, soonest.at <= time { return }
        let run = NIOLoopBound(self, eventLoop: loop)
        let scheduled = loop.scheduleTask(in: .microseconds(microseconds)) { run.value.woken(at: time) }
        // There is always one while something is awaited, so that an event loop that ends does not leave the replay open.
        scheduled.futureResult.whenFailure { error in
            if case EventLoopError.shutdown = error { run.value.fail(error) }
        }
        wakes.append((time, scheduled))
    }

    private func woken(at time: Int64) {
        wakes.removeAll { $0.at <= time }
        take(.wake)
    }

    private func stop() {
        isDone = true
        for wake in wakes { wake.task.cancel() }
        wakes.removeAll()
        for connection in connections.values {
            piecesNotApart += connection.outgoing.notApart
            connection.channel.close(promise: nil)
        }
        for channel in leaving.values { channel.close(promise: nil) }
        connections.removeAll()
    }
}
