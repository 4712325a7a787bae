import ArgumentParser
import Recorder
import Replay

/// `tapedeck learn`.
struct LearnCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "learn", abstract: "Run recordings several times, and write rules for what differs by itself.",
        discussion: """
            Each recording is replayed several times, against a fresh server with
            --start. What differs between these runs gets the narrowest rule that allows
            it, with its reason as a comment: a mask for a time inside a text, a pattern
            for a token, "unordered" for a list that is shuffled. What differs from the
            recording in all runs alike is a real difference: it is not learned, but
            told of. At last the recordings are replayed once more with the rules.

            Without --write the rules are printed. The server and times to wait are
            taken from tapedeck.yaml where they are not said here, as tapedeck replay
            does; the rules that there are already count.

            Exit status: 0 a replay with the rules passes, 1 something differs that was
            not learned, 2 could not be done, 64 wrong usage, 130 or 143 interrupted.

            Examples:
              tapedeck learn captures/ --start 'python3 server.py {port}' \\
                             --write rules.yaml
              tapedeck replay captures/ --rules rules.yaml
            """)

    @Argument(
        help: "Recordings, or folders of them (*.tape.jsonl, *.tape.jsonl.zst).",
        completion: .file(extensions: ["jsonl", "zst"]))
    var paths: [String]

    @OptionGroup var server: TargetOptions

    @Option(
        help: ArgumentHelp("Write the rules to this file; one that exists is left alone.", valueName: "rules.yaml"),
        completion: .file(extensions: ["yaml", "yml"]))
    var write: String?

    @Flag(help: "Write over a file that exists.")
    var force = false

    @Option(
        help: ArgumentHelp(
            "How often each recording is replayed before rules are made, 2 to 100 (default: 3).", valueName: "count"))
    var runs = 3

    @Option(help: ArgumentHelp("How long an answer is waited for (default: 5s).", valueName: "time"))
    var timeout: TimeSpan?

    @Option(help: ArgumentHelp("How long extra messages are listened for (default: 100ms).", valueName: "time"))
    var settle: TimeSpan?

    @OptionGroup var ruleOptions: RuleOptions
    @OptionGroup var limits: LimitOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (2...100).contains(runs) else {
            throw ValidationError("--runs is from 2 to 100: what differs by itself shows in two runs or more")
        }
        if force, write == nil { throw ValidationError("--force is about the file of --write") }
    }

    func run() async throws {
        let signals = Signals.endings()
        let outcome: RuleLearning.Outcome
        var recordings: [String] = []
        do {
            recordings = try RecordingSearch.recordings(in: paths)
            guard !recordings.isEmpty else {
                throw UsageFault("no recording (*.tape.jsonl) in \(paths.joined(separator: ", "))")
            }
            if let write, !force { try RuleFileWriter.check(write) }
            let isQuiet = output.isQuiet
            let learning = RuleLearning(
                try jobs(recordings), runs: runs, limits: limits.limits
            ) { step in
                if !isQuiet { Terminal.log("tapedeck: \(step)") }
            }
            outcome = try await InterruptibleWork.run(until: signals) { try await learning.learn() }.result
            for problem in outcome.problems { Terminal.log("tapedeck: \(problem)") }
            guard outcome.problems.isEmpty else { throw ExitStatus.impossible }
            try tell(outcome, recordings)
        } catch let interruption as Interruption {
            Terminal.log("tapedeck: interrupted; nothing was written")
            throw interruption.status
        } catch let error as ExitCode {
            throw error
        } catch {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
        if !outcome.unlearned.isEmpty || !outcome.isVerified { throw ExitStatus.differences }
    }

    private func tell(_ outcome: RuleLearning.Outcome, _ recordings: [String]) throws {
        let yaml = LearnedRulesText.yaml(outcome.rules, runs: outcome.runs, recordings: recordings)
        guard let write else {
            if !outcome.rules.isEmpty { try Terminal.write(yaml) }
            let hasPassed = outcome.unlearned.isEmpty && outcome.isVerified
            if !output.isQuiet || !hasPassed { Terminal.log(LearningText.text(outcome, file: nil)) }
            return
        }
        if !outcome.rules.isEmpty { try RuleFileWriter.write(yaml, to: write, force: force) }
        try Terminal.write(LearningText.text(outcome, file: outcome.rules.isEmpty ? nil : write))
    }

    private func jobs(_ recordings: [String]) throws -> [RuleLearning.Job] {
        let rules = try ruleOptions.given()
        return try recordings.map { path in
            let project = try ProjectFile.nearest(toRecording: path)
            var options = ReplayOptions(project, timeout: timeout, settle: settle)
            options.rules = rules + (project?.rules ?? [])
            options.ignoresHeaderRules = ruleOptions.ignoresHeader
            return RuleLearning.Job(path: path, target: try server.target(project), options: options)
        }
    }
}
