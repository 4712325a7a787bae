internal import Codecs

/// A first look at a capture: which servers' ports there are, and the first bytes of what is spoken there.
final class CaptureSurvey: ConnectionObserver {
    final class Session {
        let opening: ConnectionOpening
        var client: CodecGuess.Start?
        var server: CodecGuess.Start?
        /// What decrypts it, and its first bytes as they came.
        var encrypted: (decryption: TLSDecryption, hello: CodecGuess.Start)?

        init(_ opening: ConnectionOpening) { self.opening = opening }

        var port: Int { Int(opening.server.port) }
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
    private let namedPorts: [Int]
    private var keys: CaptureKeys?
    /// The number of the packet that is read.
    private var packet = 0

    /// More ports are not looked at; so many streams of each, and so many bytes of them.
    static let maximumPorts = 256
    private static let maximumStreams = 16
    private static let maximumBytes = 16 << 10

    /// Looks at all of a capture.
    static func survey(_ path: String, _ settings: ImportSettings) throws(CaptureError) -> CaptureSurvey {
        let survey = CaptureSurvey(namedPorts: settings.ports.map(\.number))
        let reader = try CaptureReader(path: path)
        survey.keys = CaptureKeys(path, settings)
        defer { survey.keys = nil }
        var reading = CaptureReading(reader, settings, survey)
        while try reading.step({ survey.packet = $0.number }) { if Task.isCancelled { break } }
        reading.table.finish("")
        return survey
    }

    private init(namedPorts: [Int]) { self.namedPorts = namedPorts }

    func opened(_ opening: ConnectionOpening) -> Session? {
        let number = Int(opening.server.port)
        let session = Session(opening)
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
        if session.encrypted != nil { return takeDecrypted(session, from: side) }
        if side == .client, session.client?.bytes.isEmpty == true, TLSHello.begins(bytes), let keys, keys.areThere,
            let decryption = keys.decryption(ports: namedPorts)
        {
            decryption.follow(session.opening.client, session.opening.server)
            let front = Array(bytes.prefix(Self.maximumBytes))
            session.encrypted = (decryption, CodecGuess.Start(bytes: front, isWhole: false))
            return
        }
        add(bytes, from: side, in: session)
    }

    private func add(_ bytes: UnsafeRawBufferPointer, from side: Side, in session: Session) {
        let path: ReferenceWritableKeyPath<Session, CodecGuess.Start?> = side == .client ? \.client : \.server
        guard let count = session[keyPath: path]?.bytes.count else { return }
        session[keyPath: path]?.bytes += bytes.prefix(Self.maximumBytes - count)
        if count + bytes.count > Self.maximumBytes { keep(session, path, isWhole: false) }
    }

    /// Encrypted bytes have come: looks at what they complete.
    private func takeDecrypted(_ session: Session, from side: Side) {
        guard let encrypted = session.encrypted else { return }
        let (client, server) = (session.opening.client, session.opening.server)
        let (source, destination) = side == .client ? (client, server) : (server, client)
        let piece = encrypted.decryption.take(from: source, to: destination, upTo: packet)
        if !piece.bytes.isEmpty { session.encrypted?.hello.bytes = [] }
        piece.bytes.withUnsafeBytes { add($0, from: side, in: session) }
    }

    func missing(_ count: Int64, from side: Side, _ reason: MissingReason, in session: Session) {
        // What comes behind is no start.
        keep(session, side == .client ? \.client : \.server, isWhole: false)
    }

    func conflict(_ count: Int, from side: Side, in session: Session) {}

    func ended(_ side: Side, in session: Session) {
        takeDecrypted(session, from: side)
        keep(session, side == .client ? \.client : \.server, isWhole: true)
    }

    func closed(_ closing: SessionClosing, in session: Session) {
        if let encrypted = session.encrypted {
            for side in Side.allCases { takeDecrypted(session, from: side) }
            encrypted.decryption.leave(session.opening.client, session.opening.server)
            // What no key opens speaks TLS.
            if let hello = session.encrypted?.hello, !hello.bytes.isEmpty, session.client != nil {
                session.client = hello
            }
            session.encrypted = nil
        }
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
