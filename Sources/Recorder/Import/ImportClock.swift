import Synchronization

/// The clock of an imported recording: the time of the packet that is being read.
final class ImportClock: Sendable {
    private let time = Atomic<Int64>(0)

    /// Microseconds since 1970.
    var microseconds: Int64 {
        get { time.load(ordering: .relaxed) }
        set { time.store(newValue, ordering: .relaxed) }
    }
}
