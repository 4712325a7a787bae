package import Codecs
internal import NIOCore
package import Recorder

/// The clients of a recording, as a state machine without sockets: it is told what happens and says what to do.
///
/// It takes the recording's events in their order. What a client did (connect, send, end) is done again as soon as every
/// message and end of a server before it has arrived; what a server did becomes an expectation of its session. So the
/// recording is never held in memory as a whole, and its order is kept where it can matter.
package struct ReplayMachine {
    /// What happened on a connection, or that the time asked for has come.
    package enum Input: Sendable {
        /// A session's connection stands; `localPort` is the client's own port.
        case connected(session: Int, localPort: Int, hosts: TransportHosts? = nil)
        case refused(session: Int, reason: String)
        case received(session: Int, ActualMessage)
        /// The server has no more to send, or reset the connection.
        case ended(session: Int, isReset: Bool)
        /// So many bytes more of what a session's client sends have gone out.
        case sent(session: Int, bytes: Int)
        case wake

        /// The session that it is about; 0 where it is about none.
        var session: Int {
            switch self {
            case .connected(let session, _, _), .refused(let session, _), .received(let session, _),
                .ended(let session, _), .sent(let session, _):
                session
            case .wake: 0
            }
        }
    }

    /// What is to be done.
    package enum Action: Sendable, Hashable {
        case connect(session: Int, port: Int)
        case send(session: Int, [UInt8])
        /// Send bytes in these pieces, each when the server has read the one before.
        case sendPieces(session: Int, [[UInt8]])
        /// Say that no more is sent (FIN); go on reading.
        case finish(session: Int)
        /// End the connection without ceremony (RST).
        case abort(session: Int)
        case close(session: Int)
        /// Take nothing more from the connection until `resumeReading`: the recording is far behind what has come.
        case pauseReading(session: Int)
        case resumeReading(session: Int)
        /// Ask for `wake` in so many microseconds; takes the place of an earlier one.
        case wake(after: Int64)
        case done
    }

    /// The addresses of a connection that stands, but for the client's port.
    package struct TransportHosts: Sendable, Hashable {
        package var local: String
        package var remote: String
        package var remotePort: Int
    }

    /// What a port speaks.
    struct PortSpeech {
        let codec: Codec
        let settings: WritingSettings
    }

    /// Something that a client did.
    struct Deed {
        var session: Int
        /// When, in the recording.
        var time: Int64
    }

    /// What was found so far.
    package internal(set) var findings = ReplayFindings()
    let options: ReplayOptions
    let limits: DecodingLimits
    /// What has come of a session's next message that is not whole yet.
    package var unfinishedBytes: (_ session: Int) -> [UInt8] = { _ in [] }
    private let source: () throws(RecordingError) -> TranscriptEvent?
    var sessions = ReplaySessions()
    var correlation: Correlation
    let rules: RuleBook
    /// What messages are read into to be compared.
    let trees = MessageMatcher.Trees()
    var actions: [Action] = []
    /// The time of the input that is being handled.
    private(set) var now: Int64 = 0
    /// The time of the first input.
    private(set) var began: Int64 = 0
    /// The line of the event that was taken from the recording last.
    private(set) var lastTaken = 1
    /// When anything last came on any connection or was sent.
    var lastActivity: Int64 = 0
    /// What is done one after the other: lane 0, or where sessions are independent the lane of each.
    var lanes: [Int: ReplayLane] = [0: ReplayLane()]
    var independence = Independence()
    /// Where the clients' bytes are cut, if they are not sent as they come.
    var segments: SegmentPlan?
    /// The lines of messages that went out together with an earlier one.
    var sentAhead: Set<Int> = []
    /// Sessions that may have pieces which are not out yet.
    var sending: Set<Int> = []
    /// What very small distances may still be stretched by, all together.
    var spareTime: Int64 = 1_000_000
    /// When listening for extra messages after the end ends.
    var settledAt: Int64?
    /// Until when sessions wait for what comes behind a message that differs.
    var holds: [Int: Int64] = [:]
    /// Holds that came to nothing.
    var vainHolds = 0
    /// Searches for distant messages that found none.
    var vainSearches = 0
    private var ports: [Int: PortSpeech] = [:]
    /// The address that each recorded port was listened on.
    private var listened: [Int: String] = [:]
    /// Events that were read ahead.
    private var ahead = CircularBuffer<TranscriptEvent>()
    private var isSourceAtEnd = false
    private var hasBegun = false
    private var isDone = false

    /// - Parameters:
    ///   - identifiers: what the recording's server made up and its clients sent back.
    ///   - source: the recording's next event; nil at its end.
    package init(
        header: RecordingHeader, options: ReplayOptions, limits: DecodingLimits,
        identifiers: RecordedIdentifiers = .none,
        source: @escaping () throws(RecordingError) -> TranscriptEvent?
    ) throws {
        self.options = options
        self.limits = limits
        correlation = Correlation(identifiers: identifiers)
        rules = RuleBook(options.rules, ignoresHeader: options.ignoresHeaderRules)
        self.source = source
        segments = options.segmentation.map(SegmentPlan.init)
        if options.keepsAmendments { findings.amendments = RecordingAmendments() }
        if options.keepsConversation { findings.conversation = KeptConversation() }
        try addPorts(header.ports)
        try rules.take(header, line: 1)
    }

    /// The codec that a port's sessions speak.
    package func codec(ofPort port: Int) -> Codec? { ports[port]?.codec }

    /// Takes what happened at a time (microseconds, from any point on) and gives what is to be done.
    package mutating func handle(_ input: Input, at now: Int64) throws -> [Action] {
        guard !isDone else { return [] }
        if !hasBegun { (began, hasBegun) = (now, true) }
        self.now = now
        defer { actions.removeAll() }
        switch input {
        case .connected(let session, let localPort, let hosts): connected(session, localPort: localPort, hosts)
        case .refused(let session, let reason): refused(session, reason)
        case .received(let session, let message): try received(session, message)
        case .ended(let session, let isReset): try ended(session, isReset: isReset)
        case .sent(let session, let bytes): sent(session, bytes)
        case .wake: break
        }
        try endHolds()
        if options.isIndependent { independence.ready.insert(input.session) }
        if findings.unreachable == nil { try advance() } else { end() }
        if options.endsAtDifference, !isDone, !findings.differences.isEmpty { end() }
        if !isDone, let time = options.isIndependent ? independence.earliestWake : lanes[0]?.wakeAt {
            actions.append(.wake(after: max(time - now, 0)))
        }
        return actions
    }

    /// Begins the replay.
    package mutating func start(at now: Int64) throws -> [Action] { try handle(.wake, at: now) }

    func speech(ofPort port: Int) -> PortSpeech? { ports[port] }

    mutating func addPorts(_ listed: [RecordedPort]) throws(CodecNameError) {
        for port in listed {
            guard let number = port.number else { continue }
            let codec = try CodecRegistry.codec(named: port.codec)
            var settings = port.settings
            settings.protocolVersion = settings.protocolVersion ?? codec.payload.defaultSettings.protocolVersion
            ports[number] = PortSpeech(codec: codec, settings: settings)
            listened[number] = port.listen
        }
    }

    /// Ends the replay: connections that are left are closed.
    mutating func end() {
        for number in sessions.open { actions.append(.close(session: number)) }
        findings.bindings = correlation.used
        findings.segmentPoints = segments?.points ?? []
        findings.rules = rules.findings
        isDone = true
        actions.append(.done)
    }
}

// MARK: - What happened

extension ReplayMachine {
    private mutating func connected(_ number: Int, localPort: Int, _ hosts: TransportHosts?) {
        // One that was given up while it was being made.
        guard let opening = sessions[number]?.opening else { return actions.append(.close(session: number)) }
        findings.connected += 1
        sessions[number]?.isConnecting = false
        sessions[number]?.lastActivity = now
        lastActivity = now
        let time = sessions[number]?.lastEvent?.time
        arrived(number, recorded: time)
        // A connect completes before the server accepts: what follows keeps its distance.
        if let time { acted(number, recorded: time) }
        correlation.bindClient(
            session: number, recorded: opening.via ?? opening.peer, actualHost: hosts?.local, actualPort: localPort)
        if let hosts, let recorded = opening.upstream ?? listened[opening.port] {
            correlation.bindServer(
                session: number, recorded: recorded, actualHost: hosts.remote, actualPort: hosts.remotePort)
        }
    }

    mutating func refused(_ number: Int, _ reason: String) {
        guard sessions[number]?.isConnecting == true else { return }
        // Where not even the first connection can be made there is no server, rather than another one.
        if findings.connected == 0 { findings.unreachable = reason }
        report(.refused(reason: reason), session: number, at: sessions[number]?.lastEvent)
        abandon(number)
    }

    private mutating func received(_ number: Int, _ message: ActualMessage) throws {
        guard sessions[number] != nil else { return }
        var message = message
        if options.keepsAmendments { message.place = lastTaken }
        lastActivity = now
        sessions[number]?.lastActivity = now
        if sessions[number]?.receive(message) == true { actions.append(.pauseReading(session: number)) }
        try match(number)
    }

    private mutating func sent(_ number: Int, _ bytes: Int) {
        guard let unsent = sessions[number]?.unsentBytes else { return }
        sessions[number]?.unsentBytes = max(unsent - bytes, 0)
        sessions[number]?.lastProgress = now
        // The time for an answer begins when all of the question is out.
        if segments != nil { arrived(number, recorded: nil) }
    }

    private mutating func ended(_ number: Int, isReset: Bool) throws {
        guard let session = sessions[number], session.serverEnd == nil else { return }
        // The kernel takes a connection before the server does; what it resets then was never served.
        sessions[number]?.serverEnd = isReset ? .reset : .finished
        try match(number)
    }
}

// MARK: - The recording

extension ReplayMachine {
    /// The event that stands next; nil at the recording's end.
    mutating func peek() throws(RecordingError) -> TranscriptEvent? { try event(ahead: 0) }

    /// The next event but so many.
    mutating func event(ahead count: Int) throws(RecordingError) -> TranscriptEvent? {
        while ahead.count <= count, !isSourceAtEnd {
            guard let event = try source() else {
                isSourceAtEnd = true
                break
            }
            ahead.append(event)
        }
        return count < ahead.count ? ahead[offset: count] : nil
    }

    /// Goes on to the event behind the next one.
    mutating func drop() {
        if let event = ahead.popFirst() { lastTaken = max(lastTaken, event.line) }
        findings.events += 1
    }

    /// Whether nothing follows the next event but ends.
    mutating func isLastEnd() throws(RecordingError) -> Bool {
        // More than so many are not read ahead; there is nothing to lose but a moment of listening.
        for count in 1..<256 {
            guard let event = try event(ahead: count) else { return true }
            switch event.kind {
            case .message, .opened, .resumed: return false
            default: continue
            }
        }
        return false
    }
}
