package import Codecs
package import NIOCore
internal import Recorder

/// Replays one recording against running servers: does on sockets what the machine says, and tells it what happens.
///
/// All of it happens on one thread, which ends with the replay. It waits for its sockets by itself: a replay in the recorded
/// order mostly waits for one answer after the other, so that what lies between the socket and the machine is paid each time.
package final class ReplayRun {
    private let poll: SocketPoll
    private let targets: [Int: SocketAddress]
    private let limits: DecodingLimits
    private let tree = ValueTree()
    private let scratch = TargetConnection.Scratch()
    private let reader: RecordingReader
    private var machine: ReplayMachine
    /// The connections of sessions that go on …
    private var connections: [Int: TargetConnection] = [:]
    /// … and all that are open, by what the poll calls them.
    private var sockets: [UInt64: TargetConnection] = [:]
    private var lastToken: UInt64 = 0
    /// Connections of which something else may be wanted since the last wait.
    private var touched: [TargetConnection] = []
    /// Connections of which the kernel is to be asked something later.
    private var asking: [UInt64: Int64] = [:]
    /// When the machine is woken.
    private var wakeAt: Int64?
    private var waits = ShortWaits()
    private var isDone = false
    private var piecesNotApart = 0
    private let diagnosis: SocketDiagnosis?
    /// Told when the first difference is found; nil from then on.
    private var onFirstDifference: (@Sendable () -> Void)?
    /// What happened and was not told to the machine yet.
    private var waiting = CircularBuffer<ReplayMachine.Input>()

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
    ///   - onFirstDifference: told on the replay's thread when the first difference is found, before the replay goes on.
    package static func replay(
        _ path: String, targets: [Int: SocketAddress], options: ReplayOptions,
        limits: DecodingLimits = DecodingLimits(), onFirstDifference: @escaping @Sendable () -> Void = {}
    ) async throws -> Outcome {
        try Task.checkCancellation()
        let poll = try SocketPoll()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                do throws(QuietThread.Failure) {
                    try QuietThread.startDetached {
                        continuation.resume(
                            with: Result {
                                let run = try ReplayRun(path, targets: targets, options: options, limits: limits, poll)
                                run.onFirstDifference = onFirstDifference
                                return try run.outcome()
                            })
                    }
                } catch {
                    continuation.resume(throwing: ReplayError.system("start a thread", number: error.number))
                }
            }
        } onCancel: {
            poll.ring()
        }
    }

    private init(
        _ path: String, targets: [Int: SocketAddress], options: ReplayOptions, limits: DecodingLimits,
        _ poll: SocketPoll
    ) throws {
        let reader = try RecordingReader(path: path)
        self.reader = reader
        let onlySession = options.onlySession
        machine = try ReplayMachine(
            header: reader.header, options: options, limits: limits,
            identifiers: RecordedIdentifiers(readingRecordingAt: path) { poll.hasRung }
        ) {
            () throws(RecordingError) in
            while let event = try reader.next() {
                if onlySession.map({ event.session == $0 || event.session == 0 }) ?? true { return event }
            }
            return nil
        }
        // What was read of the identifiers may be a part.
        if poll.hasRung { throw CancellationError() }
        diagnosis = options.segmentation == nil ? nil : SocketDiagnosis()
        self.targets = targets
        self.limits = limits
        self.poll = poll
    }

    /// Replays it all.
    private func outcome() throws -> Outcome {
        defer { for connection in sockets.values { connection.closeNow() } }
        machine.unfinishedBytes = { [unowned self] in connections[$0]?.unfinishedBytes ?? [] }
        try tell(.wake)
        while !isDone { try turn() }
        try letOut()
        for connection in connections.values { piecesNotApart += connection.notApart }
        var findings = machine.findings
        findings.piecesNotApart = piecesNotApart
        return Outcome(findings: findings, tornLine: reader.tornLine, lacksEnd: reader.lacksEnd)
    }

    /// Waits for what comes next, and takes it.
    private func turn(until limit: Int64? = nil) throws {
        for connection in touched {
            if connection.isClosed { sockets[connection.token] = nil } else { try connection.watch(with: poll) }
        }
        touched.removeAll(keepingCapacity: true)
        var soonest = limit ?? wakeAt
        if let time = asking.values.min() { soonest = min(soonest ?? time, time) }
        for event in poll.wait(until: soonest, &waits) {
            switch event {
            case .bell: throw CancellationError()
            case .ready(let token, let interest):
                guard let connection = sockets[token] else { continue }
                touch(connection) { connection.ready(interest) }
                try tellWaiting()
            }
        }
        try takeTime()
    }

    /// What clients had to say before they closed still goes out, as long as their servers take it. With differences nobody
    /// waits for that.
    private func letOut() throws {
        guard machine.findings.differences.isEmpty else { return }
        let timeout = machine.options.timeout.microseconds
        var patience = RecordingClock.monotonic() + timeout
        while sockets.values.contains(where: { $0.isLeaving && !$0.isClosed }) {
            try turn(until: patience)
            let now = RecordingClock.monotonic()
            if sockets.values.count(where: { $0.takeMoved() }) > 0 { patience = now + timeout }
            if now >= patience { return }
        }
    }

    /// Does what its time has come for.
    private func takeTime() throws {
        guard wakeAt != nil || !asking.isEmpty else { return }
        let now = RecordingClock.monotonic()
        for (token, time) in asking where time <= now {
            asking[token] = nil
            guard let connection = sockets[token] else { continue }
            touch(connection) { connection.pump() }
            try tellWaiting()
        }
        guard let time = wakeAt, time <= now else { return }
        wakeAt = nil
        try tell(.wake)
    }

    private func tell(_ input: ReplayMachine.Input) throws {
        waiting.append(input)
        try tellWaiting()
    }

    /// Tells the machine what happened and does what it says, until nothing more has happened by that.
    private func tellWaiting() throws {
        while let next = waiting.popFirst(), !isDone {
            let actions = try machine.handle(next, at: RecordingClock.monotonic())
            if let tell = onFirstDifference, !machine.findings.differences.isEmpty {
                onFirstDifference = nil
                tell()
            }
            for action in actions { try perform(action) }
        }
    }

    private func perform(_ action: ReplayMachine.Action) throws {
        switch action {
        case .connect(let session, let port): try connect(session, port: port)
        case .send(let session, let bytes): with(session) { $0.send(bytes) }
        case .sendPieces(let session, let pieces): with(session) { $0.send(pieces: pieces, diagnosis) }
        case .finish(let session): with(session) { $0.finish() }
        case .abort(let session):
            with(session) { $0.abort() }
            connections[session] = nil
        case .close(let session):
            with(session) {
                piecesNotApart += $0.notApart
                // What its client had to say before still goes out.
                $0.close()
            }
            connections[session] = nil
        case .pauseReading(let session): with(session) { $0.isReading = false }
        case .resumeReading(let session): with(session) { $0.isReading = true }
        case .wake(let microseconds): wakeAt = RecordingClock.monotonic() + microseconds
        case .done: isDone = true
        }
    }

    private func with(_ session: Int, _ act: (TargetConnection) -> Void) {
        guard let connection = connections[session] else { return }
        touch(connection) { act(connection) }
    }

    /// Does something with a connection, of which something else may be wanted then.
    private func touch(_ connection: TargetConnection, _ act: () -> Void) {
        act()
        if let time = connection.askAt { asking[connection.token] = time }
        if touched.last !== connection { touched.append(connection) }
    }

    private func connect(_ session: Int, port: Int) throws {
        guard let target = targets[port] else { throw ReplayError.noTarget(port: port) }
        guard let codec = machine.codec(ofPort: port) else { throw ReplayError.unknownPort(port, line: 0) }
        let socket: ClientSocket
        do throws(ClientSocket.Failure) {
            socket = try ClientSocket(to: target)
        } catch {
            waiting.append(.refused(session: session, reason: ConnectFailure(error.number, target: target).text))
            return
        }
        lastToken += 1
        let connection = TargetConnection(
            socket, to: target, session: session, token: lastToken, reader: MessageReader(codec: codec, limits: limits),
            tree: tree, scratch: scratch, tell: { [unowned self] in waiting.append($0) })
        connections[session] = connection
        sockets[connection.token] = connection
        touch(connection) { connection.begin() }
    }
}
