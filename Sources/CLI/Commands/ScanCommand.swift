import ArgumentParser
import Codecs
import Recorder

/// `tapedeck scan`.
struct ScanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan", abstract: "Which names would this pickle import and call, and is that dangerous?",
        usage: "tapedeck scan <file> [<options>]",
        discussion: """
            Reads a pickle, a file of pickles one after another, or every message of the
            pickle ports of a recording, and lists the names that pickle.loads would
            import, with the offset, what is done with them, and a verdict:

              allowed     a plain data type of the standard library, or named by --allow
              suspicious  anything else, and whatever cannot be followed
              dangerous   known to execute code or to reach files, processes, the
                          network or any attribute

            --codec reads the bytes of a recording anew, as show does: a port that was
            recorded as raw bytes may have spoken pickle. Without it, a recording none
            of whose ports speaks pickle cannot be scanned.

            Nothing is imported or called. Names are found wherever they stand: built on
            the stack, fetched from the memo, in a pickle inside a text or bytes, before
            an error, without a STOP. A thing that a pickle does several times is listed
            once, with its first offset and how often.

            --format json prints an object a line: verdict, offset, opcode, how (import,
            call, new object, build, change, persistent id, extension code, problem),
            module, name, mapped (what Python 3 makes of a Python 2 name), reason,
            nested (in how many constants), count; of a recording also line, session
            and from. The last line is {"summary":VERDICT,"pickles":…,"dangerous":…,
            "suspicious":…,"allowed":…}.

            Exit status: 0 all names are allowed, 1 suspicious or dangerous ones were
            found, 2 it could not be read.

            Examples:
              tapedeck scan model.pkl
              tapedeck scan out.tape.jsonl --allow shop.models:Order
              curl -s https://example.com/x.pkl | tapedeck scan - --format json
            """)

    @Argument(help: "A file of pickles, a recording, or - for stdin.", completion: .file())
    var file: String

    @Option(
        name: .customLong("allow"),
        help: ArgumentHelp("Allow this name too, whatever it is; may be repeated.", valueName: "module:name"))
    var allowed: [String] = []

    @Option(
        name: .customLong("codec"),
        help: ArgumentHelp("Read a recording's bytes with this codec, or auto.", valueName: "codec|auto"))
    var codec: String?

    @Option(help: ArgumentHelp("How to print: text or json.", valueName: "format"))
    var format = ScanOutput.Format.text

    /// A recording may have been made with larger limits than the usual ones; what a scan needs is linear in the bytes.
    private static let limits: DecodingLimits = {
        var limits = DecodingLimits()
        limits.maximumFrameBytes = maximumBytes
        limits.maximumElements = 1 << 28
        limits.maximumOpcodes = maximumBytes
        limits.maximumMemoEntries = 1 << 28
        return limits
    }()

    /// The most of a file that is held in memory.
    private static let maximumBytes = Int(Int32.max)

    func validate() throws { try CodecChoice.validate(codec) }

    func run() throws {
        var output = ScanOutput(format: format)
        do {
            if file != "-", RecordingReader.isRecording(startingWith: StandardStreams.front(of: file)) {
                try scanRecording(&output)
            } else {
                try scanFile(&output)
            }
        } catch let error where error is StreamError || error is RecordingError {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
        try Terminal.write(output.summary(of: file == "-" ? "stdin" : file))
        if output.verdict > .allowed { throw ExitStatus.differences }
    }

    private func scanFile(_ output: inout ScanOutput) throws {
        let bytes = try StandardStreams.contents(of: file, limit: Self.maximumBytes)
        if RecordingReader.isRecording(startingWith: Array(bytes.prefix(64))) {
            throw StreamError(
                description: "\(file == "-" ? "stdin" : file): a recording is read from a file only: give its name")
        }
        guard codec == nil else {
            throw StreamError(description: "\(file) is no recording, whose bytes --codec would read anew")
        }
        var scanner = PickleScanner(policy: NamePolicy(allowing: allowed))
        try Terminal.write(output.lines(scanner.scanFile(bytes), at: ScanPlace()))
    }

    private func scanRecording(_ output: inout ScanOutput) throws {
        let reader = try RecordingReader(path: file)
        let choice = try codec.map { try CodecChoice.choice($0, recording: file) }
        var scan = RecordingScan(
            header: reader.header, policy: NamePolicy(allowing: allowed), limits: Self.limits, choice: choice)
        var damage: RecordingError?
        while true {
            let event: TranscriptEvent
            do throws(RecordingError) {
                guard let next = try reader.next() else { break }
                event = next
            } catch {
                guard error.code == .damagedLine else { throw error }
                // Lines behind a damaged one are scanned all the same.
                Terminal.complain(error)
                damage = error
                continue
            }
            guard let report = scan.scan(event) else { continue }
            var place = ScanPlace(line: event.line, session: event.session)
            if case .message(let message) = event.kind { place.side = message.from }
            try Terminal.write(output.lines(report, at: place))
        }
        if let report = scan.finish() {
            try Terminal.write(output.lines(report, at: ScanPlace(line: reader.line)))
        }
        if let line = reader.tornLine {
            Terminal.log("tapedeck: \(file):\(line): torn: this line was never finished; all before it is scanned")
        }
        guard scan.hasPicklePort else {
            throw StreamError(
                description: codec == nil
                    ? "\(file): none of its ports speaks pickle, so that nothing was scanned: --codec auto looks at their bytes"
                    : "\(file): none of its ports is read as pickle, so that nothing was scanned")
        }
        guard damage == nil else { throw RecordingError(.cannotRead, file, "not all of it could be scanned") }
    }
}

extension ScanOutput.Format: ExpressibleByArgument {}
