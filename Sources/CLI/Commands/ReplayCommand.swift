import ArgumentParser
internal import Glibc
import NIOCore
import NIOPosix
import Recorder
import Replay

/// `tapedeck replay`.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Be the recorded clients, and compare the answers.",
        discussion: """
            What clients sent is sent again in the recorded order, over all sessions;
            each send waits for the answers that came before it. Values are compared,
            not bytes. A client's own port, which servers use as an id, is replaced by
            the present one wherever it stands.

            A server that --start starts is ready when its port listens at 127.0.0.1 or
            ::1, which is looked up without connecting. It and what it started are ended
            afterwards, also should tapedeck be killed.

            With --independent the order is kept within each session only: each goes on
            as soon as what it awaits itself has come, with a timeout of its own.

            With --segment the same bytes are cut differently, and each piece waits
            until the server has read the one before: a message each (whole), a byte
            each for the first 1000 of a message and then pieces that double (bytes),
            messages that follow each other in one piece, also the next one behind an
            answer (coalesce), random cuts and joins. Where that changes the answers,
            one sentence says what the server assumes, with the shortest case that shows
            it.

            Differences are shown with the conversation before them; what another
            session's client sent is marked with *. Long texts are cut around what
            differs, and less than the whole is shown of many differences: --full
            shows everything.

            What may differ is said by rules; the first that fits a value decides:
            those of --rule, of --rules files, of the project file, and last those of
            the recording's header. What is as recorded passes in any case.

            What is not said here is taken from the nearest tapedeck.yaml, looked for
            from the recording's folder upwards; for a recording outside the working
            folder, from that. It can run commands, so none from elsewhere is trusted:
              replay:
                start: python3 server.py {port}
                folder: server
                env: {LEVEL: debug}
                independent: true
                speed: 1
                jobs: auto
                retries: 2
                report: [junit=out/junit.xml, html=out/replay.html]
              rules:
                - path: $.time
                  ignore: true

            What is replayed is chosen by -g, --shard and --last-failed, in this order;
            --list shows it. The recordings that failed are kept in
            .tapedeck/last-run.json, beside tapedeck.yaml or in the working folder,
            which git ignores. Shards are worked out by each machine from the same
            recordings: they take about as long as each other, and a recording that is
            added moves few of the others. tapedeck merge-reports puts their json
            reports together.

            --update writes the new answers into the recordings that differ, asking
            first on a terminal. Only the values that differ change: identifiers, what
            rules allow, redacted values and all other lines stay byte for byte; answers
            that no longer come are taken out, new ones put in. A recording whose
            sessions end in another way is left alone. It is done only where --update is
            given.

            --against compares two servers, A (--target or --start) and B (--against or
            --against-start). What clients sent is sent to A, which gives the answers
            that are expected; to A again, for what differs by itself, such as times;
            then to B. The recorded answers do not count, only the order of things: an
            answer that A does not give is waited for once (--timeout), and what comes
            besides is taken as A's. Where A's two runs differ, B may differ, too, but
            for the type of a value.

            Ctrl-C ends the servers and makes the reports of what was done so far; a
            second one ends at once.

            Exit status: 0 every answer is as recorded, 1 differences, 2 could not be
            done or nothing to do, 64 wrong usage, 130 or 143 interrupted.

            Examples:
              tapedeck replay out.tape.jsonl --target 127.0.0.1:12000
              tapedeck replay captures/ --start 'python3 server.py {port}'
              tapedeck replay captures/ --target 127.0.0.1:12000 \\
                              --against 127.0.0.1:13000
              tapedeck replay --shard 1/4 --retries 2 --report json=part-1.json
              tapedeck replay --report junit=junit.xml --report html=replay.html
            """)

    @Argument(
        help: "Recordings, or folders of them (*.tape.jsonl, *.tape.jsonl.zst).",
        completion: .file(extensions: ["jsonl", "zst"]))
    var paths: [String] = ["."]

    @OptionGroup(title: "Server") var server: TargetOptions
    @OptionGroup(title: "Server") var against: AgainstOptions

    @Option(help: ArgumentHelp("How long an answer is waited for (default: 5s).", valueName: "time"))
    var timeout: TimeSpan?

    @Option(help: ArgumentHelp("How long extra messages are listened for (default: 100ms).", valueName: "time"))
    var settle: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "How much distance is kept between sends of different clients that nothing else orders (default: 10ms).",
            valueName: "time"))
    var pause: TimeSpan?

    @Flag(
        name: .customLong("independent"),
        help: "Keep the recorded order within each session only, not over all of them.")
    var isIndependent = false

    @Option(
        help: ArgumentHelp(
            "Keep recorded pauses: 1 as they were, 2 in half the time (default: as fast as the answers come).",
            valueName: "factor"),
        transform: OptionText.valid(SpeedFactor.parse))
    var speed: SpeedFactor?

    @Option(
        name: .customLong("segment"),
        help: ArgumentHelp(
            "Send the same bytes cut differently: whole, bytes, coalesce, random[:SEED], or matrix for all of them.",
            valueName: "way"),
        transform: OptionText.valid(SegmentOption.parse))
    var segment: SegmentOption?

    @Option(
        name: [.customShort("j"), .customLong("jobs")],
        help: ArgumentHelp(
            "Recordings that are replayed at the same time, each with a server of its own with --start; auto is one per processor (default: 1).",
            valueName: "count"),
        transform: OptionText.valid(JobCount.parse))
    var jobs: JobCount?

    @Flag(help: "Show differences as a whole: nothing is cut or left out.")
    var full = false

    @Flag(name: .customLong("strict-bytes"), help: "Compare bytes instead of values.")
    var comparesBytes = false

    @OptionGroup(title: "Selection") var selection: RecordingSelectionOptions
    @OptionGroup(title: "Several tries") var retry: RetryOptions
    @OptionGroup(title: "Updating") var update: UpdateOptions
    @OptionGroup(title: "Reports") var reports: ReportOptions
    @OptionGroup var ruleOptions: RuleOptions
    @OptionGroup var limits: LimitOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if comparesBytes { try ruleOptions.checkNotGivenForBytes() }
        try validateUpdate()
        let others: [(Bool, String)] = [
            (segment != nil, "--segment"), (comparesBytes, "--strict-bytes"), (update.isOn, "--update"),
        ]
        for (isGiven, name) in others where isGiven && against.isOn {
            throw ValidationError(
                "\(against.name) compares two servers with each other, not with the recording: it excludes \(name)")
        }
    }

    private func validateUpdate() throws {
        let others: [(Bool, String)] = [
            (segment != nil, "--segment"), (comparesBytes, "--strict-bytes"), (retry.retries ?? 0 > 0, "--retries"),
            (retry.repetitions ?? 1 > 1, "--repeat-each"),
        ]
        for (isGiven, name) in others where isGiven && update.isOn {
            throw ValidationError("--update takes the answers of one plain replay: it excludes \(name)")
        }
    }

    func run() async throws {
        // From the start: a signal must not leave a server behind that was started for a replay.
        let signals = Signals.endings()
        do {
            let lastRun = LastRun(base: try ProjectFile.nearest(from: ".")?.folder ?? ".")
            let recordings = try selection.recordings(in: paths, lastRun)
            if selection.lists { return try Terminal.print(Self.list(recordings)) }
            // A project file that is wrong is known before any server starts.
            let projects = try recordings.map { try ProjectFile.nearest(toRecording: $0.first) }
            let project = RunSettings(projects)
            let reports = try reports.set(orElse: project.reports)
            try reports.check()
            let series = try series(recordings, projects, project, reports)
            if let problem = series.problem { throw StreamError(description: problem) }
            var (done, signal) = try await InterruptibleWork.runTellingSignal(until: signals) {
                try await series.run()
            }
            var outcome = RecordingUpdates.Outcome.done
            if signal == nil, update.isOn {
                outcome = await done.updates.write(
                    into: &done.report, asks: !update.isConfirmed, isQuiet: output.isQuiet)
                if case .interrupted(let number) = outcome { signal = number }
            }
            var report = done.report
            report.isInterrupted = signal != nil
            if let shard = selection.shard { report.shards = [shard] }
            lastRun.note(report)
            try tell(report, reports)
            try ExitStatus.check(
                report, failsOnFlaky: retry.failsOnFlaky || project.failsOnFlaky, signal: signal)
            if outcome == .failed { throw ExitStatus.impossible }
        } catch let error as ExitCode {
            throw error
        } catch {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
    }

    private static func list(_ recordings: [RecordingParts]) -> String {
        recordings.flatMap(\.paths).map { TerminalText.escaped($0) + "\n" }.joined()
    }

    private func tell(_ report: Report, _ reports: ReportSet) throws {
        let notBegun = report.count(.notRun)
        if report.isInterrupted, notBegun > 0 {
            Terminal.log("tapedeck: interrupted; \(notBegun) of \(report.recordings.count) recordings were not begun")
        }
        if reports.usesConsole, !output.isQuiet || report.status != .passed {
            try Terminal.write(ReportSummary.line(report))
            if !comparesBytes { try Terminal.write(ReportSummary.unusedRules(report)) }
        } else if !output.isQuiet {
            Terminal.log("tapedeck: \(ReportSummary.counts(report))")
        }
        try reports.write(report)
        advise(report, reports)
    }

    /// Says to somebody who sits there what can be done; a log need not have it.
    private func advise(_ report: Report, _ reports: ReportSet) {
        guard reports.usesConsole, !output.isQuiet, !report.isInterrupted, !comparesBytes else { return }
        guard !against.isOn, !update.isOn else { return }
        guard Terminal.foldingColumns(of: STDERR_FILENO) != nil, let advice = ReplayAdvice.text(report) else { return }
        Terminal.log("tapedeck: \(advice)")
    }

    private func series(
        _ recordings: [RecordingParts], _ projects: [ProjectFile?], _ project: RunSettings, _ reports: ReportSet
    ) throws -> ReplaySeries {
        let rules = try ruleOptions.given()
        let repetitions = retry.repetitions ?? 1
        let planned = zip(recordings, projects).flatMap { recording, own in
            (1...repetitions).map { number in
                var planned = plan(recording, own, rules)
                planned.repetition = repetitions > 1 ? number : nil
                planned.retries = update.isOn ? 0 : retry.retries ?? project.retries ?? 0
                planned.options.keepsConversation = reports.showsConversations
                return planned
            }
        }
        return ReplaySeries(
            replays: planned, atOnce: (jobs ?? project.jobs)?.count ?? 1,
            enoughFailures: retry.enoughFailures ?? project.maximumFailures,
            console: output.report(isFull: full),
            plain: TextReport(usesColour: false, columns: 140, isFull: full), prints: reports.usesConsole,
            isQuiet: output.isQuiet,
            progress: ReplayProgress(total: planned.count, isQuiet: output.isQuiet))
    }

    private func plan(_ recording: RecordingParts, _ project: ProjectFile?, _ rules: [MatchRule]) -> PlannedReplay {
        let path = recording.first
        var options = ReplayOptions(project, timeout: timeout, settle: settle)
        if let pause { options.pause = pause.duration }
        if isIndependent { options.isIndependent = true }
        if let speed { options.speed = speed.factor }
        options.comparesBytes = comparesBytes
        options.rules = rules + (project?.rules ?? [])
        options.ignoresHeaderRules = ruleOptions.ignoresHeader
        options.keepsAmendments = update.isOn
        var planned = PlannedReplay(path: path, options: options, limits: limits.limits)
        planned.later = recording.later
        if update.isOn, !recording.later.isEmpty {
            planned.problem =
                "its sessions go on in \(recording.later.joined(separator: ", ")): new answers are put into one file; "
                + "make one of them with cat, and update that"
            return planned
        }
        planned.ways = update.isOn || against.isOn ? [] : (segment ?? project?.replay.segment)?.ways ?? []
        do {
            planned.target = try server.target(project)
            planned.against = try against.target { server.start($0, project) }
        } catch {
            let folder = ProjectFile.folder(of: path)
            let beside = (folder.hasSuffix("/") ? folder : folder + "/") + ProjectFile.name
            let isPassedOver = project == nil && access(beside, F_OK) == 0
            planned.problem =
                isPassedOver
                ? "\(beside) is not used, since it lies outside the working folder: go there, or give --start"
                : "\(error)"
        }
        return planned
    }
}
