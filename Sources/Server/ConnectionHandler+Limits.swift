internal import Codecs
internal import NIOCore
internal import Recorder
internal import TLS

// What a connection may take: time, and memory.
extension ConnectionHandler {
    func tick() {
        guard phase == .reading || phase == .discarding else { return }
        if outgoing.mayWait { measureOutgoing() }
        if let limit = loop.ticks.idle, loop.now - activeTick >= limit { return endIdle() }
        guard phase == .reading, isReading, !isStalled, unfinished.count > 0 else { return }
        if let limit = loop.ticks.frame, frameClock.age(at: loop.now) >= limit { endLateMessage() }
    }

    func countWritten(_ count: Int) {
        guard count > 0 else { return }
        port.counters.fromServer.messages.add(uncountedAnswers)
        uncountedAnswers = 0
        port.counters.fromServer.bytes.add(count)
        outgoing.written(count)
    }

    /// Looks at how much of what was written the client has taken.
    private func measureOutgoing() {
        guard let context else { return }
        if outgoing.measure(context.channel, answers.count) { activeTick = loop.now }
        countHeldBytes()
        guard !context.channel.isWritable, loop.now - activeTick >= loop.ticks.slowReader, outgoing.tell() else {
            return
        }
        loop.observer.problem(
            session,
            "the client takes no answers: \(outgoing.waiting.counting("byte")) wait for it, and it is not read meanwhile "
                + "(--max-write-buffer)")
    }

    func countHeldBytes() {
        let held =
            phase == .ended ? 0 : unfinished.heldBytes + outgoing.waiting + (gate?.heldBytes ?? 0) + fallbackBytes
        guard held != heldBytes else { return }
        let change = held - heldBytes
        heldBytes = held
        loop.memoryChanged(by: change)
    }

    private func endIdle() {
        var reason = "nothing passed for \((loop.limits.idleTime ?? .zero).phrase) (--idle-timeout)"
        if outgoing.waiting > 0 {
            reason += ", and \(outgoing.waiting.counting("byte")) wait that the client does not take"
        }
        port.counters.count(.idleTimeout)
        loop.observer.problem(session, reason)
        end(as: SessionClosing(.timeout, by: .server, reason: reason))
        context?.close(promise: nil)
    }

    /// How the connection has ended, unless something ended it before that the client has not heeded yet.
    func end(as closing: SessionClosing) {
        switch self.closing?.manner {
        case .error, .limit, .timeout: break
        case .clean, .reset, .shutdown, nil: self.closing = closing
        }
    }

    /// A message takes too long: slowly sent, or never ended.
    private func endLateMessage() {
        let bytes = unfinished.joined(with: ByteBuffer())
        let span = bytes.readableBytesSpan
        guard !reader.endsCleanly(with: span) else { return unfinished.keep(bytes) }
        port.counters.count(.frameTimeout)
        let reason =
            "a message has not ended \((loop.limits.frameTime ?? .zero).phrase) after its first byte (--frame-timeout)"
        loop.observer.problem(session, "\(reason); \(span.byteCount.counting("byte")) of it arrived", bytes: span)
        dropUnfinished(bytes, SessionClosing(.timeout, by: .server, reason: reason))
        sendAnswers()
    }

    /// Lets go of a message that has not ended, and ends the connection.
    private func dropUnfinished(_ bytes: ByteBuffer, _ closing: SessionClosing) {
        if bytes.readableBytes > 0 { recorder?.partial(from: .client, bytes: bytes.readableBytesSpan) }
        loop.turn.scheduleCommit()
        unfinished.removeAll()
        gate?.removeAll()
        phase = .discarding
        self.closing = closing
        exit = .closeOutput
        countHeldBytes()
    }

    func giveUpMemory() {
        guard phase == .reading || phase == .discarding else { return }
        let reason =
            "all connections together hold more than \(loop.limits.maximumMemoryBytes.counting("byte")) (--max-memory), "
            + "and this one the most: \(heldBytes.counting("byte"))"
        port.counters.count(.memory)
        loop.observer.problem(session, reason)
        unsentBytes = unreadBytes
        outgoing = OutgoingBytes()
        dropUnfinished(unfinished.joined(with: ByteBuffer()), SessionClosing(.limit, by: .server, reason: reason))
        context?.omitCloseNotify()
        context?.close(promise: nil)
    }
}
