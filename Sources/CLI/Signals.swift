internal import Glibc
import Synchronization

/// Signals that ask the program for something, as streams.
///
/// The handler writes the signal's number into a pipe, and a thread of its own reads it from there: that thread blocks no
/// signal, so one comes through whatever the other threads block, and any number of streams gets it.
enum Signals {
    /// SIGINT and SIGTERM from now on; they no longer kill the process.
    static func endings() -> AsyncStream<Int32> { stream(of: [SIGINT, SIGTERM]) }

    /// SIGHUP from now on; it no longer kills the process.
    static func hangUps() -> AsyncStream<Int32> { stream(of: [SIGHUP]) }

    private static func stream(of numbers: [Int32]) -> AsyncStream<Int32> {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        let number = listeners.withLock { listeners in
            listeners.last += 1
            listeners.continuations[listeners.last] = (numbers, continuation)
            return listeners.last
        }
        continuation.onTermination = { _ in
            _ = listeners.withLock { $0.continuations.removeValue(forKey: number) }
        }
        if isWatching { for number in numbers { catchSignal(number) } }
        return stream
    }

    private static let listeners = Mutex(Listeners())

    private struct Listeners {
        var continuations: [Int: (numbers: [Int32], stream: AsyncStream<Int32>.Continuation)] = [:]
        var last = 0
    }

    /// The pipe's end that the handler writes to.
    private static let writeEnd = Atomic<Int32>(-1)

    /// Begins to watch, once.
    private static let isWatching: Bool = {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return false }
        let readEnd = ends[0]
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // A handler must never wait.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        writeEnd.store(ends[1], ordering: .sequentiallyConsistent)
        guard startThread(reading: readEnd) else { return false }
        return true
    }()

    /// Has the signal written into the pipe.
    private static func catchSignal(_ number: Int32) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { number in
            let before = errno
            var byte = UInt8(truncatingIfNeeded: number)
            _ = write(Signals.writeEnd.load(ordering: .sequentiallyConsistent), &byte, 1)
            errno = before
        }
        action.sa_flags = SA_RESTART
        sigaction(number, &action, nil)
    }

    private static func startThread(reading descriptor: Int32) -> Bool {
        var thread = pthread_t()
        let argument = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
        argument.initialize(to: descriptor)
        let result = pthread_create(
            &thread, nil,
            { argument in
                Signals.read(argument?.load(as: Int32.self) ?? -1)
                return nil
            }, argument)
        if result == 0 { pthread_detach(thread) }
        return result == 0
    }

    /// Tells all streams of each signal; as long as the process runs.
    private static func read(_ descriptor: Int32) {
        var numbers = sigset_t()
        sigemptyset(&numbers)
        sigaddset(&numbers, SIGINT)
        sigaddset(&numbers, SIGTERM)
        sigaddset(&numbers, SIGHUP)
        pthread_sigmask(SIG_UNBLOCK, &numbers, nil)
        var byte: UInt8 = 0
        while true {
            let count = Glibc.read(descriptor, &byte, 1)
            if count == 1 {
                for listener in listeners.withLock({ Array($0.continuations.values) })
                where listener.numbers.contains(Int32(byte)) {
                    listener.stream.yield(Int32(byte))
                }
            } else if count == 0 || errno != EINTR {
                return
            }
        }
    }
}
