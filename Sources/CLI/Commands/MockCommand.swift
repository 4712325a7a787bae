import ArgumentParser
import Codecs
internal import Glibc
import Recorder
import Replay
import Server

/// `tapedeck mock`.
struct MockCommand: ConfiguredCommand {
    static let configuration = CommandConfiguration(
        commandName: "mock", abstract: "Be the recorded server.",
        discussion: """
            Each message of a client is looked for among those that clients sent when
            the recordings were made, in any order, and answered as it was answered
            then; what the server sent behind that until the client's next message goes
            with it. What it sent first is sent when a client connects, and it ends
            connections where it did. A message that was recorded several times has its
            answers in their order, and the last ones again after that.

            What the server made up stays as it was recorded. What clients make up is
            theirs: their port and address, and identifiers and sequence numbers that
            the server gave back, are in the answers what this client has sent. A
            request that differs from the recorded one in nothing else is known by that;
            --rule, --rules, tapedeck.yaml and the recordings' headers say what else may
            differ, as for replay.

            Each client plays a recorded session, in the order in which they were
            opened, and the first again after the last; its own requests come first.

            A message that no recorded one is like is told of with the nearest one and
            what differs, and gets no answer. With --strict the messages of a session
            must come in the recorded order, each session is played once, and one that
            is not the next ends the connection.

            With --fallback HOST:PORT a message that is not known goes, unchanged, to a
            real server, whose answer goes to the client; with -o that is recorded as
            well, so that a mock of both recordings knows it. The server is connected to
            when a session has its first such message, and has seen nothing of what came
            before; as many messages as the mock has greeted the client with are taken
            for its greeting and left out. Until it has answered, or --reply-timeout is
            over, the client's next messages wait. Without an answer the message counts
            as not known. The server is spoken to without TLS. Where several ports were
            recorded, --fallback 12000=HOST:PORT is for one of them.

            --listen [RECORDED=][HOST:]PORT[:CODEC] may be repeated. A recorded port
            stands for itself; any other port stands for the one that the recordings
            have, or as 12000=13000 for the recorded port 12000. Without it the recorded
            ports are listened on, at 127.0.0.1. Settings behind it, which as options
            apply to every port: delay=, fault=, fault-seed=, tls=, tls-key=,
            tls-client-ca= (see tapedeck help serve).

            Every setting may also stand in a tapedeck.yaml under "mock", without its
            dashes, or in the environment (TAPEDECK_FALLBACK=lab:12000), the recordings
            under "recordings"; options count before the environment, that before the
            file. It is the file that counts for the first recording. --check-config
            prints what is in force and where it comes from:
              mock:
                recordings: tapes/
                listen: 12000
                fallback: lab:12000

            At the end (Ctrl-C, SIGTERM) it says what was not matched, and what was
            recorded and nobody asked for.

            Exit status: 0 every message was answered, 1 some were not, 2 could not be
            done (nothing recorded there, port taken), 64 wrong usage.

            Examples:
              tapedeck mock out.tape.jsonl --listen 12000
              tapedeck mock captures/json --listen 12000 --rule '$.sent ignore'
              tapedeck mock both.tape.jsonl --listen 12000=13000 --listen 12001=13001
              tapedeck mock out.tape.jsonl --listen 0:pickle --port-file port --strict
              tapedeck mock old.tape.jsonl --fallback lab:12000 -o new.tape.jsonl
            """)

    @Argument(
        help: "Recordings, or folders of them (*.tape.jsonl, *.tape.jsonl.zst).",
        completion: .file(extensions: ["jsonl", "zst"]))
    var paths: [String] = []

    @Option(
        name: .customLong("listen"),
        help: ArgumentHelp(
            "A port, and which recorded one it stands for; may be repeated (default: the recorded ports).",
            valueName: "[RECORDED=][HOST:]PORT[:CODEC]"),
        transform: OptionText.valid(MockPortOption.init(parsing:)))
    var listen: [MockPortOption] = []

    @Flag(
        name: .customLong("strict"),
        help: "Messages must come in the recorded order of their session; another one ends the connection.")
    var isStrict = false

    @Option(
        name: .customLong("fallback"),
        help: ArgumentHelp(
            "A real server that is asked what was not recorded; where several ports were recorded, 12000=HOST:PORT for each.",
            valueName: "[PORT=]HOST:PORT"),
        transform: OptionText.valid(FallbackOption.init(parsing:)))
    var fallbacks: [FallbackOption] = []

    @Option(
        name: .customLong("reply-timeout"),
        help: ArgumentHelp("How long the fallback may take for an answer (default: 5s).", valueName: "time"))
    var replyTimeout: TimeSpan?

    @Option(
        name: [.customLong("record"), .customShort("o")],
        help: ArgumentHelp(
            "Record to this new file, compressed if it ends in .zst; or to a folder (or a name that ends in /), a file for each session. Without it nothing is recorded.",
            valueName: "file.tape.jsonl"))
    var recording: String?

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var faults: FaultOptions

    @Flag(help: "Cut nothing in the summary, and list up to 100 of each sort instead of 10.")
    var full = false

    @OptionGroup var serving: ServingOptions
    @OptionGroup var ruleOptions: RuleOptions

    /// What goes together, once all settings are there: the file of which they may come is looked for by the paths first.
    private func check() throws {
        guard !paths.isEmpty else {
            throw ValidationError("no recording to be the server of: give one, or a folder of them")
        }
        try serving.writing.check(recordingTo: recording)
        if replyTimeout != nil, fallbacks.isEmpty { throw ValidationError("--reply-timeout goes with --fallback") }
        if recording == nil { try serving.redaction.checkUse(isShown: !serving.output.isQuiet) }
    }

    func plannedPorts() throws -> [PortConfiguration] {
        try check()
        return try open(RecordingSearch.recordings(in: paths)).1
    }

    func run(_ source: SettingsSource) async throws {
        try check()
        let signals = Signals.endings()
        let mock: Mock
        let ports: [PortConfiguration]
        do {
            (mock, ports) = try open(RecordingSearch.recordings(in: paths))
        } catch let fault as UsageFault {
            throw fault
        } catch let fault as ValidationError {
            throw fault
        } catch {
            Terminal.complain(error)
            throw ExitStatus.impossible
        }
        try await ServerRun(
            ports: ports, recording: recording, writing: serving.writing.settings(recordingTo: recording ?? ""),
            redaction: serving.redaction.given(recording: recording, config: settings.config), capture: serving.capture,
            keyLog: serving.keyLog, portFile: serving.portFile, drain: serving.drain?.duration ?? .seconds(5),
            limits: serving.connectionLimits.limits, metrics: serving.metrics, output: serving.output
        ).run(until: signals)
        try tell(mock.report)
    }

    private func tell(_ report: MockReport) throws {
        let text = MockReportText(
            usesColour: Terminal.usesColour(serving.output.colour, descriptor: STDOUT_FILENO),
            columns: Terminal.columns(of: STDOUT_FILENO), isFull: full)
        if !serving.output.isQuiet || report.unmatched > 0 { try Terminal.write(text.text(report)) }
        if report.unmatched > 0 { throw ExitStatus.differences }
    }

    /// The recorded server, and the ports that it answers on.
    private func open(_ recordings: [String]) throws -> (Mock, [PortConfiguration]) {
        guard let first = recordings.first else {
            throw RecordingError(
                .cannotOpen, paths.joined(separator: " "), "holds no recording (*.tape.jsonl, *.tape.jsonl.zst)")
        }
        let recorded = try RecordedPorts(recordings)
        let places = listen.isEmpty ? recorded.places : listen
        let meanings = try recorded.meaning(of: places)
        let asked = try FallbackOption.addresses(fallbacks, forPorts: meanings.map(\.recorded))
        var options = MockOptions()
        options.isStrict = isStrict
        let project = try settings.config.map { try ProjectFile.read($0) } ?? ProjectFile.nearest(toRecording: first)
        options.rules = try ruleOptions.given() + (project?.rules ?? [])
        options.ignoresHeaderRules = ruleOptions.ignoresHeader
        let mock = try Mock(
            recordings: recordings,
            ports: zip(meanings, asked).map { meaning, fallback in
                MockPortSettings(
                    recorded: meaning.recorded, codec: meaning.codec, limits: serving.limits.limits,
                    refersUnmatched: fallback != nil)
            }, options: options)
        RecordedReplies.tellOfLeftOut(mock, recordings.count == 1 ? first : "\(recordings.count) recordings")
        var ports: [PortConfiguration] = []
        for ((place, meaning), fallback) in zip(zip(places, meanings), asked) {
            let option = try place.option(meaning.codec)
            var port = try configuration(option, first)
            if let fallback {
                try FallbackOption.check(fallback, of: option)
                port.fallback = (fallback.host, fallback.port)
                port.replyTimeout = replyTimeout?.duration
            }
            port.answers = mock.source(ofPort: ports.count)
            ports.append(port)
        }
        return (mock, ports)
    }

    private func configuration(_ option: PortOption, _ recording: String) throws -> PortConfiguration {
        var settings = PortSettings()
        faults.apply(to: &settings)
        settings.tls.certificate = serving.tls.certificate
        settings.tls.key = serving.tls.key
        settings.tls.clientAuthorities = serving.tls.clientAuthorities
        for (key, value) in option.settings { try settings.set(key, to: value) }
        var port = PortConfiguration(
            host: option.host, port: option.port, codec: option.codec, settings: option.codec.payload.defaultSettings,
            limits: serving.limits.limits, role: .answer(reply: .recording(path: recording), greeting: nil))
        port.tls = try settings.tls.listener()
        port.faults = try settings.faultPlan()
        port.closesUnmatched = isStrict
        return port
    }
}
