import Codecs
import Recorder

/// The one place that decides how a file is read as a conversation, for the commands that show one.
enum ConversationFile {
    /// Opens a file that keeps a conversation.
    static func open(_ path: String) throws(RecordingError) -> any TranscriptSource { try RecordingReader(path: path) }

    /// Whether a file is a capture, as its first bytes tell.
    static func isCapture(_ path: String) -> Bool { CaptureGuess(StandardStreams.front(of: path)).isCapture }

    /// Reads a capture as the recording that `import` would make of it, and tells what is to be said of it. Nil where nothing in it
    /// can be shown.
    static func open(
        capture path: String, _ settings: ImportSettings, tell: (String) throws -> Void
    ) throws -> CapturedConversation? {
        let file = try NamelessFile()
        var settings = settings
        settings.recording.operations = file.operations
        let summary = try CaptureImporter(path: path, output: path, settings: settings).run()
        let text = ImportOutput(
            capture: path, recording: nil, summary: summary, namedPorts: settings.ports.map(\.number))
        for line in text.lines(isVerbose: false) { try tell(line) }
        guard summary.sessions > 0 else { return nil }
        return try CapturedConversation(path, file, summary)
    }
}

/// A capture that is read as the recording that it would be.
final class CapturedConversation: TranscriptSource {
    let path: String
    private let file: NamelessFile
    private let reader: RecordingReader
    /// The capture could not be read to its end.
    let isDamaged: Bool

    init(_ path: String, _ file: NamelessFile, _ summary: ImportSummary) throws(RecordingError) {
        self.path = path
        self.file = file
        isDamaged = summary.isDamaged
        reader = try RecordingReader(path: file.path)
    }

    var header: RecordingHeader { reader.header }
    func next() throws(RecordingError) -> TranscriptEvent? { try reader.next() }
    /// It was told when it was read.
    var shortcoming: TranscriptShortcoming? { nil }
}
