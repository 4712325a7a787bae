internal import Codecs
internal import NIOCore
internal import Recorder
internal import TLS

/// One client of a port that answers: reads its messages, has them answered, records both.
///
/// All answers to what one read brought leave in one write at the end of the turn; while recording, after its commit.
/// Confined to the channel's event loop.
///
/// What every message touches is not checked for overlapping access: it would cost as much as the answer. Nothing here
/// holds such a variable while it calls out.
final class ConnectionHandler: ChannelInboundHandler, SocketReader {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// Not active yet.
        case new
        case reading
        /// Nothing that arrives matters any more.
        case discarding
        case ended
    }

    /// How the connection is to end once all answers have been written.
    enum Exit {
        case none
        /// Both sides are done.
        case close
        /// We are done; the client may not be.
        case closeOutput
        /// With a reset, as a fault asks.
        case reset
    }

    /// What a client may still send after it has been told that the connection ends.
    static let maximumDiscardedBytes = 1 << 20

    var place = 0
    let port: ServedPort
    let loop: LoopContext
    private let capture: CaptureHandler?
    var context: ChannelHandlerContext?
    @exclusivity(unchecked) private(set) var session = SessionIdentity(number: 0, port: 0, peer: "")
    @exclusivity(unchecked) var recorder: SessionRecorder?
    @exclusivity(unchecked) var reader: MessageReader
    @exclusivity(unchecked) var unfinished = UnfinishedBytes()
    @exclusivity(unchecked) var answers: AnswerBytes
    @exclusivity(unchecked) var output = SocketOutput()

    @exclusivity(unchecked) var phase = Phase.new
    var exit = Exit.none
    /// Where answers get faults; nil: nowhere.
    var gate: FaultGate?
    /// How the connection is to end behind the answers that are held back there.
    var exitBehindGate = Exit.none
    /// The responder has said that it has no more answers.
    var hasFinished = false
    var closing: SessionClosing?
    var failure: SessionClosing?
    /// Of what was answered, and recorded, so many bytes were left when the connection was cut.
    var unsentBytes = 0
    var discardedBytes = 0
    var discardLimit: Scheduled<Void>?
    /// Messages are waiting since the client does not take its answers.
    @exclusivity(unchecked) var isStalled = false
    /// They are waiting since the responder takes none.
    var isWaitingForRoom = false
    /// They are waiting since the one before them has yet to be answered by somebody else.
    @exclusivity(unchecked) var isAwaitingAnswer = false
    /// No more messages come, but answers may.
    var isAwaitingFinish = false
    var hasToldEnd = false
    var isWaitingToLeave = false
    /// What the commit that is under way lets leave: so many bytes of the answers, and maybe the end behind them.
    var committed: (answerBytes: Int, exit: Exit)?
    @exclusivity(unchecked) var canAnswer = true
    var inputHasEnded = false
    var outputIsClosing = false
    var outputHasEnded = false
    var sawInput = false
    var quietSteps = 0
    /// The tick in which something passed last.
    @exclusivity(unchecked) var activeTick = 0
    /// How long the unfinished message takes.
    @exclusivity(unchecked) var frameClock = FrameClock()
    var isReading = true
    /// A read has begun and is not complete.
    @exclusivity(unchecked) var isInRead = false
    /// Answers that are counted when they leave: a message costs no more than this.
    @exclusivity(unchecked) var uncountedAnswers = 0
    @exclusivity(unchecked) var outgoing = OutgoingBytes()
    @exclusivity(unchecked) var heldBytes = 0
    /// What is kept of what the server behind a mock says to it, or is to be asked for it.
    var fallbackBytes = 0

    init(port: ServedPort, loop: LoopContext, capture: CaptureHandler?) {
        self.port = port
        self.loop = loop
        self.capture = capture
        answers = AnswerBytes(spares: loop.spares)
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
        output = SocketOutput(context.channel, isPlain: port.tls.listener == nil && capture == nil)
        if let socket = output.descriptor { loop.sweep?.add(socket, self) }
        let address = context.remoteAddress
        session = SessionIdentity(
            number: loop.nextSession(), port: port.number, peer: address?.hostAndPort ?? "unknown:0")
        capture?.open(session, port.codec.name)
        if let recording = loop.recording {
            recorder = SessionRecorder(
                writer: recording, number: session.number, codec: port.codec, settings: port.configuration.settings,
                limits: port.limits, scratch: loop.scratch, redaction: loop.redaction)
            recorder?.opened(SessionOpening(port: port.number, peer: session.peer))
            loop.turn.scheduleCommit()
        }
        loop.observer.sessionOpened(session)
        if !port.faults.rules.isEmpty { makeGate() }
        greet(address)
        port.responder.opened(self)
        sendAnswers()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        loop.turn.readByNIO()
        received(unwrapInboundIn(data))
    }

    func received(_ bytes: ByteBuffer) {
        isInRead = true
        sawInput = true
        activeTick = loop.now
        port.counters.fromClient.bytes.add(bytes.readableBytes)
        switch phase {
        case .reading: receive(bytes)
        case .discarding: discard(bytes.readableBytes)
        case .new, .ended: break
        }
        loop.receiveBuffer.giveBack(bytes)
    }

    func channelReadComplete(context: ChannelHandlerContext) { readCompleted() }

    func readCompleted() {
        isInRead = false
        sendAnswers()
        loop.turn.scheduleDueCommit()
    }

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
            if !isStalled { inputEnds() }
        case .outputClosed:
            outputHasEnded = true
            if phase == .discarding { limitDiscarding(to: .seconds(1)) }
        case nil: break
        }
    }

    var isReadable: Bool { isReading && !isStalled && context?.channel.isActive ?? false }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { lost(by: error) }

    func lost(by error: any Error) {
        let lost = SessionClosing(lostConnection: error, side: .client)
        if lost.manner == .error, let reason = lost.reason { loop.observer.problem(session, reason) }
        failure = lost
        port.counters.count(error is TLSConnectionError ? .tls : .connection)
        context?.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { end() }
}

@available(*, unavailable)
extension ConnectionHandler: Sendable {}
