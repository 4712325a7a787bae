internal import Dispatch
internal import Glibc
internal import Synchronization

/// A thread that does its work whenever somebody asks for it; asked several times meanwhile, it does it once more.
final class WriterThread: Sendable {
    private let asked = DispatchSemaphore(value: 0)
    private let isAsked = Atomic(false)
    private let work: @Sendable () -> Bool

    /// Starts it. It ends when `work` returns false.
    ///
    /// - Returns: nil where the system has no room for another thread.
    init?(_ work: @escaping @Sendable () -> Bool) {
        self.work = work
        do throws(QuietThread.Failure) {
            try QuietThread.startDetached { self.run() }
        } catch {
            return nil
        }
    }

    /// Asks for the work. All that the caller did before is seen by it.
    func wake() {
        if !isAsked.exchange(true, ordering: .sequentiallyConsistent) { asked.signal() }
    }

    private func run() {
        while true {
            asked.wait()
            isAsked.store(false, ordering: .sequentiallyConsistent)
            guard work() else { return }
        }
    }
}
