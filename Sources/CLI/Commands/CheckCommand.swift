import ArgumentParser
import Recorder

/// `tapedeck check`.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Is this recording whole, readable and true to itself?",
        usage: "tapedeck check <paths> ... [<options>]",
        discussion: """
            Prints a line for each thing that is wrong: FILE:LINE: what; what to do. It
            looks for a torn last line, damaged lines, a missing end and one that counts
            wrong, times that go back, sessions that are used before they are opened or
            behind their close, headers with unknown codecs or without a session's port,
            keys that are unknown or stand twice, messages that their codec cannot
            write, and a "raw" that says something else than the "value" beside it.

            What a recording says happened (an error, a partial message, a gap) is no
            fault of the file.

            --repair takes out what is damaged, writes a gap in its place, and an end
            where there is none. Every line that reads stays byte for byte. The repaired
            file takes the place of the old one, which stays beside it as FILE.bak, with
            all secrets that are in it; with -o it goes elsewhere. What only a person
            can decide is left and told of. A recording that a running tapedeck writes
            is not repaired. "mended" is said when it is done: where that fails, nothing
            changes.

            --secrets also looks for what looks like a secret that was left in: tokens
            of well-known services, private keys, credentials, passwords in URLs, card
            numbers, and what stands under the names of secrets (password, token, …).
            The first bytes of each are shown. What tapedeck redacted is none.

            --format json prints an object a line: file, line, kind (torn, damaged,
            encoding, header, version, key, event, time, session, message, raw, end,
            secret),
            what, advice, and repair: what a repair does about it, if anything.

            Exit status: 0 nothing is wrong (or, with --repair, is any more), 1
            something is, 2 a file could not be read or written, 64 wrong usage.

            Examples:
              tapedeck check out.tape.jsonl
              tapedeck check captures/ --format json
              tapedeck check out.tape.jsonl --repair
              tapedeck check captures/ --secrets
            """)

    @Argument(
        help: "Recordings, or folders of them (*.tape.jsonl, *.tape.jsonl.zst).",
        completion: .file(extensions: ["jsonl", "zst"]))
    var paths: [String]

    @Flag(name: .customLong("repair"), help: "Repair what can be repaired.")
    var repairs = false

    @Flag(name: .customLong("secrets"), help: "Look for secrets that were left in, too.")
    var searchesSecrets = false

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Write the repaired recording to this new file.", valueName: "file"),
        completion: .file(extensions: ["jsonl", "zst"]))
    var output: String?

    @Flag(help: "Write over a file that exists.")
    var force = false

    @Option(help: ArgumentHelp("How to print: text or json.", valueName: "format"))
    var format = CheckOutput.Format.text

    @Flag(name: [.customLong("quiet"), .customShort("q")], help: "Print what is wrong only.")
    var isQuiet = false

    func validate() throws {
        if output != nil {
            guard repairs else { throw ValidationError("-o says where --repair writes to: give that too") }
            guard paths.count == 1 else { throw ValidationError("-o takes one recording") }
        }
        if repairs, searchesSecrets {
            throw ValidationError("a repair takes no secret out: check with --secrets, and use tapedeck scrub")
        }
        if force, output == nil { throw ValidationError("--force is about the file of -o") }
    }

    func run() throws {
        let recordings: [String]
        do throws(RecordingError) {
            recordings = try RecordingSearch.recordings(in: paths)
        } catch {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
        guard !recordings.isEmpty else {
            Terminal.log("tapedeck: no recording (*.tape.jsonl) in \(paths.joined(separator: ", "))")
            throw ExitStatus.impossible
        }
        if output != nil, recordings.count > 1 { throw UsageFault("-o takes one recording, and there are several") }
        var isImpossible = false
        var isWrong = false
        for recording in recordings {
            do {
                let left = repairs ? try repair(recording) : try check(recording)
                isWrong = isWrong || left > 0
            } catch let error as RecordingError {
                Terminal.complain(error)
                isImpossible = true
            }
        }
        if isImpossible { throw ExitStatus.impossible }
        if isWrong { throw ExitStatus.differences }
    }

    /// Checks one recording; gives how many things are wrong.
    private func check(_ path: String) throws -> Int {
        let output = CheckOutput(format: format, path: path)
        let check = try RecordingCheck(path)
        if searchesSecrets { check.searchSecrets() }
        let summary = try check.run { try Terminal.print(output.line($0)) }
        if !isQuiet, let text = output.summary(summary) { try Terminal.print(text) }
        return summary.findings
    }

    /// Repairs one recording; gives how many things are wrong still.
    private func repair(_ path: String) throws -> Int {
        let output = CheckOutput(format: format, path: path, isRepair: true)
        let outcome = try RecordingRepair.repair(path, to: self.output, force: force) {
            try Terminal.print(output.line($0))
        }
        if !isQuiet, let text = output.summary(outcome, written: self.output ?? path) { try Terminal.print(text) }
        return outcome.summary.findings - outcome.mended
    }
}

extension CheckOutput.Format: ExpressibleByArgument {}
