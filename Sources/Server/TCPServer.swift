internal import Codecs
package import NIOCore
internal import NIOPosix
package import Recorder
internal import Synchronization

/// Listens on ports, answers or relays their clients, and records what passes.
///
/// `bind`, then `serve`, then `stop`. Between the first two clients can connect, but nobody accepts them: a recording's
/// header can name the addresses that were found.
package final class TCPServer: Sendable {
    private struct State {
        var listeners: [PortListener] = []
        /// By the identity of the event loop.
        var loops: [ObjectIdentifier: ServingLoop] = [:]
        var children: [ExecPort] = []
        /// In the order of the memory's shares.
        var order: [ServingLoop] = []
        var isStopping = false
        /// Whatever has not ended is to end at once.
        var isHurried = false
        var hasStopped = false
        var isAccepting = false
        /// That of each port, in their order.
        var tls: [PortTLS]
        var faults: [FaultPlan]

        init(tls: [PortTLS], faults: [FaultPlan]) {
            self.tls = tls
            self.faults = faults
        }
    }

    private let configuration: ServerConfiguration
    private let observer: any ServerObserver
    private let group: MultiThreadedEventLoopGroup
    private let state: Mutex<State>
    private let outcome = RecordingOutcome()
    private let places: ConnectionPlaces
    private let memory: MemoryBudget
    /// Of each event loop and port.
    private let counters: [[PortCounters]]
    private let pulses: [LoopPulse]

    /// Fails where a greeting or answer cannot be written in its port's codec, or a file of its TLS cannot be used.
    package init(configuration: ServerConfiguration, observer: any ServerObserver) throws {
        let tls = try configuration.ports.map { try PortTLS($0, of: configuration) }
        state = Mutex(State(tls: tls, faults: configuration.ports.map(\.faults)))
        for (port, tls) in zip(configuration.ports, tls) { try ServedPort.check(port, tls: tls) }
        self.configuration = configuration
        self.observer = observer
        places = ConnectionPlaces(limit: configuration.limits.maximumConnections)
        memory = MemoryBudget(limit: configuration.limits.maximumMemoryBytes, loops: configuration.threads)
        counters = (0..<configuration.threads).map { _ in configuration.ports.map { _ in PortCounters() } }
        pulses = (0..<configuration.threads).map { _ in LoopPulse() }
        group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.threads)
    }

    // MARK: Starting

    /// Listens on every port, in their order, and gives the addresses. Nobody is accepted yet.
    package func bind() async throws -> [SocketAddress] {
        var listeners: [PortListener] = []
        do {
            for (index, port) in configuration.ports.enumerated() {
                let listener = try await PortListener.bind(
                    port, backlog: configuration.backlog, group: group, observer: observer, places: places,
                    refused: { [weak self] channel, loop in self?.refuse(channel, portIndex: index, on: loop) }
                ) { [weak self] channel in try self?.configure(channel, portIndex: index) }
                listeners.append(listener)
            }
        } catch {
            for listener in listeners { await listener.close() }
            throw error
        }
        let bound = listeners
        state.withLock { $0.listeners = bound }
        return bound.compactMap(\.address)
    }

    /// Accepts clients. What they and the server say goes to the recording and, as packets, to the capture, where there
    /// are such; ending them is the caller's.
    package func serve(recording: RecordingWriter?, capture: CaptureWriter? = nil) async throws {
        let (listeners, tls) = state.withLock { ($0.listeners, $0.tls) }
        let numbers = listeners.map { $0.address?.port ?? 0 }
        let sessions = SessionNumbers()
        let children = try await makeChildren(numbers)
        for (place, eventLoop) in group.makeIterator().enumerated() {
            let loop = try await eventLoop.submit { [configuration, observer, memory, counters] in
                let ports = try configuration.ports.enumerated().map { index, port in
                    try ServedPort(port, number: numbers[index], tls: tls[index], counters: counters[place][index]) {
                        if let answers = port.answers {
                            return RecordedResponder(port: port, answers: answers, observer: observer)
                        }
                        guard let child = children[index] else { return SilentResponder() }
                        return ExecResponder(
                            port: port, child: child, eventLoop: eventLoop, place: place, observer: observer)
                    }
                }
                let context = LoopContext(
                    eventLoop: eventLoop, ports: ports, recording: recording, redaction: configuration.redaction,
                    capture: capture, sessions: sessions, observer: observer, limits: configuration.limits,
                    memory: memory, memoryShare: memory.shares[place], relieve: { [weak self] in self?.relieve() })
                return ServingLoop(context)
            }.get()
            state.withLock {
                $0.loops[ObjectIdentifier(eventLoop)] = loop
                $0.order.append(loop)
            }
        }
        state.withLock { $0.children = Array(children.values) }
        for child in children.values { child.execute { $0.start() } }
        if let recording, recording.settings.onFailure == .stop {
            recording.whenFailed { [weak self] error in self?.recordingFailed(error) }
        }
        let room = DescriptorRoom.ofThisProcess(
            for: configuration.ports, hasSessionFiles: recording?.settings.isFolder ?? false)
        places.setRoom(room.clients)
        let count = room.acceptsInATurn(ports: listeners.count)
        for listener in listeners { try await listener.accept(inATurn: count) }
        state.withLock { $0.isAccepting = true }
    }

    /// The children that answer ports, by the index of their port. They are not started yet.
    private func makeChildren(_ numbers: [Int]) async throws -> [Int: ExecPort] {
        var children: [Int: ExecPort] = [:]
        for (index, port) in configuration.ports.enumerated() {
            guard case .answer(.exec(let command), _) = port.role else { continue }
            let eventLoop = group.next()
            let showsLines = configuration.redaction == nil
            children[index] = try await eventLoop.submit { [observer] in
                ExecPort(
                    ChildKeeper(
                        command: command, port: port, number: numbers[index], eventLoop: eventLoop, observer: observer,
                        showsLines: showsLines))
            }.get()
        }
        return children
    }

    private func configure(_ channel: any Channel, portIndex: Int) throws {
        guard let loop = state.withLock({ $0.loops[ObjectIdentifier(channel.eventLoop)] })?.shared else {
            throw ChannelError.ioOnClosedChannel
        }
        try ConnectionPipeline.configure(channel, port: loop.ports[portIndex], loop: loop)
    }

    // MARK: While it runs

    /// What it has counted so far; on any thread.
    package var figures: ServerFigures {
        var figures = ServerFigures()
        let (numbers, isAccepting) = state.withLock { ($0.listeners.map { $0.address?.port ?? 0 }, $0.isAccepting) }
        figures.ports = zip(configuration.ports, numbers).enumerated().map { place, port in
            var sum = ServerFigures.Port(number: port.1, codec: port.0.codec.name)
            for loop in counters { sum.add(loop[place]) }
            return sum
        }
        figures.heldBytes = memory.heldBytes
        figures.maximumHeldBytes = memory.limit
        figures.maximumConnections = places.limit
        figures.loops = counters.count
        figures.isAccepting = isAccepting
        return figures
    }

    /// Whether all event loops run, as far as the last to ask could know.
    package var isResponsive: Bool {
        let loops = state.withLock { $0.hasStopped ? [] : $0.order }
        // All are asked, also behind one that does not run.
        return zip(pulses, loops).map { $0.isBeating($1) }.allSatisfy { $0 }
    }

    /// Whether any port speaks TLS, to clients or to a server behind.
    package var usesTLS: Bool { configuration.ports.contains { $0.tls != nil || $0.upstreamTLS != nil } }

    /// Reads the certificates and keys of all ports again; connections that come after this returns use them. A port whose files cannot be
    /// used keeps those that it has.
    ///
    /// - Returns: what is wrong, for each such port.
    package func reloadTLS() async -> [any Error] {
        var failures: [any Error] = []
        let (before, loops) = state.withLock { ($0.tls, Array($0.loops.values)) }
        let tls = zip(configuration.ports, before).map { port, old in
            do { return try PortTLS(port, of: configuration) } catch {
                failures.append(error)
                return old
            }
        }
        state.withLock { $0.tls = tls }
        for loop in loops { await loop.run { for (port, tls) in zip($0.ports, tls) { port.tls = tls } } }
        return failures
    }

    /// Has other things done wrong with the answers of ports, also of clients that are connected: with all that come after
    /// this returns.
    ///
    /// - Parameter plans: that of each port, in their order; nil: as before.
    /// - Returns: the indices of the ports for which this is a change.
    package func setFaults(_ plans: [FaultPlan?]) async -> [Int] {
        let (faults, changed, loops) = state.withLock { state in
            let changed = zip(state.faults, plans).enumerated().filter { $1.1 != nil && $1.1 != $1.0 }.map(\.offset)
            for index in changed { if let plan = plans[index] { state.faults[index] = plan } }
            return (state.faults, changed, Array(state.loops.values))
        }
        for loop in loops { await loop.run { $0.setFaults(faults) } }
        return changed
    }

    // MARK: Limits

    private func refuse(_ channel: any Channel, portIndex: Int, on eventLoop: any EventLoop) {
        guard let loop = state.withLock({ $0.loops[ObjectIdentifier(eventLoop)] })?.shared else { return }
        loop.refuse(channel.remoteAddress?.hostAndPort ?? "unknown:0", loop.ports[portIndex])
    }

    /// The connections hold too much memory together: the loop that holds the most gives up some.
    private func relieve() {
        let loops = state.withLock { $0.order }
        let largest = memory.largest
        if loops.indices.contains(largest) { loops[largest].execute { $0.giveUpMemory() } }
    }

    // MARK: Ending

    /// Waits until the recording fails, if that is to stop the server: then nobody is served any more, and this gives the
    /// error. Gives nil when the server is stopped first.
    package var recordingFailure: (any Error)? {
        get async { await outcome.failure }
    }

    /// Accepts no more, answers what was sent already, and closes every connection, within the configured time.
    package func stop() async {
        await stop(within: TimeAmount(configuration.drain))
    }

    /// Closes everything at once. Where a `stop` is under way, that one ends the sooner.
    package func stopNow() async {
        let isUnderWay = state.withLock { state in
            state.isHurried = true
            if !state.hasStopped {
                for loop in state.loops.values {
                    loop.execute { $0.abortAll(SessionClosing(.shutdown, by: .server)) }
                }
                stopChildren(state.children, within: .zero)
            }
            return state.isStopping
        }
        if !isUnderWay { await stop(within: .zero) }
    }

    private func stop(within limit: TimeAmount) async {
        let begin = NIODeadline.now()
        let (listeners, loops, children) = state.withLock { state in
            state.isStopping = true
            state.isAccepting = false
            return (state.listeners, Array(state.loops.values), state.children)
        }
        await close(listeners, until: begin + .nanoseconds(limit.nanoseconds / 2))
        await letLoopsTurn()
        let left = state.withLock { $0.isHurried } ? .zero : max(begin + limit - .now(), .zero)
        let ended = stopChildren(children, within: left)
        let drained = loops.map { loop in
            let done = group.any().makePromise(of: Void.self)
            loop.execute { $0.drain(within: left, done: done) }
            return done.futureResult
        }
        for future in drained + ended { try? await future.get() }
        // What one event loop has left to tell another is told.
        for eventLoop in group.makeIterator() { try? await eventLoop.submit {}.get() }
        let isFirst = state.withLock { state in
            defer { state.hasStopped = true }
            return !state.hasStopped
        }
        guard isFirst else { return }
        outcome.settle(nil)
        try? await group.shutdownGracefully()
    }

    /// What was accepted goes to its own event loop, back, and there again before it is a connection: waits as long as that takes.
    private func letLoopsTurn() async {
        for _ in 0..<3 {
            for eventLoop in group.makeIterator() { try? await eventLoop.submit {}.get() }
        }
    }

    /// Closes all at the same time; clients that wait there are let in, if that does not take too long.
    private func close(_ listeners: [PortListener], until deadline: NIODeadline) async {
        await withTaskGroup(of: Void.self) { group in
            for listener in listeners {
                group.addTask { [self] in
                    await listener.close(
                        while: { [places] in
                            // Where there is no room nobody can be let in.
                            !state.withLock { $0.isHurried } && NIODeadline.now() < deadline && places.hasRoom
                        }, settle: { await letLoopsTurn() })
                }
            }
        }
    }

    @discardableResult
    private func stopChildren(_ children: [ExecPort], within limit: TimeAmount) -> [EventLoopFuture<Void>] {
        children.map { child in
            let done = group.any().makePromise(of: Void.self)
            child.execute { $0.stop(within: limit, done: done) }
            return done.futureResult
        }
    }

    /// Accepts no more, and closes every connection at once.
    private func recordingFailed(_ error: any Error) {
        let (listeners, loops) = state.withLock { state in
            state.isAccepting = false
            return (state.listeners, Array(state.loops.values))
        }
        for listener in listeners { listener.channel.close(promise: nil) }
        for loop in loops {
            loop.execute { $0.abortAll(SessionClosing(.error, by: .server, reason: "the recording failed")) }
        }
        outcome.settle(error)
    }
}
