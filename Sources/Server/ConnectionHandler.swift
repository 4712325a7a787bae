internal import Codecs
internal import Glibc
internal import NIOCore
internal import Recorder
internal import TLS

/// One client of a port that answers: reads its messages, has them answered, records both.
///
/// All answers to what one read brought leave in one write; while recording, after the turn's commit. Confined to the
/// channel's event loop.
///
/// What every message touches is not checked for overlapping access: it would cost as much as the answer. Nothing here
/// holds such a variable while it calls out.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        /// Not active yet.
        case new
        case reading
        /// Nothing that arrives matters any more.
        case discarding
        case ended
    }

    /// How the connection is to end once all answers have been written.
    private enum Exit {
        case none
        /// Both sides are done.
        case close
        /// We are done; the client may not be.
        case closeOutput
        /// With a reset, as a fault asks.
        case reset
    }

    /// What a client may still send after it has been told that the connection ends.
    private static let maximumDiscardedBytes = 1 << 20

    var place = 0
    let port: ServedPort
    private let loop: LoopContext
    private let capture: CaptureHandler?
    private var context: ChannelHandlerContext?
    @exclusivity(unchecked) private(set) var session = SessionIdentity(number: 0, port: 0, peer: "")
    @exclusivity(unchecked) private var recorder: SessionRecorder?
    @exclusivity(unchecked) private var reader: MessageReader
    @exclusivity(unchecked) private var unfinished = UnfinishedBytes()
    @exclusivity(unchecked) private var answers = ByteBuffer()
    @exclusivity(unchecked) private var receivedBytes = 0

    @exclusivity(unchecked) private var phase = Phase.new
    private var exit = Exit.none
    /// Where answers get faults; nil: nowhere.
    private var gate: FaultGate?
    /// How the connection is to end behind the answers that are held back there.
    private var exitBehindGate = Exit.none
    /// The responder has said that it has no more answers.
    private var hasFinished = false
    private var closing: SessionClosing?
    private var failure: SessionClosing?
    /// Of what was answered, and recorded, so many bytes were left when the connection was cut.
    private var unsentBytes = 0
    private var discardedBytes = 0
    private var discardLimit: Scheduled<Void>?
    /// Messages are waiting since the client does not take its answers.
    @exclusivity(unchecked) private var isStalled = false
    /// They are waiting since the responder takes none.
    private var isWaitingForRoom = false
    /// No more messages come, but answers may.
    private(set) var isAwaitingFinish = false
    private var hasToldEnd = false
    private var isWaitingForCommit = false
    /// What the commit that is under way lets leave: so many bytes of the answers, and maybe the end behind them.
    private var committed: (answerBytes: Int, exit: Exit)?
    @exclusivity(unchecked) private var canAnswer = true
    private var inputHasEnded = false
    private var outputIsClosing = false
    private var outputHasEnded = false
    private var sawInput = false
    private var quietSteps = 0
    /// The tick in which something passed last, and the one in which the unfinished message began.
    @exclusivity(unchecked) private var activeTick = 0
    @exclusivity(unchecked) private var frameTick = 0
    private var isReading = true
    /// Answers that are counted when they leave: a message costs no more than this.
    @exclusivity(unchecked) private var uncountedAnswers = 0
    @exclusivity(unchecked) private var outgoing = OutgoingBytes()
    @exclusivity(unchecked) private(set) var heldBytes = 0

    init(port: ServedPort, loop: LoopContext, capture: CaptureHandler?) {
        self.port = port
        self.loop = loop
        self.capture = capture
        reader = MessageReader(codec: port.codec, limits: port.limits)
    }
}

// MARK: What the channel tells

extension ConnectionHandler {
    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        guard phase == .new, loop.admit(self) else { return context.close(promise: nil) }
        phase = .reading
        activeTick = loop.now
        port.counters.opened.add()
        let address = context.remoteAddress
        session = SessionIdentity(
            number: loop.nextSession(), port: port.number, peer: address?.hostAndPort ?? "unknown:0")
        capture?.open(session, port.codec.name)
        if let recording = loop.recording {
            recorder = SessionRecorder(
                writer: recording, number: session.number, codec: port.codec, settings: port.configuration.settings,
                limits: port.limits, scratch: loop.scratch, redaction: loop.redaction)
            recorder?.opened(SessionOpening(port: port.number, peer: session.peer))
            loop.scheduleCommit()
        }
        loop.observer.sessionOpened(session)
        if !port.configuration.faults.isEmpty {
            gate = FaultGate(
                port: port.configuration, session: session.number, eventLoop: loop.eventLoop, observer: loop.observer)
        }
        greet(address)
        port.responder.opened(self)
        sendAnswers()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        sawInput = true
        activeTick = loop.now
        port.counters.fromClient.bytes.add(bytes.readableBytes)
        switch phase {
        case .reading: receive(bytes)
        case .discarding: discard(bytes.readableBytes)
        case .new, .ended: break
        }
        loop.giveBack(bytes)
    }

    func channelReadComplete(context: ChannelHandlerContext) { sendAnswers() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        setReading(isWritable)
        if !isWritable { port.counters.count(.writeBuffer) }
        if isWritable, isStalled { loop.eventLoop.assumeIsolated().execute { [self] in resume() } }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event as? ChannelEvent {
        case .inputClosed:
            inputHasEnded = true
            if !isStalled { endOfInput() }
        case .outputClosed:
            outputHasEnded = true
            if phase == .discarding { limitDiscarding(to: .seconds(1)) }
        case nil: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let lost = SessionClosing(lostConnection: error, side: .client)
        if lost.manner == .error, let reason = lost.reason { loop.observer.problem(session, reason) }
        failure = lost
        port.counters.count(error is TLSConnectionError ? .tls : .connection)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { end() }
}

// MARK: Reading

extension ConnectionHandler {
    private func receive(_ bytes: ByteBuffer) {
        receivedBytes = bytes.readableBytes
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
        if taken > 0 || unfinished.count == bytes.readableBytes { frameTick = loop.now }
        countHeldBytes()
    }

    /// Reads and answers every whole message at the front of `bytes`; gives how many of them it took.
    private func takeMessages(from bytes: UnsafeRawBufferPointer) -> Int {
        isStalled = false
        let tree = loop.tree
        var offset = 0
        var messages = 0
        defer { port.counters.fromClient.messages.add(messages) }
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
        answers.readableBytes + (gate?.heldBytes ?? 0) > loop.limits.maximumWriteBufferBytes || port.responder.isFull
    }

    private func stall() {
        isStalled = true
        let isFull = port.responder.isFull
        // A disk, a child or a fault may take its time, and the client's bytes must not pile up meanwhile.
        if committed != nil || isFull || gate?.isEmpty == false { setReading(false) }
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

    @inline(__always)
    private func take(_ frame: FrameExtent, of bytes: RawSpan, _ tree: ValueTree) {
        let whole = bytes.extracting(0..<frame.frameBytes)
        if let recorder { record(recorder, from: .client, whole, frame.payload, tree) }
        loop.messageObserver?.message(
            session, from: .client, tree: tree, codec: port.codec, frameBytes: frame.frameBytes)
        if canAnswer { port.responder.respond(to: whole, payload: frame.payload, tree: tree, on: self) }
    }

    @inline(__always)
    private func record(
        _ recorder: SessionRecorder, from side: Side, _ frame: RawSpan, _ payload: Range<Int>, _ tree: ValueTree
    ) {
        if !recorder.message(from: side, frame: frame, payload: payload, tree: tree) { port.counters.count(.expanded) }
        loop.scheduleCommit()
    }

    /// Goes on with what waited for the client to take its answers.
    private func resume() {
        guard isStalled, phase == .reading else { return }
        receive(ByteBuffer())
        if !isStalled, inputHasEnded { endOfInput() } else { sendAnswers() }
    }

    /// The client has said that it has no more to send.
    private func endOfInput() {
        if phase == .reading {
            finishReading()
            recorder?.endOfStream(.client)
            loop.scheduleCommit()
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
    private func leaveUnfinished(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        let span = bytes.readableBytesSpan
        recorder?.partial(from: .client, bytes: span)
        loop.scheduleCommit()
        guard !reader.endsCleanly(with: span) else { return }
        port.counters.count(.cut)
        loop.observer.problem(
            session, "the client's last message is cut short: \(bytes.readableBytes) bytes of it arrived", bytes: span)
    }

    /// These bytes are no message of the codec. What came before is still answered; then the connection ends.
    private func refuse(_ bytes: RawSpan, _ error: MessageError) {
        let bad = bytes.extracting(0..<min(error.frame?.frameBytes ?? bytes.byteCount, bytes.byteCount))
        recorder?.undecodable(from: .client, bytes: bad, error: error)
        loop.scheduleCommit()
        loop.observer.problem(session, error.description, bytes: bad)
        port.counters.count(error.kind)
        if let limit = error.limit { port.counters.count(limit) }
        phase = .discarding
        closing = SessionClosing(error.limit == nil ? .error : .limit, by: .server, reason: error.description)
        endBehindAnswers(.closeOutput)
    }

    /// Closing with bytes unread would reset the connection and destroy the answers under way, so they are read.
    private func discard(_ count: Int) {
        discardedBytes += count
        if discardedBytes > ConnectionHandler.maximumDiscardedBytes { cut() }
    }
}

// MARK: Answering

extension ConnectionHandler {
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
        if answers.readableBytes == 0 {
            // An echo is as long as what came; one piece of memory is enough for it.
            answers = ByteBufferAllocator().buffer(capacity: max(receivedBytes, frame.byteCount))
        }
        answers.writeBytes(frame)
    }

    /// Sends bytes that need be no message.
    func send(unread bytes: [UInt8], why: String) {
        guard canAnswer else { return }
        recorder?.unread(from: .server, bytes: bytes.span.bytes, why: why)
        loop.scheduleCommit()
        answers.writeBytes(bytes)
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
                loop.scheduleCommit()
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

    /// Ends the connection behind all answers, those that are held back with them.
    private func end(with exit: Exit) {
        if gate?.isEmpty == false { exitBehindGate = exit } else { self.exit = exit }
    }

    /// Some of the answers that were held back have been sent.
    func answersWereReleased() {
        if gate?.isEmpty == true, exitBehindGate != .none, exit == .none { exit = exitBehindGate }
        sendAnswers()
        resumeWithRoom()
    }

    /// Bytes that the client has not taken yet, and that the kernel has not taken for it.
    var unreadBytes: Int {
        let buffered = try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)
        return answers.readableBytes + (buffered ?? 0)
    }

    private func greet(_ address: SocketAddress?) {
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

    /// Has the answers sent: at once, or when the recording holds them.
    func sendAnswers() {
        guard answers.readableBytes > 0 || exit != .none, !isWaitingForCommit else { return }
        guard loop.recording != nil else { return flush() }
        isWaitingForCommit = true
        loop.flushAfterCommit(self)
    }

    private func flush() {
        guard phase != .ended, let context else { return }
        // Writing may bring more of the client's bytes, and with them this very call.
        var bytes = ByteBuffer()
        swap(&bytes, &answers)
        countWritten(bytes.readableBytes)
        let exit = exit
        self.exit = .none
        switch exit {
        case .none: context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
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
    private func flush(first count: Int) {
        guard phase != .ended, let context, let bytes = answers.readSlice(length: count), count > 0 else { return }
        countWritten(count)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
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
        if bytes.readableBytes > 0 { context.writeAndFlush(wrapOutboundOut(bytes), promise: nil) }
        context.close(mode: .output, promise: nil)
        setReading(true)
    }

    /// Closes for good after a time, whatever the client does.
    private func limitDiscarding(to time: TimeAmount) {
        discardLimit?.cancel()
        discardLimit = loop.eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
            self?.cut()
        }
    }

    private func setReading(_ isReading: Bool) {
        // What the client could not send meanwhile is not late.
        if isReading, !self.isReading { frameTick = loop.now }
        self.isReading = isReading
        try? context?.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }
}

// MARK: Limits

extension ConnectionHandler {
    func tick() {
        guard phase == .reading || phase == .discarding else { return }
        if outgoing.mayWait { measureOutgoing() }
        if let limit = loop.ticks.idle, loop.now - activeTick >= limit { return endIdle() }
        guard phase == .reading, isReading, !isStalled, unfinished.count > 0 else { return }
        if let limit = loop.ticks.frame, loop.now - frameTick >= limit { endLateMessage() }
    }

    private func countWritten(_ count: Int) {
        guard count > 0 else { return }
        port.counters.fromServer.messages.add(uncountedAnswers)
        uncountedAnswers = 0
        port.counters.fromServer.bytes.add(count)
        outgoing.written(count)
    }

    /// Looks at how much of what was written the client has taken.
    private func measureOutgoing() {
        guard let context else { return }
        if outgoing.measure(context.channel, answers.readableBytes) { activeTick = loop.now }
        countHeldBytes()
        guard !context.channel.isWritable, loop.now - activeTick >= loop.ticks.slowReader, outgoing.tell() else {
            return
        }
        loop.observer.problem(
            session,
            "the client takes no answers: \(outgoing.waiting.counting("byte")) wait for it, and it is not read meanwhile "
                + "(--max-write-buffer)")
    }

    private func countHeldBytes() {
        let held = phase == .ended ? 0 : unfinished.heldBytes + outgoing.waiting
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
        closing = SessionClosing(.timeout, by: .server, reason: reason)
        context?.close(promise: nil)
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
        loop.scheduleCommit()
        unfinished.removeAll()
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
        outgoing = OutgoingBytes()
        dropUnfinished(unfinished.joined(with: ByteBuffer()), SessionClosing(.limit, by: .server, reason: reason))
        context?.omitCloseNotify()
        context?.close(promise: nil)
    }
}

// MARK: Ending

extension ConnectionHandler: LoopConnection {
    func commitBegins() { committed = (answers.readableBytes, exit) }

    func flushAfterCommit() {
        isWaitingForCommit = false
        defer { committed = nil }
        guard let committed, committed != (answers.readableBytes, exit) else { return flush() }
        flush(first: committed.answerBytes)
        sendAnswers()
    }

    /// What was sent before the server was told to stop is answered; then it says FIN, reads on until all is quiet, and
    /// closes.
    func drainStep() {
        guard !sawInput, !isStalled, !isWaitingForCommit, gate?.isEmpty ?? true else {
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
        if self.closing?.manner != .error { self.closing = closing }
        context?.omitCloseNotify()
        cut()
    }

    /// Closes at once, whatever of the answers has not left.
    private func cut() {
        unsentBytes = unreadBytes
        context?.close(promise: nil)
    }

    /// The channel is gone: what had arrived is recorded, then how it ended.
    private func end() {
        guard phase != .ended else { return }
        defer { loop.remove(self) }
        canAnswer = false
        if phase == .reading {
            receive(ByteBuffer())
            if phase == .reading { leaveUnfinished(unfinished.joined(with: ByteBuffer())) }
        }
        let wasOpen = phase != .new
        phase = .ended
        discardLimit?.cancel()
        unfinished.removeAll()
        answers = ByteBuffer()
        gate?.removeAll()
        countHeldBytes()
        guard wasOpen else { return }
        port.responder.closed(self, hadEnded: hasToldEnd)
        var how = closing ?? failure ?? SessionClosing(.reset, by: .client)
        if how.manner == .clean, let failure { how = failure }
        how.tellOfUnsent(unsentBytes, to: .client)
        port.counters.ended(how.manner)
        recorder?.closed(how)
        loop.scheduleCommit()
        loop.observer.sessionClosed(session, how)
    }
}

extension SessionClosing {
    /// A connection that the system ended.
    init(lostConnection error: any Error, side: Side) {
        switch (error as? IOError)?.errnoCode {
        case ECONNRESET, EPIPE: self.init(.reset, by: side)
        case ETIMEDOUT: self.init(.timeout, by: side, reason: "the connection timed out")
        case let number?: self.init(.error, by: side, reason: systemMessage(number))
        case nil: self.init(.error, by: side, reason: "\(error)")
        }
    }
}

extension SessionClosing {
    /// Says that bytes which are recorded as sent to a side never left.
    mutating func tellOfUnsent(_ count: Int, to side: Side) {
        guard count > 0 else { return }
        let unsent = "\(count.counting("byte")) for the \(side.rawValue) were not sent"
        reason = reason.map { "\($0); \(unsent)" } ?? unsent
    }
}

@available(*, unavailable)
extension ConnectionHandler: Sendable {}
