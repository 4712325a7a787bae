internal import Codecs

/// What connections carried, in order, on its way from the thread that reads packets to the one that makes lines of it.
///
/// Many segments go over together, with their bytes in one run: to wake a thread for each costs more than all else.
///
/// `Sendable`, for one thread has it at a time: the one that took it out of a ``ThreadQueue`` last.
final class ConnectionBatch: @unchecked Sendable {
    /// Something that happened, with what the one before does not tell.
    struct Event {
        enum Kind {
            /// The next one of `openings`.
            case opened
            /// So many bytes, the next ones of `bytes`.
            case passed
            case missing
            case conflict
            case ended
            /// The next one of `closings`.
            case closed
        }

        var kind: Kind
        var side = Side.client
        var reason = MissingReason.acknowledged
        /// Which connection; the number is another's once this one is closed.
        var place: Int
        var count = 0
        /// The packet that it happened with, and when that was: microseconds since 1970.
        var packet: Int
        var time: Int64
    }

    @exclusivity(unchecked) var bytes = ByteWriter(capacity: 2 * maximumBytes)
    @exclusivity(unchecked) var events: [Event] = []
    @exclusivity(unchecked) var openings: [ConnectionOpening] = []
    @exclusivity(unchecked) var closings: [SessionClosing] = []
    /// The time of the capture's first packet, in microseconds since 1970.
    var beginning: Int64 = 0
    /// No other follows.
    var isLast = false

    /// Who holds as much as this is handed over.
    private static let maximumBytes = 256 << 10
    private static let maximumEvents = 4_096

    init() { events.reserveCapacity(Self.maximumEvents) }

    @inline(__always)
    var isFull: Bool { bytes.count >= Self.maximumBytes || events.count >= Self.maximumEvents }

    func clear() {
        bytes.removeAll(keeping: 2 * Self.maximumBytes)
        events.removeAll(keepingCapacity: true)
        openings.removeAll(keepingCapacity: true)
        closings.removeAll(keepingCapacity: true)
    }
}
