internal import Codecs
internal import NIOCore
internal import Recorder
internal import TLS

// How a connection ends.
extension ConnectionHandler: LoopConnection {
    func flushAtEndOfTurn() {
        isWaitingToLeave = false
        flush()
    }

    func commitBegins() { committed = (answers.count, exit) }

    func flushAfterCommit() {
        isWaitingToLeave = false
        // Before the rest is sent on its way: the next commit may begin in that.
        let committed = committed
        self.committed = nil
        guard let committed, committed != (answers.count, exit) else { return flush() }
        flush(first: committed.answerBytes)
        sendAnswers()
    }

    /// What was sent before the server was told to stop is answered; then it says FIN, reads on until all is quiet, and
    /// closes.
    func drainStep() {
        guard !sawInput, !isStalled, !isAwaitingAnswer, !isWaitingToLeave, gate?.isEmpty ?? true else {
            sawInput = false
            quietSteps = 0
            return
        }
        quietSteps += 1
        // A message that has begun gets a second to end.
        guard quietSteps >= (unfinished.count > 0 ? 50 : 4) else { return }
        if outputHasEnded { context?.close(promise: nil) } else if port.responder.isDrained { drainEnds() }
    }

    func drainEnds() {
        guard phase == .reading, !outputIsClosing, exit == .none else { return }
        quietSteps = 0
        // What is still held back would be too late.
        gate?.removeAll()
        closing = SessionClosing(.shutdown, by: .server)
        exit = .closeOutput
        sendAnswers()
    }

    func abort(_ closing: SessionClosing) {
        end(as: closing)
        context?.omitCloseNotify()
        cut()
    }

    /// Closes at once, whatever of the answers has not left.
    func cut() {
        unsentBytes = unreadBytes
        context?.close(promise: nil)
    }

    /// The channel is gone: what had arrived is recorded, then how it ended.
    func end() {
        guard phase != .ended else { return }
        defer { loop.remove(self) }
        if let socket = output.descriptor { loop.sweep?.remove(socket, self) }
        canAnswer = false
        if phase == .reading {
            receive(ByteBuffer())
            if phase == .reading { leaveUnfinished(unfinished.joined(with: ByteBuffer())) }
        }
        isInRead = false
        let wasOpen = phase != .new
        phase = .ended
        discardLimit?.cancel()
        unfinished.removeAll()
        answers = AnswerBytes()
        gate?.removeAll()
        countHeldBytes()
        guard wasOpen else { return }
        port.responder.closed(self, hadEnded: hasToldEnd)
        var how = closing ?? failure ?? SessionClosing(.reset, by: .client)
        if how.manner == .clean, let failure { how = failure }
        how.tellOfUnsent(unsentBytes, to: .client)
        port.counters.ended(how.manner)
        recorder?.closed(how)
        loop.turn.scheduleCommit()
        loop.observer.sessionClosed(session, how)
    }
}
