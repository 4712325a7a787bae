internal import Glibc
import Recorder

/// What SIGHUP means to a server that records: that its file was moved away (logrotate), or that its terminal has gone.
enum HangUps {
    /// Has the recording reopened at each SIGHUP from now on, until the task is cancelled.
    static func reopening(_ recording: RecordingWriter) -> Task<Void, Never> {
        // Under nohup the end of the terminal is not to be the server's.
        let endsWithTerminal = hasTerminal && !isIgnored
        let hangUps = Signals.hangUps()
        return Task { await reopen(recording, at: hangUps, endsWithTerminal: endsWithTerminal) }
    }

    private static func reopen(
        _ recording: RecordingWriter, at hangUps: AsyncStream<Int32>, endsWithTerminal: Bool
    ) async {
        for await _ in hangUps {
            if endsWithTerminal, !hasTerminal {
                kill(getpid(), SIGTERM)
                return
            }
            do throws(RecordingError) {
                if try recording.reopen() { Terminal.log("tapedeck: recording to a new \(recording.path)") }
            } catch {
                Terminal.complain(error)
            }
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
