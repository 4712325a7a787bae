import Codecs
import Recorder

/// A JSON object an event, as the lines of a recording are: the header first, and at the end what was shown is counted, so that
/// a part is a recording, too.
struct JSONPresentation: ConversationPresentation {
    /// The header of what comes next, until something of it is shown.
    private var header: RecordingHeader?
    private var counts = RecordingCounts()
    /// When the last event was that was shown.
    private var time: Int64 = 0
    /// Opens of sessions nothing of which was picked yet; nil where an open stands for itself.
    private var openings: HeldOpenings?

    /// `holdsOpenings`: whether a session's open is shown with the first event of it that is.
    init(_ header: RecordingHeader, holdsOpenings: Bool) {
        self.header = header
        openings = holdsOpenings ? HeldOpenings() : nil
    }

    mutating func take(_ event: TranscriptEvent, isPicked: Bool, _ output: ShowOutput) throws {
        let opening = openings?.take(event, isPicked: isPicked)
        switch event.kind {
        case .resumed(let next):
            header = next
            counts = RecordingCounts()
            time = 0
        case .ended where header == nil || isPicked: try write(event, output)
        default:
            guard isPicked else { return }
            if let opening { try write(opening, output) }
            try write(event, output)
        }
    }

    mutating func finish(_ output: ShowOutput) throws {}

    private mutating func write(_ event: TranscriptEvent, _ output: ShowOutput) throws {
        var line = ByteWriter()
        if let header { RecordingLine.writeHeader(header, into: &line) }
        header = nil
        counts.add(event)
        // An open that was held is told of late.
        var event = event
        event.time = max(event.time, time)
        time = event.time
        RecordingLine.write(event, counting: counts, into: &line)
        try output.write(bytes: SafeJSON.text(line.array))
    }
}
