internal import Glibc
internal import NIOCore
internal import Recorder

/// What one client of a replay has to send, on its way to the server: written in slices, and told of as they go out, so that
/// a server that reads slowly holds the replay up instead of filling memory.
///
/// Confined to the run's event loop.
final class OutgoingStream {
    /// Bytes that the channel is given before the ones before have gone out.
    private static let sliceBytes = 256 << 10
    /// Bytes whose going out is told of together.
    private static let noticeBytes = 64 << 10

    private enum Item {
        case bytes(ByteBuffer)
        /// Bytes that go out when the server has read those before.
        case piece(ByteBuffer)
        case finish
        case close

        var bytes: ByteBuffer? {
            switch self {
            case .bytes(let bytes), .piece(let bytes): bytes
            case .finish, .close: nil
            }
        }
    }

    private let channel: any Channel
    /// Told of bytes that have gone out.
    private let onSent: (Int) -> Void
    /// Told that the server is gone.
    private let onBroken: () -> Void
    private var waiting = CircularBuffer<Item>()
    private var inFlight = 0
    private var unnoticed = 0
    private var isPumping = false
    /// For pieces that are kept apart: what the kernel knows of the connection, …
    private lazy var queues = channel.localAddress.flatMap { client in
        channel.remoteAddress.flatMap { ConnectionQueues(client: client, server: $0, diagnosis: diagnosis) }
    }
    private let diagnosis: SocketDiagnosis?
    private var reading = ReadingWait()
    /// … whether the last one may still lie unread, and whether it is to be asked again.
    private var isUnread = false
    private var isAsking = false
    /// Pieces that the server did not read in time.
    private(set) var notApart = 0

    /// - Parameter diagnosis: what the kernel is asked with, where pieces are to be kept apart.
    init(
        channel: any Channel, diagnosis: SocketDiagnosis?, onSent: @escaping (Int) -> Void,
        onBroken: @escaping () -> Void
    ) {
        self.channel = channel
        self.onSent = onSent
        self.onBroken = onBroken
        self.diagnosis = diagnosis
    }

    /// Sends bytes in pieces, each when the server has read the one before.
    func send(pieces: [[UInt8]]) {
        for piece in pieces where !piece.isEmpty { waiting.append(.piece(ByteBuffer(bytes: piece))) }
        pump()
    }

    /// Sends bytes behind those that were sent before.
    func send(_ bytes: [UInt8]) {
        waiting.append(.bytes(ByteBuffer(bytes: bytes)))
        pump()
    }

    /// Says that no more is sent, once all has gone out.
    func finish() {
        waiting.append(.finish)
        pump()
    }

    /// Closes the connection, once all has gone out.
    func close() {
        waiting.append(.close)
        pump()
    }

    /// Ends the connection with RST.
    func abort() {
        waiting.removeAll()
        guard let options = channel as? any SocketOptionProvider else { return channel.close(promise: nil) }
        let channel = channel
        options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
    }

    /// Does what stands next as long as there is room. A write may be done before it returns, and ask for the next.
    private func pump() {
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        while let item = waiting.first {
            switch item {
            case .bytes(var bytes):
                let count = min(bytes.readableBytes, Self.sliceBytes)
                guard inFlight == 0 || inFlight + count <= Self.sliceBytes else { return }
                let slice = bytes.readSlice(length: count)
                if bytes.readableBytes > 0 { waiting[offset: 0] = .bytes(bytes) } else { waiting.removeFirst() }
                if let slice { write(slice) }
            case .piece(let bytes):
                guard inFlight == 0, hasBeenRead() else { return }
                waiting.removeFirst()
                isUnread = true
                write(bytes)
                reading.begin(at: RecordingClock.monotonic())
            case .finish:
                guard inFlight == 0 else { return }
                waiting.removeFirst()
                channel.close(mode: .output, promise: nil)
            case .close:
                guard inFlight == 0 else { return }
                waiting.removeAll()
                channel.close(promise: nil)
            }
        }
    }

    /// Whether the server has read the last piece; if not yet, it is asked again.
    private func hasBeenRead() -> Bool {
        guard isUnread else { return true }
        guard !isAsking else { return false }
        let started = RecordingClock.monotonic()
        let found = queues?.read()
        let now = RecordingClock.monotonic()
        switch reading.ask(found, at: now) {
        case .isRead: isUnread = false
        case .gaveUp:
            notApart += 1
            isUnread = false
        case .again(let time):
            isAsking = true
            let stream = NIOLoopBound(self, eventLoop: channel.eventLoop)
            // Where the tables are long, reading them is not to take a processor.
            channel.eventLoop.scheduleTask(in: .microseconds(max(time, (now - started) * 2))) {
                stream.value.isAsking = false
                stream.value.pump()
            }
        }
        return !isUnread
    }

    private func write(_ bytes: ByteBuffer) {
        let count = bytes.readableBytes
        inFlight += count
        let stream = NIOLoopBound(self, eventLoop: channel.eventLoop)
        channel.writeAndFlush(bytes).whenComplete { stream.value.written(count, $0) }
    }

    private func written(_ count: Int, _ result: Result<Void, any Error>) {
        inFlight -= count
        // Each piece is told of; what fails, too.
        let isNoticed = isUnread
        if case .failure(let error) = result {
            // What is left has nowhere to go, and nobody is to wait for it.
            while let item = waiting.first, let bytes = item.bytes {
                unnoticed += bytes.readableBytes
                waiting.removeFirst()
            }
            isUnread = false
            // A write can find out before a read does that the server reset the connection.
            if error is IOError { onBroken() }
        }
        unnoticed += count
        pump()
        if unnoticed >= Self.noticeBytes || isNoticed {
            let sent = unnoticed
            unnoticed = 0
            onSent(sent)
        }
    }
}
