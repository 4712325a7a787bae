import ArgumentParser
import Codecs
internal import Glibc
import Recorder

/// `tapedeck import`.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Make a recording of captured packets (pcap, pcapng).",
        discussion: """
            TCP is put together as its receiver did: what was lost, sent again, came too
            early, twice or in pieces. Bytes that the capture lacks are a gap in the
            recording, never closed up; gaps, and bytes that came twice and differ, are
            told of on stderr and do not change the status.

            --codec auto (the default where a port names none) finds the codec by
            reading the first bytes of each port, and says which it took and why.

            Times are those of the packets, from the first packet of the capture on. The
            client is who sent the SYN; where that is not in the capture, the server is
            the end with a port of --port, or else the one with the lower port.

            TLS is decrypted by tshark, if it is installed, with the keys in a pcapng
            file or those of --tls-keylog.

            A capture that is cut off is read up to there. One that is damaged is, too;
            the status is 2 then. Packed ones come through a pipe:
              gunzip -c a.pcap.gz | tapedeck import - --port 12000:json -o a.tape.jsonl

            Examples:
              tapedeck import lab.pcap --port 12000:pickle -o lab.tape.jsonl
              tapedeck import all.pcapng --port 12000:pickle --port 6379:raw/lines \\
                              -o all.tape.jsonl
              tapedeck import tls.pcap --port 8443:json --tls-keylog keys \\
                              -o tls.tape.jsonl
              tapedeck import lab.pcap -o lab.tape.jsonl --filter 'host 10.0.0.7'
              tcpdump -i lo -U -w - tcp port 12000 | \\
              tapedeck import - --port 12000:json -o live.tape.jsonl
            """)

    @Argument(
        help: "The capture; - is stdin.", completion: .file(extensions: ["pcap", "pcapng", "cap"]))
    var capture: String

    @Option(
        name: .customLong("port"),
        help: ArgumentHelp(
            "A server's port and what is spoken there, such as 12000:pickle; may be repeated (default: all ports).",
            valueName: "port[:codec]"),
        transform: ImportPortOption.argument)
    var ports: [ImportPortOption] = []

    @OptionGroup var options: ImportOptions

    @Option(
        name: .customLong("codec"),
        help: ArgumentHelp("What ports speak that name no codec.", valueName: "codec|auto"))
    var codec = CodecChoice.auto

    @Option(
        name: [.customLong("output"), .customShort("o")],
        help: ArgumentHelp("Write to this new file, compressed if it ends in .zst.", valueName: "file.tape.jsonl"))
    var output: String

    @Flag(name: .customLong("append"), help: "Go on in the recording that is there, behind what it holds.")
    var appends = false

    @Flag(name: .customLong("force"), help: "Replace the file that is there.")
    var replaces = false

    @Flag(name: [.customLong("verbose"), .customShort("v")], help: "Say more of what was in the capture.")
    var isVerbose = false

    @OptionGroup var redaction: RedactionOptions
    @OptionGroup var limits: LimitOptions

    func validate() throws {
        if appends, replaces { throw ValidationError("--append and --force exclude each other") }
        for (index, port) in ports.enumerated() where ports[..<index].contains(where: { $0.port == port.port }) {
            throw ValidationError("--port \(port.port) is given twice")
        }
        try CodecChoice.validate(codec)
        try OutputCheck.check(
            output,
            inputs: [("the capture", capture)] + (options.keyLog.map { [("the file of keys", $0)] } ?? [])
                + redaction.files.map { ("a file of rules", $0) })
        let settings = options.settings(ports: ports, other: try otherCodec, limits: limits.limits)
        guard CapturePath.isReadOnce(capture) else { return }
        let name = capture == "-" ? "stdin" : "\(capture), which is no plain file,"
        if settings.needsSurvey {
            throw ValidationError(
                "from \(name) name each port and its codec, such as --port 12000:pickle: to find them the capture would have to be read twice"
            )
        }
        if options.keyLog != nil {
            throw ValidationError(
                "--tls-keylog goes with a file: tshark reads the capture too, which \(name) cannot be twice")
        }
    }

    /// The codec of ports that name none; nil where it has to be found.
    private var otherCodec: Codec? {
        get throws { codec == CodecChoice.auto ? nil : try CodecArgument.codec(codec) }
    }

    func run() async throws {
        var settings = options.settings(ports: ports, other: try otherCodec, limits: limits.limits)
        settings.redaction = try redaction.given(recording: output, config: nil)
        // Nobody waits for an answer here: a thread of its own writes the file meanwhile, and what fails ends the import.
        settings.recording.durability = .none
        // As much as it writes at once without new memory; where the disk is slow, more would only be more memory.
        settings.recording.queueBytes = 2 << 20
        if appends { settings.recording.existing = .append }
        if replaces { settings.recording.existing = .replace }
        let result: (result: ImportSummary, isInterrupted: Bool)
        do {
            let (capture, output) = (capture, output)
            let given = settings
            result = try await InterruptibleWork.run(until: Signals.endings()) {
                try CaptureImporter(path: capture, output: output, settings: given).run()
            }
        } catch {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
        let text = ImportOutput(
            capture: capture == "-" ? "stdin" : capture, recording: output, summary: result.result,
            namedPorts: ports.map(\.port))
        for line in text.lines(isVerbose: isVerbose) { Terminal.log(line) }
        let isWhole = !result.result.isDamaged && (!result.result.isInterrupted || CapturePath.isReadOnce(capture))
        if result.result.sessions == 0 || !isWhole { throw ExitStatus.impossible }
    }
}
