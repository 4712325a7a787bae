internal import Codecs
internal import Glibc
internal import NIOCore

/// One client connection of a replay: sends what it is told to, finds messages in what the server sends, and tells of both.
///
/// Confined to the replay's thread.
final class TargetConnection {
    private enum Phase { case connecting, open, closed }

    /// Read in one turn, so that other connections have theirs, and the machine can say that it is enough for now.
    private static let readBytes = 64 << 10

    /// What connections of one thread read into, one after the other.
    final class Scratch {
        fileprivate var bytes = ByteBuffer()
    }

    let session: Int
    /// What the poll calls it.
    let token: UInt64
    private let descriptor: CInt
    private let target: SocketAddress
    private var phase: Phase
    private var reader: MessageReader
    private let tree: ValueTree
    private let scratch: Scratch
    /// Told what happens.
    private let tell: (ReplayMachine.Input) -> Void
    /// What has come of an unfinished message.
    private var rest = ByteBuffer()
    private var outgoing: OutgoingStream
    /// What the poll watches for.
    private var watched: SocketPoll.Interest = []
    /// Nothing is read while the recording is far behind what has come.
    var isReading = true
    /// The server has reset the connection, and what found that out has left nothing but an end to the read.
    private var isBroken: Bool
    /// It is closed once all has gone out; what comes until then is thrown away.
    private(set) var isLeaving = false
    private var isLost = false
    /// There is nothing more to be read.
    private var hasEnded = false
    private var hasMoved = false
    /// When the kernel is to be asked whether the server has read a piece.
    private(set) var askAt: Int64?

    init(
        _ socket: ClientSocket, to target: SocketAddress, session: Int, token: UInt64, reader: MessageReader,
        tree: ValueTree, scratch: Scratch, tell: @escaping (ReplayMachine.Input) -> Void
    ) {
        descriptor = socket.descriptor
        phase = socket.isConnected ? .open : .connecting
        isBroken = socket.wasReset
        self.target = target
        self.session = session
        self.token = token
        self.reader = reader
        self.tree = tree
        self.scratch = scratch
        self.tell = tell
        outgoing = OutgoingStream(descriptor)
    }

    deinit { closeNow() }

    /// What has come of a message that is not whole yet.
    var unfinishedBytes: [UInt8] { Array(rest.readableBytesView) }
    /// Pieces that the server did not read in time.
    var notApart: Int { outgoing.notApart }
    var isClosed: Bool { phase == .closed }

    /// Lets the poll watch for what is wanted now. What can change within a turn is changed once, at its end.
    func watch(with poll: SocketPoll) throws(ReplayError) {
        guard phase != .closed else { return }
        var wanted: SocketPoll.Interest = []
        if phase == .connecting || outgoing.isBlocked { wanted.insert(.writing) }
        if phase == .open, isReading, !hasEnded { wanted.insert(.reading) }
        try poll.watch(descriptor, token: token, from: watched, to: wanted)
        watched = wanted
    }

    // MARK: - What the client does

    func send(_ bytes: [UInt8]) {
        outgoing.send(bytes)
        pump()
    }

    /// Sends bytes in pieces, each when the server has read the one before.
    func send(pieces: [[UInt8]], _ diagnosis: SocketDiagnosis?) {
        let queues = ClientSocket.localAddress(of: descriptor).flatMap { client in
            ClientSocket.remoteAddress(of: descriptor).flatMap {
                ConnectionQueues(client: client, server: $0, diagnosis: diagnosis)
            }
        }
        outgoing.send(pieces: pieces, queues)
        pump()
    }

    /// Says that no more is sent, once all has gone out.
    func finish() {
        outgoing.finish()
        pump()
    }

    /// Closes the connection, once all has gone out.
    func close() {
        guard phase == .open else { return closeNow() }
        isLeaving = true
        outgoing.close()
        pump()
    }

    /// Ends the connection with RST.
    func abort() {
        guard phase != .closed else { return }
        phase = .closed
        ClientSocket.reset(descriptor)
    }

    /// Closes the connection, whatever has not gone out.
    func closeNow() {
        guard phase != .closed else { return }
        phase = .closed
        Glibc.close(descriptor)
    }

    /// Whether something has gone out since this was asked last.
    func takeMoved() -> Bool {
        defer { hasMoved = false }
        return hasMoved
    }

    /// Sends as much as the server takes.
    func pump() {
        guard phase == .open else { return }
        let turn = outgoing.pump()
        askAt = turn.askAt
        hasMoved = hasMoved || turn.hasMoved
        switch turn.failure {
        case 0: break
        // What the server said before counts; behind it there is an end to be read.
        case ECONNRESET, EPIPE, ETIMEDOUT: isBroken = true
        default: end(isReset: true)
        }
        if turn.sent > 0 { tell(.sent(session: session, bytes: turn.sent)) }
        if turn.isClosing { closeNow() }
    }

    // MARK: - What the server does

    /// Says that the connection stands, where it does.
    func begin() {
        guard phase == .open else { return }
        let local = ClientSocket.localAddress(of: descriptor)
        var hosts: ReplayMachine.TransportHosts?
        if let host = local?.ipAddress, let remote = ClientSocket.remoteAddress(of: descriptor), let port = remote.port
        {
            hosts = .init(local: host, remote: remote.ipAddress ?? "", remotePort: port)
        }
        tell(.connected(session: session, localPort: local?.port ?? 0, hosts: hosts))
    }

    /// The socket is ready for something.
    func ready(_ interest: SocketPoll.Interest) {
        switch phase {
        case .closed: return
        case .connecting:
            let number = ClientSocket.outcome(of: descriptor)
            isBroken = ClientSocket.tellsOfReset(number)
            guard number == 0 || isBroken else {
                closeNow()
                return tell(.refused(session: session, reason: ConnectFailure(number, target: target).text))
            }
            phase = .open
            begin()
        case .open:
            if interest.contains(.writing), outgoing.isBlocked { pump() }
            if interest.contains(.reading) { read() }
        }
    }

    /// Takes what has come.
    private func read() {
        guard phase == .open, isReading, !hasEnded else { return }
        var buffer = scratch.bytes
        scratch.bytes = ByteBuffer()
        defer { scratch.bytes = buffer }
        buffer.clear()
        var outcome = 0
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.readBytes) { room in
            outcome = recv(descriptor, room.baseAddress, min(room.count, Self.readBytes), 0)
            return max(outcome, 0)
        }
        if outcome > 0 {
            if !isLeaving { take(&buffer) }
        } else if outcome == 0 {
            end(isReset: isBroken)
        } else if errno != EAGAIN, errno != EWOULDBLOCK, errno != EINTR {
            end(isReset: true)
        }
    }

    /// Finds the messages of what has come.
    private func take(_ bytes: inout ByteBuffer) {
        guard rest.readableBytes > 0 else {
            readMessages(of: &bytes)
            rest.clear()
            rest.writeBuffer(&bytes)
            return
        }
        rest.writeBuffer(&bytes)
        readMessages(of: &rest)
        rest.discardReadBytes()
    }

    private func readMessages(of buffer: inout ByteBuffer) {
        guard !isLost else {
            let bytes = buffer.readBytes(length: buffer.readableBytes) ?? []
            return tell(
                .received(
                    session: session,
                    ActualMessage(payload: bytes, wire: bytes, fault: "follows bytes that did not decode", isLost: true)
                ))
        }
        while buffer.readableBytes > 0 {
            do throws(MessageError) {
                guard let frame = try reader.nextMessage(in: buffer.readableBytesSpan, into: tree) else { return }
                take(frame, of: &buffer, fault: nil)
            } catch {
                isLost = error.frame == nil
                let all = FrameExtent(payload: 0..<buffer.readableBytes, frameBytes: buffer.readableBytes)
                take(error.frame ?? all, of: &buffer, fault: error.description)
            }
        }
    }

    private func take(_ frame: FrameExtent, of buffer: inout ByteBuffer, fault: String?) {
        guard let wire = buffer.readBytes(length: frame.frameBytes) else { return }
        let payload = frame.payload == wire.indices ? wire : Array(wire[frame.payload])
        tell(.received(session: session, ActualMessage(payload: payload, wire: wire, fault: fault, isLost: isLost)))
    }

    /// The server has ended the connection, by a reset or not.
    private func end(isReset: Bool) {
        guard !hasEnded else { return }
        hasEnded = true
        if !isLost { finishReading() }
        tell(.ended(session: session, isReset: isReset))
    }

    private func finishReading() {
        while true {
            do throws(MessageError) {
                guard let frame = try reader.finish(in: rest.readableBytesSpan, into: tree) else { break }
                take(frame, of: &rest, fault: nil)
            } catch {
                break
            }
        }
        guard rest.readableBytes > 0, let bytes = rest.readBytes(length: rest.readableBytes) else { return }
        let fault = "the connection ended inside this message"
        tell(.received(session: session, ActualMessage(payload: bytes, wire: bytes, fault: fault)))
    }
}
