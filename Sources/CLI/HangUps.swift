internal import Glibc
import Recorder
import Server

/// What SIGHUP means to a server: that its files are to be read again or begun anew (logrotate, a new certificate, other
/// faults), or that its terminal has gone.
struct HangUps {
    var server: TCPServer
    var recording: RecordingWriter?
    var manager: ServiceManager
    /// What the service manager is told of a server that is ready.
    var status: String
    var settings: SettingsSource?
    /// Of each port that is listened on, in their order: which `--listen` it comes from, and its address. A name of systemd's may stand
    /// for several.
    var listeners: [(option: Int, address: String)]

    /// Has it done at each signal, until the task is cancelled.
    func answer(_ hangUps: AsyncStream<Int32>) -> Task<Void, Never> {
        // Under nohup the end of the terminal is not to be the server's.
        let endsWithTerminal = Self.hasTerminal && !Self.isIgnored
        return Task {
            for await _ in hangUps {
                if endsWithTerminal, !Self.hasTerminal {
                    kill(getpid(), SIGTERM)
                    return
                }
                manager.tell(.reloading)
                reopenRecording()
                await reloadTLS()
                await reloadSettings()
                manager.tell(.ready(status))
            }
        }
    }

    private func reopenRecording() {
        guard let recording else { return }
        do throws(RecordingError) {
            if try recording.reopen() { Terminal.log(.reload, "recording to a new \(recording.path)") }
        } catch {
            Terminal.complain(error)
        }
    }

    private func reloadTLS() async {
        guard server.usesTLS else {
            if recording == nil, settings?.file == nil {
                Terminal.log(
                    .reload,
                    "SIGHUP: there is neither a recording to begin anew nor TLS or a tapedeck.yaml to read again")
            }
            return
        }
        let failures = await server.reloadTLS()
        for failure in failures {
            Terminal.log(.reload, "\(failure); what was read before stays in use", .error)
        }
        if failures.isEmpty {
            Terminal.log(.reload, "certificates and keys were read again; new connections get them")
        }
    }

    /// Puts the faults into force that the project file has now, and tells of what has to wait.
    private func reloadSettings() async {
        guard let settings, let file = settings.file else { return }
        do {
            let found = try settings.read()
            let plans = listeners.map { found.faults[$0.option] }
            let changed = await server.setFaults(plans)
            for text in found.later { Terminal.log(.reload, TerminalText.escaped(text), .warning) }
            for place in changed {
                guard let plan = plans[place] else { continue }
                let rules = plan.rules.map(\.text).joined(separator: ", ")
                let text =
                    "\(listeners[place].address): "
                    + (rules.isEmpty ? "no faults from now on" : "faults from now on: \(rules)")
                Terminal.log(.reload, TerminalText.escaped(text))
            }
            if changed.isEmpty {
                Terminal.log(.reload, "\(file) was read again; it asks for the same faults as before")
            }
        } catch {
            Terminal.log(.reload, TerminalText.escaped("\(error); the settings stay as they are"), .error)
        }
    }

    private static var hasTerminal: Bool {
        let descriptor = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        close(descriptor)
        return true
    }

    private static var isIgnored: Bool {
        var action = sigaction()
        guard sigaction(SIGHUP, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
