import Codecs
import Recorder

/// A row for each session, when it is over, and one for all.
struct StatisticsPresentation: ConversationPresentation {
    private var statistics: ConversationStatistics
    private var wires: WireBytes
    private let format: ShowSettings.Format
    private let listsAll: Bool
    private var rows = 0

    /// `listsAll`: whether sessions stand there that have no message which was asked for.
    init(_ header: RecordingHeader, _ format: ShowSettings.Format, listsAll: Bool) {
        statistics = ConversationStatistics(header: header)
        wires = WireBytes(header: header)
        self.format = format
        self.listsAll = listsAll
    }

    mutating func take(_ event: TranscriptEvent, isPicked: Bool, _ output: ShowOutput) throws {
        wires.follow(event)
        var bytes = 0
        if isPicked, case .message(let message) = event.kind {
            // What cannot be written again counts as a message without bytes.
            bytes = (try? wires.bytes(of: message, session: event.session).count) ?? 0
        }
        try write(statistics.take(event, bytes: bytes, isCounted: isPicked), output)
    }

    mutating func finish(_ output: ShowOutput) throws {
        try write(statistics.finish(), output)
        guard rows > 0 else { return }
        try output.write(
            format == .json
                ? StatisticsText.json(total: statistics.total, sessions: rows)
                : StatisticsText.row(total: statistics.total, sessions: rows))
    }

    private mutating func write(_ ended: [SessionStatistics], _ output: ShowOutput) throws {
        for session in ended where listsAll || session.client.messages + session.server.messages > 0 {
            if rows == 0, format == .text { try output.write(StatisticsText.heading) }
            rows += 1
            try output.write(format == .json ? StatisticsText.json(session) : StatisticsText.row(session))
        }
    }
}
