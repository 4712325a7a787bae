package import Codecs
import Synchronization

/// What a recorded server answered, found by what a client says.
///
/// The answers to a message are what the server sent in that session until the client's next message. A message that was
/// recorded several times has its answers in their order, and the last ones again after that; so have greetings, which are
/// what a server said before the client did. All that is kept in memory, within a limit.
package final class RecordedAnswers: Sendable {
    /// What a server said in one go.
    package struct Answer: Sendable, Equatable {
        /// The frames of its messages.
        package var frames: [[UInt8]] = []
        /// It ended the session behind them.
        package var closes = false
        /// The line of the message that it answers, or of the session's start.
        package var line: Int
    }

    /// A message that clients sent, for those who look for one like it.
    private struct Known: Sendable {
        var line: Int
        var text: [UInt8]
    }

    /// The most bytes of answers that are kept.
    package static let maximumBytes = 256 << 20
    /// How many messages are looked through for the nearest one, and how much of each.
    private static let nearest = (messages: 1_000, bytes: 400)

    package let path: String
    /// Messages of the server that do not read as the codec, and are not sent.
    package let leftOut: Int
    private let greetings: [Answer]
    private let answers: [MessageContent: [Answer]]
    private let known: [Known]
    private let used = Mutex(Used())

    private struct Used {
        var greetings = 0
        var answers: [MessageContent: Int] = [:]
    }

    /// Reads the sessions of a recording that spoke `codec`.
    package init(
        path: String, codec: Codec, limits: DecodingLimits, maximumBytes: Int = RecordedAnswers.maximumBytes
    ) throws(RecordingError) {
        self.path = path
        let reader = try RecordingReader(path: path)
        var collector = AnswerCollector(reader.header, codec, limits)
        while let event = try reader.next() {
            try collector.take(event, path)
            guard collector.bytes <= maximumBytes else {
                throw RecordingError(
                    .cannotOpen, path, line: reader.line,
                    "has more than \(maximumBytes >> 20) MiB of answers, which are kept in memory: take a shorter one")
            }
        }
        collector.finish()
        guard collector.hasSessions else {
            let spoken = Set(reader.header.ports.map(\.codec)).sorted().joined(separator: ", ")
            throw RecordingError(
                .foreign, path,
                "holds no session in \(codec.name)\(spoken.isEmpty ? "" : "; its ports speak \(spoken)")")
        }
        leftOut = collector.leftOut
        greetings = collector.greetings.sorted { $0.line < $1.line }
        answers = collector.answers.mapValues { $0.sorted { $0.line < $1.line } }
        known = collector.known.map { Known(line: $0.line, text: $0.text) }
    }

    /// What the next client is greeted with; nil where the recorded ones were not.
    package func nextGreeting() -> Answer? {
        guard !greetings.isEmpty else { return nil }
        return used.withLock { used in
            defer { used.greetings += 1 }
            return greetings[min(used.greetings, greetings.count - 1)]
        }
    }

    /// What a message is answered with this time; nil where no client sent one like it.
    package func nextAnswer(to content: MessageContent) -> Answer? {
        guard let found = answers[content] else { return nil }
        return used.withLock { used in
            let count = used.answers[content, default: 0]
            used.answers[content] = min(count + 1, found.count)
            return found[min(count, found.count - 1)]
        }
    }

    /// The recorded message that a text is most like: its line, and the front of its readable form.
    package func nearest(to text: [UInt8]) -> (line: Int, text: [UInt8])? {
        let front = text.prefix(Self.nearest.bytes)
        let best = known.max { Self.likeness($0.text[...], front) < Self.likeness($1.text[...], front) }
        return best.map { ($0.line, $0.text) }
    }

    /// How many bytes two texts have in common at their ends, less what sets them apart.
    private static func likeness(_ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Int {
        let front = zip(one, other).prefix { $0 == $1 }.count
        let rest = (one.dropFirst(front), other.dropFirst(front))
        let back = zip(rest.0.reversed(), rest.1.reversed()).prefix { $0 == $1 }.count
        return 2 * (front + back) - max(one.count, other.count)
    }
}

/// Collects what a recorded server answered, event by event.
struct AnswerCollector {
    private struct Session {
        /// What the client said last; nil: nothing yet.
        var asked: MessageContent?
        var answer: RecordedAnswers.Answer
        var clientHasEnded = false
    }

    private let codec: Codec
    private let limits: DecodingLimits
    private var header: RecordingHeader
    private var wires: WireBytes
    private var sessions: [Int: Session] = [:]
    private let tree = ValueTree()

    private(set) var greetings: [RecordedAnswers.Answer] = []
    private(set) var answers: [MessageContent: [RecordedAnswers.Answer]] = [:]
    private(set) var known: [(line: Int, text: [UInt8])] = []
    private(set) var bytes = 0
    private(set) var leftOut = 0
    private(set) var hasSessions = false

    init(_ header: RecordingHeader, _ codec: Codec, _ limits: DecodingLimits) {
        self.header = header
        self.codec = codec
        self.limits = limits
        wires = WireBytes(header: header, limits: limits)
    }

    mutating func take(_ event: TranscriptEvent, _ path: String) throws(RecordingError) {
        wires.follow(event)
        switch event.kind {
        case .opened(let opening):
            let port = header.ports.first { $0.number == opening.port } ?? header.ports.first
            guard port?.codec == codec.name else { return }
            hasSessions = true
            sessions[event.session] = Session(answer: RecordedAnswers.Answer(line: event.line))
        case .message(let message): take(message, event)
        case .endOfStream(.client): sessions[event.session]?.clientHasEnded = true
        case .endOfStream(.server): endByServer(event.session)
        case .closed(let closing):
            if closing.by == .server, closing.manner != .shutdown { endByServer(event.session) }
            if let session = sessions.removeValue(forKey: event.session) { keep(session) }
        case .resumed(let header):
            finish()
            self.header = header
        case .gap, .ended, .unknown: break
        }
    }

    /// The recording is over.
    mutating func finish() {
        for session in sessions.values { keep(session) }
        sessions = [:]
    }

    private mutating func endByServer(_ session: Int) {
        if sessions[session]?.clientHasEnded == false { sessions[session]?.answer.closes = true }
    }

    private mutating func take(_ message: RecordedMessage, _ event: TranscriptEvent) {
        guard var session = sessions[event.session] else { return }
        switch message.from {
        case .client:
            keep(session)
            let content = MessageContent(message.form, text: message.text.span.bytes, reading: tree)
            session.asked = content
            session.answer = RecordedAnswers.Answer(line: event.line)
            if answers[content] == nil, known.count < 1_000 {
                known.append((event.line, Array(message.text.prefix(400))))
            }
        case .server:
            guard message.isDecoded, let frame = try? wires.bytes(of: message, session: event.session) else {
                leftOut += 1
                return
            }
            bytes += frame.count + 64
            session.answer.frames.append(frame)
        }
        sessions[event.session] = session
    }

    private mutating func keep(_ session: Session) {
        bytes += 64
        if let asked = session.asked {
            answers[asked, default: []].append(session.answer)
        } else {
            greetings.append(session.answer)
        }
    }
}
