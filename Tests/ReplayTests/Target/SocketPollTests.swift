import Glibc
import Recorder
import Synchronization
import Testing

@testable import Replay

@Suite("Waiting for sockets")
struct SocketPollTests {
    /// Two sockets that are connected to each other.
    private final class Pair {
        let ours: CInt
        let theirs: CInt

        init() throws {
            var both: [CInt] = [-1, -1]
            try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &both) == 0)
            (ours, theirs) = (both[0], both[1])
        }

        deinit {
            close(ours)
            close(theirs)
        }

        func say() { #expect(write(theirs, "x", 1) == 1) }
    }

    private func tokens(_ events: [SocketPoll.Event], _ interest: SocketPoll.Interest) -> [UInt64] {
        events.compactMap {
            if case .ready(let token, let found) = $0, found.contains(interest) { token } else { nil }
        }
    }

    private func isBell(_ events: [SocketPoll.Event]) -> Bool {
        events.contains { if case .bell = $0 { true } else { false } }
    }

    @Test("tells of those that can be read, by their tokens, and only as long as that is wanted")
    func reading() throws {
        let poll = try SocketPoll()
        let (one, other) = (try Pair(), try Pair())
        var waits = ShortWaits()
        try poll.watch(one.ours, token: 1, from: [], to: .reading)
        try poll.watch(other.ours, token: 2, from: [], to: .reading)
        #expect(poll.wait(until: 0, &waits).isEmpty)
        other.say()
        #expect(tokens(poll.wait(until: nil, &waits), .reading) == [2])
        // It was not read, so it is told of again.
        one.say()
        #expect(Set(tokens(poll.wait(until: nil, &waits), .reading)) == [1, 2])
        try poll.watch(other.ours, token: 2, from: .reading, to: [])
        #expect(tokens(poll.wait(until: nil, &waits), .reading) == [1])
    }

    @Test("tells of those that can be written to, and of those whose other end is gone whatever is wanted")
    func writing() throws {
        let poll = try SocketPoll()
        var waits = ShortWaits()
        let pair = try Pair()
        try poll.watch(pair.ours, token: 7, from: [], to: .writing)
        let events = poll.wait(until: nil, &waits)
        #expect(tokens(events, .writing) == [7] && tokens(events, .reading).isEmpty)
        try poll.watch(pair.ours, token: 7, from: .writing, to: .reading)
        shutdown(pair.theirs, CInt(SHUT_RDWR))
        #expect(tokens(poll.wait(until: nil, &waits), [.reading, .writing]) == [7])
    }

    @Test(
        "ends at its time, whether it sleeps until then or looks again and again",
        arguments: [50, 300, 1_999, 2_000, 4_321])
    func deadline(microseconds: Int64) throws {
        let poll = try SocketPoll()
        for isShort in [true, false] {
            var waits = ShortWaits()
            if !isShort { for _ in 0..<8 { waits.took(1_000_000) } }
            #expect(waits.areExpected == isShort)
            let end = RecordingClock.monotonic() + microseconds
            // Milliseconds are waited for as a whole, the rest as often as it takes.
            while RecordingClock.monotonic() < end { #expect(poll.wait(until: end, &waits).isEmpty) }
        }
    }

    @Test("ends when another thread rings, also where that came first")
    func bell() async throws {
        let poll = try SocketPoll()
        poll.ring()
        var waits = ShortWaits()
        #expect(isBell(poll.wait(until: nil, &waits)))
        let other = try SocketPoll()
        let waiting = Task.detached {
            var waits = ShortWaits()
            return other.wait(until: nil, &waits).count
        }
        other.ring()
        #expect(await waiting.value == 1)
    }

    @Test("is not slept for while it has been short, and is after a few that were long")
    func shortWaits() {
        var waits = ShortWaits()
        #expect(waits.areExpected)
        for _ in 0..<100 { waits.took(ShortWaits.limit - 10) }
        #expect(waits.areExpected)
        waits.took(1_000_000)
        #expect(!waits.areExpected)
        // The longest counts no more than a millisecond, so that short ones are soon believed again.
        for _ in 0..<10 { waits.took(20) }
        #expect(waits.areExpected)
        for _ in 0..<20 { waits.took(ShortWaits.limit + 10) }
        #expect(!waits.areExpected)
    }

    @Test("is an error that names the system's reason where there is no socket")
    func noSocket() throws {
        let poll = try SocketPoll()
        let error = #expect(throws: ReplayError.self) { try poll.watch(-1, token: 1, from: [], to: .reading) }
        #expect(error?.description == "cannot watch a socket: Bad file descriptor")
    }
}
