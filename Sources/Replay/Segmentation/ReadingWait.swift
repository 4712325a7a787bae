/// Decides when a piece of a client's bytes has been read by the server, so that the next one cannot arrive in the same read.
struct ReadingWait {
    /// What the kernel knows of a connection: bytes that the server has not read, and bytes that have not reached it for sure.
    struct Queues: Hashable {
        var unread: Int
        var unacknowledged: Int
    }

    enum Answer: Hashable {
        case isRead
        /// It is to be asked again in so many microseconds.
        case again(after: Int64)
        /// The server does not read: the pieces cannot be kept apart.
        case gaveUp
    }

    /// The pause where the kernel's tables do not tell.
    static let pause: Int64 = 2_000
    /// How long one piece may lie unread …
    static let patience: Int64 = 1_000_000
    /// … and the pieces of one connection all together, before no more is waited.
    static let budget: Int64 = 5_000_000
    /// How long an empty queue must stay empty while bytes may still be on their way to it.
    private static let confirmation: Int64 = 200

    private var began: Int64 = 0
    private var emptySince: Int64?
    private var step: Int64 = 50
    private var wasted: Int64 = 0

    /// A piece has been written.
    mutating func begin(at now: Int64) {
        began = now
        emptySince = nil
        step = 50
    }

    /// Whether it has been read; `queues` is nil where nothing is known.
    mutating func ask(_ queues: Queues?, at now: Int64) -> Answer {
        let waited = max(now - began, 0)
        guard let queues else { return waited >= Self.pause ? .isRead : .again(after: Self.pause - waited) }
        guard queues.unread > 0 else {
            if queues.unacknowledged == 0 { return .isRead }
            let since = emptySince ?? now
            emptySince = since
            return now - since >= Self.confirmation ? .isRead : .again(after: Self.confirmation - (now - since))
        }
        emptySince = nil
        if waited >= min(Self.patience, Self.budget - wasted) {
            wasted += waited
            return .gaveUp
        }
        defer { step = min(step * 2, 5_000) }
        return .again(after: step)
    }
}
