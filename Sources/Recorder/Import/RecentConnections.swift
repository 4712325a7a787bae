/// The connections whose segments came last, to be found without a hash that holds against attackers, and without counting references.
///
/// It holds none of them: who forgets one says so.
final class RecentConnections<Session: AnyObject> {
    typealias Link = Connection<Session>

    private let slots = UnsafeMutablePointer<Unmanaged<Link>?>.allocate(capacity: count)

    /// A power of two.
    private static var count: Int { 1 << 10 }

    init() { slots.initialize(repeating: nil, count: Self.count) }

    deinit { slots.deallocate() }

    /// Where a connection stands, if it is there: one of those that share the place.
    @inline(__always)
    private func slot(_ key: FlowKey) -> Int {
        var mixed = key.first.address.lower &+ key.second.address.lower &* 0x9E37_79B9_7F4A_7C15
        mixed ^= UInt64(key.first.port) << 16 | UInt64(key.second.port)
        return Int(truncatingIfNeeded: (mixed &* 0xBF58_476D_1CE4_E5B9) >> 54)
    }

    /// Calls `body` with the connection, if it is there. It must not be let go of meanwhile.
    ///
    /// - Returns: what `body` does; false where it is not there.
    @inline(__always)
    func with(_ key: FlowKey, _ body: (Link) -> Bool) -> Bool {
        guard let found = slots[slot(key)] else { return false }
        return found._withUnsafeGuaranteedRef { $0.key == key && body($0) }
    }

    func note(_ link: Link) { slots[slot(link.key)] = .passUnretained(link) }

    func forget(_ link: Link) {
        let slot = slot(link.key)
        if slots[slot]?.toOpaque() == Unmanaged.passUnretained(link).toOpaque() { slots[slot] = nil }
    }
}

@available(*, unavailable)
extension RecentConnections: Sendable {}
