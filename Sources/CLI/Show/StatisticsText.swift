import Recorder

/// Statistics as lines: columns for people, or JSON.
enum StatisticsText {
    /// The percentiles that are shown.
    private static let percentages = [50.0, 90, 99]

    static let heading = """
                                         from the client          from the server    from request to answer, in ms
        session     port      seconds  messages       bytes  messages       bytes   answers       p50       p90       p99       max

        """

    /// A session's row.
    static func row(_ session: SessionStatistics) -> String {
        let ending =
            switch session.closing {
            case .none: "  no close"
            case .clean?, .shutdown?: ""
            case .some(let manner): "  \(manner)"
            }
        return row("#\(session.session)", session.port.map(String.init) ?? "", session, ending)
    }

    /// The row of all sessions together.
    static func row(total: SessionStatistics, sessions: Int) -> String {
        row("total", "", total, "  \(sessions.counting("session"))")
    }

    private static func row(_ name: String, _ port: String, _ session: SessionStatistics, _ ending: String) -> String {
        var text = name + right(port, 16 - name.count)
        text += right(ConversationText.time(session.duration), 13)
        for traffic in [session.client, session.server] {
            text += right(String(traffic.messages), 10) + right(String(traffic.bytes), 12)
        }
        text += right(String(session.latencies.count), 10)
        let times = session.latencies.percentiles(percentages).map { $0 + [session.latencies.maximum] }
        for index in 0...percentages.count { text += right(times.map { milliseconds($0[index]) } ?? "-", 10) }
        return text + ending + "\n"
    }

    /// A session's object.
    static func json(_ session: SessionStatistics) -> String {
        var text = "{\"session\":\(session.session)"
        if let port = session.port { text += ",\"port\":\(port)" }
        text += members(session)
        if let closing = session.closing { text += ",\"close\":\"\(closing)\"" }
        return text + "}\n"
    }

    /// The object of all sessions together.
    static func json(total: SessionStatistics, sessions: Int) -> String {
        "{\"total\":{\"sessions\":\(sessions)\(members(total))}}\n"
    }

    private static func members(_ session: SessionStatistics) -> String {
        var text = ",\"seconds\":\(seconds(session.duration))"
        for (name, traffic) in [("client", session.client), ("server", session.server)] {
            text += ",\"\(name)\":{\"messages\":\(traffic.messages),\"bytes\":\(traffic.bytes)}"
        }
        text += ",\"latency\":{\"answers\":\(session.latencies.count)"
        if let times = session.latencies.percentiles(percentages) {
            for (percentage, time) in zip(percentages, times) { text += ",\"p\(Int(percentage))\":\(seconds(time))" }
            text += ",\"max\":\(seconds(session.latencies.maximum))"
        }
        return text + "},\"unasked\":\(session.unasked),\"unanswered\":\(session.unanswered)"
    }

    private static func seconds(_ microseconds: Int64) -> String {
        ConversationText.time(microseconds).drop { $0 == " " }.description
    }

    private static func milliseconds(_ microseconds: Int64) -> String {
        let fraction = String(microseconds % 1_000)
        return "\(microseconds / 1_000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }

    private static func right(_ text: String, _ width: Int) -> String {
        let text = text.drop { $0 == " " }
        return String(repeating: " ", count: max(width - text.count, 1)) + text
    }
}
