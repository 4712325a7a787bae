internal import Glibc

/// A thread that takes no signals: those are for the threads that wait for them.
package enum QuietThread {
    /// Why there is none: the system's number.
    package struct Failure: Error {
        package var number: Int32
    }

    /// What runs on the thread, until it does.
    private final class Work {
        let run: () -> Void

        init(_ run: @escaping () -> Void) { self.run = run }
    }

    /// Starts a thread that nobody waits for.
    package static func startDetached(_ run: @escaping () -> Void) throws(Failure) { pthread_detach(try start(run)) }

    /// Starts a thread that does `run` and ends. What that holds is the thread's from then on.
    static func start(_ run: @escaping () -> Void) throws(Failure) -> pthread_t {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let held = Unmanaged.passRetained(Work(run))
        let number = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, held.toOpaque())
        guard number == 0 else {
            held.release()
            throw Failure(number: number)
        }
        return thread
    }
}
