internal import Codecs

/// A first look at a capture: which servers' ports there are, and the first bytes of what is spoken there.
final class CaptureSurvey: ConnectionObserver {
    final class Session {
        let port: Int
        var client: CodecGuess.Start?
        var server: CodecGuess.Start?

        init(port: Int) { self.port = port }
    }

    /// What was found of a port.
    struct Port {
        /// The address of its first server.
        var host: String
        fileprivate var streams = 0
        fileprivate var starts: [CodecGuess.Start] = []

        /// What its first bytes speak.
        var guess: CodecGuess { CodecGuess(starts: starts) }
    }

    private(set) var ports: [Int: Port] = [:]

    /// More ports are not looked at; so many streams of each, and so many bytes of them.
    static let maximumPorts = 256
    private static let maximumStreams = 16
    private static let maximumBytes = 16 << 10

    /// Looks at all of a capture.
    static func survey(_ path: String, _ settings: ImportSettings) throws(CaptureError) -> CaptureSurvey {
        let survey = CaptureSurvey()
        var reading = CaptureReading(try CaptureReader(path: path), settings, survey)
        while try reading.step({ _ in }) { if Task.isCancelled { break } }
        reading.table.finish("")
        return survey
    }

    func opened(_ opening: ConnectionOpening) -> Session? {
        let number = Int(opening.server.port)
        let session = Session(port: number)
        if ports[number] == nil, ports.count < Self.maximumPorts {
            ports[number] = Port(host: opening.server.text)
        }
        guard let found = ports[number], found.streams < Self.maximumStreams, !opening.isJoined else { return session }
        ports[number]?.streams += 2
        session.client = CodecGuess.Start(bytes: [], isWhole: false)
        session.server = CodecGuess.Start(bytes: [], isWhole: false)
        return session
    }

    func passed(_ bytes: UnsafeRawBufferPointer, from side: Side, in session: Session) {
        let path: ReferenceWritableKeyPath<Session, CodecGuess.Start?> = side == .client ? \.client : \.server
        guard let count = session[keyPath: path]?.bytes.count else { return }
        session[keyPath: path]?.bytes += bytes.prefix(Self.maximumBytes - count)
        if count + bytes.count > Self.maximumBytes { keep(session, path, isWhole: false) }
    }

    func missing(_ count: Int64, from side: Side, _ reason: MissingReason, in session: Session) {
        // What comes behind is no start.
        keep(session, side == .client ? \.client : \.server, isWhole: false)
    }

    func conflict(_ count: Int, from side: Side, in session: Session) {}

    func ended(_ side: Side, in session: Session) {
        keep(session, side == .client ? \.client : \.server, isWhole: true)
    }

    func closed(_ closing: SessionClosing, in session: Session) {
        keep(session, \.client, isWhole: false)
        keep(session, \.server, isWhole: false)
    }

    private func keep(
        _ session: Session, _ path: ReferenceWritableKeyPath<Session, CodecGuess.Start?>, isWhole: Bool
    ) {
        guard var start = session[keyPath: path] else { return }
        session[keyPath: path] = nil
        guard !start.bytes.isEmpty else { return }
        start.isWhole = isWhole
        ports[session.port]?.starts.append(start)
    }
}

@available(*, unavailable)
extension CaptureSurvey: Sendable {}
