import ArgumentParser
internal import CSpawn
import Codecs
internal import Glibc
import NIOCore
import Recorder
import Server
import TLS

/// Runs a server from its first port to its last line: what `serve`, `record` and `mock` share.
struct ServerRun {
    var ports: [PortConfiguration]
    /// Where the conversation is recorded; nil: not at all.
    var recording: String?
    /// How it is recorded.
    var writing = RecordingSettings()
    /// What is taken out of what is recorded and shown.
    var redaction: Redaction?
    /// What packets are captured.
    var capture: CaptureOptions
    /// Where the secrets of TLS connections are written; nil: not at all.
    var keyLog: String?
    /// A file for the addresses that are listened on, a line each.
    var portFile: String?
    var drain: Duration
    var limits = ConnectionLimits()
    /// Where figures are served over HTTP; nil: nowhere.
    var metrics: AddressOption?
    var output: OutputOptions
    /// Where its settings come from, which are read again at SIGHUP; nil: only from options.
    var settings: SettingsSource?

    /// Serves until a signal asks for the end.
    ///
    /// - Parameter signals: watched from before the start, so that one during it is not lost.
    func run(until signals: AsyncStream<Int32> = Signals.endings()) async throws {
        let manager = ServiceManager.ofThisProcess()
        let console = Console(isQuiet: output.isQuiet, colour: output.colour, redaction: redaction)
        var configuration = ServerConfiguration(ports: ports, threads: Self.usableCores)
        configuration.drain = drain
        configuration.limits = limits
        configuration.redaction = redaction
        warnOfSecrets()
        let relays = ports.contains { if case .relay = $0.role { true } else { $0.fallback != nil } }
        DescriptorLimit.raise(
            forClients: limits.maximumConnections, relaying: relays,
            sessionFiles: recording != nil && writing.isFolder)
        let server: TCPServer
        var writer: RecordingWriter?
        var packets: (any PacketCapture)?
        var keys: KeyLogFile?
        var reopening: Task<Void, Never>?
        var pages: MetricsServer?
        do {
            let resolved = try InheritedSockets.ofThisProcess().resolved(ports)
            configuration.ports = try RecordedReplies.opened(resolved.map(\.port))
            keys = try keyLog.map { try KeyLogFile($0) { Terminal.complain($0) } }
            let secrets = CaptureSecrets()
            if let keys {
                configuration.keyLog = { line in
                    // Before the connection sends what the capture will need it for.
                    secrets.add(line)
                    keys.write(line)
                }
            }
            server = try TCPServer(configuration: configuration, observer: console)
            let addresses = try await server.bind()
            let listed = Self.recordedPorts(configuration.ports, addresses)
            console.addPorts(listed)
            packets = try capture.start(addresses: addresses, awaitsSecrets: keys != nil) { error in
                Terminal.complain(error)
                Terminal.log(.server, "serving goes on without a capture; the exit status will be 2", .error)
            }
            secrets.go(to: packets)
            writer = try startRecording(listed)
            if let metrics {
                pages = try await MetricsServer(
                    host: metrics.host, port: metrics.port, pages: MetricsPages.pages(server, writer))
            }
            let status = "listening on " + listed.map { "\($0.listen) (\($0.codec))" }.joined(separator: ", ")
            let hangUps = HangUps(
                server: server, recording: writer, manager: manager, status: status, settings: settings,
                listeners: zip(resolved, listed).map { (option: $0.place, address: $1.listen) })
            // From now on a signal ends nothing, but is only answered by a server that serves.
            let requests = Signals.hangUps()
            try writePortFile(listed)
            announce(configuration.ports, listed, pages)
            try await server.serve(recording: writer, capture: packets as? CaptureWriter)
            reopening = hangUps.answer(requests)
            if let fault = manager.tell(.ready(status)) { Terminal.log(.note, fault, .warning) }
        } catch {
            Terminal.complain(error)
            await pages?.stop()
            // The files that this start made would be in the way of the next one.
            writer?.discard()
            packets?.discard()
            keys?.discard()
            throw ExitStatus.impossible
        }
        defer { reopening?.cancel() }
        let (ends, watches) = Self.ends(of: server, signals)
        defer { for watch in watches { watch.cancel() } }
        var failure: (any Error)?
        for await end in ends {
            failure = end
            break
        }
        manager.tell(.stopping)
        tellOfDrain(server)
        await finish(server, ends)
        await pages?.stop()
        // The recording first: a terminal that stands still must not keep it from its end.
        defer { console.flush() }
        try end(writer, packets, failure)
    }

    /// Begins the recording, if there is to be one.
    private func startRecording(_ listed: [RecordedPort]) throws(RecordingError) -> RecordingWriter? {
        guard let recording else { return nil }
        let header = RecordingHeader(created: RecordingClock.timestamp(), tool: ToolVersion.text, ports: listed)
        let writer = try RecordingWriter(path: recording, header: header, settings: writing)
        if writer.isContinued, redaction?.hasLastingPseudonyms == false {
            Terminal.log(
                .note,
                "\(recording): a secret gets another pseudonym than in what is there already; "
                    + "--redact-key-env NAME gives it the same")
        }
        if writer.cutBytes > 0 {
            Terminal.log(
                .note, "\(recording): cut off a torn last line of \(writer.cutBytes.counting("byte"))", .warning)
        }
        if writing.onFailure == .continue {
            writer.whenFailed { Terminal.log(.server, "\($0), and serving goes on without it", .error) }
        }
        return writer
    }

    /// The cores that this process may run on: more event loops than those would only be in each other's way.
    static var usableCores: Int {
        var cores = cpu_set_t()
        let isKnown = sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &cores) == 0
        let count = withUnsafeBytes(of: cores) { $0.reduce(0) { $0 + $1.nonzeroBitCount } }
        return isKnown ? max(count, 1) : max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1)
    }

    /// Tells where secrets are written that the rules are to keep out.
    private func warnOfSecrets() {
        guard redaction != nil else { return }
        if let capture = capture.path {
            Terminal.log(
                .note, "\(capture) gets the packets as they are: no secret is taken out of a capture", .warning)
        }
        if recording != nil, ports.contains(where: { !$0.codec.framing.keepsBoundaries }) {
            Terminal.log(
                .note,
                "raw/chunks has no messages: a secret that is cut between two chunks is not found; "
                    + "a codec with frames (raw/lines, raw/u32be) has no such cuts", .warning)
        }
    }

    /// Each signal that asks for the end (nil), and the recording's failure, as they come: none is lost between the first and the second.
    private static func ends(
        of server: TCPServer, _ signals: AsyncStream<Int32>
    ) -> (stream: AsyncStream<(any Error)?>, watches: [Task<Void, Never>]) {
        let (stream, continuation) = AsyncStream.makeStream(of: (any Error)?.self)
        let watches = [
            Task {
                // Given only when the server is stopped, so nobody waits for this task.
                if let error = await server.recordingFailure { continuation.yield(error) }
            },
            Task { for await _ in signals { continuation.yield(nil) } },
        ]
        return (stream, watches)
    }

    private func tellOfDrain(_ server: TCPServer) {
        let open = server.figures.ports.reduce(0) { $0 + $1.open }
        guard open > 0, !output.isQuiet else { return }
        Terminal.log(
            .draining,
            "letting \(open.counting("connection")) end, within \(drain.phrase) (--drain); a second signal ends at once"
        )
    }

    /// Lets connections end; a second signal ends them at once.
    private func finish(_ server: TCPServer, _ ends: AsyncStream<(any Error)?>) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await server.stop() }
            group.addTask {
                for await end in ends where end == nil {
                    await server.stopNow()
                    break
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func end(_ writer: RecordingWriter?, _ packets: (any PacketCapture)?, _ failure: (any Error)?) throws {
        var hasFailed = failure != nil
        if let failure { Terminal.complain(failure) }
        do throws(RecordingError) {
            try writer?.end()
        } catch {
            if !hasFailed { Terminal.complain(error) }
            hasFailed = true
        }
        if !end(packets) { hasFailed = true }
        if let writer, !hasFailed { Terminal.log(.summary, Self.summary(of: writer)) }
        if hasFailed { throw ExitStatus.impossible }
    }

    /// What was recorded and where, and what to do with it.
    private static func summary(of writer: RecordingWriter) -> String {
        let counts = writer.counts
        let names = writer.fileNames
        var text =
            "recorded \(counts.sessions.counting("session")), "
            + "\(counts.messages.counting("message")) in \(place(names, of: writer))"
        if counts.leftOut > 0 {
            text += "; \(counts.leftOut.counting("event")) left out, since the disk was too slow: see its gaps"
        }
        guard let file = names.first ?? names.last else { return text }
        // A folder is read file by file.
        if !writer.settings.isFolder { text += "\n          read it:    tapedeck show \(file)" }
        return text + "\n          replay it:  tapedeck replay \(file) --target HOST:PORT"
    }

    /// Where a recording stands, as far as somebody has not moved its files.
    private static func place(_ names: RecordingWriter.FileNames, of writer: RecordingWriter) -> String {
        let count = writer.fileCount
        switch (names.first, names.last) {
        case (let first?, let last?): return count == 1 ? first : "\(count) files, \(first) to \(last)"
        case (nil, let last?): return "\(count) files, the last of which is \(last)"
        case (let first?, nil): return "\(count) files, the first of which is \(first)"
        case (nil, nil): return "\(count.counting("file")), which somebody moved away from \(writer.path)"
        }
    }

    /// Ends the capture and says what it holds; false if it failed, which was told of when it did.
    private func end(_ packets: (any PacketCapture)?) -> Bool {
        guard let packets else { return true }
        do throws(CaptureError) {
            let summary = try packets.stop()
            let lost = summary.droppedByKernel + summary.droppedByInterface
            Terminal.log(
                .summary,
                "captured \(summary.packets.counting("packet"))"
                    + "\(lost > 0 ? ", \(lost) lost by the kernel" : "") in \(packets.path)")
            return true
        } catch {
            Terminal.complain(error)
            return false
        }
    }

    private static func recordedPorts(
        _ ports: [PortConfiguration], _ addresses: [SocketAddress]
    ) -> [RecordedPort] {
        zip(ports, addresses).map { port, address in
            RecordedPort(
                listen: text(address), codec: port.codec.name, settings: port.settings, usesTLS: port.tls != nil)
        }
    }

    private func announce(_ ports: [PortConfiguration], _ listed: [RecordedPort], _ pages: MetricsServer?) {
        for (port, configuration) in zip(listed, ports) {
            var line = "listening on \(port.listen) (\(port.codec)\(port.usesTLS ? ", TLS" : ""))"
            if case .relay(let host, let number) = configuration.role {
                line += ", relaying to \(hostAndPort(host, number))"
                if configuration.upstreamTLS != nil { line += " (TLS)" }
            }
            if let (host, number) = configuration.fallback {
                line += ", asking \(hostAndPort(host, number)) what is not recorded"
            }
            Terminal.log(.listening, line)
        }
        if let address = pages?.address {
            Terminal.log(.note, "metrics at http://\(Self.text(address))/metrics, and /healthz and /readyz beside them")
        }
    }

    private func writePortFile(_ listed: [RecordedPort]) throws {
        guard let portFile else { return }
        // Whole or not there at all: somebody waits for it.
        let temporary = "\(portFile).\(getpid())"
        let text = listed.map { $0.listen + "\n" }.joined()
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw RecordingError(.cannotOpen, portFile, "cannot make this file: \(systemMessage(errno))")
        }
        let written = write(descriptor, text, text.utf8.count)
        close(descriptor)
        guard written == text.utf8.count, rename(temporary, portFile) == 0 else {
            let number = errno
            unlink(temporary)
            throw RecordingError(.cannotWrite, portFile, "cannot write this file: \(systemMessage(number))")
        }
    }

    private static func text(_ address: SocketAddress) -> String {
        hostAndPort(address.ipAddress ?? "?", address.port ?? 0)
    }
}
