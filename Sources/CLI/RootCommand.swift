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
              send it again, and compare the answers:
                tapedeck replay out.tape.jsonl --target 127.0.0.1:12000

            Exit status: 0 all is well, 1 differences, 2 could not be done, 64 wrong usage.
            """,
        version: ToolVersion.text,
        subcommands: [
            ServeCommand.self, RecordCommand.self, ReplayCommand.self, ShowCommand.self, LearnCommand.self,
            ImportCommand.self, ExportCommand.self,
            CheckCommand.self, ScanCommand.self, ScrubCommand.self,
            DecodeCommand.self, EncodeCommand.self,
            CodecsCommand.self,
        ]
    )

    static func main() async {
        // A reader that goes away, such as `| head`, is an error of a write, not of the program.
        signal(SIGPIPE, SIG_IGN)
        // So is a file that may not grow any more (ulimit -f).
        signal(SIGXFSZ, SIG_IGN)
        do {
            let command = try parseAsRoot()
            do {
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    var command = command
                    try command.run()
                }
            } catch let fault as UsageFault {
                refuse(type(of: command), fault.description)
            } catch let fault as ValidationError {
                refuse(type(of: command), fault.message)
            }
        } catch {
            exit(withError: error)
        }
    }

    /// Ends with the usage of the command that was given: ArgumentParser knows only the root's once a command runs.
    private static func refuse(_ command: any ParsableCommand.Type, _ message: String) -> Never {
        let name = command._commandName
        Terminal.log(
            "Error: \(message)\nUsage: \(usageString(for: command))\n"
                + "  See 'tapedeck \(name) --help' for more information.")
        Glibc.exit(ExitCode.validationFailure.rawValue)
    }
}

/// Which build this is.
enum ToolVersion {
    static let number = "0.1.0"
    static let text = "tapedeck \(number)"
}
