import ArgumentParser
internal import Glibc
import Recorder
import Replay
import Server

/// `tapedeck record`.
struct RecordCommand: ConfiguredCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Stand between a client and a server, and record both.",
        discussion: """
            Bytes pass untouched and at once; the codec only reads along. A stream that
            does not decode is still relayed, and recorded as bytes. What is refused,
            reset or ended on one side is so on the other. Where TLS is spoken, to
            clients (--tls) or to the server (--to-tls), what was inside is recorded;
            TLS between the two that is none of the relay's passes as bytes.

            Settings of a port are those of serve: tapedeck help serve.

            Examples:
              tapedeck record --listen 12010:pickle --to 127.0.0.1:12000
              tapedeck record --listen 12010:json --start 'python3 server.py {port}'
              tapedeck record --listen 5433:raw/chunks,to=db1:5432 \\
                              --listen 6380:raw/chunks,to=cache:6379
              tapedeck record --listen 8443:json --tls cert.pem --tls-key key.pem \\
                              --to api.example.org:443 --to-tls system
              tapedeck record --listen 12010:json --to 127.0.0.1:12000 \\
                              --capture both.pcapng --capture-from sockets
              tapedeck record --listen 12010:json --to 127.0.0.1:12001 --redact defaults

            --redact keeps secrets out of the recording; tapedeck serve --help tells of
            its rules.
            """)

    @OptionGroup var server: ServerOptions
    @OptionGroup var serving: ServingOptions

    var settings: SettingsOptions { server.settings }

    @Option(
        name: .customLong("to"),
        help: ArgumentHelp("The server behind; a port may have its own with to=HOST:PORT.", valueName: "HOST:PORT"),
        transform: OptionText.valid(AddressOption.server))
    var upstream: AddressOption?

    @Option(
        name: .customLong("start"),
        help: ArgumentHelp(
            "Start the server behind with this command; {port} is replaced by a free port.", valueName: "command"))
    var command: String?

    @Option(
        name: .customLong("ready-timeout"),
        help: ArgumentHelp(
            "How long a server that --start starts is waited for until it listens (default: 10s).", valueName: "time"))
    var readyTimeout: TimeSpan?

    @Option(
        name: [.customLong("record"), .customShort("o")],
        help: ArgumentHelp(
            "Record to this new file (default: named by the time), compressed if it ends in .zst; or to a folder (or a name that ends in /), a file for each session.",
            valueName: "file.tape.jsonl"))
    var recording: String?

    func validate() throws {
        if recording == nil, serving.writing.appends || serving.writing.replaces {
            throw ValidationError("--append and --force go with --record FILE: a file named by the time is new")
        }
        if let recording { try serving.writing.check(recordingTo: recording) }
        if upstream != nil, command != nil { throw ValidationError("--to and --start exclude each other") }
        if let command, command.allSatisfy(\.isWhitespace) { throw ValidationError(TargetOptions.emptyCommand) }
        if command == nil, readyTimeout != nil { throw ValidationError("--ready-timeout goes with --start") }
        // Before anything is started.
        _ = try plannedPorts()
    }

    func plannedPorts() throws -> [PortConfiguration] {
        // Where what is started will listen does not matter for what may be wrong.
        try ports(command == nil ? upstream : AddressOption(host: "127.0.0.1", port: 1))
    }

    func run(_ settings: SettingsSource) async throws {
        // From the start: a signal while the server starts must not leave that behind.
        let signals = Signals.endings()
        // A stream ends with the first wait for it: the start has its own.
        let signalsDuringStart = Signals.endings()
        let file = recording ?? Self.fileNamedByTime()
        let redaction = try serving.redaction.given(recording: file, config: server.settings.config)
        guard let command else { return try await relay(to: upstream, file, redaction, signals, settings) }
        do {
            let port = try ServerCommand.freePort()
            let child = try ServerProcess.start(command: command, ports: [0: port])
            let wait = readyTimeout?.duration ?? .seconds(10)
            do {
                if let host = try await Self.host(of: child, port, within: wait, signalsDuringStart) {
                    try await relay(to: AddressOption(host: host, port: port), file, redaction, signals, settings)
                }
            } catch {
                await child.stop()
                throw error
            }
            if let exit = child.exitStatus() {
                let output = child.output()
                let told = output.isEmpty ? ", and had printed nothing" : "; its output:"
                Terminal.log(.server, "the server \(exit) meanwhile\(told)", .error)
                if !output.isEmpty { Terminal.log(output: output) }
            }
            await child.stop()
        } catch let error as ServerProcessError {
            Terminal.complain(error)
            Terminal.log(output: error.output)
            throw ExitStatus.impossible
        }
    }

    /// Waits until the server listens, and tells where; nil when a signal comes before.
    private static func host(
        of server: ServerProcess, _ port: Int, within time: Duration, _ signals: AsyncStream<Int32>
    ) async throws -> String? {
        try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask {
                try await server.waitUntilListening(ports: [port], timeout: time)[port]
            }
            group.addTask {
                // It ends without one when it is cancelled, since the server listens.
                for await _ in signals { break }
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    private func relay(
        to upstream: AddressOption?, _ file: String, _ redaction: Redaction?, _ signals: AsyncStream<Int32>,
        _ settings: SettingsSource
    ) async throws {
        if recording == nil { Terminal.log(.note, "recording to \(file)") }
        try await ServerRun(
            ports: ports(upstream), recording: file, writing: serving.writing.settings(recordingTo: file),
            redaction: redaction, capture: serving.capture, keyLog: serving.keyLog, portFile: serving.portFile,
            drain: serving.drain?.duration ?? .seconds(5), limits: serving.connectionLimits.limits,
            metrics: serving.metrics, output: serving.output, settings: settings
        ).run(until: signals)
    }

    private func ports(_ upstream: AddressOption?) throws -> [PortConfiguration] {
        var defaults = PortSettings()
        defaults.upstream = upstream
        let ports = try server.ports(defaults: defaults, serving: serving)
        for port in ports {
            guard case .relay = port.role else {
                throw ValidationError("no server to relay to: give --to HOST:PORT, or --start COMMAND")
            }
        }
        return ports
    }

    /// `2026-11-22T10-00-00Z.tape.jsonl`.
    private static func fileNamedByTime() -> String {
        let time = RecordingClock.timestamp().prefix { $0 != "." }.map { $0 == ":" ? "-" : String($0) }.joined()
        let names = (1...99).map { time + ($0 == 1 ? "Z" : "Z-\($0)") + ".tape.jsonl" }
        // Another one may have begun in the same second.
        return names.first { access($0, F_OK) != 0 } ?? names[0]
    }
}
