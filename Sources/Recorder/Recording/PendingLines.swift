internal import Codecs

/// The lines of a recording that have their place but are not written yet, and what a later file has to know of the earlier
/// ones.
struct PendingLines: ~Copyable {
    /// A run of text that belongs to one session's file, where each session has its own.
    struct Piece {
        var session: Int
        /// Where it ends in the text; it begins where the one before ends.
        var end: Int
        /// The name of the file that it begins.
        var begins: String?
        /// The file ends with it.
        var isLast = false
    }

    /// A session whose end has not come.
    private struct OpenSession {
        /// Its opening as it was appended.
        var opening: [UInt8]
        /// When its own file began.
        var start: Int64 = 0
        /// Messages in its own file.
        var messages = 0
    }

    /// Why lines are left out.
    private static let gapReason = "the disk was slower than the events came"

    var text = ByteWriter(capacity: 64 << 10)
    var pieces: [Piece] = []
    /// Lines that were appended so far.
    private(set) var events = 0
    /// When the last of them was, in microseconds of the clock.
    private(set) var lastTime: Int64
    /// Often the time of a line is that of the one before.
    private var timeText = TimeText()
    /// When the present file began.
    private(set) var start: Int64
    /// The highest number of a session.
    private var lastSession: Int
    /// Sessions that began.
    private(set) var sessions = 0
    private(set) var messages = 0
    private(set) var isEnded = false
    private(set) var leftOutInAll = 0
    /// Lines that were left out since the last `gap`.
    private var leftOut = 0
    /// Openings that were left out, of sessions that are still open.
    private var unopened: [Int: [UInt8]] = [:]
    private var open: [Int: OpenSession] = [:]
    /// Sessions that have an opening in the present file, and its messages.
    private var sessionsInFile = 0
    private var messagesInFile = 0
    private var header: RecordingHeader
    private let hasFilePerSession: Bool

    /// - Parameter sessions: the highest number that a session has already.
    init(_ header: RecordingHeader, at now: Int64, sessions: Int, hasFilePerSession: Bool) {
        self.header = header
        lastSession = sessions
        self.hasFilePerSession = hasFilePerSession
        lastTime = now
        start = now
        if !hasFilePerSession { RecordingLine.writeHeader(header, into: &text) }
    }

    /// The number of a new session.
    mutating func nextSession() -> Int {
        lastSession += 1
        return lastSession
    }

    // MARK: Lines

    /// Gives a line its place and its time.
    mutating func append(
        _ line: UnsafeRawBufferPointer, session: Int, _ kind: RecordingWriter.LineKind, at now: Int64
    ) {
        lastTime = max(lastTime, now)
        events += 1
        switch kind {
        case .opening: sessions += 1
        case .message: messages += 1
        case .closing, .other: break
        }
        if hasFilePerSession { return appendToOwnFile(line, session, kind) }
        if leftOut > 0 || !unopened.isEmpty { closeGap(before: session) }
        switch kind {
        case .opening:
            open[session] = OpenSession(opening: Array(line))
            sessionsInFile += 1
        case .message: messagesInFile += 1
        case .closing: open[session] = nil
        case .other: break
        }
        timeText.set(lastTime - start)
        text.append(contentsOf: timeText.text)
        text.append(line)
        text.append(UInt8(ascii: "\n"))
    }

    /// Gives messages that came together their place.
    mutating func append(_ messages: borrowing MessageLines) {
        let isReady = messages.start == start && messages.time >= lastTime && !hasFilePerSession
        guard isReady, leftOut == 0, unopened.isEmpty else {
            messages.forEach { append($0, session: messages.session, .message, at: messages.time) }
            return
        }
        lastTime = messages.time
        events += messages.count
        self.messages += messages.count
        messagesInFile += messages.count
        text.append(contentsOf: messages.text)
    }

    private mutating func appendToOwnFile(
        _ line: UnsafeRawBufferPointer, _ session: Int, _ kind: RecordingWriter.LineKind
    ) {
        var name: String?
        if case .opening = kind {
            header.created = RecordingClock.timestamp()
            name = RecordingName.session(session, created: header.created)
            open[session] = OpenSession(opening: [], start: lastTime)
            RecordingLine.writeHeader(header, into: &text)
        }
        guard let start = open[session]?.start else { return }
        if case .message = kind { open[session]?.messages += 1 }
        RecordingLine.writeTime(lastTime - start, into: &text)
        text.append(line)
        text.append(UInt8(ascii: "\n"))
        addPiece(session, begins: name)
        if case .closing = kind { endOwnFile(session) }
    }

    private mutating func addPiece(_ session: Int, begins name: String? = nil, isLast: Bool = false) {
        if name == nil, let last = pieces.last, last.session == session, !last.isLast {
            pieces[pieces.count - 1].end = text.count
            pieces[pieces.count - 1].isLast = isLast
        } else {
            pieces.append(Piece(session: session, end: text.count, begins: name, isLast: isLast))
        }
    }

    private mutating func endOwnFile(_ session: Int) {
        guard let ended = open.removeValue(forKey: session) else { return }
        RecordingLine.writeTime(lastTime - ended.start, into: &text)
        RecordingLine.writeEnd(sessions: 1, messages: ended.messages, into: &text)
        addPiece(session, isLast: true)
    }

    // MARK: Gaps

    /// Leaves a line out, for lack of room.
    mutating func leaveOut(_ line: UnsafeRawBufferPointer, session: Int, _ kind: RecordingWriter.LineKind) {
        leftOut += 1
        leftOutInAll += 1
        switch kind {
        case .opening: unopened[session] = Array(line)
        case .closing:
            unopened[session] = nil
            open[session] = nil
        case .message, .other: break
        }
    }

    /// Writes what was left out, and the opening of a session that goes on behind it without one.
    private mutating func closeGap(before session: Int) {
        if leftOut > 0 {
            RecordingLine.writeTime(lastTime - start, into: &text)
            RecordingLine.writeGap(RecordingGap(events: leftOut, reason: Self.gapReason), into: &text)
            text.append(UInt8(ascii: "\n"))
            leftOut = 0
        }
        guard let opening = unopened.removeValue(forKey: session) else { return }
        open[session] = OpenSession(opening: opening)
        sessionsInFile += 1
        RecordingLine.writeTime(lastTime - start, into: &text)
        RecordingLine.writeContinuedOpening(opening, into: &text)
    }

    // MARK: Ends and beginnings

    /// Writes the end with its counts. Nothing is to be appended after that.
    mutating func end(at now: Int64) {
        guard !isEnded else { return }
        isEnded = true
        lastTime = max(lastTime, now)
        if hasFilePerSession {
            for session in open.keys.sorted() { endOwnFile(session) }
        } else {
            writeEnd()
        }
    }

    private mutating func writeEnd() {
        if leftOut > 0 { closeGap(before: 0) }
        RecordingLine.writeTime(lastTime - start, into: &text)
        RecordingLine.writeEnd(sessions: sessionsInFile, messages: messagesInFile, into: &text)
    }

    /// Ends the present file: its last lines go behind those in `earlier`, and the text is what the next file begins with.
    mutating func turnOver(at now: Int64, into earlier: inout ByteWriter) {
        lastTime = max(lastTime, now)
        writeEnd()
        swap(&text, &earlier)
        text.removeAll()
        start = lastTime
        sessionsInFile = open.count
        messagesInFile = 0
        header.created = RecordingClock.timestamp()
        RecordingLine.writeHeader(header, into: &text)
        for (_, session) in open.sorted(by: { $0.key < $1.key }) {
            RecordingLine.writeTime(0, into: &text)
            RecordingLine.writeContinuedOpening(session.opening, into: &text)
        }
    }

    /// Forgets what was to be written; nothing is any more.
    mutating func giveUp() {
        text.removeAll()
        pieces = []
        unopened = [:]
        open = [:]
    }
}
