internal import Glibc
import Synchronization

/// A small process that ends a process's session when this process is gone, however it went: also after SIGKILL.
///
/// It waits at the end of a pipe whose other end only this process has. (A parent-death signal would follow the thread that
/// started the process, and posix_spawn(3) cannot ask for one.)
package final class ProcessWatch: Sendable {
    private let process: pid_t
    private let writeEnd: Int32
    private let isDismissed = Mutex(false)

    /// Learns the session's number, and at the pipe's end kills every process of it; twice, since one may be about to start
    /// another.
    private static let script = """
        read -r session || exit
        read -r line
        for round in 1 2; do
            kill -KILL -- "-$session"
            for file in /proc/[0-9]*/stat; do
                read -r text < "$file" || continue
                set -- ${text##*) }
                [ "$4" = "$session" ] || continue
                process=${file#/proc/}
                kill -KILL "${process%/stat}"
            done
        done
        """

    /// Starts the watch, before what it is to watch over; nil where the system has nothing left for it.
    package init?() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        switch ProcessSpawn.shell(
            Self.script, input: ends[0], output: nil, errors: nil, environment: [:], workingFolder: "/")
        {
        case .success(let process):
            self.process = process
            writeEnd = ends[1]
        case .failure:
            close(ends[1])
            return nil
        }
    }

    /// Watches over the session of that number from now on.
    package func begin(session: Int32) {
        let line = "\(session)\n"
        _ = write(writeEnd, line, line.utf8.count)
    }

    deinit { dismiss() }

    /// Ends the watch without a deed.
    package func dismiss() {
        isDismissed.withLock { isDismissed in
            guard !isDismissed else { return }
            isDismissed = true
            kill(process, SIGKILL)
            while waitpid(process, nil, 0) < 0, errno == EINTR {}
            close(writeEnd)
        }
    }
}
