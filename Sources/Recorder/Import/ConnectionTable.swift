/// Who gets what connections carry, in the order of the packets that complete it.
protocol ConnectionObserver: AnyObject {
    /// What it knows of one connection.
    associatedtype Session: AnyObject
    /// A connection was made, or is joined in the middle. Nil: it is of no interest.
    func opened(_ opening: ConnectionOpening) -> Session?
    func passed(_ bytes: UnsafeRawBufferPointer, from side: Side, in session: Session)
    func missing(_ count: Int64, from side: Side, _ reason: MissingReason, in session: Session)
    /// Bytes came twice and were not the same.
    func conflict(_ count: Int, from side: Side, in session: Session)
    func ended(_ side: Side, in session: Session)
    func closed(_ closing: SessionClosing, in session: Session)
}

/// A connection of a capture where it begins.
struct ConnectionOpening {
    var client: IPEndpoint
    var server: IPEndpoint
    var knowledge: ClientKnowledge
    /// The capture begins inside of it.
    var isJoined: Bool
}

/// The TCP connections of a capture: a pure state machine from segments to what each side sent. No file, no clock.
final class ConnectionTable<Observer: ConnectionObserver> {
    typealias Link = Connection<Observer.Session>

    let observer: Observer
    let limits: ReassemblyLimits
    /// So much of what a SYN carries is kept that may begin another connection.
    private static var successorBytes: Int { 2_048 }
    /// Whether connections to a server's port are wanted.
    private let isServerPort: (UInt16) -> Bool
    /// Ports that were named, so that their end is the server's where no SYN tells.
    private let isNamedPort: (UInt16) -> Bool
    @exclusivity(unchecked) var links: [FlowKey: Link] = [:]
    /// Those whose segments came last; the dictionary holds them.
    private let recent = RecentConnections<Observer.Session>()
    /// Those in their handshake and the closed ones, each the oldest first; and how many there are of each phase.
    var queues: [AgeQueue<Link>] = [AgeQueue(), AgeQueue(), AgeQueue()]
    var counts = [0, 0, 0]
    /// The open ones, from the one whose last segment is longest ago.
    @exclusivity(unchecked) var oldest: Unmanaged<Link>?
    @exclusivity(unchecked) var newest: Unmanaged<Link>?
    private var opened = 0
    var holding = AgeQueue<Link>()
    @exclusivity(unchecked) var heldBytes = 0
    @exclusivity(unchecked) var recentBytes = 0
    var strayResets = 0
    private(set) var outsideWindow = 0
    private(set) var afterEnd = 0
    /// Segments with bytes behind what their connection ended with, and those before what a joined one began with.
    private(set) var afterClose = 0
    private(set) var beforeStart = 0
    /// Handshakes that were forgotten for lack of room.
    var forgottenHandshakes = 0

    init(
        observer: Observer, limits: ReassemblyLimits = ReassemblyLimits(),
        isServerPort: @escaping (UInt16) -> Bool = { _ in true },
        isNamedPort: @escaping (UInt16) -> Bool = { _ in false }
    ) {
        self.observer = observer
        self.limits = limits
        self.isServerPort = isServerPort
        self.isNamedPort = isNamedPort
    }

    /// What one direction of a connection gives out. It lives no longer than the call that makes it, in which the table holds
    /// its observer and the caller the session; so it counts no references, of which there would be some for each segment.
    struct Output: StreamOutput {
        private let observer: Unmanaged<Observer>
        private let session: Unmanaged<Observer.Session>
        private let side: Side

        @inline(__always)
        init(observer: Observer, session: Observer.Session, side: Side) {
            self.observer = .passUnretained(observer)
            self.session = .passUnretained(session)
            self.side = side
        }

        @inline(__always)
        private func tell(_ body: (Observer, Observer.Session) -> Void) {
            observer._withUnsafeGuaranteedRef { observer in
                session._withUnsafeGuaranteedRef { body(observer, $0) }
            }
        }

        @inline(__always)
        func pass(_ bytes: UnsafeRawBufferPointer) { tell { $0.passed(bytes, from: side, in: $1) } }
        func missing(_ count: Int64, _ reason: MissingReason) {
            tell { $0.missing(count, from: side, reason, in: $1) }
        }
        func conflict(_ count: Int) { tell { $0.conflict(count, from: side, in: $1) } }
        func end() { tell { $0.ended(side, in: $1) } }
    }

    /// Bytes that wait for what is missing before them, of all connections.
    var heldBytesInAll: Int { heldBytes }
    var openCount: Int { counts[Link.Phase.open.rawValue] }
    /// Connections in any phase.
    var knownCount: Int { links.count }

    // MARK: Segments

    /// Takes the next segment of the capture.
    func take(_ segment: TCPSegment) {
        let isFirst = segment.source < segment.destination
        let key =
            isFirst
            ? FlowKey(first: segment.source, second: segment.destination)
            : FlowKey(first: segment.destination, second: segment.source)
        if recent.with(key, { takePlain(segment, $0, isFirst) }) { return }
        guard let link = links[key] else { return begin(segment, key, isFirst) }
        recent.note(link)
        take(segment, link, isFirst)
    }

    /// Takes what nearly every segment is: one of an open connection that neither begins nor ends anything. False: it is another one.
    ///
    /// It does not let go of the connection, which nobody holds here but the dictionary.
    @inline(__always)
    private func takePlain(_ segment: TCPSegment, _ link: Link, _ isFirst: Bool) -> Bool {
        guard link.phase == .open, link.successor == nil, segment.flags.isDisjoint(with: [.syn, .fin, .reset]) else {
            return false
        }
        take(segment, link, isFirst)
        return true
    }

    private func take(_ segment: TCPSegment, _ link: Link, _ isFirst: Bool) {
        if link.phase == .open { touch(link) }
        switch link.phase {
        case .open:
            if segment.flags.contains(.syn) {
                takeSYN(segment, link, isFirst)
            } else {
                takeOpen(segment, link, isFirst)
            }
        case .handshake: takeHandshake(segment, link, isFirst)
        case .closed, .forgotten:
            takeClosed(segment, link, isFirst)
        }
        if link.phase != .forgotten, link.isHolding || link.first.heldBytes + link.second.heldBytes > 0 {
            countHeld(link)
        }
    }

    /// A segment between the ports of a connection that has ended: only a new one matters.
    private func takeClosed(_ segment: TCPSegment, _ link: Link, _ isFirst: Bool) {
        if segment.flags.contains(.syn) {
            guard segment.sequence != link.syn(isFirst: isFirst) else { return }
            forget(link)
            return begin(segment, link.key, isFirst)
        }
        guard segment.length > 0, !segment.flags.contains(.reset), let ends = link.ends else { return }
        let distance = Int64(Int32(bitPattern: segment.sequence &- (isFirst ? ends.first : ends.second)))
        guard abs(distance) > limits.distance else {
            if distance + Int64(segment.length) > 0 { afterClose += 1 }
            return
        }
        // These are no numbers of the old one: the SYN of another is not in the capture.
        forget(link)
        begin(segment, link.key, isFirst, after: link)
    }

    /// A segment of a connection that is not known.
    ///
    /// - Parameter old: a connection that was between the same ports before.
    private func begin(_ segment: TCPSegment, _ key: FlowKey, _ isFirst: Bool, after old: Link? = nil) {
        let flags = segment.flags
        guard !flags.contains(.reset) else { return }
        if flags.contains(.syn) {
            let isFromServer = flags.contains(.acknowledgement)
            let link = Link(key: key, isFirstClient: isFirst != isFromServer)
            links[key] = link
            guard isServerPort(isFromServer ? segment.source.port : segment.destination.port) else {
                return passOver(segment, link, isFirst)
            }
            enter(link, .handshake)
            return takeHandshake(segment, link, isFirst)
        }
        // One byte that nothing asks to hand on is whether somebody is still there.
        let isProbe = segment.length == 1 && !flags.contains(.push)
        guard segment.length > 0, !isProbe else { return }
        let (isSourceServer, knowledge) = old.map { ($0.isFirstClient != isFirst, $0.knowledge) } ?? serverEnd(segment)
        guard isServerPort(isSourceServer ? segment.source.port : segment.destination.port) else { return }
        let link = Link(key: key, isFirstClient: isFirst != isSourceServer)
        link.knowledge = knowledge
        links[key] = link
        recent.note(link)
        link.withStream(isFirst: isFirst) { $0.start(at: segment.sequence, isJoined: true) }
        if flags.contains(.acknowledgement) {
            link.withStream(isFirst: !isFirst) { $0.start(at: segment.acknowledged, isJoined: true) }
        }
        open(link, isJoined: true)
        takeOpen(segment, link, isFirst)
    }

    /// Remembers a connection that is not wanted like one that has ended: its client has the port that is a server's elsewhere, so that
    /// its segments would be taken for those of a connection that the capture begins inside of.
    private func passOver(_ segment: TCPSegment, _ link: Link, _ isFirst: Bool) {
        if isFirst { link.firstSYN = segment.sequence } else { link.secondSYN = segment.sequence }
        enter(link, .closed)
    }

    /// Whether the source is the server, where no SYN tells.
    func serverEnd(_ segment: TCPSegment) -> (isSource: Bool, ClientKnowledge) {
        let named = (isNamedPort(segment.source.port), isNamedPort(segment.destination.port))
        if named.0 != named.1 { return (named.0, .port) }
        return (segment.source.port < segment.destination.port, .lowerPort)
    }

    // MARK: Opening

    func open(_ link: Link, isJoined: Bool) {
        let opening = ConnectionOpening(
            client: link.client.endpoint, server: link.server.endpoint, knowledge: link.knowledge, isJoined: isJoined)
        guard let session = observer.opened(opening) else { return enter(link, .closed) }
        link.session = session
        opened += 1
        link.order = opened
        for isFirst in [true, false] {
            let output = Output(observer: observer, session: session, side: link.side(isFirst: isFirst))
            link.withStream(isFirst: isFirst) { $0.giveFirst(output, limits) }
        }
        enter(link, .open)
    }

    // MARK: Open connections

    func takeOpen(_ segment: TCPSegment, _ link: Link, _ isFirst: Bool) {
        guard let session = link.session else { return }
        if link.successor != nil, isOfSuccessor(segment, link, isFirst) { return replace(link, by: segment) }
        let flags = segment.flags
        let side = link.side(isFirst: isFirst)
        if flags.contains(.acknowledgement) {
            let window = Int64(segment.window) << Int64(link.shift(isFirst: isFirst))
            let output = Output(observer: observer, session: session, side: side.other)
            if isFirst {
                if !link.second.isStarted { link.second.start(at: segment.acknowledged) }
                link.second.acknowledge(segment.acknowledged, window: window, limits, output)
            } else {
                if !link.first.isStarted { link.first.start(at: segment.acknowledged) }
                link.first.acknowledge(segment.acknowledged, window: window, limits, output)
            }
        }
        if flags.contains(.reset) { return takeReset(segment, link, isFirst) }
        if link.hasResetWaiting { dropReset(of: link, isFirst) }
        let isLast = flags.contains(.fin)
        if segment.length > 0 || isLast {
            let output = Output(observer: observer, session: session, side: side)
            if isFirst {
                link.first.takeFrom(segment, isLast, limits, output)
            } else {
                link.second.takeFrom(segment, isLast, limits, output)
            }
            countRecent(link)
        } else if isFirst {
            link.first.isSeen = true
        } else {
            link.second.isSeen = true
        }
        if link.first.hasEnded, link.second.hasEnded { close(link, SessionClosing(.clean)) }
    }

    private func takeReset(_ segment: TCPSegment, _ link: Link, _ isFirst: Bool) {
        var fate = ReceivedStream.ResetFate.ignored
        let hadOne = (isFirst ? link.first : link.second).hasResetWaiting
        link.withStream(isFirst: isFirst) { fate = $0.takeReset(segment.sequence, limits) }
        switch fate {
        case .taken: close(link, SessionClosing(.reset, by: link.side(isFirst: isFirst)))
        case .waits:
            link.hasResetWaiting = true
            if hadOne { strayResets += 1 }
        case .ignored: strayResets += 1
        }
    }

    /// A side that seemed to have reset its connection goes on.
    private func dropReset(of link: Link, _ isFirst: Bool) {
        guard (isFirst ? link.first : link.second).hasResetWaiting else { return }
        strayResets += 1
        link.withStream(isFirst: isFirst) { $0.dropReset() }
        link.hasResetWaiting = link.first.hasResetWaiting || link.second.hasResetWaiting
    }

    /// Whether a segment goes on where a SYN began another connection; only where the other side is not in the capture, which would
    /// have answered that.
    private func isOfSuccessor(_ segment: TCPSegment, _ link: Link, _ isFirst: Bool) -> Bool {
        guard let successor = link.successor, successor.isFromFirst == isFirst,
            !(isFirst ? link.second.isSeen : link.first.isSeen)
        else { return false }
        let first = successor.sequence &+ 1
        return segment.sequence == first
            || segment.sequence == first &+ UInt32(truncatingIfNeeded: successor.data.count)
    }

    /// A SYN between the ports of an open connection.
    private func takeSYN(_ segment: TCPSegment, _ link: Link, _ isFirst: Bool) {
        guard segment.sequence != link.syn(isFirst: isFirst) else { return }
        if !segment.flags.contains(.acknowledgement) {
            link.successor = (
                isFirst, segment.sequence, segment.windowScale, Array(segment.payload.prefix(Self.successorBytes))
            )
        } else if let successor = link.successor, successor.isFromFirst != isFirst,
            segment.acknowledged == successor.sequence &+ 1
                || segment.acknowledged == successor.sequence &+ 1 &+ UInt32(truncatingIfNeeded: successor.data.count)
        {
            replace(link, by: segment)
        }
    }

    /// The ports of a connection are used again, though its end was not seen.
    private func replace(_ link: Link, by segment: TCPSegment) {
        guard let successor = link.successor else { return }
        close(
            link, SessionClosing(.shutdown, reason: "its end is not in the capture: its ports were used again"))
        forget(link)
        successor.data.withUnsafeBytes { data in
            let ends = successor.isFromFirst ? (link.key.first, link.key.second) : (link.key.second, link.key.first)
            take(
                TCPSegment(
                    source: ends.0, destination: ends.1, sequence: successor.sequence, acknowledged: 0, flags: .syn,
                    window: 0, windowScale: successor.scale, payload: data, length: data.count))
        }
        take(segment)
    }

    // MARK: Ends

    func close(_ link: Link, _ closing: SessionClosing) {
        guard link.phase == .open, let session = link.session else { return }
        for isFirst in [link.isFirstClient, !link.isFirstClient] {
            let output = Output(observer: observer, session: session, side: link.side(isFirst: isFirst))
            let hasOtherEnded = isFirst ? link.second.hasEnded : link.first.hasEnded
            link.withStream(isFirst: isFirst) { $0.finish(hasOtherEnded: hasOtherEnded, output, limits) }
        }
        var closing = closing
        if link.hasResetWaiting, closing.manner == .shutdown || closing.manner == .limit {
            // Its side's last word was a reset.
            closing = SessionClosing(.reset, by: link.side(isFirst: link.first.hasResetWaiting))
        }
        link.hasResetWaiting = false
        link.ends = (link.first.endSequence, link.second.endSequence)
        beforeStart += link.first.beforeStart + link.second.beforeStart
        outsideWindow += link.first.outsideWindow + link.second.outsideWindow
        afterEnd += link.first.afterEnd + link.second.afterEnd
        observer.closed(closing, in: session)
        link.session = nil
        link.successor = nil
        link.withStream(isFirst: true) { $0 = ReceivedStream() }
        link.withStream(isFirst: false) { $0 = ReceivedStream() }
        uncount(link)
        enter(link, .closed)
    }

    /// The capture has ended: so have the connections that are open still, in the order in which they began.
    func finish(_ reason: String) {
        for link in links.values.filter({ $0.phase == .open }).sorted(by: { $0.order < $1.order }) {
            close(link, SessionClosing(.shutdown, reason: reason))
        }
        for link in queues[Link.Phase.handshake.rawValue].all where link.phase == .handshake { forget(link) }
    }

    func forget(_ link: Link) {
        if links[link.key] === link { links[link.key] = nil }
        recent.forget(link)
        leave(link)
        link.phase = .forgotten
        link.first = ReceivedStream()
        link.second = ReceivedStream()
        uncount(link)
    }
}

@available(*, unavailable)
extension ConnectionTable: Sendable {}

extension ReceivedStream {
    @inline(__always)
    fileprivate mutating func takeFrom(
        _ segment: TCPSegment, _ isLast: Bool, _ limits: ReassemblyLimits, _ output: some StreamOutput
    ) {
        if !isStarted { start(at: segment.sequence) }
        isSeen = true
        take(
            segment.payload, length: segment.length, sequence: segment.sequence, isLast: isLast, limits, output)
    }
}
