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
        // Signals are for the threads that wait for them.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let held = Unmanaged.passRetained(self)
        let number = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<WriterThread>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, held.toOpaque())
        guard number == 0 else {
            held.release()
            return nil
        }
        pthread_detach(thread)
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
