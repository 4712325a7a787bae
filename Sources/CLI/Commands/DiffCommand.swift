import ArgumentParser
internal import Glibc
import Recorder
import Replay

/// `tapedeck diff`.
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Compare two recordings, with the rules of replay.",
        discussion: """
            Sessions are paired by what was said in them, in their order, so that one
            that was put in is one difference; within a pair so are messages. Values are
            compared, those of clients as well. Ports, and ids and tokens that one side
            made up and the other gave back, may differ as long as they do so everywhere
            alike; --rule, --rules, the nearest tapedeck.yaml and the first recording's
            header say what else may (from: server or from: client narrow a rule down).

            Differences are shown as replay shows them: - is the first recording, + the
            second.

            Exit status: 0 they say the same, 1 they differ, 2 could not be done, 64
            wrong usage.

            Examples:
              tapedeck diff before.tape.jsonl after.tape.jsonl
              tapedeck diff old.tape.jsonl new.tape.jsonl --rule '$.time ignore' \\
                            --report json=diff.json
            """)

    @Argument(help: "The recording that is compared with.", completion: .file(extensions: ["jsonl", "zst"]))
    var first: String

    @Argument(help: "The recording that may differ from it.", completion: .file(extensions: ["jsonl", "zst"]))
    var second: String

    @Flag(help: "Show differences as a whole: nothing is cut or left out.")
    var full = false

    @Flag(name: .customLong("strict-bytes"), help: "Compare bytes instead of values.")
    var comparesBytes = false

    @OptionGroup(title: "Reports") var reports: ReportOptions
    @OptionGroup var ruleOptions: RuleOptions
    @OptionGroup var limits: LimitOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if comparesBytes { try ruleOptions.checkNotGivenForBytes() }
    }

    func run() throws {
        do {
            let reports = try reports.set()
            try reports.check()
            var options = ReplayOptions()
            options.rules = try ruleOptions.given() + (ProjectFile.nearest(toRecording: first)?.rules ?? [])
            options.ignoresHeaderRules = ruleOptions.ignoresHeader
            options.comparesBytes = comparesBytes
            let found = RecordingComparison(options: options, limits: limits.limits).report(first, second)
            try tell(found, reports)
        } catch let error as ExitCode {
            throw error
        } catch {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
    }

    private func tell(_ found: RecordingReport, _ reports: ReportSet) throws {
        let plain = TextReport(usesColour: false, columns: 140, isFull: full)
        var report = Report(tool: ToolVersion.text, started: RecordingClock.timestamp())
        report.duration = found.duration
        report.recordings = [RecordingResult(path: first, attempts: [ReplayAttempt(found, text: plain)])]
        if reports.usesConsole, !output.isQuiet || report.status != .passed {
            try Terminal.write(output.report(isFull: full).text(found))
        }
        try reports.write(report)
        try ExitStatus.check(report, failsOnFlaky: false)
    }
}
