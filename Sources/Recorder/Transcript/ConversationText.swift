internal import Codecs

/// Writes a conversation as a person likes to read it: a line an event, with time, session, direction and value.
///
/// ```
///   0.000081  #1    connected  127.0.0.1:53412 to port 12000 (pickle/stream)
///   0.000213  #1  ← {"clientid":53412}
///   1.204471  #1  → {"message":"hi","id":3}
/// ```
package struct ConversationText: Sendable {
    private let styled: TerminalStyle
    /// Characters (code points) of a value that are shown; a longer one is cut, and says how long it is.
    package var maximumValueCharacters: Int
    /// Columns that a line may take; a longer one's value is cut. Nil: as many as it needs.
    package var maximumColumns: Int?
    /// Columns of the terminal that a line is for; a longer one is folded below its value. Nil: it is left as it is.
    package var foldingColumns: Int?
    /// Whether a line begins with its time.
    package var showsTimes = true
    /// Whether an open tells the client's address, and the address that a relay had.
    package var showsClients = true
    /// Time, session and arrow, with what is between them.
    private static let columnsBeforeValue = 19
    /// Those of the time alone, with what is behind it.
    private static let columnsOfTime = 12
    private var codecs: [Int: String] = [:]

    package init(usesColour: Bool, maximumValueCharacters: Int = 2_000, ports: [RecordedPort] = []) {
        styled = TerminalStyle(usesColour: usesColour)
        self.maximumValueCharacters = maximumValueCharacters
        addPorts(ports)
    }

    /// Tells which codecs the ports speak.
    package mutating func addPorts(_ ports: [RecordedPort]) {
        for port in ports {
            if let number = port.number { codecs[number] = port.codec }
        }
    }

    /// The event's line, without a line's end.
    package func line(_ event: TranscriptEvent) -> String { folded(front(event) + body(event)) }

    /// A message's line with another text in the place of its value.
    package func line(_ event: TranscriptEvent, showing text: String) -> String {
        guard case .message(let message) = event.kind else { return line(event) }
        return folded(front(event) + self.message(message, showing: text))
    }

    private func folded(_ line: String) -> String {
        guard let foldingColumns else { return line }
        return TerminalText.folded(
            line, columns: foldingColumns, indent: Self.columnsBeforeValue - (showsTimes ? 0 : Self.columnsOfTime))
    }

    /// What a line says behind time and session.
    package func text(_ event: TranscriptEvent) -> String { body(event) }

    /// Time and session.
    private func front(_ event: TranscriptEvent) -> String {
        let session = event.session > 0 ? "#\(event.session)" : ""
        let padded = session + String(repeating: " ", count: max(0, 4 - session.count))
        let time = showsTimes ? styled(Self.time(event.time), .dim) + "  " : ""
        return time + styled(padded, .bold) + " "
    }

    /// What happened, without time and session; of a message its value.
    package func what(_ event: TranscriptEvent) -> String { String(body(event).drop { $0 == " " }) }

    /// A message's value alone, cut to the maximum.
    package func value(_ message: RecordedMessage) -> String {
        if let maximumColumns {
            let room = max(maximumColumns - Self.columnsBeforeValue, 20)
            if message.form != .base64 { return TerminalText.clipped(message.text, columns: room) }
            return TerminalText.clipped(bytes(message.text, limit: 2 * room).utf8, columns: room)
        }
        return shown(message, limit: maximumValueCharacters)
    }

    /// A message's value alone, all of it.
    package func whole(_ message: RecordedMessage) -> String { shown(message, limit: .max) }

    private func shown(_ message: RecordedMessage, limit: Int) -> String {
        switch message.form {
        case .value, .text:
            return TerminalText.escaped(message.text, limit: limit)
        case .base64: return bytes(message.text, limit: limit)
        }
    }

    /// Seconds with six decimals, right-aligned in ten places.
    package static func time(_ microseconds: Int64) -> String {
        let microseconds = max(microseconds, 0)
        let fraction = String(microseconds % 1_000_000)
        let text = "\(microseconds / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
        return String(repeating: " ", count: max(0, 10 - text.count)) + text
    }

    private func body(_ event: TranscriptEvent) -> String {
        switch event.kind {
        case .opened(let opening): return styled("  " + fitted(self.opening(opening)), .dim)
        case .message(let message): return self.message(message, showing: value(message))
        case .endOfStream(let side): return styled("  the \(side) has no more to send", .dim)
        case .closed(let closing): return self.closing(closing)
        case .gap(let gap): return styled("  " + self.gap(gap), .red)
        case .resumed(let header):
            return styled(showsTimes ? "  resumed \(TerminalText.escaped(header.created))" : "  resumed", .dim)
        case .ended: return styled("  end of the recording", .dim)
        case .unknown: return styled("  an event that this version does not know", .dim)
        }
    }

    /// A text that is fit for a terminal, cut to the columns that there are behind time and session.
    private func fitted(_ text: String) -> String {
        maximumColumns.map { TerminalText.clipped(text.utf8, columns: max($0 - Self.columnsBeforeValue, 20)) } ?? text
    }

    private func opening(_ opening: SessionOpening) -> String {
        var text = opening.isContinued ? "continued" : "connected"
        if showsClients { text += "  \(TerminalText.escaped(opening.peer))" }
        text += " to port \(opening.port)"
        if let codec = codecs[opening.port] { text += " (\(TerminalText.escaped(codec)))" }
        if let upstream = opening.upstream { text += ", relayed to \(TerminalText.escaped(upstream))" }
        if showsClients, let via = opening.via { text += " from \(TerminalText.escaped(via))" }
        return text
    }

    private func message(_ message: RecordedMessage, showing value: String) -> String {
        let isRequest = message.from == .client
        let arrow = styled(isRequest ? "→ " : "← ", isRequest ? .cyan : .green)
        if let error = message.error {
            return arrow + value + styled("  not decoded: \(TerminalText.escaped(error))", .red)
        }
        if message.isPartial { return arrow + value + styled("  cut off here", .red) }
        return arrow + value
    }

    private func closing(_ closing: SessionClosing) -> String {
        var text = "  closed"
        if closing.manner != .clean { text += ": \(closing.manner)" }
        if let by = closing.by { text += " by the \(by)" }
        if let reason = closing.reason { text += ", \(TerminalText.escaped(reason))" }
        let isUsual = closing.manner == .clean || closing.manner == .shutdown
        return styled(text, isUsual ? .dim : .red)
    }

    private func gap(_ gap: RecordingGap) -> String {
        var text = "missing here:"
        if let bytes = gap.bytes { text += " \(bytes) bytes" }
        if let events = gap.events { text += " \(events) events" }
        if let from = gap.from { text += " from the \(from)" }
        if let reason = gap.reason { text += " (\(TerminalText.escaped(reason)))" }
        return text
    }

    /// The bytes behind a JSON string of base64.
    private func bytes(_ text: [UInt8], limit: Int) -> String {
        var decoded = ByteWriter()
        do throws(PayloadError) {
            let inside = text.dropFirst().dropLast().withUnsafeBytes { JSONString.unescape($0) }
            try Base64.decode(inside.span.bytes, into: &decoded)
        } catch {
            return TerminalText.escaped(text, limit: limit)
        }
        return TerminalText.bytes(decoded.array, limit: limit / 2)
    }
}
