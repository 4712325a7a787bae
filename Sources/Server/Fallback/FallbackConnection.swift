internal import Codecs
internal import NIOCore
internal import Recorder

/// The connection of one session to the server that knows what its mock does not, on the session's event loop.
///
/// It is opened by the first request and answers one request at a time. What it says goes to the client as it came. While
/// the client does not take that, the server is not read.
final class FallbackConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long an answer may take where nothing else is said.
    static let standardLimit = Duration.seconds(5)

    private let upstream: UpstreamConnection
    private let limit: Duration
    private let keepsBoundaries: Bool
    private let client: ConnectionHandler
    private let responder: RecordedResponder
    private var turns: FallbackTurns
    private var reader: MessageReader
    private var unfinished = UnfinishedBytes()
    private let tree = ValueTree()
    private var context: ChannelHandlerContext?
    private var clock: Scheduled<Void>?
    /// Its bytes are no messages any more.
    private var isLost = false
    private var clientHasEnded = false
    private var isHeld = false
    private var isClosed = false
    var capture: CaptureHandler?

    init(
        to upstream: UpstreamConnection, for client: ConnectionHandler, of responder: RecordedResponder, greetings: Int
    ) {
        self.upstream = upstream
        self.client = client
        self.responder = responder
        limit = client.port.configuration.replyTimeout ?? Self.standardLimit
        keepsBoundaries = client.port.codec.framing.keepsBoundaries
        turns = FallbackTurns(greetings: greetings)
        reader = MessageReader(codec: client.port.codec, limits: client.port.limits)
    }

    /// Sends a request that the mock does not know. The responder is told what comes of it, maybe at once.
    func ask(_ request: [UInt8]) {
        perform(turns.ask(request))
        countHeldBytes()
    }

    /// Sends more of it, where nothing but the answer tells where a request ends.
    func askMore(_ bytes: [UInt8]) {
        perform(turns.askMore(bytes))
        countHeldBytes()
    }

    /// Whether what the client says next belongs to what is asked, and there is room for it.
    var takesMore: Bool {
        guard !keepsBoundaries, turns.isAwaiting else { return false }
        return turns.request.isEmpty
            ? context?.channel.isWritable ?? false : turns.request.count < client.loop.limits.maximumWriteBufferBytes
    }

    /// What was asked was the last thing: its client sends no more.
    func endInput() {
        guard !clientHasEnded else { return }
        clientHasEnded = true
        if turns.request.isEmpty { context?.close(mode: .output, promise: nil) }
    }

    /// The session is over.
    func close() {
        isClosed = true
        unfinished.removeAll()
        clock?.cancel()
        context?.close(promise: nil)
    }

    private func perform(_ action: FallbackTurns.Action) {
        guard !isClosed else { return }
        switch action {
        case .none: break
        case .connect:
            client.isAwaitingAnswer = true
            upstream.connect(for: self, of: client.port, loop: client.loop, within: limit) { [self] error in
                // It may be refused at once, while the client's messages are still being looked at.
                client.loop.eventLoop.assumeIsolated().execute { [self] in
                    fail("cannot connect to the fallback \(upstream.name): \(UpstreamConnection.reason(of: error))")
                }
            }
        case .write(let bytes): write(bytes)
        case .goOn:
            clock?.cancel()
            responder.goOn(client)
        case .giveUp(let reason):
            clock?.cancel()
            responder.wasNotAnswered(client, reason)
        }
    }

    private func write(_ bytes: [UInt8]) {
        guard let context, context.channel.isWritable else {
            return fail("the fallback \(upstream.name) does not take what it is sent")
        }
        client.isAwaitingAnswer = true
        context.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
        if clientHasEnded { context.close(mode: .output, promise: nil) }
        startClock()
    }

    private func startClock() {
        clock?.cancel()
        clock = client.loop.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) { [weak self] in
            guard let self else { return }
            perform(
                turns.timedOut("the fallback \(upstream.name) did not answer within \(limit.phrase) (--reply-timeout)"))
        }
    }

    private func fail(_ reason: String) {
        guard !isClosed else { return }
        let action = turns.ended(reason)
        if action != .none { client.port.counters.count(.upstream) }
        perform(action)
        context?.close(promise: nil)
    }
}

// MARK: What the channel tells

extension FallbackConnection {
    func channelActive(context: ChannelHandlerContext) {
        guard !isClosed else { return context.close(promise: nil) }
        self.context = context
        capture?.open(client.session, "to \(upstream.name)")
        startClock()
        perform(turns.connected())
        countHeldBytes()
        goOnAsking()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { goOnAsking() }

    /// Takes more of the client's bytes where there was no room for them. Not at once: its bytes may be looked at just now.
    private func goOnAsking() {
        client.loop.eventLoop.assumeIsolated().execute { [weak self] in
            guard let self, !isClosed, takesMore else { return }
            client.resumeWithRoom()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        defer { client.loop.receiveBuffer.giveBack(bytes) }
        if !isClosed { receive(bytes, atEnd: false) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard !isClosed else { return }
        client.sendAnswers()
        perform(turns.readCompleted())
        holdWhereNeeded()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return }
        end()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail("the connection to the fallback \(upstream.name) was lost: \(UpstreamConnection.reason(of: error))")
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { end() }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// It sends no more; its end may complete a message.
    private func end() {
        guard !isClosed else { return }
        receive(ByteBuffer(), atEnd: true)
        client.sendAnswers()
        perform(turns.readCompleted())
        fail("the fallback \(upstream.name) has closed the connection")
    }
}

// MARK: What it says

extension FallbackConnection {
    private func receive(_ bytes: ByteBuffer, atEnd: Bool) {
        var unread = unfinished.joined(with: bytes)
        if atEnd { unfinished.removeAll() }
        let taken = unread.withUnsafeReadableBytes { takeMessages(from: $0, atEnd: atEnd) }
        unread.moveReaderIndex(forwardBy: taken)
        if !atEnd {
            unfinished.keep(unread)
        } else if unread.readableBytes > 0 {
            pass(unread.readableBytesSpan, "the fallback's last message is cut short")
        }
        countHeldBytes()
    }

    private func countHeldBytes() {
        client.fallbackBytes = isClosed ? 0 : unfinished.heldBytes + turns.request.count
        client.countHeldBytes()
    }

    private func takeMessages(from bytes: UnsafeRawBufferPointer, atEnd: Bool) -> Int {
        var offset = 0
        while offset < bytes.count {
            let unread = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[offset...]))
            guard !isLost else {
                pass(unread, "follows bytes that did not decode")
                return bytes.count
            }
            do throws(MessageError) {
                let next =
                    atEnd ? try reader.finish(in: unread, into: tree) : try reader.nextMessage(in: unread, into: tree)
                guard let frame = next, frame.frameBytes > 0 else { break }
                if turns.received() {
                    responder.answerComes(to: client)
                    client.answer(
                        frame: unread.extracting(0..<frame.frameBytes), payload: frame.payload, tree: tree)
                }
                offset += frame.frameBytes
            } catch {
                offset += leave(unread, error)
            }
        }
        return offset
    }

    /// Passes on what does not decode: one frame where its end is known, else all.
    private func leave(_ bytes: RawSpan, _ error: MessageError) -> Int {
        let known = error.frameBytes(within: bytes.byteCount)
        if known == nil { isLost = true }
        let count = known ?? bytes.byteCount
        let bad = bytes.extracting(0..<count)
        client.port.counters.count(error.kind)
        client.loop.observer.problem(
            client.session, "from the fallback \(upstream.name): \(error); it is passed on as it is", bytes: bad)
        pass(bad, error.description)
        return count
    }

    private func pass(_ bytes: RawSpan, _ why: String) {
        guard turns.received() else { return }
        responder.answerComes(to: client)
        client.answer(unread: bytes.withUnsafeBytes { Array($0) }, why: why)
    }
}

// MARK: A client that does not read

extension FallbackConnection {
    private func holdWhereNeeded() {
        guard !isHeld, !isClosed, hasMuchWaiting else { return }
        isHeld = true
        setReading(false)
        lookLater()
    }

    private var hasMuchWaiting: Bool {
        client.unreadBytes + (client.gate?.heldBytes ?? 0) > client.loop.limits.maximumWriteBufferBytes
    }

    private func lookLater() {
        client.loop.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(20)) { [weak self] in
            guard let self, !isClosed else { return }
            guard !hasMuchWaiting else { return lookLater() }
            isHeld = false
            setReading(true)
        }
    }

    private func setReading(_ isReading: Bool) {
        try? context?.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }
}

@available(*, unavailable)
extension FallbackConnection: Sendable {}
