import Recorder

/// The one place that decides how a file is read as a conversation, for the commands that show one.
enum ConversationFile {
    /// Opens a file that keeps a conversation.
    static func open(_ path: String) throws(RecordingError) -> any TranscriptSource { try RecordingReader(path: path) }
}
