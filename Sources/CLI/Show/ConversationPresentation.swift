import Codecs
import Recorder

/// A way to show a conversation. It is told of every event of the sessions that were asked for, in their order.
protocol ConversationPresentation {
    /// Shows an event, if it was picked.
    mutating func take(_ event: TranscriptEvent, isPicked: Bool, _ output: ShowOutput) throws
    /// Shows what is only known at the end.
    mutating func finish(_ output: ShowOutput) throws
    /// Whether nothing of what was picked can be seen in this form.
    var isEmpty: Bool { get }
}

extension ConversationPresentation {
    var isEmpty: Bool { false }
}

/// How conversations are shown.
struct ShowSettings: Sendable {
    enum Form: Sendable {
        case text
        /// Each byte of the messages.
        case hex
        /// The bytes of the messages and nothing else.
        case raw
        /// What each session came to.
        case statistics
    }

    enum Format: String, Sendable, CaseIterable {
        case text
        case json
    }

    var form = Form.text
    var format = Format.text
    /// Characters or bytes of a message that are shown.
    var width: Int
    var showsTimes = true
    /// What git compares: what is wrong stands in the text, and what differs between two runs of the same does not.
    var isForDiff = false
    var usesColour = false
    /// Columns of the terminal that it is shown on; nil where it is none, and lines stay as they are.
    var foldingColumns: Int?

    /// What stands above what is shown of one file among several: a name, or an object.
    func heading(_ path: String) -> String {
        if form == .raw { return "" }
        guard format == .json else { return "\n==> \(TerminalText.escaped(path)) <==\n" }
        var text = ByteWriter()
        var path = path
        text.append("{\"file\":")
        path.withUTF8 { JSONString.write(UnsafeRawBufferPointer($0), into: &text) }
        text.append("}\n")
        return text.string
    }

    /// What shows a conversation of that file, which begins with this header.
    func presentation(
        _ header: RecordingHeader, path: String, _ selection: SelectionOptions
    ) -> any ConversationPresentation {
        switch form {
        case .statistics:
            StatisticsPresentation(header, format, listsAll: selection.pattern == nil)
        case .raw: RawPresentation(header, path: path)
        case .text where format == .json: JSONPresentation(header, holdsOpenings: selection.pattern != nil)
        case .text, .hex:
            TextPresentation(header, self, holdsOpenings: selection.pattern != nil)
        }
    }
}
