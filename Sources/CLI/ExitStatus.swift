import ArgumentParser
import Replay

/// What the process ends with, decided in this one place.
enum ExitStatus {
    /// Differences were found.
    static let differences = ExitCode(1)
    /// It could not be done.
    static let impossible = ExitCode(2)

    /// Ends a replay in another way than well, where its report says so.
    ///
    /// - `failsOnFlaky`: what passed only when it was tried again is a difference.
    /// - `signal`: what interrupted it; the status is the one that a shell gives a process that a signal killed.
    static func check(_ report: Report, failsOnFlaky: Bool, signal: Int32? = nil) throws(ExitCode) {
        if let signal { throw ExitCode(128 + signal) }
        switch report.status {
        case .impossible, .interrupted: throw impossible
        case .failed: throw differences
        case .passed: if failsOnFlaky, report.count(.flaky) > 0 { throw differences }
        }
    }
}
