import Codecs
import Recorder

/// One conversation that is shown: its events on their way from where they come from to the output.
///
/// ```
///  source > rereading (--codec) > selection (--session, --port, --from, -g) > presentation (--hex, --raw, --stats) > output
/// ```
final class ShownConversation {
    /// Whether anything that was asked for was there.
    var hasFound: Bool { selection.hasFound && !presentation.isEmpty }
    private let path: String
    private let settings: ShowSettings
    private let output: ShowOutput
    private var rereading: TranscriptRereading?
    private var selection: EventSelection
    private var presentation: any ConversationPresentation
    private var sessions = OpenSessions()
    /// Events that the pattern could not be searched for in.
    private var unsearched = 0
    private static let mostToldOf = 20

    /// `choice`: the codec that a port's bytes are read with anew; nil where they stay as they were read.
    init(
        _ header: RecordingHeader, path: String, _ settings: ShowSettings, _ options: SelectionOptions,
        limits: DecodingLimits, choice: TranscriptRereading.Choice?, _ output: ShowOutput
    ) {
        self.path = path
        self.settings = settings
        self.output = output
        rereading = choice.map { TranscriptRereading(header: header, limits: limits, choice: $0) }
        selection = options.selection(header)
        presentation = settings.presentation(rereading?.header(header) ?? header, path: path, options)
    }

    /// Shows all that a source has.
    func show(_ source: any TranscriptSource) throws {
        while true {
            let event: TranscriptEvent
            do throws(RecordingError) {
                guard let next = try source.next() else { break }
                event = next
            } catch {
                try tellOfDamage(error)
                continue
            }
            try take(event)
        }
        try finish()
        if let shortcoming = source.shortcoming {
            try tell(shortcoming)
        } else {
            try tellOfOpenSessions()
        }
    }

    /// Shows an event.
    func take(_ event: TranscriptEvent) throws {
        sessions.follow(event)
        guard rereading != nil else { return try pass(event) }
        for event in rereading?.events(for: event) ?? [] { try pass(event) }
    }

    /// Shows what only the end tells.
    func finish() throws { try presentation.finish(output) }

    /// Tells of a damaged line, behind which reading goes on; anything else is thrown.
    func tellOfDamage(_ error: RecordingError) throws {
        // Without the bytes of a line those behind it are no copy of what was sent.
        guard error.code == .damagedLine, settings.form != .raw else { throw error }
        output.isFlawed = true
        try tell(TranscriptShortcoming(line: error.line, error.reason), path: error.path)
    }

    /// Says what is missing: beside the conversation, or in it where nobody sees what stands beside it.
    func tell(_ shortcoming: TranscriptShortcoming, path: String? = nil) throws {
        let path = path ?? self.path
        if settings.isForDiff {
            let place = shortcoming.line > 0 ? "line \(shortcoming.line): " : "the recording: "
            return try output.write("     \(place)\(TerminalText.escaped(shortcoming.reason))\n")
        }
        let place = shortcoming.line > 0 ? "\(path):\(shortcoming.line)" : path
        try output.complain("tapedeck: \(place): \(shortcoming.reason)")
    }

    private func pass(_ event: TranscriptEvent) throws {
        guard selection.includesSession(of: event) else { return }
        var isPicked = false
        do throws(PatternError) {
            isPicked = try selection.picks(event)
        } catch {
            output.isFlawed = true
            try tellOfSlowPattern(event, error)
        }
        try presentation.take(event, isPicked: isPicked, output)
    }

    /// A pattern that took too long on one event has little time left for those behind it: of many, the first are told of.
    private func tellOfSlowPattern(_ event: TranscriptEvent, _ error: PatternError) throws {
        unsearched += 1
        guard unsearched <= Self.mostToldOf else { return }
        let last = unsearched == Self.mostToldOf ? "; more such lines are not told of" : ""
        try tell(
            TranscriptShortcoming(
                line: event.line, "-g cannot be searched for here, so it is not shown: \(error)\(last)"))
    }

    /// Sessions that other files have a part of.
    private func tellOfOpenSessions() throws {
        if !sessions.open.isEmpty {
            try tell(
                TranscriptShortcoming(
                    "\(sessions.open.count.counting("session")) still open at its end; "
                        + "what follows may stand in the next file"))
        }
        if sessions.continued > 0 {
            try tell(TranscriptShortcoming("\(sessions.continued.counting("session")) began in an earlier file"))
        }
    }
}
