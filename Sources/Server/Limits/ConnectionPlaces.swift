internal import Synchronization

/// The places for clients, of all ports and event loops together.
final class ConnectionPlaces: Sendable {
    let limit: Int
    private let taken = Atomic(0)
    private let room = Atomic(Int.max)

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes a place; false where there is none.
    func take() -> Bool {
        guard taken.add(1, ordering: .relaxed).newValue > limit else { return true }
        giveBack()
        return false
    }

    /// There are descriptors for so many clients; more have to wait.
    func setRoom(_ clients: Int) { room.store(clients, ordering: .relaxed) }

    /// Whether there is a descriptor for another client.
    var hasRoom: Bool { taken.load(ordering: .relaxed) < room.load(ordering: .relaxed) }

    /// A client has gone.
    func giveBack() { taken.subtract(1, ordering: .relaxed) }
}
