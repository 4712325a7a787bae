package import Codecs
internal import Recorder

/// Compares two recordings with the rules of a replay: sessions are paired, their messages aligned, and values compared, those
/// of clients as well. What differs from run to run by itself (ports, identifiers of either side) may differ, as long as it does
/// so everywhere alike.
///
/// Both are read twice and never held as a whole: of each session little is kept to find its partner, and what was said in it
/// only until both are read.
package struct RecordingComparison {
    private let options: ReplayOptions
    private let limits: DecodingLimits
    private let trees = MessageMatcher.Trees()
    private let tree = ValueTree()
    private var correlation = Correlation()
    private var findings = ReplayFindings()

    package init(options: ReplayOptions, limits: DecodingLimits = DecodingLimits()) {
        self.options = options
        self.limits = limits
    }

    /// What differs in the second from the first. What goes wrong stands in the report.
    package func report(_ left: String, _ right: String) -> RecordingReport {
        var report = RecordingReport(path: left)
        report.second = right
        report.rules = options.rules
        let start = RecordingClock.monotonic()
        var comparison = self
        do {
            try comparison.compare(left, right, into: &report)
            report.findings = comparison.findings
            ConversationBefore.fill(&report.findings.differences, from: left)
        } catch {
            report.problem = "\(error)"
        }
        report.duration = RecordingClock.monotonic() - start
        return report
    }

    private mutating func compare(_ left: String, _ right: String, into report: inout RecordingReport) throws {
        let (ours, theirs) = (
            try SessionSketch.all(inRecordingAt: left), try SessionSketch.all(inRecordingAt: right)
        )
        let pairs = SessionPairing.pairs(ours, theirs)
        correlation = Correlation(identifiers: RecordedIdentifiers(ofBothSidesInRecordingAt: left))
        let rules = RuleBook(options.rules, ignoresHeader: options.ignoresHeaderRules)
        let one = try SessionBuffer(path: left, wanted: Set(pairs.map { ours[$0.left].number })) {
            try rules.take($0, line: $1)
        }
        let other = try SessionBuffer(path: right, wanted: Set(pairs.map { theirs[$0.right].number }))
        try rules.take(one.header, line: 1)
        report.ports = one.header.ports
        bind(pairs, ours, theirs, one.header, other.header)
        tellOfAlone(pairs, ours, theirs)
        let partners = Dictionary(pairs.map { (ours[$0.left].number, $0) }) { first, _ in first }
        while let (number, session) = try one.next() {
            guard let pair = partners[number], let partner = try other.session(theirs[pair.right].number) else {
                continue
            }
            findings.sessions += 1
            let place = Place(
                session: number, codecs: try Self.codecs(ours[pair.left], theirs[pair.right]),
                port: ours[pair.left].opening.port, settings: settings(ours[pair.left], one.header),
                otherSettings: settings(theirs[pair.right], other.header))
            try compare(session, partner, place, rules)
        }
        findings.bindings = correlation.used
        findings.rules = rules.findings
    }

    /// A pair of sessions, and what is spoken in them.
    private struct Place {
        var session: Int
        var codecs: Codec
        var port: Int
        var settings: WritingSettings
        var otherSettings: WritingSettings
    }

    private static func codecs(_ one: SessionSketch, _ other: SessionSketch) throws -> Codec {
        try CodecRegistry.codec(named: one.codec)
    }

    private func settings(_ sketch: SessionSketch, _ header: RecordingHeader) -> WritingSettings {
        guard header.ports.indices.contains(sketch.port) else { return WritingSettings() }
        var settings = header.ports[sketch.port].settings
        let codec = try? CodecRegistry.codec(named: sketch.codec)
        settings.protocolVersion = settings.protocolVersion ?? codec?.payload.defaultSettings.protocolVersion
        return settings
    }

    // MARK: Sessions

    /// Binds what the transport gives, of all sessions: one may tell of another.
    private mutating func bind(
        _ pairs: [SequenceDiff.Match], _ ours: [SessionSketch], _ theirs: [SessionSketch], _ header: RecordingHeader,
        _ otherHeader: RecordingHeader
    ) {
        for pair in pairs {
            let (one, other) = (ours[pair.left], theirs[pair.right])
            guard let client = Correlation.split(other.opening.via ?? other.opening.peer) else { continue }
            correlation.bindClient(
                session: one.number, recorded: one.opening.via ?? one.opening.peer, actualHost: client.host,
                actualPort: client.port)
            guard header.ports.indices.contains(one.port), otherHeader.ports.indices.contains(other.port),
                let server = Correlation.split(other.opening.upstream ?? otherHeader.ports[other.port].listen)
            else { continue }
            correlation.bindServer(
                session: one.number, recorded: one.opening.upstream ?? header.ports[one.port].listen,
                actualHost: server.host, actualPort: server.port)
        }
    }

    private mutating func tellOfAlone(
        _ pairs: [SequenceDiff.Match], _ ours: [SessionSketch], _ theirs: [SessionSketch]
    ) {
        let (left, right) = (Set(pairs.map(\.left)), Set(pairs.map(\.right)))
        for (index, sketch) in ours.enumerated() where !left.contains(index) {
            report(
                .session("the second recording has no such session (\(sketch.messages.counting("message")))"),
                session: sketch.number, line: sketch.line, time: sketch.time)
        }
        for (index, sketch) in theirs.enumerated() where !right.contains(index) {
            report(
                .session(
                    "only the second recording has its session \(sketch.number), in line \(sketch.line) "
                        + "(\(sketch.messages.counting("message")))"), session: 0, line: 0, time: 0)
        }
    }

    private mutating func report(
        _ kind: Difference.Kind, from side: Side = .server, session: Int, line: Int, time: Int64
    ) {
        guard findings.differences.count < ReplayFindings.maximumDifferences else {
            findings.moreDifferences += 1
            return
        }
        let kept = findings.keptBytes < ReplayFindings.maximumKeptBytes ? kind : kind.shortened
        findings.keptBytes += kept.textBytes
        var difference = Difference(kept, session: session, line: line, time: time)
        difference.from = side
        findings.differences.append(difference)
    }

    // MARK: Messages

    private mutating func compare(
        _ one: SessionBuffer.Session, _ other: SessionBuffer.Session, _ place: Place, _ rules: RuleBook
    ) throws {
        let (ours, theirs) = (turns(one, place, place.settings), turns(other, place, place.otherSettings))
        var next = 0
        var taken = 0
        for match in Self.pairs(ours, theirs, tree) + [SequenceDiff.Match(left: ours.count, right: theirs.count)] {
            for missing in ours[next..<match.left] { missed(missing, place) }
            for extra in theirs[taken..<match.right] {
                let line = (match.left > 0 ? ours[min(match.left, ours.count) - 1].event.line : 0)
                report(
                    .extra(actual: extra.message), from: extra.message.from, session: place.session, line: line,
                    time: extra.event.time)
            }
            (next, taken) = (match.left + 1, match.right + 1)
            guard match.left < ours.count, match.right < theirs.count else { break }
            try compare(ours[match.left], theirs[match.right], place, rules)
        }
        compareEnds(one, other, place)
    }

    private typealias Turn = (message: RecordedMessage, event: TranscriptEvent)

    private mutating func missed(_ turn: Turn, _ place: Place) {
        findings.expected += 1
        report(
            .missing(expected: turn.message, reason: "the second recording does not have it"), from: turn.message.from,
            session: place.session, line: turn.event.line, time: turn.event.time)
    }

    /// The messages of a session; where TCP's pieces are all there are, what a side says in one go.
    private func turns(_ session: SessionBuffer.Session, _ place: Place, _ settings: WritingSettings) -> [Turn] {
        guard !place.codecs.framing.keepsBoundaries else { return session.messages }
        let matcher = matcher(place, settings)
        var turns: [(bytes: [UInt8], from: Side, event: TranscriptEvent)] = []
        for (message, event) in session.messages {
            guard let bytes = try? matcher.wire(of: message) else { continue }
            if turns.last?.from == message.from {
                turns[turns.count - 1].bytes += bytes
            } else {
                turns.append((bytes, message.from, event))
            }
        }
        return turns.map { turn in
            var message = matcher.recorded(ActualMessage(payload: turn.bytes, wire: turn.bytes))
            message.from = turn.from
            return (message, turn.event)
        }
    }

    /// Which messages stand for each other: those that say the same, and between them those of one side in their order.
    private static func pairs(_ ours: [Turn], _ theirs: [Turn], _ tree: ValueTree) -> [SequenceDiff.Match] {
        let left = ours.map { Int(truncatingIfNeeded: SessionSketch.hash($0.message, tree)) }
        let right = theirs.map { Int(truncatingIfNeeded: SessionSketch.hash($0.message, tree)) }
        let anchors = SequenceDiff.matches(left.indices, right.indices, identities: { (left, right) }) {
            left[$0] == right[$1]
        }
        var found: [SequenceDiff.Match] = []
        var (start, other) = (0, 0)
        for anchor in anchors + [SequenceDiff.Match(left: left.count, right: right.count)] {
            found += SequenceDiff.matches(start..<anchor.left, other..<anchor.right) {
                ours[$0].message.from == theirs[$1].message.from
            }
            if anchor.left < left.count { found.append(anchor) }
            (start, other) = (anchor.left + 1, anchor.right + 1)
        }
        return found
    }

    private func matcher(_ place: Place, _ settings: WritingSettings, rules: RuleAutomaton? = nil) -> MessageMatcher {
        MessageMatcher(
            codec: place.codecs, settings: settings, limits: limits, comparesBytes: options.comparesBytes, rules: rules,
            believesRedaction: !options.ignoresHeaderRules, trees: trees)
    }

    private mutating func compare(_ one: Turn, _ other: Turn, _ place: Place, _ rules: RuleBook) throws {
        let side = one.message.from
        let matcher = matcher(place, place.settings, rules: rules.automaton(port: place.port, from: side))
        findings.expected += 1
        let current = matcher.current(one.message, &correlation, sentAt: side == .client ? one.event.line : nil)
        let comparison: MessageComparison
        do {
            let actual = try self.matcher(place, place.otherSettings).actual(other.message)
            comparison = try matcher.comparison(
                expected: current, recorded: one.message, actual: actual, correlation)
        } catch {
            throw ReplayError.unwritable(session: place.session, line: one.event.line, reason: "\(error)")
        }
        correlation.bind(comparison.found, session: place.session, line: one.event.line)
        findings.redacted += comparison.redacted
        if let difference = comparison.difference {
            report(difference, from: side, session: place.session, line: one.event.line, time: one.event.time)
        } else {
            findings.matched += 1
        }
    }

    private mutating func compareEnds(_ one: SessionBuffer.Session, _ other: SessionBuffer.Session, _ place: Place) {
        guard let ours = one.closing, let theirs = other.closing?.how, ours.how.manner != theirs.manner,
            // The recorder's own end says nothing of the server.
            ours.how.manner != .shutdown, theirs.manner != .shutdown
        else { return }
        report(
            .ending(expected: Self.phrase(ours.how), actual: Self.phrase(theirs)), session: place.session,
            line: ours.event.line, time: ours.event.time)
    }

    private static func phrase(_ closing: SessionClosing) -> String {
        let side = closing.by.map { " by the \($0.rawValue)" } ?? ""
        return "\(closing.manner.rawValue)\(side)"
    }
}

extension MessageMatcher {
    /// A message of another recording as one that came.
    func actual(_ message: RecordedMessage) throws -> ActualMessage {
        let wire = try wire(of: message)
        guard message.isDecoded else {
            return ActualMessage(payload: wire, wire: wire, fault: message.error ?? "the connection ended inside it")
        }
        return ActualMessage(
            payload: try message.payload(codec: codec, settings: settings, limits: limits), wire: wire)
    }
}
