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

            Differences are shown with the conversation before them; what another
            session's client sent is marked with *. Long texts are cut around what
            differs, and less than the whole is shown of many differences: --full
            shows everything.

            What is not said here is taken from the nearest tapedeck.yaml, looked for
            from the recording's folder upwards; for a recording outside the working
            folder, from that. It can run commands, so none from elsewhere is trusted:
              replay:
                start: python3 server.py {port}

            Exit status: 0 every answer is as recorded, 1 differences, 2 could not be
            done, 64 wrong usage.

            Examples:
              tapedeck replay out.tape.jsonl --target 127.0.0.1:12000
              tapedeck replay captures/ --start 'python3 server.py {port}'
            """)

    @Argument(help: "Recordings, or folders of them (*.tape.jsonl).", completion: .file(extensions: ["jsonl"]))
    var paths: [String] = ["."]

    @Option(
        name: .customLong("target"),
        help: ArgumentHelp(
            "The server to ask; where several ports were recorded, 12000=HOST:PORT for each.",
            valueName: "[PORT=]HOST:PORT"))
    var targets: [String] = []

    @Option(
        name: .customLong("start"),
        help: ArgumentHelp(
            "Start a fresh server for each recording with this command, and end it afterwards; {port} is replaced by a free port.",
            valueName: "command"))
    var command: String?

    @Option(help: ArgumentHelp("How long an answer is waited for (default: 5s).", valueName: "time"))
    var timeout: TimeSpan?

    @Option(help: ArgumentHelp("How long extra messages are listened for (default: 100ms).", valueName: "time"))
    var settle: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "How much distance is kept between sends of different clients that nothing else orders (default: 10ms).",
            valueName: "time"))
    var pause: TimeSpan?

    @Flag(help: "Show differences as a whole: nothing is cut or left out.")
    var full = false

    @Flag(name: .customLong("strict-bytes"), help: "Compare bytes instead of values.")
    var comparesBytes = false

    @OptionGroup var limits: LimitOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if command != nil, !targets.isEmpty { throw ValidationError("--target and --start exclude each other") }
        do throws(UsageFault) {
            for target in targets { _ = try ReplayTargets.parse(target) }
        } catch {
            throw ValidationError(error.description)
        }
    }

    func run() async throws {
        // From the start: a signal must not leave a server behind that was started for a replay.
        let signals = Signals.endings()
        let reports: [RecordingReport]
        var isInterrupted = false
        do {
            let recordings = try RecordingSearch.recordings(in: paths)
            guard !recordings.isEmpty else {
                Terminal.log("tapedeck: no recording (*.tape.jsonl) in \(paths.joined(separator: ", "))")
                throw ExitStatus.impossible
            }
            let work = Task { try await replay(recordings) }
            let watch = Task {
                for await _ in signals {
                    work.cancel()
                    break
                }
            }
            defer { watch.cancel() }
            reports = try await work.value
            isInterrupted = work.isCancelled
        } catch let error as ExitCode {
            throw error
        } catch {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
        let hasPassed = !isInterrupted && reports.allSatisfy { $0.outcome == .passed }
        if !output.isQuiet || !hasPassed { try Terminal.write(textReport.summary(reports)) }
        if isInterrupted { throw ExitStatus.impossible }
        if reports.contains(where: { $0.problem != nil }) { throw ExitStatus.impossible }
        if reports.contains(where: { $0.outcome != .passed }) { throw ExitStatus.differences }
    }

    private var textReport: TextReport {
        TextReport(
            usesColour: Terminal.usesColour(output.colour, descriptor: STDOUT_FILENO),
            columns: Terminal.columns(of: STDOUT_FILENO), isFull: full)
    }

    private func replay(_ recordings: [String]) async throws -> [RecordingReport] {
        let text = textReport
        var reports: [RecordingReport] = []
        for path in recordings where !Task.isCancelled {
            let report = try await replay(path)
            if !output.isQuiet || report.outcome != .passed { try Terminal.write(text.text(report)) }
            reports.append(report)
        }
        return reports
    }

    private func replay(_ path: String) async throws -> RecordingReport {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let project = try ProjectFile.nearest(from: folder)
        let settings = project?.replay ?? ProjectFile.Replay()
        var options = ReplayOptions()
        if let timeout = timeout ?? settings.timeout { options.timeout = timeout.duration }
        if let settle = settle ?? settings.settle { options.settle = settle.duration }
        if let pause = pause ?? settings.pause { options.pause = pause.duration }
        options.comparesBytes = comparesBytes
        let target: ReplayTarget
        do {
            target = try self.target(project)
        } catch {
            var report = RecordingReport(path: path)
            let beside = (folder.hasSuffix("/") ? folder : folder + "/") + ProjectFile.name
            let isPassedOver = project == nil && access(beside, F_OK) == 0
            report.problem =
                isPassedOver
                ? "\(beside) is not used, since it lies outside the working folder: go there, or give --start"
                : "\(error)"
            return report
        }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        return await RecordingReplay(options: options, limits: limits.limits, on: loop).report(on: path, target: target)
    }

    /// What the options say, else what the project says.
    private func target(_ project: ProjectFile?) throws -> ReplayTarget {
        if let command { return .command(command, folder: nil) }
        if !targets.isEmpty { return try ReplayTargets.target(targets) }
        if let project, let start = project.replay.start { return .command(start, folder: project.folder) }
        if let project, !project.replay.target.isEmpty { return try ReplayTargets.target(project.replay.target) }
        throw UsageFault(
            "no server to replay against: give --target HOST:PORT or --start COMMAND, or say it in a tapedeck.yaml")
    }
}

/// The addresses that `--target` gives.
enum ReplayTargets {
    /// One of them: for a recorded port, or for any (nil).
    static func parse(_ text: String) throws(UsageFault) -> (recorded: Int?, address: AddressOption) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return (nil, try AddressOption.parse(text, defaultHost: "127.0.0.1")) }
        guard let recorded = Int(parts[0]), (1...65_535).contains(recorded) else {
            throw UsageFault("\"\(text)\": before the = stands the recorded port, such as 12000=127.0.0.1:13000")
        }
        return (recorded, try AddressOption.parse(parts[1], defaultHost: "127.0.0.1"))
    }

    /// All of them.
    static func target(_ texts: [String]) throws -> ReplayTarget {
        var addresses: [Int: SocketAddress] = [:]
        var others: SocketAddress?
        for text in texts {
            let (recorded, address) = try parse(text)
            let resolved = try resolve(address)
            if let recorded { addresses[recorded] = resolved } else { others = resolved }
        }
        return .addresses(addresses, others: others)
    }

    private static func resolve(_ address: AddressOption) throws -> SocketAddress {
        do {
            return try SocketAddress.makeAddressResolvingHost(address.host, port: address.port)
        } catch {
            throw UsageFault("the host \"\(address.host)\" is not known")
        }
    }
}
