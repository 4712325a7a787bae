internal import Synchronization

/// The places for clients, of all ports and event loops together.
final class ConnectionPlaces: Sendable {
    let limit: Int
    private let taken = Atomic(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes a place; false where there is none.
    func take() -> Bool {
        guard taken.add(1, ordering: .relaxed).newValue > limit else { return true }
        giveBack()
        return false
    }

    /// A client has gone.
    func giveBack() { taken.subtract(1, ordering: .relaxed) }
}
