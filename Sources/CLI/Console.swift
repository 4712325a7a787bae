import Codecs
import Dispatch
internal import Glibc
import Recorder
import Server
import Synchronization

/// Prints what passes a server as a conversation on stdout, and what is wrong on stderr.
///
/// The event loops only hand lines over: a thread of its own prints them, so that a terminal that stands still slows nobody.
/// Past what a person can read in a second, or what the terminal takes, lines are counted and summed up instead; a message
/// then costs a counter, no lock and no look at the clock.
final class Console: ServerObserver {
    /// Lines a second that are printed.
    private static let linesPerSecond = 200
    /// Lines that may wait to be printed.
    private static let maximumWaiting = 1_000

    /// Different names that are warned of.
    private static let maximumWarnings = 1_000

    private let policy = NamePolicy()
    private let redaction: Redaction?
    private let isQuiet: Bool
    private let conversation: Mutex<ConversationText>
    private let start: Int64
    private let queue = DispatchQueue(label: "console")
    private let state = Mutex(State())
    /// Whether there is room for another line.
    private let hasRoom = Atomic(true)
    /// Events that were not printed since the last that was.
    private let leftOut = Atomic(0)

    private struct State {
        var waiting = 0
        var second: Int64 = 0
        var printedInSecond = 0
        /// Lines of the log that found no room since the last that did.
        var omitted = 0
        /// Nobody reads any more.
        var isClosed = false
        var warnedNames: Set<String> = []
    }

    /// `redaction`: what is not shown.
    init(isQuiet: Bool, colour: ColourChoice, redaction: Redaction? = nil) {
        self.isQuiet = isQuiet
        self.redaction = redaction
        let text = ConversationText(
            usesColour: Terminal.usesColour(colour, descriptor: STDOUT_FILENO), maximumValueCharacters: 400)
        conversation = Mutex(text)
        start = RecordingClock.monotonic()
    }

    /// Tells which codecs the ports speak.
    func addPorts(_ ports: [RecordedPort]) { conversation.withLock { $0.addPorts(ports) } }

    func sessionOpened(_ session: SessionIdentity) {
        show(session) { .opened(SessionOpening(port: session.port, peer: session.peer)) }
        if logsSessions { print(LogLine(event: .open, session: session, text: "connected")) }
    }

    var watchesMessages: Bool { !isQuiet }

    func message(_ session: SessionIdentity, from side: Side, tree: ValueTree, codec: Codec, frameBytes: Int) {
        if tree.hasObjects { warnOfNames(session, tree) }
        show(session) { .message(message(from: side, tree: tree, codec: codec)) }
    }

    /// Tells of a name that would be dangerous to `pickle.loads`, once for each name.
    private func warnOfNames(_ session: SessionIdentity, _ tree: ValueTree) {
        guard let worst = PickleScanner.worstName(in: tree, policy: policy), worst.verdict == .dangerous else { return }
        let isNew = state.withLock { state in
            state.warnedNames.count < Self.maximumWarnings && state.warnedNames.insert(worst.name).inserted
        }
        guard isNew else { return }
        let name = TerminalText.escaped(String(worst.name.prefix(200)))
        print(
            LogLine(
                level: .warning, event: .danger, session: session,
                text: "this pickle would run \(name) if it were unpickled (told once; see tapedeck scan)"))
    }

    func problem(_ session: SessionIdentity, _ text: String, bytes: RawSpan) {
        var shown = ""
        if bytes.byteCount > 0 {
            // Where secrets are kept out, nobody knows what these are.
            let front = redaction == nil ? bytes.withUnsafeBytes { Array($0.prefix(32)) } : []
            shown = "  " + TerminalText.bytes(front, limit: 32)
            if bytes.byteCount > front.count { shown += "… (\(bytes.byteCount) bytes)" }
        }
        print(
            LogLine(
                level: .warning, event: .problem, session: session, text: TerminalText.escaped(redacted(text)) + shown))
    }

    /// A sentence, which may quote what a peer sent, without its secrets.
    private func redacted(_ sentence: String) -> String {
        redaction?.sentence(sentence, at: "reason")?.text ?? sentence
    }

    func sessionClosed(_ session: SessionIdentity, _ closing: SessionClosing) {
        var closing = closing
        closing.reason = closing.reason.map { redacted($0) }
        show(session) { [closing] in .closed(closing) }
        guard logsSessions else { return }
        let text = TerminalText.escaped(closing.reason ?? "closed: \(closing.manner.rawValue)")
        print(LogLine(event: .close, session: session, text: text, closing: closing))
    }

    func childSaid(_ line: String, port: Int) { print(LogLine(event: .child, port: port, text: redacted(line))) }

    func serverProblem(_ text: String) {
        print(LogLine(level: .error, event: .server, text: TerminalText.escaped(redacted(text))))
    }

    /// Whether each session's begin and end stands in the log. For a person they stand in the conversation.
    private var logsSessions: Bool { !isQuiet && LogSetting.format == .json }

    /// Waits until all that was handed over is printed; not longer than a second, should nobody read it.
    func flush() {
        let isPrinted = DispatchSemaphore(value: 0)
        queue.async { isPrinted.signal() }
        guard isPrinted.wait(timeout: .now() + .seconds(1)) == .success else { return }
        let left = leftOut.exchange(0, ordering: .relaxed)
        if left > 0 { _ = try? Terminal.write(Self.leftOut(left)) }
    }

    /// Prints an event, if there is time for it; only then is its text made.
    private func show(_ session: SessionIdentity, _ kind: () -> TranscriptEvent.Kind) {
        guard !isQuiet else { return }
        guard hasRoom.load(ordering: .relaxed), let now = takeRoom() else {
            leftOut.add(1, ordering: .relaxed)
            return
        }
        let leftOut = leftOut.exchange(0, ordering: .relaxed)
        let event = TranscriptEvent(time: now - start, session: session.number, kind: kind())
        queue.async { [self] in
            var text = leftOut > 0 ? Self.leftOut(leftOut) : ""
            text += line(event) + "\n"
            // What keeps it from being written is told once.
            let isRead = (try? Terminal.write(text)) ?? false
            state.withLock {
                $0.waiting -= 1
                if !isRead { $0.isClosed = true }
            }
        }
    }

    /// The event's line, as wide as the terminal is now.
    private func line(_ event: TranscriptEvent) -> String {
        conversation.withLock { conversation in
            conversation.foldingColumns = Terminal.foldingColumns(of: STDOUT_FILENO)
            return conversation.line(event)
        }
    }

    /// The time, if a line may be printed now.
    private func takeRoom() -> Int64? {
        let now = RecordingClock.monotonic()
        let (isTaken, isClosed) = state.withLock { state in
            if now / 1_000_000 != state.second {
                state.second = now / 1_000_000
                state.printedInSecond = 0
            }
            guard !state.isClosed, state.printedInSecond < Self.linesPerSecond, state.waiting < Self.maximumWaiting
            else { return (false, state.isClosed) }
            state.printedInSecond += 1
            state.waiting += 1
            return (true, false)
        }
        if isTaken { return now }
        // Of several loops that find no room one is enough to make it again.
        if hasRoom.exchange(false, ordering: .relaxed), !isClosed { makeRoom(after: 1_000_000 - now % 1_000_000) }
        return nil
    }

    /// Lets lines be printed again, in the next second and behind those that wait.
    private func makeRoom(after microseconds: Int64) {
        queue.asyncAfter(deadline: .now() + .microseconds(Int(microseconds))) { [self] in
            hasRoom.store(true, ordering: .relaxed)
        }
    }

    private func print(_ line: LogLine) {
        let omitted: Int? = state.withLock { state in
            guard state.waiting < Self.maximumWaiting else {
                state.omitted += 1
                return nil
            }
            state.waiting += 1
            defer { state.omitted = 0 }
            return state.omitted
        }
        guard let omitted else { return }
        queue.async { [self] in
            if omitted > 0 {
                Terminal.log(
                    .omitted, "\(omitted.counting("line")) of this log were left out: too many at once", .warning)
            }
            Terminal.log(line)
            state.withLock { $0.waiting -= 1 }
        }
    }

    private static func leftOut(_ count: Int) -> String { "            … \(count) more events, not shown\n" }

    /// Payloads of more bytes are only told of: their text would be made for nothing.
    private static let maximumPayloadBytes = 16 << 10

    private func message(from side: Side, tree: ValueTree, codec: Codec) -> RecordedMessage {
        guard tree.payload.count <= Self.maximumPayloadBytes else {
            return RecordedMessage(
                from: side, form: .text, text: Array("(a message of \(tree.payload.count) bytes)".utf8))
        }
        if let redacted = redaction?.message(tree, codec: codec, limits: DecodingLimits()) {
            return RecordedMessage(from: side, form: redacted.form, text: redacted.text)
        }
        var text = ByteWriter()
        do throws(PayloadError) {
            let form = try codec.payload.writeReadable(tree, limits: DecodingLimits(), into: &text)
            return RecordedMessage(from: side, form: form.key, text: text.array)
        } catch {
            text.removeAll()
            text.append(UInt8(ascii: "\""))
            Base64.encode(tree.payload, into: &text)
            text.append(UInt8(ascii: "\""))
            return RecordedMessage(from: side, form: .base64, text: text.array)
        }
    }
}
