internal import Dispatch
import Synchronization

/// Things that threads put and others take, in order. Who puts does not wait; what limits it is that only so many things go round.
final class ThreadQueue<Item: Sendable>: Sendable {
    private let items: Mutex<[Item]>
    private let count: DispatchSemaphore

    init(_ items: [Item] = []) {
        self.items = Mutex(items)
        count = DispatchSemaphore(value: 0)
        for _ in items { count.signal() }
    }

    func put(_ item: Item) {
        items.withLock { $0.append(item) }
        count.signal()
    }

    /// The oldest one; waits until there is one.
    func take() -> Item {
        count.wait()
        return items.withLock { $0.removeFirst() }
    }
}
