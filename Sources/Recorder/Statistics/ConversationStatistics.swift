/// Counts what the sessions of a recording came to, event by event. Only sessions that are open are held.
///
/// A message of the server answers the oldest request of its session that has none: pipelined requests are each measured by
/// themselves. Where no request waits, it is unasked for, a greeting or a push, and measures nothing. A push that comes
/// while a request waits cannot be told from its answer, nor a request that is never answered from one that will be.
/// Of requests beyond `maximumWaiting` the times are not kept: their answers are paired with them, and not measured.
package struct ConversationStatistics: Sendable {
    /// Requests of a session that may wait for an answer with their time known.
    package static let maximumWaiting = 4_096

    fileprivate struct Request {
        var time: Int64
        var isCounted: Bool
    }

    fileprivate struct OpenSession {
        var statistics: SessionStatistics
        var start: Int64
        var waiting: [Request] = []
        /// The first of `waiting` that is not answered.
        var firstWaiting = 0
        /// Requests behind those of `waiting`, and how many of them are counted. None come in between.
        var untimed = 0
        var untimedCounted = 0
    }

    private var open: [Int: OpenSession] = [:]
    /// All sessions that are over; `duration` is from the first event to the last.
    package private(set) var total = SessionStatistics(session: 0)
    /// How many they are.
    package private(set) var sessions = 0
    private var onlyPort: Int?
    private var span: (first: Int64, last: Int64)?

    package init(header: RecordingHeader) { onlyPort = Self.onlyPort(header) }

    /// Takes an event in; gives the sessions that it ends, in the order of their numbers.
    ///
    /// - `bytes`: how many bytes passed with a message.
    /// - `isCounted`: whether a message is one of those that are asked about. What it answers is known in any case.
    package mutating func take(_ event: TranscriptEvent, bytes: Int, isCounted: Bool) -> [SessionStatistics] {
        if case .resumed(let header) = event.kind {
            let ended = finish()
            onlyPort = Self.onlyPort(header)
            return ended
        }
        guard event.session > 0 else { return [] }
        var session =
            open.removeValue(forKey: event.session)
            ?? OpenSession(statistics: SessionStatistics(session: event.session, port: onlyPort), start: event.time)
        session.statistics.duration = max(event.time - session.start, 0)
        extendSpan(to: event.time)
        switch event.kind {
        case .opened(let opening): session.statistics.port = opening.port
        case .message(let message): session.take(message, at: event.time, bytes, isCounted)
        case .closed(let closing):
            session.statistics.closing = closing.manner
            return [leave(session)]
        default: break
        }
        open[event.session] = session
        return []
    }

    /// The sessions that are still open, when there is no more.
    package mutating func finish() -> [SessionStatistics] {
        let left = open.values.sorted { $0.statistics.session < $1.statistics.session }
        open = [:]
        let ended = left.map { leave($0) }
        if let span {
            // Times of a hostile recording may sum up to more than there is.
            let (sum, isTooLong) = total.duration.addingReportingOverflow(max(span.last - span.first, 0))
            total.duration = isTooLong ? .max : sum
        }
        span = nil
        return ended
    }

    private mutating func leave(_ session: OpenSession) -> SessionStatistics {
        var statistics = session.statistics
        statistics.unanswered +=
            session.waiting[session.firstWaiting...].count { $0.isCounted } + session.untimedCounted
        sessions += 1
        total.add(statistics)
        return statistics
    }

    private mutating func extendSpan(to time: Int64) {
        span = span.map { (min($0.first, time), max($0.last, time)) } ?? (time, time)
    }

    private static func onlyPort(_ header: RecordingHeader) -> Int? {
        header.ports.count == 1 ? header.ports[0].number : nil
    }
}

extension ConversationStatistics.OpenSession {
    fileprivate mutating func take(_ message: RecordedMessage, at time: Int64, _ bytes: Int, _ isCounted: Bool) {
        if isCounted {
            var traffic = SessionStatistics.Traffic()
            // What was left over when a connection ended is no message.
            traffic.messages = message.isPartial ? 0 : 1
            traffic.bytes = bytes
            if message.from == .client { statistics.client.add(traffic) } else { statistics.server.add(traffic) }
        }
        guard !message.isPartial else { return }
        if message.from == .client { ask(at: time, isCounted) } else { answer(at: time, isCounted) }
    }

    private mutating func ask(at time: Int64, _ isCounted: Bool) {
        if firstWaiting == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            firstWaiting = 0
        }
        if untimed > 0 || waiting.count - firstWaiting >= ConversationStatistics.maximumWaiting {
            untimed += 1
            if isCounted { untimedCounted += 1 }
            return
        }
        // Moved to the front now and then, so that it stays linear and bounded.
        if firstWaiting > ConversationStatistics.maximumWaiting {
            waiting.removeFirst(firstWaiting)
            firstWaiting = 0
        }
        waiting.append(.init(time: time, isCounted: isCounted))
    }

    private mutating func answer(at time: Int64, _ isCounted: Bool) {
        guard firstWaiting < waiting.count else {
            if untimed > 0 {
                untimed -= 1
                untimedCounted = min(untimedCounted, untimed)
            } else if isCounted {
                statistics.unasked += 1
            }
            return
        }
        let request = waiting[firstWaiting]
        firstWaiting += 1
        if request.isCounted { statistics.latencies.add(time - request.time) }
    }
}
