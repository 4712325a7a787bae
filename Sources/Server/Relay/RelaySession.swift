internal import Codecs
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Recorder
internal import TLS

/// One client of a relay and its connection to the upstream server, both on one event loop.
///
/// Bytes are passed on as they come, and what happens at one end (FIN, reset) happens at the other. What the client sends
/// leaves at the end of the turn; what the server answers as well, while recording after the turn's commit.
///
/// As in `ConnectionHandler`, what every read touches is not checked for overlapping access.
final class RelaySession {
    /// What has to wait for the commit, behind the bytes for the client.
    private enum Farewell {
        case none
        case endOfStream
        case reset
    }

    var place = 0
    /// The captures of the two connections, where there is one.
    var clientCapture: CaptureHandler?
    var upstreamCapture: CaptureHandler?
    private let port: ServedPort
    let loop: LoopContext
    private let upstream: UpstreamConnection
    private let client: RelayEnd
    private let server: RelayEnd
    @exclusivity(unchecked) private var identity = SessionIdentity(number: 0, port: 0, peer: "")
    @exclusivity(unchecked) private var recorder: SessionRecorder?
    private var closing: SessionClosing?
    /// What the client sent before there was an upstream.
    private var early = ByteBuffer()
    /// Of what it sent while there was none, the most that is recorded when there will be none.
    private static let mostUnread = 1 << 20
    /// What an upstream gets, and a reset behind it, whose client was reset before it was there; nil: no client was.
    private var parting: ByteBuffer?
    private var isOpen = false
    @exclusivity(unchecked) private var isOver = false
    private var hasEndOfStream = false
    @exclusivity(unchecked) private var isLeaving = false
    /// Bytes that were passed on since, for either side.
    @exclusivity(unchecked) private var leavingBytes = 0
    @exclusivity(unchecked) private var isWaitingForCommit = false
    private var farewell = Farewell.none
    /// What a commit that is under way lets leave behind the bytes for the client; nil while none is.
    @exclusivity(unchecked) private var committedFarewell: Farewell?
    /// What the server still sent while a commit was under way.
    private var late = ByteBuffer()
    @exclusivity(unchecked) private var sawInput = false
    private var quietSteps = 0
    /// The tick in which something passed last.
    @exclusivity(unchecked) private var activeTick = 0
    @exclusivity(unchecked) private(set) var heldBytes = 0
    /// Who sent something last.
    private var lastSpeaker: Side?

    init(port: ServedPort, loop: LoopContext, upstream: UpstreamConnection) {
        self.port = port
        self.loop = loop
        self.upstream = upstream
        client = RelayEnd(tap: StreamTap(side: .client, port: port, loop: loop))
        server = RelayEnd(tap: StreamTap(side: .server, port: port, loop: loop))
    }

    private subscript(side: Side) -> RelayEnd {
        switch side {
        case .client: client
        case .server: server
        }
    }
}

// MARK: Connecting

extension RelaySession {
    /// A channel of the session is active. False where it is not wanted (any more).
    func connected(_ side: Side, _ context: ChannelHandlerContext) -> Bool {
        switch side {
        case .client:
            guard loop.admit(self) else { return false }
            client.context = context
            client.output = SocketOutput(context.channel, isPlain: port.tls.listener == nil && clientCapture == nil)
            accept(context)
        case .server:
            guard server.context == nil, !client.isClosed, !isOver else { return false }
            server.context = context
            server.output = SocketOutput(context.channel, isPlain: port.tls.upstream == nil && upstreamCapture == nil)
            upstreamCapture?.open(identity, "to \(upstream.name)")
            open(via: context.localAddress?.hostAndPort)
            passEarlyBytes()
        }
        return true
    }

    /// A channel that the session does not want (any more) ends.
    func refuse(_ side: Side, _ context: ChannelHandlerContext) {
        guard side == .server, let parting else { return context.close(promise: nil) }
        context.writeAndFlush(NIOAny(parting)).assumeIsolated().whenComplete { _ in context.reset() }
    }

    private func accept(_ context: ChannelHandlerContext) {
        identity = SessionIdentity(
            number: loop.nextSession(), port: port.number, peer: context.remoteAddress?.hostAndPort ?? "unknown:0")
        clientCapture?.open(identity, port.codec.name)
        if let recording = loop.recording {
            recorder = SessionRecorder(
                writer: recording, number: identity.number, codec: port.codec, settings: port.configuration.settings,
                limits: port.limits, scratch: loop.scratch, redaction: loop.redaction)
        }
        activeTick = loop.now
        setReading(of: .client, false)
        upstream.connect(for: self, of: port, loop: loop) { [self] error in connectFailed(error) }
    }

    private func open(via: String?) {
        guard !isOpen else { return }
        isOpen = true
        var opening = SessionOpening(port: port.number, peer: identity.peer)
        opening.upstream = upstream.name
        opening.via = via
        recorder?.opened(opening)
        loop.turn.scheduleCommit()
        port.counters.opened.add()
        loop.observer.sessionOpened(identity)
    }

    private func passEarlyBytes() {
        if early.readableBytes > 0 {
            var bytes = ByteBuffer()
            swap(&bytes, &early)
            forward(bytes, from: .client)
            leavingBytes = 0
            flush(.server)
        }
        if client.inputHasEnded { passEndOfStream(from: .client) } else { setReading(of: .client, true) }
    }

    /// There is no upstream, or none that speaks TLS as is asked for.
    func connectFailed(_ error: any Error) {
        guard !isOver, server.context == nil else { return }
        open(via: nil)
        let reason = "cannot connect to \(upstream.name): \(UpstreamConnection.reason(of: error))"
        loop.observer.problem(identity, reason)
        port.counters.count(.upstream)
        finish(SessionClosing(.error, by: .server, reason: reason))
        reset(.client)
    }
}

// MARK: Passing on

extension RelaySession {
    /// Bytes came from a side.
    func received(_ bytes: ByteBuffer, from side: Side) {
        sawInput = true
        activeTick = loop.now
        lastSpeaker = side
        defer { loop.receiveBuffer.giveBack(bytes) }
        guard !isOver else { return }
        guard server.context != nil || server.isClosed else {
            early.writeImmutableBuffer(bytes)
            return
        }
        forward(bytes, from: side)
    }

    private func forward(_ bytes: ByteBuffer, from side: Side) {
        // Once the other side was told that no more comes, as at the server's stopping, nothing passes.
        guard !self[side.other].outputIsClosing else {
            self[side].withheldBytes += bytes.readableBytes
            return
        }
        self[side].tap.pass(bytes, identity, recorder)
        countHeldBytes()
        switch side {
        case .client:
            if client.tap.hasTurnedToTLS { server.tap.turnToTLS(recorder) }
            guard server.context != nil else { return }
            leavingBytes += bytes.readableBytes
            server.add(bytes, loop.spares)
        case .server:
            guard client.context != nil else { return }
            guard committedFarewell == nil else {
                late.writeImmutableBuffer(bytes)
                return
            }
            if loop.recording == nil { leavingBytes += bytes.readableBytes }
            client.add(bytes, loop.spares)
        }
    }

    /// All that a read brought has been received.
    func readCompleted(from side: Side) {
        if side == .server, loop.recording != nil { return flushClient() }
        guard !isLeaving else { return }
        isLeaving = true
        loop.turn.flushAtEndOfTurn(self, bytes: leavingBytes)
    }

    private func flushClient() {
        guard loop.recording != nil else { return flushAfterCommit() }
        guard !isWaitingForCommit else { return }
        isWaitingForCommit = true
        loop.turn.flushAfterCommit(self)
    }

    /// Sends a side what leaves for it.
    private func flush(_ side: Side) {
        guard self[side].leaving.readableBytes > 0, let context = self[side].context else { return }
        // Writing may bring more bytes, and with them this very call.
        let unsent = self[side].takeUnsent()
        guard unsent.readableBytes > 0 else { return loop.spares.giveBack(unsent) }
        // Where it fails the channel closes, and tells of no error. The end that is under way, or awaited, is a loss then.
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenFailure { [self] error in
            self[side].failure = self[side].failure ?? error
        }
        context.writeAndFlush(NIOAny(unsent), promise: written)
    }

    /// A side's socket, where its bytes may be read without its channel.
    func socket(of side: Side) -> CInt? { self[side].output.descriptor }

    func isReadable(_ side: Side) -> Bool {
        let end = self[side]
        return end.isReading && end.context?.channel.isActive ?? false
    }

    /// A side takes bytes again, or takes no more for now; the other side is read accordingly.
    func writabilityChanged(of side: Side, isWritable: Bool) {
        guard side == .client || server.context != nil else { return }
        if !isWritable { port.counters.count(.writeBuffer) }
        setReading(of: side.other, isWritable && (side == .server || committedFarewell == nil))
    }

    private func setReading(of side: Side, _ isReading: Bool) {
        self[side].isReading = isReading
        try? self[side].context?.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }
}

// MARK: Ends

extension RelaySession {
    /// A side's end, which is told of next, came without TLS's close_notify. It is passed on like that.
    func inputWasCut(from side: Side) { self[side].inputWasCut = true }

    /// A side said that it has no more to send.
    func inputEnded(from side: Side) {
        self[side].inputHasEnded = true
        guard !isOver, server.context != nil else { return }
        passEndOfStream(from: side)
    }

    private func passEndOfStream(from side: Side) {
        self[side].tap.end(isComplete: true, identity, recorder)
        // An upstream that ends when it is told of the server's stopping ends no session by itself.
        if !hasEndOfStream, closing == nil {
            hasEndOfStream = true
            recorder?.endOfStream(side)
            loop.turn.scheduleCommit()
        }
        switch side {
        case .client: closeOutput(to: .server)
        case .server:
            farewell = .endOfStream
            flushClient()
        }
    }

    private func closeOutput(to side: Side) {
        guard !self[side].outputIsClosing, let context = self[side].context else { return }
        self[side].outputIsClosing = true
        if self[side.other].inputWasCut { context.omitCloseNotify() }
        flush(side)
        if self[side].inputHasEnded {
            // NIO closes altogether, and at once, what is to be closed for output after its input has ended.
            context.writeAndFlush(NIOAny(ByteBuffer())).assumeIsolated().whenComplete { _ in context.close(promise: nil)
            }
        } else {
            context.close(mode: .output, promise: nil)
        }
    }

    /// A side has been sent its FIN.
    func outputEnded(to side: Side) { self[side].outputHasEnded = true }

    /// A side's connection is lost.
    func failed(_ side: Side, _ error: any Error) {
        self[side].failure = error
        port.counters.count(error is TLSConnectionError ? .tls : .connection)
        self[side].context?.close(promise: nil)
    }

    /// A channel has closed.
    func closed(_ side: Side) {
        guard !self[side].isClosed else { return }
        self[side].isClosed = true
        self[side].context = nil
        if !isOver { isClosed(side) }
        if client.isClosed, server.isClosed || server.context == nil { loop.remove(self) }
    }

    private func isClosed(_ side: Side) {
        // After our FIN, NIO tells of the side's own FIN by closing. A side that closes before that takes no more bytes: it is
        // gone for good, even where it had said FIN.
        let isOrderly = self[side].failure == nil && self[side].outputIsClosing
        guard isOrderly, server.context != nil || self[.server].isClosed else {
            let error = self[side].failure
            let lost = error.map { SessionClosing(lostConnection: $0, side: side) } ?? SessionClosing(.reset, by: side)
            if lost.manner == .error, let reason = lost.reason { loop.observer.problem(identity, reason) }
            if side == .client, server.context == nil { parting = early }
            finish(closing ?? lost)
            return reset(side.other)
        }
        if !self[side].inputHasEnded {
            self[side].inputHasEnded = true
            passEndOfStream(from: side)
        }
        if self[side.other].isClosed { finish(closing ?? SessionClosing(.clean)) }
    }

    /// Passes a reset on, behind the bytes that were to leave before.
    private func reset(_ side: Side) {
        guard !self[side].isClosed, self[side].context != nil else { return }
        if side == .client, isWaitingForCommit {
            farewell = .reset
        } else {
            resetNow(side)
        }
    }

    private func resetNow(_ side: Side) {
        guard let context = self[side].context else { return }
        (side == .client ? clientCapture : upstreamCapture)?.closesByReset = true
        flush(side)
        // A side that reads slowly gets what was received for it, within limits.
        let limit = loop.eventLoop.assumeIsolated().scheduleTask(in: .seconds(5)) { context.reset() }
        context.writeAndFlush(NIOAny(ByteBuffer())).assumeIsolated().whenComplete { _ in
            limit.cancel()
            context.reset()
        }
    }

    /// Takes what the client has sent by now: it is not read while there is no upstream.
    private func takeUnread() {
        guard !client.isClosed, let socket = client.output.descriptor else { return }
        var count: CInt = 0
        guard ioctl(socket, UInt(FIONREAD), &count) == 0, count > 0 else { return }
        let taken = early.writeWithUnsafeMutableBytes(minimumWritableBytes: min(Int(count), Self.mostUnread)) { space in
            max(recv(socket, space.baseAddress, min(space.count, Self.mostUnread), CInt(MSG_DONTWAIT)), 0)
        }
        client.withheldBytes += max(Int(count) - taken, 0)
    }

    /// The session is over for the recording.
    private func finish(_ how: SessionClosing) {
        guard !isOver else { return }
        // A session that ends before its upstream answered has an opening as well, and what its client sent.
        open(via: nil)
        if server.context == nil, !server.isClosed { takeUnread() }
        if early.readableBytes > 0 { client.tap.pass(early, identity, recorder) }
        early = ByteBuffer()
        isOver = true
        client.tap.end(isComplete: client.inputHasEnded, identity, recorder)
        server.tap.end(isComplete: server.inputHasEnded, identity, recorder)
        for side in [Side.client, .server] where self[side].withheldBytes > 0 {
            recorder?.gap(
                RecordingGap(
                    from: side, bytes: self[side].withheldBytes, reason: "came after the relay had ended the connection"
                ))
        }
        countHeldBytes()
        port.counters.ended(how.manner)
        recorder?.closed(how)
        loop.turn.scheduleCommit()
        loop.observer.sessionClosed(identity, how)
    }
}

// MARK: Limits

extension RelaySession {
    func tick() {
        guard !isOver else { return }
        for side in [Side.client, .server] where self[side].outgoing.mayWait {
            guard let channel = self[side].context?.channel else { continue }
            let held = self[side].leaving.readableBytes + (side == .client ? late.readableBytes : 0)
            if self[side].outgoing.measure(channel, held) { activeTick = loop.now }
        }
        countHeldBytes()
        guard let limit = loop.ticks.relayIdle, loop.now - activeTick >= limit else { return }
        let reason = "nothing passed for \((loop.limits.relayIdleTime ?? .zero).phrase) (--idle-timeout)"
        port.counters.count(.idleTimeout)
        loop.observer.problem(identity, reason)
        closing = closing ?? SessionClosing(.timeout, by: .server, reason: reason)
        abort(SessionClosing(.timeout, by: .server, reason: reason))
    }

    /// Bytes that wait for the two sides to take them.
    private var waitingBytes: Int { client.outgoing.waiting + server.outgoing.waiting }

    private func countHeldBytes() {
        let held = isOver ? 0 : client.tap.heldBytes + server.tap.heldBytes + waitingBytes
        guard held != heldBytes else { return }
        let change = held - heldBytes
        heldBytes = held
        loop.memoryChanged(by: change)
    }

    /// The bytes go on passing, but nobody reads along any more. Where it is bytes that nobody takes, the connection ends.
    func giveUpMemory() {
        guard heldBytes > 0 else { return }
        guard waitingBytes * 2 < heldBytes else { return giveUpWaiting() }
        let side = client.tap.heldBytes > server.tap.heldBytes ? Side.client : .server
        let reason =
            "all connections together hold more than \(loop.limits.maximumMemoryBytes.counting("byte")) (--max-memory), "
            + "and this \(side.rawValue)'s message the most"
        port.counters.count(.memory)
        loop.observer.problem(identity, reason + "; its bytes are passed on and recorded as they are")
        self[side].tap.giveUp(recorder, why: "belongs to a message that is not read: \(reason)")
        loop.turn.scheduleCommit()
        countHeldBytes()
    }

    private func giveUpWaiting() {
        let side = client.outgoing.waiting > server.outgoing.waiting ? Side.client : .server
        let reason =
            "all connections together hold more than \(loop.limits.maximumMemoryBytes.counting("byte")) (--max-memory), "
            + "and this one the most: \(self[side].outgoing.waiting.counting("byte")) wait for the \(side.rawValue)"
        port.counters.count(.memory)
        loop.observer.problem(identity, reason)
        abort(SessionClosing(.limit, by: .server, reason: reason))
    }
}

extension RelaySession: LoopConnection {
    func flushAtEndOfTurn() {
        isLeaving = false
        leavingBytes = 0
        flush(.server)
        if loop.recording == nil { flush(.client) }
    }

    /// The server's next bytes stay with its kernel until the disk has the lines of these.
    func commitBegins() {
        committedFarewell = farewell
        setReading(of: .server, false)
    }

    func flushAfterCommit() {
        isWaitingForCommit = false
        flush(.client)
        if let committed = committedFarewell {
            committedFarewell = nil
            setReading(of: .server, client.context?.channel.isWritable ?? true)
            if late.readableBytes > 0 || committed != farewell { return flushLate() }
        }
        switch farewell {
        case .none: break
        case .endOfStream: closeOutput(to: .client)
        case .reset: resetNow(.client)
        }
    }

    /// What came too late for the commit that is done waits for another one.
    private func flushLate() {
        if late.readableBytes > 0 { client.add(late, loop.spares) }
        late = ByteBuffer()
        flushClient()
    }

    /// For so many steps of a drain, 20 ms each, a side is quiet that has no more to say.
    private static let quietEnough = 4
    /// The same of a server that owed an answer, and may pause in the midst of it.
    private static let answeredEnough = 25

    /// Once both sides are quiet each is told that no more comes, and when they stay quiet both are closed.
    func drainStep() {
        guard !sawInput, !isWaitingForCommit else {
            sawInput = false
            quietSteps = 0
            return
        }
        quietSteps += 1
        guard quietSteps >= Self.quietEnough else { return }
        if closing != nil, client.outputHasEnded || client.isClosed {
            finish(closing ?? SessionClosing(.shutdown, by: .server))
            client.context?.close(promise: nil)
            server.context?.close(promise: nil)
        } else if closing == nil {
            closing = SessionClosing(.shutdown, by: .server)
            quietSteps = 0
            // A client that spoke last may be owed an answer: the server's end, or the time limit, is its end.
            if lastSpeaker != .client { closeOutput(to: .client) }
            closeOutput(to: .server)
        } else if lastSpeaker == .server, quietSteps >= Self.answeredEnough, server.tap.heldBytes == 0 {
            quietSteps = 0
            closeOutput(to: .client)
        }
    }

    /// A session that is quiet is owed an answer, and may wait for it until the limit.
    func drainEnds() {
        guard !isOver, quietSteps < Self.quietEnough, !client.outputIsClosing else { return }
        closing = closing ?? SessionClosing(.shutdown, by: .server)
        quietSteps = 0
        closeOutput(to: .server)
        // What the server sent leaves first.
        farewell = .endOfStream
        flushClient()
        setReading(of: .client, true)
    }

    func abort(_ closing: SessionClosing) {
        var how = self.closing ?? closing
        for side in [Side.client, .server] where !self[side].isClosed {
            let buffered = try? self[side].context?.channel.syncOptions?.getOption(.bufferedWritableBytes)
            let held = self[side].leaving.readableBytes + (side == .client ? late.readableBytes : 0)
            how.tellOfUnsent((buffered ?? 0) + held, to: side)
        }
        finish(how)
        for context in [client.context, server.context] {
            context?.omitCloseNotify()
            context?.close(promise: nil)
        }
    }
}

@available(*, unavailable)
extension RelaySession: Sendable {}
