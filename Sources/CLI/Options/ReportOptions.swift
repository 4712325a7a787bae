import ArgumentParser
import Replay

/// Which reports are made, and where they go.
struct ReportOptions: ParsableArguments {
    @Option(
        name: .customLong("report"),
        help: ArgumentHelp(
            """
            Make a report: console (what is printed), \
            \(ReportFormats.all.map { "\($0.name) (\($0.purpose))" }.joined(separator: ", ")). Without FILE, or with -, it \
            goes to stdout. May be repeated.
            """, valueName: "format[=file]"),
        transform: OptionText.valid(ReportChoice.parse))
    var reports: [ReportChoice] = []

    @Flag(
        name: .customLong("force"),
        help: "Write reports over files that are there; an earlier report of the same format is replaced in any case.")
    var replacesFiles = false

    func validate() throws {
        do throws(UsageFault) { _ = try set() } catch { throw ValidationError(error.description) }
    }

    /// The reports: those of the options, or else those of a project file.
    func set(orElse project: [ReportChoice] = []) throws(UsageFault) -> ReportSet {
        try ReportSet(reports.isEmpty ? project : reports, replacesFiles: replacesFiles)
    }
}
