/// What keeps the table within its limits, whatever a capture holds.
extension ConnectionTable {
    /// Takes a connection out of its phase.
    func leave(_ link: Link) {
        if link.isCounted, link.phase != .forgotten {
            counts[link.phase.rawValue] -= 1
            if link.phase == .open { unlink(link) }
        }
        link.isCounted = false
    }

    /// Puts a connection into another phase; where there are too many of that, the oldest one goes.
    func enter(_ link: Link, _ phase: Link.Phase) {
        leave(link)
        link.phase = phase
        link.isCounted = true
        let index = phase.rawValue
        counts[index] += 1
        if phase == .open {
            append(link)
            while counts[index] > limits.open, let oldest { evict(oldest.takeUnretainedValue()) }
            return
        }
        queues[index].append(link)
        // The one that is closed at the moment stays, since somebody is at work with it.
        let limit = phase == .handshake ? limits.halfOpen : max(limits.closed, 1)
        queues[index].tidy(limit) { $0.phase == phase }
        while counts[index] > limit, let oldest = queues[index].takeOldest(where: { $0.phase == phase }) {
            evict(oldest)
        }
    }

    /// An open connection has a segment.
    @inline(__always)
    func touch(_ link: Link) {
        guard newest?.toOpaque() != Unmanaged.passUnretained(link).toOpaque() else { return }
        unlink(link)
        append(link)
    }

    private func unlink(_ link: Link) {
        let (older, newer) = (link.older, link.newer)
        if let older { older._withUnsafeGuaranteedRef { $0.newer = newer } } else { oldest = newer }
        if let newer { newer._withUnsafeGuaranteedRef { $0.older = older } } else { newest = older }
        link.older = nil
        link.newer = nil
    }

    private func append(_ link: Link) {
        let last = newest
        link.older = last
        let link = Unmanaged.passUnretained(link)
        if let last { last._withUnsafeGuaranteedRef { $0.newer = link } } else { oldest = link }
        newest = link
    }

    private func evict(_ link: Link) {
        switch link.phase {
        case .handshake:
            forgottenHandshakes += 1
            forget(link)
        case .open:
            let reason = "more than \(limits.open) connections are open, and this one was quiet longest"
            close(link, SessionClosing(.limit, reason: reason))
        case .closed, .forgotten: forget(link)
        }
    }

    func countHeld(_ link: Link) {
        let now = link.first.heldBytes + link.second.heldBytes
        heldBytes += now - link.countedHeld
        link.countedHeld = now
        if now > 0, !link.isHolding {
            link.isHolding = true
            holding.append(link)
        } else if now == 0 {
            link.isHolding = false
        }
        holding.tidy(1_024) { $0.isHolding }
        while heldBytes > limits.heldBytesInAll, let oldest = holding.takeOldest(where: { $0.isHolding }) {
            giveUpHoles(of: oldest)
        }
    }

    private func giveUpHoles(of link: Link) {
        link.isHolding = false
        if let session = link.session {
            for isFirst in [true, false] {
                let output = Output(observer: observer, session: session, side: link.side(isFirst: isFirst))
                link.withStream(isFirst: isFirst) { stream in
                    while !stream.held.isEmpty { stream.giveUpHole(.limit, output, limits) }
                }
            }
        } else {
            link.first.dropHeld()
            link.second.dropHeld()
        }
        let now = link.first.heldBytes + link.second.heldBytes
        heldBytes += now - link.countedHeld
        link.countedHeld = now
        if link.first.hasEnded, link.second.hasEnded { close(link, SessionClosing(.clean)) }
    }

    /// What is compared with what is sent again has its own room; who finds none is not compared.
    func countRecent(_ link: Link) {
        let now = link.first.recent.count + link.second.recent.count
        guard now != link.countedRecent else { return }
        recentBytes += now - link.countedRecent
        link.countedRecent = now
        let hasRoom = recentBytes < limits.recentBytesInAll
        link.first.keepsRecent = hasRoom || !link.first.recent.isEmpty
        link.second.keepsRecent = hasRoom || !link.second.recent.isEmpty
    }

    func uncount(_ link: Link) {
        heldBytes -= link.countedHeld
        recentBytes -= link.countedRecent
        link.countedHeld = 0
        link.countedRecent = 0
        link.isHolding = false
    }
}
