/// How connections are made: who calls whom, what a SYN carries, what refuses it.
extension ConnectionTable {
    /// A segment of a connection that is being made.
    func takeHandshake(_ segment: TCPSegment, _ link: Link, _ isFirst: Bool) {
        let flags = segment.flags
        if flags.contains(.reset) {
            // Refused, or a scan that has seen enough.
            if endsHandshake(segment, link, isFirst) { forget(link) } else { strayResets += 1 }
            return
        }
        if flags.contains(.syn) { return takeHandshakeSYN(segment, link, isFirst) }
        let isClient = link.isFirstClient == isFirst
        let stream = isFirst ? link.first : link.second
        // What answers an older connection between these ports opens none.
        guard stream.isStarted || flags.contains(.acknowledgement),
            !stream.isStarted || abs(stream.position(of: segment.sequence)) < 1 << 30,
            isClient ? flags.contains(.acknowledgement) || segment.length > 0 : segment.length > 0
        else { return }
        if !stream.isStarted { link.withStream(isFirst: isFirst) { $0.start(at: segment.sequence) } }
        let other = isFirst ? link.second : link.first
        if !other.isStarted {
            link.withStream(isFirst: !isFirst) { $0.start(at: segment.acknowledged) }
        }
        open(link, isJoined: false)
        takeOpen(segment, link, isFirst)
    }

    /// Whether a reset belongs to the handshake: it acknowledges the other side's SYN, or follows its own.
    private func endsHandshake(_ segment: TCPSegment, _ link: Link, _ isFirst: Bool) -> Bool {
        if segment.flags.contains(.acknowledgement), let asked = link.syn(isFirst: !isFirst) {
            let ahead = segment.acknowledged &- asked
            return ahead >= 1 && ahead <= 1 << 16
        }
        let own = isFirst ? link.first : link.second
        return own.isStarted && abs(own.position(of: segment.sequence)) <= 1 << 16
    }

    private func takeHandshakeSYN(_ segment: TCPSegment, _ link: Link, _ isFirst: Bool) {
        let isAnswer = segment.flags.contains(.acknowledgement)
        let known = link.syn(isFirst: isFirst)
        if isAnswer, let asked = link.syn(isFirst: !isFirst) {
            let other = isFirst ? link.second : link.first
            let end = asked &+ 1 &+ UInt32(truncatingIfNeeded: other.held.last?.end ?? 0)
            guard segment.acknowledged == asked &+ 1 || segment.acknowledged == end else { return }
            // Data of the SYN that the server did not take is sent once more.
            if segment.acknowledged == asked &+ 1 { link.withStream(isFirst: !isFirst) { $0.dropHeld() } }
        }
        if !isAnswer, known == nil, link.syn(isFirst: !isFirst) != nil, !link.hasAnswer {
            // Both ends called each other: the ports tell who is the server.
            let (isSourceServer, _) = serverEnd(segment)
            link.isFirstClient = isFirst != isSourceServer
            link.knowledge = .bothCalled
        }
        if isAnswer { link.hasAnswer = true }
        guard known != segment.sequence else { return }
        if isFirst {
            link.firstSYN = segment.sequence
            link.firstScale = segment.windowScale
            link.first = ReceivedStream()
        } else {
            link.secondSYN = segment.sequence
            link.secondScale = segment.windowScale
            link.second = ReceivedStream()
        }
        link.withStream(isFirst: isFirst) { stream in
            stream.start(at: segment.sequence &+ 1)
            stream.isSeen = true
            if segment.length > 0 { stream.holdFirst(segment.payload, length: segment.length) }
        }
        if isAnswer, link.syn(isFirst: !isFirst) == nil {
            link.withStream(isFirst: !isFirst) { $0.start(at: segment.acknowledged) }
        }
    }
}
