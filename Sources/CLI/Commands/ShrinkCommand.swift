import ArgumentParser
import Recorder
import Replay

/// `tapedeck shrink`.
struct ShrinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shrink", abstract: "Find the smallest recording that still fails.",
        discussion: """
            The recording is replayed again and again with less in it, against a fresh
            server each time with --start. Whole sessions are left out, then messages, a
            request with its answers, then members, elements, and what is long in texts
            and numbers of what clients send; of a text that the server sends back, on
            both sides. It ends when nothing more can be left out.

            A part fails as the whole does when the first difference of the first run is
            there again: its kind, its path ($.users[3].id is as $.users[0].id), what
            was recorded and what came. Where the answer changes from run to run by
            itself, or with --any-answer, kind, path and type are enough. A part that
            shows differences of other kinds is not taken, since it may ask for what
            makes no sense without the rest; --any-failure takes any part that does not
            pass.

            The recording itself is replayed --confirm times at first. If only some of
            these runs fail, the failure is flaky: each part is then tried as often.

            Ctrl-C, --max-runs and --max-time end it with the smallest recording so far.
            The server, rules and times to wait are taken from tapedeck.yaml where they
            are not said here, as tapedeck replay does.

            Exit status: 0 a recording was written, 2 could not be done or the recording
            passes, 64 wrong usage, 130 or 143 interrupted (what was found is written).

            Examples:
              tapedeck shrink out.tape.jsonl --start 'python3 server.py {port}' \\
                              -o small.tape.jsonl
              tapedeck replay small.tape.jsonl --start 'python3 server.py {port}'
            """)

    @Argument(help: "The recording that fails.", completion: .file(extensions: ["jsonl", "zst"]))
    var path: String

    @OptionGroup(title: "Server") var server: TargetOptions

    @Option(
        name: [.customLong("output"), .customShort("o")],
        help: ArgumentHelp("Write the smallest recording to this new file.", valueName: "file"),
        completion: .file(extensions: ["jsonl", "zst"]))
    var output: String

    @Flag(help: "Write over a file that exists.")
    var force = false

    @Flag(name: .customLong("any-answer"), help: "The same kind of difference at the same path is enough.")
    var takesAnyAnswer = false

    @Flag(name: .customLong("any-failure"), help: "Any difference is enough.")
    var takesAnyFailure = false

    @Option(
        help: ArgumentHelp(
            "How often the whole recording is replayed at first, 1 to 100 (default: 2).", valueName: "count"))
    var confirm = 2

    @Option(
        name: .customLong("max-runs"),
        help: ArgumentHelp("Replays after which it ends (default: 1000).", valueName: "count"))
    var maximumRuns = 1_000

    @Option(
        name: .customLong("max-time"),
        help: ArgumentHelp("Time after which it ends (default: 10m).", valueName: "time"))
    var maximumTime: TimeSpan?

    @Option(help: ArgumentHelp("How long an answer is waited for (default: 5s).", valueName: "time"))
    var timeout: TimeSpan?

    @Option(help: ArgumentHelp("How long extra messages are listened for (default: 100ms).", valueName: "time"))
    var settle: TimeSpan?

    @OptionGroup var ruleOptions: RuleOptions
    @OptionGroup var limits: LimitOptions
    @OptionGroup(title: "Output") var console: OutputOptions

    func validate() throws {
        guard (1...100).contains(confirm) else { throw ValidationError("--confirm is from 1 to 100") }
        guard (1...1_000_000).contains(maximumRuns) else { throw ValidationError("--max-runs is from 1 to 1000000") }
        if takesAnyAnswer, takesAnyFailure {
            throw ValidationError("--any-failure takes any answer, too: give one of --any-answer and --any-failure")
        }
    }

    func run() async throws {
        let signals = Signals.endings()
        let outcome: RecordingShrinking.Outcome
        let signal: Int32?
        do {
            try RecordingExcerpt.check(output, replaces: force)
            let progress = ShrinkProgress(isQuiet: console.isQuiet)
            let shrinking = try shrinking { progress.show($0) }
            defer { progress.clear() }
            (outcome, signal) = try await InterruptibleWork.runTellingSignal(until: signals) {
                defer { progress.clear() }
                return try await shrinking.shrink()
            }
            try RecordingExcerpt.write(outcome.text, to: output, replaces: force)
            try tell(outcome)
        } catch let interruption as Interruption {
            Terminal.log("tapedeck: interrupted before the recording had failed; nothing was written")
            throw interruption.status
        } catch let refusal as RecordingShrinking.Refusal {
            Terminal.log("tapedeck: \(TerminalText.escaped(path)): \(TerminalText.escaped(refusal.description))")
            throw ExitStatus.impossible
        } catch let status as ExitCode {
            throw status
        } catch let fault as UsageFault {
            throw fault
        } catch {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
        if let signal { throw ExitCode(128 + signal) }
    }

    private func shrinking(
        progress: @escaping @Sendable (RecordingShrinking.Progress) -> Void
    ) throws -> RecordingShrinking {
        let project = try ProjectFile.nearest(toRecording: path)
        var options = ReplayOptions(project, timeout: timeout, settle: settle)
        options.rules = try ruleOptions.given() + (project?.rules ?? [])
        options.ignoresHeaderRules = ruleOptions.ignoresHeader
        var settings = RecordingShrinking.Settings()
        settings.criterion = takesAnyFailure ? .anyFailure : takesAnyAnswer ? .sameKind : .sameAnswer
        settings.confirmations = confirm
        settings.maximumRuns = maximumRuns
        if let maximumTime { settings.maximumTime = maximumTime.duration }
        return RecordingShrinking(
            path, target: try server.target(project), options: options, settings: settings, limits: limits.limits,
            progress: progress)
    }

    private func tell(_ outcome: RecordingShrinking.Outcome) throws {
        let name = TerminalText.escaped(path)
        if let line = outcome.tornLine {
            Terminal.log("tapedeck: \(name):\(line): torn: this line was never finished; it was left out")
        }
        let (failed, runs) = outcome.confirmed
        if failed < runs {
            Terminal.log(
                "tapedeck: \(name): flaky: it failed in \(failed) of \(runs) runs, so each part was tried up to \(runs) times"
            )
        }
        if let stop = outcome.stop { Terminal.log("tapedeck: " + Self.words(stop)) }
        if !console.isQuiet { try Terminal.write(ShrinkText.summary(outcome, output: output)) }
    }

    private static func words(_ stop: RecordingShrinking.Stop) -> String {
        switch stop {
        case .runs: "ended by --max-runs: this is the smallest so far"
        case .time: "ended by --max-time: this is the smallest so far"
        case .interrupted: "interrupted: this is the smallest so far"
        case .unreachable(let reason):
            "ended, since the server is gone (\(TerminalText.escaped(reason))): this is the smallest so far; "
                + "--start gives each run a server of its own"
        }
    }
}

/// What was left out, for a person.
enum ShrinkText {
    static func summary(_ outcome: RecordingShrinking.Outcome, output: String) -> String {
        let (before, after) = (outcome.before, outcome.after)
        let name = TerminalText.escaped(output)
        return """
            \(name): \(outcome.difference)
            from \(size(before))
            to   \(size(after)), in \(outcome.runs.counting("run"))

            """
    }

    static func size(_ size: RecordingExcerpt.Size) -> String {
        "\(size.sessions.counting("session")), \(size.messages.counting("message")), \(size.bytes.counting("byte"))"
    }
}
