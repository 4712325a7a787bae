internal import Glibc
internal import Processes
internal import Recorder
internal import Synchronization

/// A program that a shell command started, which talks through pipes.
///
/// It leads a session and process group of its own; those end with it, and by a watch should this process be killed.
/// A thread starts it and waits for its end, so that no event loop does.
final class ChildProcess: Sendable {
    /// Our ends of its pipes. Whoever is told of them closes them.
    struct Pipes: Sendable {
        /// Its stdin.
        var input: Int32
        var output: Int32
        var errors: Int32
    }

    /// What happens to it, in this order; told on its thread.
    enum Event: Sendable {
        case started(ChildProcess, Pipes)
        /// It could not be started, and why; the last event.
        case failed(String)
        /// The last event.
        case ended(ProcessExit)
    }

    private let processID: Int32
    private let hasEnded = Mutex(false)

    private init(processID: Int32) { self.processID = processID }

    /// Runs the command through `/bin/sh -c`.
    static func start(_ command: String, _ tell: @escaping @Sendable (Event) -> Void) {
        do throws(QuietThread.Failure) {
            try QuietThread.startDetached { run(command, tell) }
        } catch {
            tell(.failed("no thread can be started for it: \(systemMessage(error.number))"))
        }
    }

    /// Sends a signal to its process group; one that is halted goes on for it.
    func signal(_ number: Int32) {
        hasEnded.withLock { hasEnded in
            guard !hasEnded else { return }
            kill(-processID, number)
            kill(-processID, SIGCONT)
        }
    }

    // MARK: On its thread

    private static func run(_ command: String, _ tell: @Sendable (Event) -> Void) {
        var ours = Pipes(input: -1, output: -1, errors: -1)
        var theirs = ours
        let isPiped =
            pipe(reading: &theirs.input, writing: &ours.input)
            && pipe(reading: &ours.output, writing: &theirs.output)
            && pipe(reading: &ours.errors, writing: &theirs.errors)
        guard isPiped else {
            let reason = systemMessage(errno)
            theirs.close()
            ours.close()
            return tell(.failed("cannot make pipes for it: \(reason)"))
        }
        // Python would keep its answers until it has some kilobytes of them.
        let environment = getenv("PYTHONUNBUFFERED") == nil ? ["PYTHONUNBUFFERED": "1"] : [:]
        let watch = ProcessWatch()
        let result = ProcessSpawn.shell(
            waiting(command), input: theirs.input, output: theirs.output, errors: theirs.errors,
            environment: environment,
            workingFolder: nil)
        theirs.close()
        switch result {
        case .failure(let failure):
            ours.close()
            tell(.failed("cannot start /bin/sh: \(systemMessage(failure.number))"))
        case .success(let number):
            let process = ChildProcess(processID: number)
            watch?.begin(session: number)
            _ = write(ours.input, "\n", 1)
            tell(.started(process, ours))
            tell(.ended(process.waitForEnd(watch)))
        }
    }

    /// The command behind a wait for the first line of its input: should this process end before the watch begins, that never
    /// comes, and nothing is started.
    private static func waiting(_ command: String) -> String {
        let quoted =
            "'" + command.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
        return "IFS= read -r start || exit; unset start; exec /bin/sh -c \(quoted)"
    }

    private func waitForEnd(_ watch: ProcessWatch?) -> ProcessExit {
        let exit = ProcessExit.of(processID, waits: true) ?? .unknown
        // What it has left behind, while its number is still its own.
        ProcessSession(leader: processID).signal(SIGKILL)
        watch?.dismiss()
        hasEnded.withLock { hasEnded in
            hasEnded = true
            while waitpid(processID, nil, 0) < 0, errno == EINTR {}
        }
        return exit
    }

    private static func pipe(reading: inout Int32, writing: inout Int32) -> Bool {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { return false }
        for index in ends.indices {
            // Never one of the three that the child gets others for.
            let end = fcntl(ends[index], F_DUPFD_CLOEXEC, 3)
            let number = errno
            Glibc.close(ends[index])
            errno = number
            ends[index] = end
        }
        (reading, writing) = (ends[0], ends[1])
        return reading >= 0 && writing >= 0
    }
}

extension ChildProcess.Pipes {
    /// Closes those that are open.
    func close() { for end in [input, output, errors] where end >= 0 { Glibc.close(end) } }
}
