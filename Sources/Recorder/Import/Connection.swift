/// The two ends of a flow in an order that does not depend on who sends.
struct FlowKey: Hashable {
    var first: FlowEnd
    var second: FlowEnd
}

/// How it was known which end of a connection is the client.
package enum ClientKnowledge: Sendable, Hashable {
    /// It sent the SYN.
    case handshake
    /// The other end has a port that was named as a server's.
    case port
    /// The other end has the lower port.
    case lowerPort
    /// Both called each other; the other end has the port that was named, or the lower one.
    case bothCalled
}

/// A TCP connection of a capture while it is put together.
final class Connection<Session: AnyObject> {
    enum Phase: Int {
        /// Its handshake has begun.
        case handshake
        case open
        case closed
        /// Nobody knows it any more.
        case forgotten
    }

    let key: FlowKey
    /// By direction: what the first end of the key sends, then what the second does.
    @exclusivity(unchecked) var first = ReceivedStream()
    @exclusivity(unchecked) var second = ReceivedStream()
    @exclusivity(unchecked) var phase = Phase.handshake
    /// Whether the first end of the key is the client.
    @exclusivity(unchecked) var isFirstClient: Bool
    @exclusivity(unchecked) var knowledge = ClientKnowledge.handshake
    /// The numbers of the SYNs that were seen.
    @exclusivity(unchecked) var firstSYN: UInt32?
    @exclusivity(unchecked) var secondSYN: UInt32?
    /// A SYN that answers one was seen.
    @exclusivity(unchecked) var hasAnswer = false
    /// How far the windows are shifted that an end tells of; nil: its SYN was not seen, or does not say.
    @exclusivity(unchecked) var firstScale: UInt8?
    @exclusivity(unchecked) var secondScale: UInt8?
    /// A SYN on an open connection: perhaps its ports are used again.
    @exclusivity(unchecked) var successor: (isFromFirst: Bool, sequence: UInt32, scale: UInt8?, data: [UInt8])?
    @exclusivity(unchecked) var session: Session?
    /// The sides' numbers where the connection ended.
    @exclusivity(unchecked) var ends: (first: UInt32, second: UInt32)?
    /// Whether the table counts it in its phase.
    @exclusivity(unchecked) var isCounted = false
    /// Its place among the open ones: how many were opened before.
    @exclusivity(unchecked) var order = 0
    /// Its neighbours among the open ones in the order of their last segments. The table holds them all, so that nobody counts references,
    /// which took a tenth of the time of a segment.
    @exclusivity(unchecked) var older: Unmanaged<Connection>?
    @exclusivity(unchecked) var newer: Unmanaged<Connection>?
    /// A side may have reset it.
    @exclusivity(unchecked) var hasResetWaiting = false
    /// Something of it waits for what is missing.
    @exclusivity(unchecked) var isHolding = false
    /// What the table's sums count for it.
    @exclusivity(unchecked) var countedHeld = 0
    @exclusivity(unchecked) var countedRecent = 0

    init(key: FlowKey, isFirstClient: Bool) {
        self.key = key
        self.isFirstClient = isFirstClient
    }

    var client: FlowEnd { isFirstClient ? key.first : key.second }
    var server: FlowEnd { isFirstClient ? key.second : key.first }

    /// Which side a direction is.
    func side(isFirst: Bool) -> Side { isFirst == isFirstClient ? .client : .server }

    func syn(isFirst: Bool) -> UInt32? { isFirst ? firstSYN : secondSYN }

    /// How far windows that an end tells of are shifted: as its SYN said, if both did (RFC 7323, 2.2). What was not seen may be
    /// as much as there is.
    func shift(isFirst: Bool) -> UInt8 {
        guard firstSYN != nil, secondSYN != nil else { return 14 }
        guard let firstScale, let secondScale else { return 0 }
        return isFirst ? firstScale : secondScale
    }

    func withStream(isFirst: Bool, _ body: (inout ReceivedStream) -> Void) {
        if isFirst { body(&first) } else { body(&second) }
    }
}

@available(*, unavailable)
extension Connection: Sendable {}
