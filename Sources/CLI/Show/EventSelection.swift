import Codecs
import Recorder

/// Picks the events of a conversation that were asked for. It is told of every event, in their order.
struct EventSelection {
    /// Whether anything of a session was picked.
    private(set) var hasFound = false
    private let ranges: [ClosedRange<Int>]
    private let ports: Set<Int>
    private let side: Side?
    private let pattern: Pattern?
    private var allowance = Pattern.Allowance()
    /// What the pattern may take at least on each text, however long it took on those before.
    private static let leastSeconds = 0.001
    private var sessionPorts: [Int: Int] = [:]
    private var onlyPort: Int?
    /// What an event looks like that is no message.
    private var text: ConversationText

    init(_ options: SelectionOptions, header: RecordingHeader) {
        ranges = options.sessions.flatMap(\.ranges)
        ports = Set(options.ports)
        side = options.side
        pattern = options.pattern
        text = ConversationText(usesColour: false, ports: header.ports)
        onlyPort = Self.onlyPort(header)
    }

    /// Whether the event belongs to a session that was asked for, or to the recording as a whole.
    mutating func includesSession(of event: TranscriptEvent) -> Bool {
        if case .resumed(let header) = event.kind {
            sessionPorts = [:]
            onlyPort = Self.onlyPort(header)
            text.addPorts(header.ports)
        }
        guard event.session > 0 else { return true }
        return (ranges.isEmpty || ranges.contains { $0.contains(event.session) }) && includesPort(of: event)
    }

    /// Whether the event itself was asked for, if its session was.
    mutating func picks(_ event: TranscriptEvent) throws(PatternError) -> Bool {
        guard event.session > 0 else { return picksWhole(event) }
        if case .message(let message) = event.kind, let side, message.from != side { return false }
        guard try matches(event) else { return false }
        hasFound = true
        return true
    }

    /// Of what concerns all sessions, only the end is left out of a part.
    private func picksWhole(_ event: TranscriptEvent) -> Bool {
        guard case .ended = event.kind else { return true }
        return ranges.isEmpty && ports.isEmpty && side == nil && pattern == nil
    }

    private mutating func includesPort(of event: TranscriptEvent) -> Bool {
        guard !ports.isEmpty else { return true }
        if case .opened(let opening) = event.kind { sessionPorts[event.session] = opening.port }
        let port = sessionPorts[event.session] ?? onlyPort
        if case .closed = event.kind { sessionPorts[event.session] = nil }
        return port.map(ports.contains) ?? false
    }

    private mutating func matches(_ event: TranscriptEvent) throws(PatternError) -> Bool {
        guard let pattern else { return true }
        guard case .message(let message) = event.kind else { return try matches(pattern, Array(text.text(event).utf8)) }
        // Bytes are shown as text; JSON as it stands, but for what a terminal must not see.
        let shown = message.form == .base64 ? Array(text.whole(message).utf8) : message.text
        if try matches(pattern, shown) { return true }
        guard let error = message.error else { return false }
        return try matches(pattern, Array(error.utf8))
    }

    private mutating func matches(_ pattern: Pattern, _ text: [UInt8]) throws(PatternError) -> Bool {
        allowance.nanoseconds = max(allowance.nanoseconds, Pattern.Allowance(seconds: Self.leastSeconds).nanoseconds)
        return try pattern.matches(text.span.bytes, within: &allowance)
    }

    private static func onlyPort(_ header: RecordingHeader) -> Int? {
        header.ports.count == 1 ? header.ports[0].number : nil
    }
}
