internal import Glibc

/// The program that shows more text than a screen holds.
final class Pager {
    /// Bytes that are kept until it is sure that there is such a program: what a pipe takes at most before somebody reads.
    private static let mostKept = 256 << 10

    private let stream: UnsafeMutablePointer<FILE>
    /// What was written so far; nil once that is more than an absent program could have taken.
    private var kept: [UInt8]? = []
    /// Bytes that its pipe has taken.
    private var taken = 0
    private var isFinished = false
    private var isMissing = false

    /// The pager that is wanted: `$TAPEDECK_PAGER`, `$PAGER`, else less; nil where that is none.
    static var command: String? {
        for name in ["TAPEDECK_PAGER", "PAGER"] {
            guard let value = getenv(name) else { continue }
            let command = String(cString: value)
            return command.isEmpty || command == "cat" ? nil : command
        }
        return "less"
    }

    /// Starts it through the shell, as git does: less gets its options from LESS, unless that is set.
    init?(_ command: String) {
        setenv("LESS", "FRX", 0)
        setenv("LV", "-c", 0)
        // The pager is to end when its own reader does, and to hear of Ctrl-C itself.
        signal(SIGPIPE, SIG_DFL)
        defer { signal(SIGPIPE, SIG_IGN) }
        guard let stream = popen(command, "w") else { return nil }
        self.stream = stream
        signal(SIGINT, SIG_IGN)
    }

    /// Hands bytes over; false where it was left. Where there is no such program, they go to stdout.
    func write(_ bytes: [UInt8]) -> Bool {
        if !isFinished {
            keep(bytes)
            if bytes.withUnsafeBytes({ StandardStreams.writeAll($0, to: fileno(stream), counting: &taken) }) == 0 {
                return true
            }
            finish()
            return isMissing
        }
        return isMissing && Self.writeOut(bytes)
    }

    /// Waits until it is left.
    func finish() {
        guard !isFinished else { return }
        isFinished = true
        // The pipe's other end once more: what nobody has read stands in it still when all others are closed.
        let rest = open("/proc/self/fd/\(fileno(stream))", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        defer { if rest >= 0 { close(rest) } }
        let status = pclose(stream)
        // A shell's words for a program that is not there, or is none; one that is there and ends so has read something.
        guard status & 0x7F == 0, [126, 127].contains(status >> 8 & 0xFF), let kept else { return }
        var unread: Int32 = 0
        if rest >= 0, ioctl(rest, UInt(FIONREAD), &unread) == 0, Int(unread) < taken { return }
        isMissing = true
        _ = Self.writeOut(kept)
    }

    private func keep(_ bytes: [UInt8]) {
        guard let count = kept?.count else { return }
        if count > Self.mostKept { kept = nil } else { kept?.append(contentsOf: bytes) }
    }

    private static func writeOut(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { StandardStreams.writeAll($0, to: STDOUT_FILENO) } == 0
    }
}
