internal import Glibc
import Recorder

/// A line on a terminal that says how far something is; nothing where stderr is none, or where that was asked for.
struct ProgressLine: Sendable {
    let isShown: Bool

    init(isQuiet: Bool) {
        let isDumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? true
        isShown = !isQuiet && !isDumb && isatty(STDERR_FILENO) == 1
    }

    /// Puts a text in the place of what the line said before.
    func show(_ text: String) {
        guard isShown else { return }
        let columns = max(Terminal.columns(of: STDERR_FILENO) - 1, 20)
        Self.write("\r\u{1B}[K" + TerminalText.clipped(text.utf8, columns: columns))
    }

    /// Takes the line away.
    func clear() {
        if isShown { Self.write("\r\u{1B}[K") }
    }

    private static func write(_ text: String) {
        var text = text
        _ = text.withUTF8 { StandardStreams.writeAll(UnsafeRawBufferPointer($0), to: STDERR_FILENO) }
    }
}
