internal import Synchronization

/// Numbers the sessions of a server that records nothing.
final class SessionNumbers: Sendable {
    private let last = Atomic(0)

    func next() -> Int { last.add(1, ordering: .relaxed).newValue }
}
