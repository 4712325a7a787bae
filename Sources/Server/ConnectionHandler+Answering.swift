internal import Codecs
internal import NIOCore
internal import Recorder

// What a client is sent: answers gather, and leave behind the commit of what they answer.
extension ConnectionHandler {
    func makeGate() {
        gate = FaultGate(port.faults, on: self, eventLoop: loop.eventLoop, observer: loop.observer)
    }

    func faultsChanged(of port: ServedPort) {
        guard port === self.port, phase == .reading || phase == .discarding else { return }
        if let gate { gate.change(to: port.faults, on: self) } else { makeGate() }
    }

    /// Answers with a message: its frame, where the payload stands in it, and what that reads as.
    func answer(frame: RawSpan, payload: Range<Int>, tree: ValueTree) {
        guard canAnswer, !hasFinished else { return }
        if let gate {
            gate.take(frame: frame, payload: payload, tree: tree, on: self)
        } else {
            send(frame: frame, payload: payload, tree: tree)
        }
    }

    /// Sends a message to the client, and records it.
    func send(frame: RawSpan, payload: Range<Int>, tree: ValueTree) {
        guard canAnswer else { return }
        uncountedAnswers += 1
        if let recorder { record(recorder, from: .server, frame, payload, tree) }
        loop.messageObserver?.message(
            session, from: .server, tree: tree, codec: port.codec, frameBytes: frame.byteCount)
        answers.append(frame)
    }

    /// Answers with bytes that are no message, and why.
    func answer(unread bytes: [UInt8], why: String) {
        guard canAnswer, !hasFinished else { return }
        if let gate { gate.take(unread: bytes, why: why, on: self) } else { send(unread: bytes, why: why) }
    }

    /// Sends bytes that need be no message.
    func send(unread bytes: [UInt8], why: String) {
        guard canAnswer else { return }
        recorder?.unread(from: .server, bytes: bytes.span.bytes, why: why)
        loop.turn.scheduleCommit()
        answers.append(bytes)
    }

    /// Answers with a message that was made before.
    func answer(_ message: PreparedMessage) {
        let frame = message.frame
        answer(frame: frame.span.bytes, payload: message.payload, tree: message.tree)
    }

    /// The responder has nothing more to say: what it has said is sent, then the connection ends.
    ///
    /// - Parameter isAtOnce: answers that are held back are not sent any more.
    func finish(_ closing: SessionClosing = SessionClosing(.clean), isAtOnce: Bool = false) {
        isAwaitingFinish = false
        guard canAnswer, phase == .reading || phase == .discarding else { return }
        hasFinished = true
        if isAtOnce { gate?.removeAll() }
        if phase == .reading {
            phase = .discarding
            if closing.manner == .clean {
                recorder?.endOfStream(.server)
                loop.turn.scheduleCommit()
            }
        }
        if closing.manner != .clean, self.closing?.manner != .error { self.closing = closing }
        self.closing = self.closing ?? closing
        end(with: inputHasEnded ? .close : .closeOutput)
        sendAnswers()
    }

    /// Sends what was answered, and resets the connection.
    func reset(_ closing: SessionClosing) {
        guard canAnswer, phase == .reading || phase == .discarding else { return }
        hasFinished = true
        gate?.removeAll()
        phase = .discarding
        self.closing = closing
        exit = .reset
        sendAnswers()
    }

    /// Ends the connection behind all answers, those that are held back with them. A reset that is due stays one.
    func end(with exit: Exit) {
        guard self.exit != .reset else { return }
        if gate?.isEmpty == false { exitBehindGate = exit } else { self.exit = exit }
    }

    /// Some of the answers that were held back have been sent.
    func answersWereReleased() {
        if gate?.isEmpty == true, exitBehindGate != .none, exit == .none { exit = exitBehindGate }
        countHeldBytes()
        sendAnswers()
        resumeWithRoom()
    }

    /// Bytes that the client has not taken yet, and that the kernel has not taken for it.
    var unreadBytes: Int {
        let buffered = try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)
        return answers.count + (buffered ?? 0)
    }

    func greet(_ address: SocketAddress?) {
        do {
            let greeting = try port.greeting(
                clientPort: address?.port ?? 0, clientHost: address?.ipAddress ?? "", session: session.number)
            guard let greeting else { return }
            let frame = greeting.frame
            send(frame: frame.span.bytes, payload: greeting.payload, tree: greeting.tree)
        } catch {
            loop.observer.problem(session, "no greeting was sent: \(error)")
        }
    }

    /// Has the answers sent: at the end of the turn, or when the recording holds them.
    func sendAnswers() {
        guard answers.count > 0 || exit != .none, !isWaitingToLeave else { return }
        isWaitingToLeave = true
        if loop.recording == nil {
            loop.turn.flushAtEndOfTurn(self, bytes: answers.count)
        } else {
            loop.turn.flushAfterCommit(self)
        }
    }

    func flush() {
        guard phase != .ended, let context else { return }
        // Writing may bring more of the client's bytes, and with them this very call.
        var bytes = answers.take()
        countWritten(bytes.readableBytes)
        send(&bytes, context)
        let exit = exit
        self.exit = .none
        switch exit {
        case .none: write(bytes, context)
        case .close: closeAfterWriting(bytes, context)
        case .closeOutput: closeOutputAfterWriting(bytes, context)
        case .reset: resetAfterWriting(bytes, context)
        }
        if isStalled, context.channel.isWritable {
            setReading(true)
            loop.eventLoop.assumeIsolated().execute { [self] in resume() }
        }
    }

    /// Writes the first answers alone; those behind them wait for a commit of their own.
    func flush(first count: Int) {
        guard phase != .ended, let context, var bytes = answers.take(first: count), count > 0 else { return }
        countWritten(count)
        send(&bytes, context)
        write(bytes, context)
    }

    private func send(_ bytes: inout ByteBuffer, _ context: ChannelHandlerContext) {
        output.send(&bytes, context.channel)
        guard bytes.readableBytes == 0 else { return }
        var sent = ByteBuffer()
        swap(&sent, &bytes)
        loop.spares.giveBack(sent)
    }

    private func write(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        if bytes.readableBytes > 0 { context.writeAndFlush(wrapOutboundOut(bytes), promise: nil) }
    }

    private func closeAfterWriting(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        canAnswer = false
        // The client sends no more, so nothing that it sent can be unread: this ends with a FIN.
        context.writeAndFlush(wrapOutboundOut(bytes)).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }

    private func resetAfterWriting(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        canAnswer = false
        context.writeAndFlush(wrapOutboundOut(bytes)).assumeIsolated().whenComplete { _ in context.reset() }
    }

    private func closeOutputAfterWriting(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        // NIO closes altogether, and at once, what is to be closed for output after its input has ended.
        guard !inputHasEnded else { return closeAfterWriting(bytes, context) }
        canAnswer = false
        outputIsClosing = true
        if phase == .discarding { limitDiscarding(to: .seconds(10)) }
        write(bytes, context)
        context.close(mode: .output, promise: nil)
        setReading(true)
    }

    /// Closes for good after a time, whatever the client does.
    func limitDiscarding(to time: TimeAmount) {
        discardLimit?.cancel()
        discardLimit = loop.eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
            self?.cut()
        }
    }

    func setReading(_ isReading: Bool) {
        // What the client could not send meanwhile is not late.
        if isReading { frameClock.goOn(at: loop.now) } else { frameClock.pause(at: loop.now) }
        self.isReading = isReading
        try? context?.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }
}
