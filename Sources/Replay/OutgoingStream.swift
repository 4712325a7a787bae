internal import Glibc
internal import NIOCore
internal import Recorder

/// What one client of a replay has to send, on its way to the server: written as far as the kernel takes it, and told of as it
/// goes out, so that a server that reads slowly holds the replay up instead of filling memory.
///
/// Confined to the replay's thread.
struct OutgoingStream {
    /// Written in one go, so that other connections have their turn.
    private static let sliceBytes = 1 << 20
    /// Bytes whose going out is told of together.
    private static let noticeBytes = 64 << 10

    private enum Item {
        case bytes([UInt8], from: Int)
        /// Bytes that go out when the server has read those before.
        case piece([UInt8])
        case finish
        case close
    }

    /// What has come of a turn.
    struct Turn {
        /// So many bytes have gone out, or have nowhere to go any more.
        var sent = 0
        /// Why nothing goes out any more: the system's number, or 0.
        var failure: CInt = 0
        /// The connection is to be closed.
        var isClosing = false
        /// Whether the server, or the kernel for it, has taken something.
        var hasMoved = false
        /// When it is to be asked again whether the server has read a piece.
        var askAt: Int64?
    }

    private let descriptor: CInt
    private var waiting = CircularBuffer<Item>()
    /// The kernel takes no more for now.
    private(set) var isBlocked = false
    private var failure: CInt = 0
    private var unnoticed = 0
    /// For pieces that are kept apart: what the kernel knows of the connection, …
    private var queues: ConnectionQueues?
    private var reading = ReadingWait()
    /// … and whether the last one may still lie unread.
    private var isUnread = false
    /// Pieces that the server did not read in time.
    private(set) var notApart = 0

    init(_ descriptor: CInt) { self.descriptor = descriptor }

    /// Sends bytes behind those that were sent before.
    mutating func send(_ bytes: [UInt8]) { waiting.append(.bytes(bytes, from: 0)) }

    /// Sends bytes in pieces, each when the server has read the one before.
    ///
    /// `queues`: what the kernel is asked with.
    mutating func send(pieces: [[UInt8]], _ queues: ConnectionQueues?) {
        self.queues = queues
        for piece in pieces where !piece.isEmpty { waiting.append(.piece(piece)) }
    }

    /// Says that no more is sent, once all has gone out.
    mutating func finish() { waiting.append(.finish) }

    /// Closes the connection, once all has gone out.
    mutating func close() { waiting.append(.close) }

    /// Does what stands next as long as there is room.
    mutating func pump() -> Turn {
        var turn = Turn()
        isBlocked = false
        var written = 0
        while let item = waiting.first, !isBlocked {
            switch item {
            case .bytes(let bytes, let from):
                guard written < Self.sliceBytes else {
                    isBlocked = true
                    break
                }
                let count = write(bytes, from: from, &turn)
                written += count
                guard turn.failure == 0, from + count == bytes.count else { continue }
                waiting.removeFirst()
                if isUnread { reading.begin(at: RecordingClock.monotonic()) }
            case .piece(let bytes):
                if let time = asksAgain() {
                    turn.askAt = time
                    return told(turn)
                }
                isUnread = true
                waiting[offset: 0] = .bytes(bytes, from: 0)
            case .finish:
                waiting.removeFirst()
                shutdown(descriptor, CInt(SHUT_WR))
            case .close:
                waiting.removeAll()
                turn.isClosing = true
            }
        }
        return told(turn)
    }

    /// What has gone out is told of when it is enough; each piece is.
    private mutating func told(_ turn: Turn) -> Turn {
        var turn = turn
        if unnoticed >= Self.noticeBytes || isUnread || turn.failure != 0 {
            turn.sent = unnoticed
            unnoticed = 0
        }
        return turn
    }

    /// Gives the kernel what it takes of the first item's bytes.
    private mutating func write(_ bytes: [UInt8], from: Int, _ turn: inout Turn) -> Int {
        if failure != 0 {
            drop()
            turn.failure = failure
            return 0
        }
        let end = min(bytes.count, from + Self.sliceBytes)
        let count = bytes.withUnsafeBytes { all in
            let slice = UnsafeRawBufferPointer(rebasing: all[from..<end])
            return Glibc.send(descriptor, slice.baseAddress, slice.count, CInt(MSG_NOSIGNAL))
        }
        if count >= 0 {
            unnoticed += count
            turn.hasMoved = turn.hasMoved || count > 0
            if from + count < bytes.count { waiting[offset: 0] = .bytes(bytes, from: from + count) }
            return count
        }
        if errno == EAGAIN || errno == EWOULDBLOCK {
            isBlocked = true
        } else if errno != EINTR {
            failure = errno
            turn.failure = failure
            drop()
        }
        return 0
    }

    /// What is left has nowhere to go, and nobody is to wait for it.
    private mutating func drop() {
        isUnread = false
        while let item = waiting.first {
            switch item {
            case .bytes(let bytes, let from): unnoticed += bytes.count - from
            case .piece(let bytes): unnoticed += bytes.count
            case .finish, .close: return
            }
            waiting.removeFirst()
        }
    }

    /// When it is to be asked again whether the server has read the last piece; nil once it has.
    private mutating func asksAgain() -> Int64? {
        guard isUnread else { return nil }
        let started = RecordingClock.monotonic()
        let found = queues?.read()
        let now = RecordingClock.monotonic()
        switch reading.ask(found, at: now) {
        case .isRead: isUnread = false
        case .gaveUp:
            notApart += 1
            isUnread = false
        // Where the tables are long, reading them is not to take a processor.
        case .again(let time): return now + max(time, (now - started) * 2)
        }
        return nil
    }
}
