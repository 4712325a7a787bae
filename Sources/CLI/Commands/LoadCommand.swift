import ArgumentParser
import NIOPosix
import Recorder
import Replay

/// `tapedeck load`.
struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Replay recordings as load, and measure how long answers take.",
        discussion: """
            The recorded sessions are done in turn, over and over, by many clients at
            the same time. Each session has a connection of its own and keeps its order:
            a request is sent when the answers before it have come.

            With --rate so many requests (messages of clients) a second are due, over
            all connections, whatever the server does. Latencies are then measured from
            when a request was due (corrected), so that a stall counts for all that had
            to wait for it, and beside that from when it was sent. Without --rate each
            client sends as fast as it is answered: that shows what the server bears,
            not how long its users would wait.

            Answers are checked: --check full compares values as replay does and follows
            identifiers, session by session; bytes compares them byte by byte, which is
            right where a server answers the same every time; none only counts them, and
            costs least. A session with a wrong answer, a time-out or an early end is
            over with that, and counted by kind.

            How much of the processors tapedeck used, and how late it sent by itself,
            says whether it or the server was measured. Run it on another machine than
            the server, or leave it a processor.

            Ctrl-C ends it with what was measured so far; a second one ends at once.

            Exit status: 0 all answers were right, 1 wrong answers or errors, 2 could
            not be done, 64 wrong usage, 130 or 143 interrupted.

            Examples:
              tapedeck load out.tape.jsonl --target 127.0.0.1:12000 --rate 1000 \\
                            --for 30s
              tapedeck load captures/ --target 127.0.0.1:12000 -c 50 --sessions 10000
              tapedeck load out.tape.jsonl --target 127.0.0.1:12000 --format json \\
                            > load.json
            """)

    @Argument(
        help: "Recordings, or folders of them (*.tape.jsonl, *.tape.jsonl.zst).",
        completion: .file(extensions: ["jsonl", "zst"]))
    var paths: [String]

    @Option(
        name: .customLong("target"),
        help: ArgumentHelp(
            "The server; where several ports were recorded, 12000=HOST:PORT for each.", valueName: "[PORT=]HOST:PORT"))
    var targets: [String] = []

    @Option(
        name: [.customShort("c"), .customLong("connections")],
        help: ArgumentHelp("Clients that are connected at the same time.", valueName: "count"))
    var connections = 10

    @Option(
        name: [.customShort("R"), .customLong("rate")],
        help: ArgumentHelp(
            "Requests a second that are due, over all connections (default: each as soon as it can be sent).",
            valueName: "count"))
    var rate: Double?

    @Option(
        name: [.customShort("d"), .customLong("for")],
        help: ArgumentHelp("How long it is measured (default: 10s, unless --sessions is given).", valueName: "time"))
    var duration: TimeSpan?

    @Option(
        name: [.customShort("n"), .customLong("sessions")],
        help: ArgumentHelp("Sessions to do; it ends with the last of them.", valueName: "count"))
    var sessions: Int?

    @Option(
        name: .customLong("warm-up"),
        help: ArgumentHelp("How long it goes on before it is measured (default: 0s).", valueName: "time"))
    var warmUp: TimeSpan?

    @Option(help: ArgumentHelp("How answers are checked: full, bytes or none (default: full).", valueName: "way"))
    var check = LoadCheckChoice.full

    @Option(help: ArgumentHelp("How long an answer is waited for (default: 5s).", valueName: "time"))
    var timeout: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "How the result is printed: text, or json (Documentation/load.schema.json).", valueName: "format"))
    var format = LoadFormat.text

    @OptionGroup var ruleOptions: RuleOptions
    @OptionGroup var limits: LimitOptions
    @OptionGroup var output: OutputOptions

    /// `--check`.
    enum LoadCheckChoice: String, ExpressibleByArgument, CaseIterable { case full, bytes, none }

    /// `--format`.
    enum LoadFormat: String, ExpressibleByArgument, CaseIterable { case text, json }

    func validate() throws {
        guard !targets.isEmpty else {
            throw ValidationError("no server to put load on: give --target HOST:PORT")
        }
        guard (1...100_000).contains(connections) else { throw ValidationError("--connections is from 1 to 100000") }
        if let rate, !(0.001...10_000_000).contains(rate) {
            throw ValidationError("--rate is from 0.001 to 10000000 requests a second")
        }
        if let sessions, !(1...1_000_000_000).contains(sessions) {
            throw ValidationError("--sessions is from 1 to 1000000000")
        }
        if let duration, duration.duration <= .zero { throw ValidationError("--for is longer than nothing") }
        if check != .full, !ruleOptions.rules.isEmpty || !ruleOptions.files.isEmpty {
            throw ValidationError("rules are about values, which only --check full compares")
        }
        do throws(UsageFault) {
            for target in targets { _ = try ReplayTargets.parse(target) }
        } catch {
            throw ValidationError(error.description)
        }
    }

    func run() async throws {
        let signals = Signals.endings()
        let report: LoadReport
        let signal: Int32?
        do {
            let recordings = try RecordingSearch.recordings(in: paths)
            guard !recordings.isEmpty else {
                throw UsageFault("no recording (*.tape.jsonl) in \(paths.joined(separator: ", "))")
            }
            let script = try LoadScript(readingRecordingsAt: recordings, limits: limits.limits)
            let load = try LoadRun(
                script, try settings(), target: try ReplayTargets.target(targets), limits: limits.limits,
                on: MultiThreadedEventLoopGroup.singleton)
            DescriptorLimit.raise(forClients: connections, relaying: false)
            let progress = ProgressLine(isQuiet: output.isQuiet)
            let shown = Task {
                for second in 1... {
                    try await Task.sleep(for: .seconds(1))
                    progress.show("\(second) s, \(load.answered.counting("answer"))")
                }
            }
            (report, signal) = try await InterruptibleWork.runTellingSignal(until: signals) {
                try await load.run()
            }
            shown.cancel()
            progress.clear()
            let text =
                format == .json ? LoadJSON.text(report, tool: ToolVersion.text) : LoadText.text(report)
            if !output.isQuiet || format == .json || report.failed > 0 { try Terminal.write(text) }
        } catch let status as ExitCode {
            throw status
        } catch {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
        if let signal { throw ExitCode(128 + signal) }
        if report.failed > 0 { throw ExitStatus.differences }
        guard report.sent > 0 else {
            Terminal.log("tapedeck: nothing was measured: no request was sent after the warm-up")
            throw ExitStatus.impossible
        }
    }

    private func settings() throws -> LoadSettings {
        let project = try ProjectFile.nearest(toRecording: paths.first ?? "")
        var settings = LoadSettings()
        settings.connections = connections
        settings.rate = rate
        settings.sessions = sessions
        settings.duration = duration?.duration ?? (sessions == nil ? .seconds(10) : nil)
        if let warmUp { settings.warmUp = warmUp.duration }
        settings.check = check.value
        if let timeout = timeout ?? project?.replay.timeout { settings.timeout = timeout.duration }
        settings.rules = try ruleOptions.given() + (project?.rules ?? [])
        settings.ignoresHeaderRules = ruleOptions.ignoresHeader
        return settings
    }
}

extension LoadCommand.LoadCheckChoice {
    var value: LoadCheck {
        switch self {
        case .full: .full
        case .bytes: .bytes
        case .none: .none
        }
    }
}
