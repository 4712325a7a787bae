import Codecs
import Recorder

/// A JSON object an event, as the lines of a recording are, the header first.
struct JSONPresentation: ConversationPresentation {
    private var header: RecordingHeader?

    init(_ header: RecordingHeader) { self.header = header }

    mutating func take(_ event: TranscriptEvent, isPicked: Bool, _ output: ShowOutput) throws {
        guard isPicked else { return }
        var line = ByteWriter()
        if let header { RecordingLine.writeHeader(header, into: &line) }
        header = nil
        RecordingLine.write(event, into: &line)
        try output.write(bytes: SafeJSON.text(line.array))
    }

    mutating func finish(_ output: ShowOutput) throws {}
}
