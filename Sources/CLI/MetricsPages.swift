internal import Glibc
import Recorder
import Server

/// What `--metrics` serves.
enum MetricsPages {
    /// The pages of a server and of its recording.
    static func pages(_ server: TCPServer, _ recording: RecordingWriter?) -> MetricsServer.Pages {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let text = MetricsText(
            version: ToolVersion.number, startTime: Double(now.tv_sec) + Double(now.tv_nsec / 1_000_000) / 1_000)
        return MetricsServer.Pages(
            metrics: { text.page(server.figures, recording?.figures, .current()) },
            illness: { server.isResponsive ? nil : "an event loop has not run for 10 seconds" },
            unreadiness: { server.figures.isAccepting ? nil : "no clients are accepted" })
    }
}
