import ArgumentParser
import Recorder

/// `tapedeck scrub`.
struct ScrubCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scrub", abstract: "Take secrets out of existing recordings.",
        usage: "tapedeck scrub <paths> ... --redact <rule> (-o <file> | --in-place)\n[<options>]",
        discussion: """
            Each secret is replaced by a pseudonym of its kind and length, the same one
            wherever it stands; lines without secrets stay byte for byte. A line that
            was changed lists the places under "redacted", and its raw bytes are gone.
            To do it again changes nothing. A torn last line is left out, and told of.

            Of several recordings, or a folder of them, -o names a folder; a secret has
            the same pseudonym in all of them. What ends in .zst is compressed. A backup
            that a repair left (FILE.bak) holds the secrets still, and is told of.

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
              tapedeck scrub captures/ --redact defaults -o clean/
            """)

    @Argument(
        help: "Recordings, or folders of them (*.tape.jsonl, *.tape.jsonl.zst).",
        completion: .file(extensions: ["jsonl", "zst"]))
    var paths: [String]

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
        help: ArgumentHelp("Write to this new file, or into this folder.", valueName: "file|folder/"))
    var output: String?

    @Flag(help: "Replace the files that are there.")
    var force = false

    @Flag(
        name: .customLong("in-place"), help: "Put the result in the recording's own place, at once, when it is whole.")
    var isInPlace = false

    @OptionGroup var key: RedactionKeyOption

    func validate() throws {
        try RedactionKeyOption.validate(rules)
        if rules.isEmpty, files.isEmpty {
            throw ValidationError("nothing to take out: give --redact RULE, such as --redact defaults, or --rules FILE")
        }
        if force, output == nil { throw ValidationError("--force is about the files of -o") }
        if (output == nil) != isInPlace {
            throw ValidationError("give either -o, a new file or a folder, or --in-place")
        }
    }

    func run() async throws {
        do {
            let all = try rules.map { try RedactionRule(option: $0) } + files.flatMap { try RedactionRuleFile.read($0) }
            let redaction = Redaction(rules: all, pseudonyms: try key.pseudonyms())
            let places = try ScrubPlaces(paths, output: output)
            guard !places.places.isEmpty else {
                Terminal.log("tapedeck: no recording (*.tape.jsonl) in \(paths.joined(separator: ", "))")
                throw ExitStatus.impossible
            }
            try places.makeFolders()
            let force = force
            let (failures, isInterrupted) = try await InterruptibleWork.run(until: Signals.endings()) {
                places.places.count { !Task.isCancelled && !Self.scrub($0, redaction, force: force) }
            }
            if failures > 0 || isInterrupted { throw ExitStatus.impossible }
        } catch let fault as UsageFault {
            throw fault
        } catch let status as ExitCode {
            throw status
        } catch {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
    }

    /// Scrubs one recording and tells of it; false where that fails.
    private static func scrub(_ place: ScrubPlaces.Place, _ redaction: Redaction, force: Bool) -> Bool {
        let path = place.recording
        let name = TerminalText.escaped(place.name)
        do throws(RecordingError) {
            let output = place.output.map { RecordingScrub.Output.file($0, replaces: force) } ?? .inPlace
            let summary = try RecordingScrub.scrub(path, to: output, redaction)
            if let line = summary.tornLine {
                Terminal.log("tapedeck: \(name):\(line): torn: this line was never finished; it was left out")
            }
            Terminal.log(
                "tapedeck: \(place.output.map { TerminalText.escaped($0) } ?? name): \(summary.lines.counting("line")), "
                    + "secrets taken out of \(summary.changed)")
            if place.output == nil { tellOfBackups(of: path) }
            return true
        } catch {
            Terminal.complain(error)
            return false
        }
    }

    /// Tells of what a repair kept: it is as the recording was before.
    private static func tellOfBackups(of path: String) {
        for backup in RecordingBackup.standing(besides: path) {
            Terminal.log(
                "tapedeck: \(TerminalText.escaped(backup)) was kept by a repair and holds the secrets still: scrub or delete it"
            )
        }
    }
}
