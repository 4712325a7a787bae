internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Processes
internal import Recorder

// MARK: Starting

extension ChildKeeper {
    /// Starts a child.
    func start() {
        guard !isStopping, child == nil, !isStarting else { return }
        isStarting = true
        let keeper = NIOLoopBound(self, eventLoop: eventLoop)
        ChildProcess.start(command) { [eventLoop] event in
            eventLoop.execute { keeper.value.take(event) }
        }
    }

    func take(_ event: ChildProcess.Event) {
        switch event {
        case .failed(let reason):
            isStarting = false
            report(reason)
            if isStopping { finish() } else { startAgain(afterRunning: .zero) }
        case .started(let process, let pipes):
            isStarting = false
            let child = Child(process)
            self.child = child
            child.inputDescriptor = pipes.input
            if !hasTimeLeft { process.signal(SIGKILL) }
            attach(pipes, to: child)
        case .ended(let exit):
            guard let child else { return }
            child.exit = exit
            endIfOver(child)
        }
    }

    func attach(_ pipes: ChildProcess.Pipes, to child: Child) {
        let parts = NIOLoopBound((keeper: self, child: child), eventLoop: eventLoop)
        let bootstrap = NIOPipeBootstrap(group: eventLoop)
        Task { [eventLoop] in
            var left = pipes
            var channels: (input: (any Channel)?, output: (any Channel)?)
            do {
                channels.input = try await bootstrap.takingOwnershipOfDescriptor(output: pipes.input) { channel in
                    channel.eventLoop.makeSucceededFuture(channel)
                }
                left.input = -1
                channels.output = try await bootstrap.takingOwnershipOfDescriptor(input: pipes.output) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let (keeper, child) = parts.value
                        let reader = PipeReader(
                            read: { keeper.take(output: $0, of: child) }, ended: { keeper.outputEnded(child) })
                        try channel.pipeline.syncOperations.addHandler(reader)
                        return channel
                    }
                }
                left.output = -1
                _ = try await bootstrap.takingOwnershipOfDescriptor(input: pipes.errors) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let (keeper, child) = parts.value
                        let reader = PipeReader(read: { keeper.take(errors: $0, of: child) }, ended: {})
                        try channel.pipeline.syncOperations.addHandler(reader)
                    }
                }
                left.errors = -1
            } catch {
                left.close()
            }
            let attached = channels
            eventLoop.execute {
                let (keeper, child) = parts.value
                keeper.attached(child, attached.input, attached.output)
            }
        }
    }

    func attached(_ child: Child, _ input: (any Channel)?, _ output: (any Channel)?) {
        child.input = input
        child.output = output
        child.isAttached = true
        if input == nil || output == nil {
            report("its pipes cannot be used")
            child.process.signal(SIGKILL)
            if output == nil { child.outputHasEnded = true }
        }
        setReading()
        for (batch, place) in waiting { write(batch, from: place) }
        waiting.removeAll()
        endIfOver(child)
    }
}

// MARK: Its end

extension ChildKeeper {
    func outputEnded(_ child: Child) {
        child.cutter.finish { take($0, of: child) }
        handOut()
        child.outputHasEnded = true
        endIfOver(child)
    }

    /// A child is over when its process has ended and all of its output was read. One without the other is not for long.
    func endIfOver(_ child: Child) {
        guard self.child === child, child.isAttached else { return }
        guard let exit = child.exit, child.outputHasEnded else {
            guard child.exit != nil || child.outputHasEnded else { return }
            let time = hasTimeLeft ? times.parting : min(times.parting, .milliseconds(50))
            eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in self?.part(from: child) }
            return
        }
        self.child = nil
        child.input?.close(promise: nil)
        child.errors.finish { show($0, of: child) }
        tellLeftOut()
        let lost = routes.removeAll()
        tellOfEnd(of: child, exit, sessions: lost.values.reduce(0) { $0 + $1.count })
        if isStopping { return finish() }
        let reason = "the child that answers \(Self.text(child, exit))"
        for (place, sessions) in lost { places[place]?.execute { $0.fail(sessions, reason) } }
        startAgain(afterRunning: ContinuousClock.now - child.started)
    }

    func part(from child: Child) {
        guard self.child === child else { return }
        // What it said last waits for clients.
        if child.exit != nil, !mayRead, hasTimeLeft { return endIfOver(child) }
        if child.exit == nil {
            child.wasSilent = !isStopping
            child.process.signal(SIGKILL)
        }
        child.output?.close(promise: nil)
    }

    static func text(_ child: Child, _ exit: ProcessExit) -> String {
        child.wasSilent ? "closed its output without ending" : "\(exit)"
    }

    func tellOfEnd(of child: Child, _ exit: ProcessExit, sessions: Int) {
        if lateAnswers > 0 {
            report("\(lateAnswers.counting("line")) of its output for sessions that had ended or never were")
            lateAnswers = 0
        }
        // One that ends when its input does, or by our signal, does what it is to do.
        if isStopping, exit == .exited(code: 0) || !hasTimeLeft || exit == .signalled(number: SIGTERM, name: "SIGTERM")
        {
            return
        }
        var text = "\(Self.text(child, exit)) after \(Self.seconds(ContinuousClock.now - child.started))"
        if sessions > 0 { text += "; \(sessions.counting("session")) closed" }
        if !child.lastErrors.isEmpty { text += "; its last words: " + child.lastErrors.joined(separator: " | ") }
        report(text)
    }

    private static func seconds(_ time: Duration) -> String {
        "\((time / .milliseconds(1)).rounded() / 1_000) s"
    }

    func startAgain(afterRunning time: Duration) {
        let pause = pause.take(afterRunning: time)
        if pause > RestartPause.shortest {
            report("it is started again in \(Self.seconds(pause))")
        }
        eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(pause)) { [weak self] in self?.start() }
    }
}

// MARK: Stopping

extension ChildKeeper {
    /// Lets the child answer what it was told, then ends it: its input is closed first, SIGTERM comes at half the time,
    /// SIGKILL at three quarters. `done` succeeds when it has ended. Called again, it does so with the new time.
    func stop(within limit: TimeAmount, done: EventLoopPromise<Void>) {
        guard !isOver else { return done.succeed() }
        whenOver.append(done)
        let isFirst = !isStopping
        isStopping = true
        guard child != nil || isStarting else { return finish() }
        signal(SIGTERM, in: .nanoseconds(limit.nanoseconds / 2))
        signal(SIGKILL, in: .nanoseconds(limit.nanoseconds / 4 * 3))
        if isFirst { closeInputWhenQuiet() }
    }

    func signal(_ number: Int32, in time: TimeAmount) {
        eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
            guard let self, !isOver else { return }
            let isNews = number == SIGKILL && hasTimeLeft
            if number == SIGKILL { hasTimeLeft = false }
            // Its process may have ended while something else holds its output.
            if let child, child.exit != nil {
                if !hasTimeLeft { part(from: child) }
                return
            }
            if isNews { report("it did not end by itself and was killed") }
            child?.process.signal(number)
        }
    }

    /// Closes the child's input when no client has sent anything for a moment and the child was told of all.
    func closeInputWhenQuiet() {
        guard !isOver else { return }
        if let child, child.isAttached, child.unwrittenBatches == 0, NIODeadline.now() - lastBatch > .milliseconds(100)
        {
            child.input?.close(promise: nil)
            return
        }
        eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(20)) { [weak self] in self?.closeInputWhenQuiet() }
    }

    /// There is no child any more, and there will be none.
    func finish() {
        guard !isOver else { return }
        isOver = true
        waiting.removeAll()
        for place in places.values { place.execute { $0.childIsOver() } }
        for done in whenOver { done.succeed() }
        whenOver.removeAll()
    }
}
