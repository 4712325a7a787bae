package import Codecs
internal import Recorder

/// What the clients of recordings did, ready to be done many times at once.
package struct LoadScript: Sendable {
    /// A recording that sessions are from.
    struct Source: Sendable {
        var path: String
        var header: RecordingHeader
        var identifiers: RecordedIdentifiers
        var ports: [Int: Port] = [:]
    }

    /// What a port speaks.
    struct Port: Sendable {
        var codec: Codec
        var settings: WritingSettings
        var listen: String
    }

    /// A message with the bytes that it had.
    struct Message: Sendable {
        var recorded: RecordedMessage
        var wire: [UInt8]
        /// The recording's line.
        var line: Int
    }

    /// What happens next in a session.
    enum Step: Sendable {
        /// The client sends.
        case send(Message)
        /// The server sends.
        case answer(Message)
        /// The client has no more to send.
        case finish
        /// The client resets the connection.
        case abort
        /// The server ends the connection; compared where that tells something.
        case end(isCompared: Bool)
    }

    /// A recorded connection.
    struct Session: Sendable {
        /// Which source it is from.
        var source: Int
        var opening: SessionOpening
        var steps: [Step] = []
    }

    /// Bytes of messages that are held, at most.
    package static let maximumBytes = 256 << 20

    private(set) var sources: [Source] = []
    private(set) var sessions: [Session] = []
    /// Sessions that cannot be done: they began in an earlier file, or the recording lacks or could not decode part of them.
    package private(set) var leftOut = 0
    private var bytes = 0

    /// Reads recordings.
    package init(readingRecordingsAt paths: [String], limits: DecodingLimits) throws {
        for path in paths { try read(path, limits) }
        guard !sessions.isEmpty else {
            throw leftOut > 0 ? ReplayError.noWholeSession : ReplayError.noSessions
        }
    }

    /// The recorded ports.
    package var ports: [Int] { Set(sessions.map(\.opening.port)).sorted() }

    /// Requests of a session, on average.
    var requestsPerSession: Double {
        let requests = sessions.reduce(0) { sum, session in
            sum + session.steps.count { if case .send = $0 { true } else { false } }
        }
        return Double(requests) / Double(max(sessions.count, 1))
    }

    private mutating func read(_ path: String, _ limits: DecodingLimits) throws {
        let reader = try RecordingReader(path: path)
        var source = Source(
            path: path, header: reader.header, identifiers: RecordedIdentifiers(readingRecordingAt: path))
        try source.add(reader.header)
        var open: [Int: LoadSessionReading] = [:]
        var order: [Int] = []
        while let event = try reader.next() {
            if case .resumed(let header) = event.kind { try source.add(header) }
            guard event.session > 0 else { continue }
            if case .opened(let opening) = event.kind {
                guard let port = source.ports[opening.port] else {
                    throw ReplayError.unknownPort(opening.port, line: event.line)
                }
                open[event.session] = LoadSessionReading(opening, port, source: sources.count)
                order.append(event.session)
                continue
            }
            bytes += try open[event.session]?.take(event, limits) ?? 0
            guard bytes <= Self.maximumBytes else {
                throw RecordingError(
                    .cannotOpen, path, line: event.line,
                    "is too large: messages of up to \(Self.maximumBytes >> 20) MiB are held in memory")
            }
        }
        sources.append(source)
        for number in order {
            guard let session = open[number]?.finished() else {
                leftOut += 1
                continue
            }
            sessions.append(session)
        }
    }
}

extension LoadScript.Source {
    fileprivate mutating func add(_ header: RecordingHeader) throws {
        for port in header.ports {
            guard let number = port.number else { continue }
            let codec = try CodecRegistry.codec(named: port.codec)
            var settings = port.settings
            settings.protocolVersion = settings.protocolVersion ?? codec.payload.defaultSettings.protocolVersion
            ports[number] = LoadScript.Port(codec: codec, settings: settings, listen: port.listen)
        }
    }
}

/// One session on its way from a recording's events to steps.
private struct LoadSessionReading {
    private var session: LoadScript.Session
    private let port: LoadScript.Port
    private var hasClientEnded = false
    private var isEndAwaited = false
    /// Something in it cannot be done again.
    private var isBroken: Bool

    init(_ opening: SessionOpening, _ port: LoadScript.Port, source: Int) {
        session = LoadScript.Session(source: source, opening: opening)
        self.port = port
        isBroken = opening.isContinued
    }

    /// Takes an event in; gives the bytes that it holds.
    mutating func take(_ event: TranscriptEvent, _ limits: DecodingLimits) throws -> Int {
        guard !isBroken else { return 0 }
        switch event.kind {
        case .message(let message): return try take(message, event, limits)
        case .endOfStream(.client):
            hasClientEnded = true
            session.steps.append(.finish)
        case .endOfStream(.server): awaitEnd(isCompared: true)
        case .closed(let closing): take(closing)
        case .gap: isBroken = true
        case .opened, .resumed, .ended, .unknown: break
        }
        return 0
    }

    private mutating func take(
        _ message: RecordedMessage, _ event: TranscriptEvent, _ limits: DecodingLimits
    ) throws -> Int {
        guard message.isDecoded || message.from == .client else {
            isBroken = true
            return 0
        }
        let wire: [UInt8]
        do {
            wire = try message.wire(codec: port.codec, settings: port.settings, limits: limits)
        } catch {
            throw ReplayError.unwritable(session: event.session, line: event.line, reason: "\(error)")
        }
        let step = LoadScript.Message(recorded: message, wire: wire, line: event.line)
        if message.from == .client {
            session.steps.append(.send(step))
        } else if !port.codec.framing.keepsBoundaries, case .answer(var before) = session.steps.last {
            // TCP's pieces: only the bytes of a turn mean something.
            before.wire += wire
            session.steps[session.steps.count - 1] = .answer(before)
        } else {
            session.steps.append(.answer(step))
        }
        return wire.count + message.text.count
    }

    private mutating func take(_ closing: SessionClosing) {
        switch (closing.manner, closing.by) {
        case (.reset, .client?): session.steps.append(.abort)
        case (.clean, .server?), (.reset, .server?), (.timeout, .server?), (.limit, .server?), (.error, .server?):
            awaitEnd(isCompared: true)
        default:
            if hasClientEnded { awaitEnd(isCompared: false) }
        }
    }

    private mutating func awaitEnd(isCompared: Bool) {
        guard !isEndAwaited else { return }
        isEndAwaited = true
        session.steps.append(.end(isCompared: isCompared && !hasClientEnded))
    }

    /// The session; nil where it cannot be done again.
    func finished() -> LoadScript.Session? { isBroken ? nil : session }
}
