import ArgumentParser
import Codecs
internal import Glibc
import Recorder

/// `tapedeck show`.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Read a conversation: a line an event, with time, session, direction and value.",
        discussion: """
            A torn last line (the recorder was killed, or the disk was full) is told of
            on stderr; all before it is shown. Damaged lines are passed over, each with
            a line on stderr, and the status is 2.

            --codec reads the recorded bytes anew with another codec. --codec auto finds
            one by reading the first bytes of each port with every codec that they could
            be, and says on stderr which it took and why. The limits (--max-…) are those
            of this reading: what is over them is shown as bytes.

            Examples:
              tapedeck show out.tape.jsonl
              tapedeck show out.tape.jsonl --codec json/concat
            """)

    @Argument(help: "The recording; a compressed one (.zst) too.", completion: .file(extensions: ["jsonl", "zst"]))
    var recording: String

    @Option(name: .customLong("width"), help: "Characters of a value that are shown.")
    var width = 2_000

    @Option(
        name: .customLong("codec"),
        help: ArgumentHelp("Read the recorded bytes with this codec, or auto.", valueName: "codec|auto"))
    var codec: String?

    @OptionGroup var limits: LimitOptions
    @OptionGroup var output: ColourOptions

    func validate() throws {
        if width < 1 { throw ValidationError("--width is at least 1") }
        try CodecChoice.validate(codec)
    }

    func run() throws {
        do {
            try show(ConversationFile.open(recording))
        } catch let error as RecordingError {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
    }

    private func show(_ reader: any TranscriptSource) throws {
        var conversation = ConversationText(
            usesColour: Terminal.usesColour(output.colour, descriptor: STDOUT_FILENO), maximumValueCharacters: width,
            ports: reader.header.ports)
        var rereading = try rereading(reader.header)
        var sessions = OpenSessions()
        var isDamaged = false
        var text = ""
        while true {
            do throws(RecordingError) {
                guard let event = try reader.next() else { break }
                sessions.follow(event)
                if case .resumed(let header) = event.kind { conversation.addPorts(header.ports) }
                for event in events(for: event, &rereading) { text += conversation.line(event) + "\n" }
            } catch {
                guard error.code == .damagedLine else { throw error }
                // What was shown stays before what is wrong after it.
                guard try Terminal.write(text) else { return }
                text = ""
                Terminal.complain(error)
                isDamaged = true
            }
            if text.utf8.count > 32 << 10 {
                guard try Terminal.write(text) else { return }
                text = ""
            }
        }
        guard try Terminal.write(text) else { return }
        tellOfEnd(reader, sessions)
        if isDamaged { throw ExitStatus.impossible }
    }

    /// Says what the recording lacks, at its end and at its beginning.
    private func tellOfEnd(_ reader: any TranscriptSource, _ sessions: OpenSessions) {
        if let shortcoming = reader.shortcoming {
            let place = shortcoming.line > 0 ? "\(recording):\(shortcoming.line)" : recording
            Terminal.log("tapedeck: \(place): \(shortcoming.reason)")
        } else if !sessions.open.isEmpty {
            Terminal.log(
                "tapedeck: \(recording): \(sessions.open.count.counting("session")) still open at its end; "
                    + "what follows may stand in the next file")
        }
        if sessions.continued > 0 {
            Terminal.log(
                "tapedeck: \(recording): \(sessions.continued.counting("session")) began in an earlier file")
        }
    }

    /// What stands in the place of an event.
    private func events(for event: TranscriptEvent, _ rereading: inout TranscriptRereading?) -> [TranscriptEvent] {
        rereading?.events(for: event) ?? [event]
    }

    private func rereading(_ header: RecordingHeader) throws -> TranscriptRereading? {
        guard let codec else { return nil }
        return TranscriptRereading(
            header: header, limits: limits.limits, choice: try CodecChoice.choice(codec, recording: recording))
    }
}
