import ArgumentParser

/// What the process ends with, decided in this one place.
enum ExitStatus {
    /// Differences were found.
    static let differences = ExitCode(1)
    /// It could not be done.
    static let impossible = ExitCode(2)
}
