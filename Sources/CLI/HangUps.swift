internal import Glibc
import Recorder
import Server

/// What SIGHUP means to a server: that its files are to be read again or begun anew (logrotate, a new certificate), or that
/// its terminal has gone.
struct HangUps {
    var server: TCPServer
    var recording: RecordingWriter?
    var manager: ServiceManager
    /// What the service manager is told of a server that is ready.
    var status: String

    /// Has it done at each SIGHUP from now on, until the task is cancelled.
    func watch() -> Task<Void, Never> {
        // Under nohup the end of the terminal is not to be the server's.
        let endsWithTerminal = Self.hasTerminal && !Self.isIgnored
        let hangUps = Signals.hangUps()
        return Task {
            for await _ in hangUps {
                if endsWithTerminal, !Self.hasTerminal {
                    kill(getpid(), SIGTERM)
                    return
                }
                manager.tell(.reloading)
                reopenRecording()
                reloadTLS()
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

    private func reloadTLS() {
        guard server.usesTLS else {
            if recording == nil { Terminal.log(.reload, "SIGHUP: there is neither a recording nor TLS to begin anew") }
            return
        }
        let failures = server.reloadTLS()
        for failure in failures {
            Terminal.log(.reload, "\(failure); what was read before stays in use", .error)
        }
        if failures.isEmpty {
            Terminal.log(.reload, "certificates and keys were read again; new connections get them")
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
