import ArgumentParser
internal import Glibc
import Recorder

/// `tapedeck scrub`.
struct ScrubCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scrub", abstract: "Take secrets out of an existing recording.",
        discussion: """
            Each secret is replaced by a pseudonym of its kind and length, the same one
            wherever it stands; lines without secrets stay byte for byte. A line that was
            changed lists the places under "redacted", and its raw bytes are gone. To do it
            again changes nothing. A torn last line is left out, and told of.

            Rules:
              defaults       what stands under the usual names of secrets (password,
                             token, cookie, …), and what looks like a secret
              key=NAME       what stands under that key; case, - and _ do not count,
                             and *token is any name that ends so
              path=PATH      a place, such as $.users[*].email or $..iban
              regex=PATTERN  what matches in texts: its first group, or all of it

            --rules takes a YAML file: a list of such rules under "redact".

            Examples:
              tapedeck scrub out.tape.jsonl --redact defaults -o clean.tape.jsonl
              tapedeck scrub out.tape.jsonl --rules secrets.yaml --in-place
            """)

    @Argument(help: "The recording.", completion: .file(extensions: ["jsonl"]))
    var recording: String

    @Option(
        name: .customLong("redact"),
        help: ArgumentHelp("What is taken out; may be repeated.", valueName: "rule"))
    var rules: [String] = []

    @Option(
        name: .customLong("rules"),
        help: ArgumentHelp("A YAML file of rules; may be repeated.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var files: [String] = []

    @Option(
        name: [.customLong("output"), .customShort("o")],
        help: ArgumentHelp("Write to this new file.", valueName: "file.tape.jsonl"))
    var output: String?

    @Flag(
        name: .customLong("in-place"), help: "Put the result in the recording's own place, at once, when it is whole.")
    var isInPlace = false

    @OptionGroup var key: RedactionKeyOption

    func validate() throws {
        try RedactionKeyOption.validate(rules)
        if rules.isEmpty, files.isEmpty {
            throw ValidationError("nothing to take out: give --redact RULE, such as --redact defaults, or --rules FILE")
        }
        if (output == nil) != isInPlace {
            throw ValidationError("give either -o FILE, a new file, or --in-place")
        }
    }

    func run() async throws {
        do {
            let all = try rules.map { try RedactionRule(option: $0) } + files.flatMap { try RedactionRuleFile.read($0) }
            let redaction = Redaction(rules: all, pseudonyms: try key.pseudonyms())
            let path = isInPlace ? try Self.resolved(recording) : recording
            let (summary, _) = try await InterruptibleWork.run(until: Signals.endings()) { [output] in
                try RecordingScrub.scrub(path, to: output, redaction)
            }
            if let line = summary.tornLine {
                Terminal.log("tapedeck: \(recording):\(line): torn: this line was never finished; it was left out")
            }
            Terminal.log(
                "tapedeck: \(output ?? recording): \(summary.lines.counting("line")), "
                    + "secrets taken out of \(summary.changed)")
        } catch let fault as UsageFault {
            throw ValidationError(fault.description)
        } catch {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
    }

    /// Where a link leads: the recording itself is replaced, not what points to it.
    private static func resolved(_ path: String) throws(RecordingError) -> String {
        guard let resolved = realpath(path, nil) else {
            throw RecordingError(.cannotOpen, path, "cannot open: \(systemMessage(errno))")
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
