import ArgumentParser
internal import Glibc

/// `tapedeck`.
@main
struct RootCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tapedeck",
        abstract: "A VCR for sockets: serves, records and replays TCP protocols message by message.",
        discussion: """
            First steps:
              answer clients, and record them:
                tapedeck serve --listen 12000:pickle --record out.tape.jsonl
              stand between a client and a server:
                tapedeck record --listen 12010:json --to 127.0.0.1:12001
              read the conversation:
                tapedeck show out.tape.jsonl
              be the recorded server:
                tapedeck mock out.tape.jsonl --listen 12000
              send it again, and compare the answers:
                tapedeck replay out.tape.jsonl --target 127.0.0.1:12000

            tapedeck codecs lists what a port can speak. More is told by
            \(HelpTopic.list)
            """,
        version: ToolVersion.whole,
        subcommands: [
            ServeCommand.self, RecordCommand.self, MockCommand.self, ReplayCommand.self, ShowCommand.self,
            LearnCommand.self, ShrinkCommand.self, LoadCommand.self,
            ImportCommand.self, ExportCommand.self,
            MergeReportsCommand.self, DiffCommand.self,
            CheckCommand.self, ScanCommand.self, ScrubCommand.self,
            DecodeCommand.self, EncodeCommand.self,
            CodecsCommand.self,
        ]
    )

    static func main() async {
        // Before anything else is opened: it would get one of their numbers.
        StandardStreams.openMissing()
        // A reader that goes away, such as `| head`, is an error of a write, not of the program.
        signal(SIGPIPE, SIG_IGN)
        // So is a file that may not grow any more (ulimit -f).
        signal(SIGXFSZ, SIG_IGN)
        if let fault = ArgumentText.fault() {
            Terminal.log("tapedeck: \(fault)")
            Glibc.exit(ExitCode.validationFailure.rawValue)
        }
        await run(Array(CommandLine.arguments.dropFirst()))
    }

    private static func run(_ arguments: [String]) async {
        if arguments.first == "help", arguments.count > 1, let topic = HelpTopic(rawValue: arguments[1]) {
            do { return try Terminal.print(topic.text) } catch { Glibc.exit(error.rawValue) }
        }
        if let refusal = Refusal(commandOf: arguments) { refuse(refusal) }
        var given: ServerArguments?
        do {
            let completed = try completed(arguments)
            given = completed
            let command = try parseAsRoot(completed.arguments)
            do {
                try await run(command, arguments, completed)
            } catch let fault as UsageFault {
                throw ValidationError(fault.description)
            }
        } catch {
            if let refusal = Refusal(error, arguments: given?.arguments ?? arguments) {
                if let file = given?.usedFile {
                    Terminal.log(.note, "some of these settings come from \(file); --check-config shows them all")
                }
                refuse(refusal)
            }
            if error is ExitCode || exitCode(for: error) == .success { exit(withError: error) }
            Terminal.complain(error)
            Glibc.exit(ExitStatus.impossible.rawValue)
        }
    }

    /// Ends as wrong usage does.
    private static func refuse(_ refusal: Refusal) -> Never {
        Terminal.log(refusal.text)
        Glibc.exit(ExitCode.validationFailure.rawValue)
    }

    /// The names of all commands.
    static var commandNames: [String] { configuration.subcommands.map { $0._commandName } }

    /// The command of a name.
    static func subcommand(named name: String?) -> (any ParsableCommand.Type)? {
        configuration.subcommands.first { $0._commandName == name }
    }

    /// The arguments with what a project file and the environment add to them.
    private static func completed(_ arguments: [String]) throws -> ServerArguments {
        do {
            return try ServerArguments(arguments, environment: ServerArguments.environment())
        } catch let fault as UsageFault {
            throw ValidationError(fault.description)
        } catch {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
    }

    private static func run(
        _ command: any ParsableCommand, _ arguments: [String], _ given: ServerArguments
    ) async throws {
        if let server = command as? any ConfiguredCommand {
            LogSetting.format = server.serving.logFormat ?? .text
            if server.settings.checksConfiguration { return try await SettingsCheck.run(server, given) }
            if let file = given.usedFile, !server.serving.output.isQuiet {
                Terminal.log(.note, "settings that are not given here come from \(file)")
            }
            return try await server.run(
                SettingsSource(
                    arguments: arguments, environment: ServerArguments.environment(), start: given))
        }
        if var command = command as? any AsyncParsableCommand {
            try await command.run()
        } else {
            var command = command
            try command.run()
        }
    }
}
