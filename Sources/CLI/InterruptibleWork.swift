import ArgumentParser
internal import Glibc
import Synchronization

/// A signal came before work had anything to show.
struct Interruption: Error {
    let signal: Int32

    /// What the command ends with.
    var status: ExitCode { ExitCode(128 + signal) }
}

/// Work that a signal to the process cancels; a second one ends the process at once.
enum InterruptibleWork {
    /// Does it, and tells whether it was interrupted.
    static func run<Result: Sendable>(
        until signals: AsyncStream<Int32>, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> (result: Result, isInterrupted: Bool) {
        let (result, signal) = try await runTellingSignal(until: signals, work)
        return (result, signal != nil)
    }

    /// Does it, and tells which signal interrupted it; an `Interruption` where it gave up for that.
    static func runTellingSignal<Result: Sendable>(
        until signals: AsyncStream<Int32>, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> (result: Result, signal: Int32?) {
        let task = Task { try await work() }
        let first = Mutex<Int32?>(nil)
        let watch = Task {
            for await signal in signals {
                // What was started is killed by its own watches.
                if first.withLock({ $0 }) != nil { _exit(128 + signal) }
                first.withLock { $0 = signal }
                task.cancel()
            }
        }
        defer { watch.cancel() }
        do {
            let result = try await task.value
            return (result, first.withLock { $0 })
        } catch is CancellationError {
            throw Interruption(signal: first.withLock { $0 } ?? SIGINT)
        }
    }
}
