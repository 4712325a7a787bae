internal import Synchronization

/// What the event loops of a load share.
final class LoadShared: Sendable {
    private let next = Atomic<Int>(0)
    private let hasConnected = Atomic<Bool>(false)
    private let refusals = Atomic<Int>(0)
    private let answers = Atomic<Int>(0)
    private let reason = Mutex<String?>(nil)
    private let connections: Int

    init(connections: Int) { self.connections = connections }

    /// The number of the next session; nil where so many have begun.
    func nextSession(of count: Int?) -> Int? {
        let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
        return count.map { number < $0 } ?? true ? number : nil
    }

    func connected() { hasConnected.store(true, ordering: .relaxed) }

    /// A connection could not be made; true where none ever could, by as many clients as there are.
    func refused(_ text: String) -> Bool {
        guard !hasConnected.load(ordering: .relaxed) else { return false }
        guard refusals.wrappingAdd(1, ordering: .relaxed).newValue >= connections else { return false }
        reason.withLock { $0 = $0 ?? text }
        return true
    }

    /// Why no connection could ever be made.
    var unreachable: String? { reason.withLock { $0 } }

    var isUnreachable: Bool { unreachable != nil }

    func answered(_ count: Int) { answers.wrappingAdd(count, ordering: .relaxed) }

    /// Answers that were measured so far, about.
    var answered: Int { answers.load(ordering: .relaxed) }
}
