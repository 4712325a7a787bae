internal import Codecs
internal import Recorder

/// Reads a recording session by session: each is given when it has been read whole, and forgotten then.
final class SessionBuffer {
    /// The most bytes of sessions that are not whole, or not asked for yet.
    static let maximumBytes = 256 << 20

    struct Session {
        var messages: [(message: RecordedMessage, event: TranscriptEvent)] = []
        var closing: (how: SessionClosing, event: TranscriptEvent)?
        var bytes = 0
    }

    private let reader: RecordingReader
    private let wanted: Set<Int>
    private var open: [Int: Session] = [:]
    private var whole: [Int: Session] = [:]
    private var heldBytes = 0
    /// Told of each header.
    private let resumed: (RecordingHeader, Int) throws -> Void

    var header: RecordingHeader { reader.header }

    init(path: String, wanted: Set<Int>, resumed: @escaping (RecordingHeader, Int) throws -> Void = { _, _ in }) throws
    {
        reader = try RecordingReader(path: path)
        self.wanted = wanted
        self.resumed = resumed
    }

    /// The session that is whole next; nil at the recording's end.
    func next() throws -> (number: Int, session: Session)? {
        while let event = try reader.next() {
            if let number = try take(event) { return give(number) }
        }
        return open.keys.min().flatMap { number in
            open.removeValue(forKey: number).map { (number, $0) }
        }
    }

    /// A session of that number, whole; nil where there is none.
    func session(_ number: Int) throws -> Session? {
        while whole[number] == nil, let event = try reader.next() { _ = try take(event) }
        return give(number)?.session ?? open.removeValue(forKey: number)
    }

    private func give(_ number: Int) -> (number: Int, session: Session)? {
        guard let session = whole.removeValue(forKey: number) else { return nil }
        heldBytes -= session.bytes
        return (number, session)
    }

    /// Takes an event; gives the session that it makes whole.
    private func take(_ event: TranscriptEvent) throws -> Int? {
        let number = event.session
        switch event.kind {
        case .opened where wanted.contains(number): open[number] = Session()
        case .message(let message):
            guard open[number] != nil else { return nil }
            let bytes = message.text.count + (message.raw?.count ?? 0) + 128
            open[number]?.messages.append((message, event))
            open[number]?.bytes += bytes
            heldBytes += bytes
            guard heldBytes <= Self.maximumBytes else {
                throw RecordingError(
                    .cannotRead, reader.path, line: event.line,
                    "sessions of more than \(Self.maximumBytes >> 20) MiB would have to be kept to compare them")
            }
        case .closed(let closing):
            guard var session = open.removeValue(forKey: number) else { return nil }
            session.closing = (closing, event)
            whole[number] = session
            return number
        case .resumed(let header): try resumed(header, event.line)
        default: break
        }
        return nil
    }
}
