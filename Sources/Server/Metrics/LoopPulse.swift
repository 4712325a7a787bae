internal import NIOCore
internal import Synchronization

/// Finds an event loop that does not run any more: it is asked for a sign of life, and the next asker sees whether it gave one.
final class LoopPulse: Sendable {
    /// How long a loop may take to answer. A busy one is in time by far.
    private static let patience: UInt64 = 10_000_000_000

    /// When the question that is not answered yet was asked, in nanoseconds; 0: there is none.
    private let asked = Atomic<UInt64>(0)

    /// Whether the loop lives, as far as is known; asks it again.
    func isBeating(_ loop: ServingLoop) -> Bool {
        let now = NIODeadline.now().uptimeNanoseconds
        let (isAsking, before) = asked.compareExchange(expected: 0, desired: now, ordering: .relaxed)
        if isAsking {
            loop.execute { _ in self.asked.store(0, ordering: .relaxed) }
            return true
        }
        return now < before || now - before < Self.patience
    }
}
