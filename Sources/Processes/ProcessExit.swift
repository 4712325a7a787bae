internal import Glibc

/// How a process ended.
package enum ProcessExit: Sendable, Hashable, CustomStringConvertible {
    case exited(code: Int32)
    /// The signal's number and name, `SIGKILL`.
    case signalled(number: Int32, name: String)
    /// Somebody else took its status: SIGCHLD is ignored in this process.
    case unknown

    /// `exited with status 3`, `was ended by SIGKILL`.
    package var description: String {
        switch self {
        case .exited(let code):
            // A shell that outlives its command passes on the signal that ended it as 128 and its number.
            let hint = code > 128 ? Self.names[code - 128].map { ", as a shell says for \($0)" } : nil
            return "exited with status \(code)\(hint ?? "")"
        case .signalled(_, let name): return "was ended by \(name)"
        case .unknown: return "ended, with a status that is not known"
        }
    }

    /// A signal's name, `SIGTERM`; those without one are `signal 40`.
    package static func signalName(_ number: Int32) -> String { names[number] ?? "signal \(number)" }

    /// How a child of this process ended, which keeps its number until it is reaped; nil where it runs, unless that `waits`.
    package static func of(_ process: Int32, waits: Bool) -> ProcessExit? {
        var information = siginfo_t()
        while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT | (waits ? 0 : WNOHANG)) != 0 {
            guard errno == EINTR else { return .unknown }
        }
        let child = information._sifields._sigchld
        guard child.si_pid == process else { return nil }
        let isExit = information.si_code == Int32(CLD_EXITED)
        return isExit
            ? .exited(code: child.si_status)
            : .signalled(number: child.si_status, name: signalName(child.si_status))
    }

    private static let names: [Int32: String] = [
        SIGABRT: "SIGABRT", SIGALRM: "SIGALRM", SIGBUS: "SIGBUS", SIGCHLD: "SIGCHLD", SIGCONT: "SIGCONT",
        SIGFPE: "SIGFPE", SIGHUP: "SIGHUP", SIGILL: "SIGILL", SIGINT: "SIGINT", SIGIO: "SIGIO", SIGKILL: "SIGKILL",
        SIGPIPE: "SIGPIPE", SIGPROF: "SIGPROF", SIGPWR: "SIGPWR", SIGQUIT: "SIGQUIT", SIGSEGV: "SIGSEGV",
        SIGSTKFLT: "SIGSTKFLT", SIGSTOP: "SIGSTOP", SIGSYS: "SIGSYS", SIGTERM: "SIGTERM", SIGTRAP: "SIGTRAP",
        SIGTSTP: "SIGTSTP", SIGTTIN: "SIGTTIN", SIGTTOU: "SIGTTOU", SIGURG: "SIGURG", SIGUSR1: "SIGUSR1",
        SIGUSR2: "SIGUSR2", SIGVTALRM: "SIGVTALRM", SIGWINCH: "SIGWINCH", SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ",
    ]
}
