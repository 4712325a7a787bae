internal import CEpoll
internal import Glibc
internal import NIOCore

/// Who is given what a socket brings.
protocol SocketReader: AnyObject {
    /// Whether the socket is open and may be read.
    var isReadable: Bool { get }
    /// Bytes have come; `readCompleted` follows.
    func received(_ bytes: ByteBuffer)
    func readCompleted()
    /// The connection is lost, as nobody else will be told.
    func lost(by error: any Error)
}

/// Reads the sockets of a busy event loop without NIO, which watches them all the while.
///
/// NIO's way from a socket that is ready to its handler, and back to waiting, takes as long as passing on what a read brought.
/// While many connections speak, the loop therefore looks at their sockets itself (epoll(7), never waiting) and goes back to NIO
/// now and then, and as soon as there is nothing to read.
///
/// It is told of what comes once (edge-triggered), NIO for as long as a socket has something (level-triggered). So whatever is
/// left alone here NIO finds: a stream's end, a failure, a connection that may not be read now, what does not fit into a read.
///
/// Confined to its event loop.
final class SocketSweep {
    /// Told of at a time. So many need no memory from the heap.
    private static let maximumEvents = 64

    private let poll: CInt
    private let receiveBuffer: ReceiveBuffer
    /// By descriptor.
    private var readers: [(any SocketReader)?] = []

    /// Nil where the system has no descriptor left: NIO reads everything then.
    init?(_ receiveBuffer: ReceiveBuffer) {
        self.receiveBuffer = receiveBuffer
        poll = epoll_create1(CInt(EPOLL_CLOEXEC))
        guard poll >= 0 else { return nil }
    }

    deinit { if poll >= 0 { close(poll) } }

    /// Reads this socket too, until `remove`. One that cannot be watched is left to NIO.
    func add(_ socket: CInt, _ reader: any SocketReader) {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        event.data.fd = socket
        guard epoll_ctl(poll, EPOLL_CTL_ADD, socket, &event) == 0 else { return }
        let place = Int(socket)
        if place >= readers.count { readers.append(contentsOf: repeatElement(nil, count: place + 1 - readers.count)) }
        readers[place] = reader
    }

    /// The socket has been closed, with which the system forgets it; its number may be another connection's by now.
    func remove(_ socket: CInt, _ reader: any SocketReader) {
        let place = Int(socket)
        if readers.indices.contains(place), readers[place] === reader { readers[place] = nil }
    }

    /// Reads once from every socket that has bytes and nothing else to tell. Gives how many those were, and what they brought.
    func readAll() -> (sockets: Int, bytes: Int) {
        withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.maximumEvents) { events in
            let count = epoll_wait(poll, events.baseAddress, CInt(events.count), 0)
            var found = (sockets: 0, bytes: 0)
            for event in events.prefix(max(Int(count), 0)) where event.events == EPOLLIN.rawValue {
                // Reading one may have closed another.
                guard let reader = readers[Int(event.data.fd)], reader.isReadable else { continue }
                let bytes = read(event.data.fd, reader)
                guard bytes > 0 else { continue }
                found.sockets += 1
                found.bytes += bytes
            }
            return found
        }
    }

    private func read(_ socket: CInt, _ reader: any SocketReader) -> Int {
        var bytes = receiveBuffer.take()
        let capacity = bytes.writableBytes
        var failure: CInt = 0
        let count = bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { space in
            let count = recv(socket, space.baseAddress, space.count, CInt(MSG_DONTWAIT))
            if count < 0 { failure = errno }
            return max(count, 0)
        }
        guard count > 0 else {
            receiveBuffer.giveBack(bytes)
            // NIO would take what comes behind an error that was told already for the stream's end.
            if ![0, EAGAIN, EINTR].contains(failure) {
                reader.lost(by: IOError(errnoCode: failure, reason: "recv"))
            }
            return 0
        }
        reader.received(bytes)
        reader.readCompleted()
        return count
    }
}

@available(*, unavailable)
extension SocketSweep: Sendable {}
