internal import CEpoll
internal import Glibc
internal import Recorder
internal import Synchronization

/// Which of a thread's sockets can be read or written: epoll(7), with times in microseconds, and a bell that other threads ring.
///
/// Only `ring` may be called from another thread.
final class SocketPoll: Sendable {
    /// What of a socket is wanted; that it has failed is told whenever anything is.
    struct Interest: OptionSet {
        let rawValue: UInt32
        static let reading = Interest(rawValue: EPOLLIN.rawValue)
        static let writing = Interest(rawValue: EPOLLOUT.rawValue)
        fileprivate static let once = Interest(rawValue: EPOLLET.rawValue)
    }

    /// What has come: on the socket of that token, or the bell.
    enum Event {
        case ready(token: UInt64, Interest)
        case bell
    }

    /// Waits below this are kept to the microsecond, with a system call more.
    private static let exactBelow: Int64 = 2_000
    /// Told of in one turn. So many need no memory from the heap.
    private static let maximumEvents = 64
    private static let bellToken = UInt64.max
    private static let timerToken = UInt64.max - 1

    private let descriptor: CInt
    private let bell: CInt
    private let timer: CInt
    private let isRung = Atomic(false)

    init() throws(ReplayError) {
        descriptor = epoll_create1(CInt(EPOLL_CLOEXEC))
        bell = eventfd(0, CInt(EFD_CLOEXEC) | CInt(EFD_NONBLOCK))
        timer = timerfd_create(CLOCK_MONOTONIC, CInt(TFD_CLOEXEC) | CInt(TFD_NONBLOCK))
        guard descriptor >= 0, bell >= 0, timer >= 0 else {
            throw ReplayError.system("wait for sockets", number: errno)
        }
        try watch(bell, token: Self.bellToken, from: [], to: .reading)
        // Told of once each time, so that nobody has to read it.
        try watch(timer, token: Self.timerToken, from: [], to: [.reading, .once])
    }

    deinit {
        for descriptor in [timer, bell, descriptor] where descriptor >= 0 { close(descriptor) }
    }

    /// Changes what is wanted of a socket. One that is closed is forgotten by itself.
    func watch(_ socket: CInt, token: UInt64, from before: Interest, to now: Interest) throws(ReplayError) {
        guard before != now else { return }
        let operation = now.isEmpty ? EPOLL_CTL_DEL : before.isEmpty ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
        var event = epoll_event()
        event.events = now.rawValue
        event.data.u64 = token
        guard epoll_ctl(descriptor, operation, socket, &event) == 0 else {
            throw ReplayError.system("watch a socket", number: errno)
        }
    }

    /// Waits until something can be done, the bell was rung, or the time has come (`RecordingClock`'s; nil: for ever), and gives
    /// what it is.
    ///
    /// `waits`: how long it took before, by which it decides whether to sleep.
    func wait(until deadline: Int64?, _ waits: inout ShortWaits) -> [Event] {
        let start = RecordingClock.monotonic()
        var now = start
        defer { waits.took(now - start) }
        if waits.areExpected {
            let end = min(deadline ?? .max, start + ShortWaits.limit)
            while now < end {
                let events = take(milliseconds: 0)
                now = RecordingClock.monotonic()
                guard events.isEmpty else { return events }
                // Whoever else is to run on this processor may be the server.
                sched_yield()
            }
        }
        let events = sleep(deadline.map { max($0 - now, 0) })
        now = RecordingClock.monotonic()
        return events
    }

    /// - Parameter remaining: microseconds.
    private func sleep(_ remaining: Int64?) -> [Event] {
        guard let remaining else { return take(milliseconds: -1) }
        guard remaining > 0, remaining < Self.exactBelow else {
            return take(milliseconds: CInt(clamping: remaining / 1_000))
        }
        // epoll_wait counts in milliseconds.
        var time = itimerspec()
        time.it_value.tv_nsec = Int(remaining) * 1_000
        timerfd_settime(timer, 0, &time, nil)
        return take(milliseconds: -1)
    }

    private func take(milliseconds: CInt) -> [Event] {
        withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.maximumEvents) { found in
            let count = epoll_wait(descriptor, found.baseAddress, CInt(found.count), milliseconds)
            return found.prefix(max(Int(count), 0)).compactMap(Self.event)
        }
    }

    /// Whether it was rung.
    var hasRung: Bool { isRung.load(ordering: .relaxed) }

    /// Ends a wait, or the next one.
    func ring() {
        isRung.store(true, ordering: .relaxed)
        var one: UInt64 = 1
        _ = write(bell, &one, 8)
    }

    private static func event(_ found: epoll_event) -> Event? {
        switch found.data.u64 {
        case bellToken: return .bell
        case timerToken: return nil
        default: break
        }
        // What has failed is found out by reading or writing.
        let hasFailed = found.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
        return .ready(token: found.data.u64, hasFailed ? [.reading, .writing] : Interest(rawValue: found.events))
    }
}
