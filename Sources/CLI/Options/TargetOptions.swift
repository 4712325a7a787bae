import ArgumentParser
import Replay

/// Against what recordings are replayed.
struct TargetOptions: ParsableArguments {
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

    @Option(
        name: .customLong("start-folder"),
        help: ArgumentHelp(
            "Start it in this folder (default: the present one, or for a project file's command that file's).",
            valueName: "folder"), completion: .directory)
    var startFolder: String?

    @Option(
        name: .customLong("env"),
        help: ArgumentHelp("Start it with this variable in its environment; may be repeated.", valueName: "NAME=VALUE"),
        transform: OptionText.valid(EnvironmentVariable.parse))
    var environment: [EnvironmentVariable] = []

    @Option(
        name: .customLong("ready-timeout"),
        help: ArgumentHelp("How long it is waited for until it listens (default: 10s).", valueName: "time"))
    var readyTimeout: TimeSpan?

    static let emptyCommand = "--start lacks the command, such as --start 'python3 server.py {port}'"

    func validate() throws {
        if let command, command.allSatisfy(\.isWhitespace) { throw ValidationError(Self.emptyCommand) }
        if command != nil, !targets.isEmpty { throw ValidationError("--target and --start exclude each other") }
        do throws(UsageFault) {
            for target in targets { _ = try ReplayTargets.parse(target) }
        } catch {
            throw ValidationError(error.description)
        }
    }

    /// A start of another server in the same way.
    func start(_ command: String, _ project: ProjectFile?) -> ServerStart {
        start(command, in: startFolder, project)
    }

    private func start(_ command: String, in folder: String?, _ project: ProjectFile?) -> ServerStart {
        var start = ServerStart(command: command, folder: folder)
        for variable in (project?.replay.environment ?? []) + environment {
            start.environment[variable.name] = variable.value
        }
        if let timeout = readyTimeout ?? project?.replay.readyTimeout { start.readyTimeout = timeout.duration }
        return start
    }

    /// What the options say, else what the project says.
    func target(_ project: ProjectFile?) throws -> ReplayTarget {
        if let command { return .start(start(command, in: startFolder, project)) }
        if !targets.isEmpty { return try ReplayTargets.target(targets) }
        if let project, let command = project.replay.start {
            return .start(start(command, in: startFolder ?? project.replay.folder ?? project.folder, project))
        }
        if let project, !project.replay.target.isEmpty { return try ReplayTargets.target(project.replay.target) }
        throw UsageFault(
            "no server to replay against: give --target HOST:PORT or --start COMMAND, or say it in a tapedeck.yaml")
    }
}
