import Recorder

/// A line an event; with `--hex` the bytes of each message below its line.
struct TextPresentation: ConversationPresentation {
    private var conversation: ConversationText
    private var wires: WireBytes?
    private let width: Int
    /// Opens of sessions nothing of which was picked yet; nil where an open stands for itself.
    private var openings: HeldOpenings?

    /// `holdsOpenings`: whether a session's open is shown with the first event of it that is.
    init(_ header: RecordingHeader, _ settings: ShowSettings, holdsOpenings: Bool) {
        conversation = ConversationText(
            usesColour: settings.usesColour, maximumValueCharacters: settings.width, ports: header.ports)
        conversation.showsTimes = settings.showsTimes
        conversation.foldingColumns = settings.foldingColumns
        conversation.showsClients = !settings.isForDiff
        wires = settings.form == .hex ? WireBytes(header: header) : nil
        width = settings.width
        openings = holdsOpenings ? HeldOpenings() : nil
    }

    mutating func take(_ event: TranscriptEvent, isPicked: Bool, _ output: ShowOutput) throws {
        wires?.follow(event)
        if case .resumed(let header) = event.kind { conversation.addPorts(header.ports) }
        let opening = openings?.take(event, isPicked: isPicked)
        guard isPicked else { return }
        if let opening { try output.write(conversation.line(opening) + "\n") }
        try output.write(text(event))
    }

    mutating func finish(_ output: ShowOutput) throws {}

    private func text(_ event: TranscriptEvent) -> String {
        guard let wires, case .message(let message) = event.kind else { return conversation.line(event) + "\n" }
        do {
            let bytes = try wires.bytes(of: message, session: event.session)
            return conversation.line(event, showing: bytes.count.counting("byte")) + "\n"
                + HexDump.rows(bytes, limit: width)
        } catch {
            let text = "bytes that are not known: \(TerminalText.escaped("\(error)"))"
            return conversation.line(event, showing: text) + "\n"
        }
    }
}
