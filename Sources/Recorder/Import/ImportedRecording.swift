internal import Codecs

/// The recording that an import makes of connections: they are cut into messages, which are read and written as lines.
///
/// A line stands where the packet did that completed it, and has its time. The file is made when the first session begins, so
/// that a capture without one leaves none.
///
/// One thread at a time uses it: first who makes it, then the one that takes batches, and once that has ended the first again.
final class ImportedRecording {
    private let output: String
    let settings: ImportSettings
    let survey: CaptureSurvey?
    let keys: CaptureKeys
    /// The codecs of ports that were found.
    private let codecs: [Int: Codec]
    private(set) var summary = ImportSummary()
    private let clock = ImportClock()
    private var writer: RecordingWriter?
    /// Why it takes no more.
    private(set) var failure: (any Error)?
    private let scratch = SessionRecorder.Scratch()
    private let tree = ValueTree()
    @exclusivity(unchecked) private var delivery = BatchDelivery<ImportedRecording>()
    /// The number of the packet that is the latest.
    @exclusivity(unchecked) private(set) var packet = 0
    /// When the first packet was.
    private var beginning: Int64 = 0
    /// Sessions with unfinished messages, the oldest first.
    private var waiting = AgeQueue<ImportedSession>()
    @exclusivity(unchecked) private var unfinishedBytes = 0

    private static let noCodec = Codec(payload: RawFormat(), framing: ChunksFraming())

    /// - Parameters:
    ///   - output: the file that is made.
    ///   - codecs: what is spoken on ports whose codec is not given.
    init(
        _ output: String, _ settings: ImportSettings, _ survey: CaptureSurvey?, _ keys: CaptureKeys,
        codecs: [Int: Codec]
    ) {
        self.output = output
        self.settings = settings
        self.survey = survey
        self.keys = keys
        self.codecs = codecs
    }

    // MARK: Batches

    /// Takes what has happened; false: it takes no more, of which `failure` tells.
    func take(_ batch: ConnectionBatch) -> Bool {
        beginning = batch.beginning
        delivery.deliver(batch, to: self) { event in
            packet = event.packet
            clock.microseconds = event.time
            return failure == nil
        }
        if failure == nil {
            do { try writer?.commit() } catch { failure = error }
        }
        return failure == nil
    }

    /// Ends it with the capture, whose last packet has that time; counts what it holds.
    func end(at time: Int64) throws {
        tellUnusedKeys()
        guard let writer else { return }
        clock.microseconds = time
        try writer.end()
        summary.sessions = writer.counts.sessions
        summary.messages = writer.counts.messages
    }

    /// Takes it back.
    func discard() { writer?.discard() }

    // MARK: The recording

    private func codec(of port: Int) -> Codec {
        settings.ports.first { $0.number == port }?.codec ?? codecs[port] ?? settings.otherCodec ?? Self.noCodec
    }

    private func writingSettings(of port: Int) -> WritingSettings {
        var writing = codec(of: port).payload.defaultSettings
        if writing.protocolVersion != nil,
            let named = settings.ports.first(where: { $0.number == port })?.protocolVersion
        {
            writing.protocolVersion = named
        }
        return writing
    }

    /// Makes the recording, where it begins with a session of this server.
    private func begin(_ server: IPEndpoint) throws -> RecordingWriter {
        if let writer { return writer }
        let numbers = settings.ports.isEmpty ? survey?.ports.keys.sorted() ?? [] : settings.ports.map(\.number)
        let all = numbers.contains(Int(server.port)) ? numbers : numbers + [Int(server.port)]
        let ports = all.map { number in
            let host = survey?.ports[number]?.host ?? (number == Int(server.port) ? server.text : "0.0.0.0:\(number)")
            return RecordedPort(listen: host, codec: codec(of: number).name, settings: writingSettings(of: number))
        }
        let start = beginning
        let header = RecordingHeader(
            created: RecordingClock.timestamp(ofMicroseconds: start), tool: settings.tool, ports: ports)
        let clock = clock
        let present = clock.microseconds
        clock.microseconds = start
        let writer = try RecordingWriter(path: output, header: header, settings: settings.recording) {
            clock.microseconds
        }
        clock.microseconds = present
        self.writer = writer
        return writer
    }

    func remark(_ session: ImportedSession, _ text: @autoclosure () -> String) {
        summary.remark("session \(session.number): \(text())")
    }

    func remark(_ text: String) { summary.remark(text) }

    // MARK: Unfinished messages

    /// Counts what waits for the end of its message, and gives the oldest up where it is too much.
    private func count(_ session: ImportedSession, before: Int) {
        let now = session.unfinishedBytes
        guard now != before else { return }
        unfinishedBytes += now - before
        if now > 0, !session.isWaiting {
            session.isWaiting = true
            waiting.append(session)
        } else if now == 0 {
            session.isWaiting = false
        }
        waiting.tidy(1_024) { $0.isWaiting }
        while unfinishedBytes > settings.unfinishedBytes, let oldest = waiting.takeOldest(where: { $0.isWaiting }) {
            oldest.isWaiting = false
            unfinishedBytes -= oldest.unfinishedBytes
            remark(
                oldest,
                "given up its unfinished messages: more than \(settings.unfinishedBytes) bytes of all sessions wait")
            let why = "is unfinished, and there was no more room for such messages"
            oldest.client.leave(why, oldest.recorder)
            oldest.server.leave(why, oldest.recorder)
        }
    }
}

extension ImportedRecording: ConnectionObserver {
    func opened(_ opening: ConnectionOpening) -> ImportedSession? {
        switch opening.knowledge {
        case .handshake: break
        case .port: summary.clientsByPort += 1
        case .lowerPort: summary.clientsByLowerPort += 1
        case .bothCalled: summary.calledByBoth += 1
        }
        let port = Int(opening.server.port)
        let recorder: SessionRecorder
        do {
            let writer = try begin(opening.server)
            recorder = SessionRecorder(
                writer: writer, number: writer.nextSession(), codec: codec(of: port),
                settings: writingSettings(of: port),
                limits: settings.limits, scratch: scratch, redaction: settings.redaction)
        } catch {
            failure = error
            return nil
        }
        recorder.opened(SessionOpening(port: port, peer: opening.client.text))
        let session = ImportedSession(opening, recorder: recorder, codec: codec(of: port), limits: settings.limits)
        if opening.isJoined {
            summary.joined += 1
            recorder.gap(RecordingGap(reason: "the capture begins inside this connection"))
        }
        return session
    }

    @inline(__always)
    func passed(_ bytes: UnsafeRawBufferPointer, from side: Side, in session: ImportedSession) {
        guard session.encrypted != nil else { return pass(bytes, from: side, in: session) }
        if side == .client {
            session.encrypted?.client += bytes.count
        } else {
            session.encrypted?.server += bytes.count
        }
        takeDecrypted(session, from: side)
    }

    /// Takes bytes that are not encrypted, or not any more.
    func pass(_ bytes: UnsafeRawBufferPointer, from side: Side, in session: ImportedSession) {
        let before = session.unfinishedBytes
        if session.withStream(side, { $0.isAtStart }), TLSHello.isInside(bytes) {
            session.withStream(side) { $0.decrypts = keys.areThere }
        }
        let start = session.withStream(side) { stream in
            stream.pass(bytes, session.recorder, tree) { remark(session, $0) }
        }
        if let start { beginTLS(session, start) }
        count(session, before: before)
    }

    func missing(_ count: Int64, from side: Side, _ reason: MissingReason, in session: ImportedSession) {
        let before = session.unfinishedBytes
        tellMissing(count, from: side, reason.rawValue, session)
        if session.encrypted == nil {
            session.withStream(side) { $0.missing(count, reason.rawValue, session.recorder) }
        } else {
            // How much of what is inside is missing nobody knows.
            session.withStream(side) { $0.leave("follows bytes of TLS that are missing", session.recorder) }
            session.recorder.gap(RecordingGap(from: side, reason: "TLS: " + reason.rawValue))
        }
        self.count(session, before: before)
    }

    /// Bytes of a session's messages are lost, wherever they went.
    func lose(_ count: Int, of side: Side, in session: ImportedSession, _ why: String) {
        let before = session.unfinishedBytes
        tellMissing(Int64(count), from: side, why, session)
        session.withStream(side) { $0.missing(Int64(count), why, session.recorder) }
        self.count(session, before: before)
    }

    private func tellMissing(_ count: Int64, from side: Side, _ why: String, _ session: ImportedSession) {
        summary.gaps += 1
        summary.missingBytes += count
        remark(
            session,
            "\(Int(clamping: count).counting("byte")) from the \(side.rawValue) \(count == 1 ? "is" : "are") missing: \(why)"
        )
    }

    func conflict(_ count: Int, from side: Side, in session: ImportedSession) {
        summary.conflicts += 1
        remark(
            session, "\(count.counting("byte")) from the \(side.rawValue) came twice and differ; the first ones stand")
    }

    func ended(_ side: Side, in session: ImportedSession) {
        takeDecrypted(session, from: side)
        end(side, isComplete: true, session)
        guard !session.hasEndOfStream else { return }
        session.hasEndOfStream = true
        session.recorder.endOfStream(side)
    }

    func closed(_ closing: SessionClosing, in session: ImportedSession) {
        for side in Side.allCases { takeDecrypted(session, from: side) }
        endTLS(session)
        end(.client, isComplete: false, session)
        end(.server, isComplete: false, session)
        if closing.manner == .limit { remark(session, "closed before its end: \(closing.reason ?? "")") }
        session.recorder.closed(closing)
    }

    private func end(_ side: Side, isComplete: Bool, _ session: ImportedSession) {
        let before = session.unfinishedBytes
        session.withStream(side) { stream in
            stream.end(isComplete: isComplete, session.recorder, tree) { remark(session, $0) }
        }
        count(session, before: before)
    }
}

@available(*, unavailable)
extension ImportedRecording: Sendable {}
