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
        await main(nil)
    }
}

/// Which build this is.
enum ToolVersion {
    static let number = "0.1.0"
    static let text = "tapedeck \(number)"
}
