internal import Codecs
internal import NIOCore
internal import Recorder

// What a client sends: its messages are read, recorded and given to the responder.
extension ConnectionHandler {
    func receive(_ bytes: ByteBuffer) {
        var unread = unfinished.joined(with: bytes)
        let taken = unread.withUnsafeReadableBytes { takeMessages(from: $0) }
        unread.moveReaderIndex(forwardBy: taken)
        guard phase == .reading else { return countHeldBytes() }
        if unread.readableBytes > 0, let error = reader.foreignStart(in: unread.readableBytesSpan) {
            refuse(unread.readableBytesSpan, error)
            return countHeldBytes()
        }
        unfinished.keep(unread)
        // More of the same message does not give it more time.
        if taken > 0 || unfinished.count == bytes.readableBytes { frameClock.begin(at: loop.now) }
        countHeldBytes()
    }

    /// Reads and answers every whole message at the front of `bytes`; gives how many of them it took.
    private func takeMessages(from bytes: UnsafeRawBufferPointer) -> Int {
        isStalled = false
        let tree = loop.tree
        var offset = 0
        var messages = 0
        loop.scratch.beginRead()
        answers.beginRead(bytes)
        defer {
            answers.endRead()
            loop.scratch.endRead()
            port.counters.fromClient.messages.add(messages)
        }
        while offset < bytes.count, phase == .reading {
            if canAnswer, isHeldUp {
                stall()
                break
            }
            let unread = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[offset...]))
            do throws(MessageError) {
                guard let frame = try reader.nextMessage(in: unread, into: tree) else { break }
                take(frame, of: unread, tree)
                messages += 1
                offset += frame.frameBytes
            } catch {
                refuse(unread, error)
                break
            }
        }
        return offset
    }

    /// Whether its answers, or those to come, have to leave before more messages are looked at.
    @inline(__always)
    private var isHeldUp: Bool {
        answers.count + (gate?.heldBytes ?? 0) > loop.limits.maximumWriteBufferBytes || port.responder.isFull
            || isAwaitingAnswer && !port.responder.takesMore(of: self)
    }

    private func stall() {
        isStalled = true
        let isFull = port.responder.isFull
        // A disk, a child, another server or a fault may take its time, and the client's bytes must not pile up meanwhile.
        if committed != nil || isFull || isAwaitingAnswer || gate?.isEmpty == false { setReading(false) }
        guard isFull, !isWaitingForRoom else { return }
        isWaitingForRoom = true
        port.responder.goOnWhenThereIsRoom(self)
    }

    /// The responder takes messages again.
    func resumeWithRoom() {
        if !port.responder.isFull { isWaitingForRoom = false }
        guard isStalled, let context else { return }
        if context.channel.isWritable { setReading(true) }
        resume()
    }

    /// What was awaited has come, or will not come: the client's next messages are looked at.
    func goOnBehindAnswer() {
        guard isAwaitingAnswer else { return }
        isAwaitingAnswer = false
        if isStalled {
            resumeWithRoom()
        } else if inputHasEnded, phase == .reading {
            endOfInput()
        }
        sendAnswers()
    }

    @inline(__always)
    func take(_ frame: FrameExtent, of bytes: RawSpan, _ tree: ValueTree) {
        let whole = bytes.extracting(0..<frame.frameBytes)
        if let recorder { record(recorder, from: .client, whole, frame.payload, tree) }
        loop.messageObserver?.message(
            session, from: .client, tree: tree, codec: port.codec, frameBytes: frame.frameBytes)
        if canAnswer { port.responder.respond(to: whole, payload: frame.payload, tree: tree, on: self) }
    }

    @inline(__always)
    func record(
        _ recorder: SessionRecorder, from side: Side, _ frame: RawSpan, _ payload: Range<Int>, _ tree: ValueTree
    ) {
        if !recorder.message(from: side, frame: frame, payload: payload, tree: tree) { port.counters.count(.expanded) }
        // A read that ends with the connection's end is never complete, but then that is recorded.
        if isInRead { loop.turn.commitIsDue() } else { loop.turn.scheduleCommit() }
    }

    /// Goes on with what waited for the client to take its answers.
    func resume() {
        guard isStalled, phase == .reading else { return }
        receive(ByteBuffer())
        // Whatever it had stopped reading for, nothing else might begin it again.
        if !isStalled, !isReading, context?.channel.isWritable ?? false { setReading(true) }
        if !isStalled, inputHasEnded { inputEnds() } else { sendAnswers() }
    }

    /// The client has no more to send, and all of it was looked at.
    func inputEnds() {
        guard isAwaitingAnswer else { return endOfInput() }
        // Who is to answer may have to know; here the end waits for the answer.
        if unfinished.count == 0 { _ = port.responder.inputEnded(self) }
        sendAnswers()
    }

    /// The client has said that it has no more to send.
    func endOfInput() {
        if phase == .reading {
            finishReading()
            recorder?.endOfStream(.client)
            loop.turn.scheduleCommit()
        }
        guard !outputIsClosing else { return }
        if phase == .reading {
            phase = .discarding
            closing = closing ?? SessionClosing(.clean)
        }
        endBehindAnswers(.close)
        sendAnswers()
    }

    /// No more messages come: the connection ends when they are answered.
    private func endBehindAnswers(_ exit: Exit) {
        guard !isAwaitingFinish else { return }
        if !hasToldEnd, !port.responder.inputEnded(self) { isAwaitingFinish = true } else { end(with: exit) }
        hasToldEnd = true
    }

    /// Takes the messages that only the stream's end completes; what is left then was cut short.
    private func finishReading() {
        var unread = unfinished.joined(with: ByteBuffer())
        unfinished.removeAll()
        let taken = unread.withUnsafeReadableBytes { bytes in
            var offset = 0
            while phase == .reading {
                let unread = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[offset...]))
                do throws(MessageError) {
                    guard let frame = try reader.finish(in: unread, into: loop.tree), frame.frameBytes > 0 else {
                        break
                    }
                    take(frame, of: unread, loop.tree)
                    port.counters.fromClient.messages.add()
                    offset += frame.frameBytes
                } catch {
                    refuse(unread, error)
                }
            }
            return offset
        }
        unread.moveReaderIndex(forwardBy: taken)
        if phase == .reading { leaveUnfinished(unread) }
    }

    /// The connection ended inside a frame.
    func leaveUnfinished(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        let span = bytes.readableBytesSpan
        recorder?.partial(from: .client, bytes: span)
        loop.turn.scheduleCommit()
        guard !reader.endsCleanly(with: span) else { return }
        port.counters.count(.cut)
        loop.observer.problem(
            session, "the client's last message is cut short: \(bytes.readableBytes) bytes of it arrived", bytes: span)
    }

    /// These bytes are no message of the codec. What came before is still answered; then the connection ends.
    private func refuse(_ bytes: RawSpan, _ error: MessageError) {
        let bad = bytes.extracting(0..<min(error.frame?.frameBytes ?? bytes.byteCount, bytes.byteCount))
        recorder?.undecodable(from: .client, bytes: bad, error: error)
        loop.turn.scheduleCommit()
        loop.observer.problem(session, error.description, bytes: bad)
        port.counters.count(error.kind)
        if let limit = error.limit { port.counters.count(limit) }
        phase = .discarding
        closing = SessionClosing(error.limit == nil ? .error : .limit, by: .server, reason: error.description)
        endBehindAnswers(.closeOutput)
    }

    /// Closing with bytes unread would reset the connection and destroy the answers under way, so they are read.
    func discard(_ count: Int) {
        discardedBytes += count
        if discardedBytes > ConnectionHandler.maximumDiscardedBytes { cut() }
    }
}
