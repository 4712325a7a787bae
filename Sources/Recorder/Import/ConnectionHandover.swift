internal import Codecs
internal import Glibc
import Synchronization

/// Connections of a capture on their way from the thread that reads packets to another, which this starts.
///
/// There are a few batches, and they go round: who reads faster than the other thread takes waits for it, so that memory does not
/// grow.
///
/// Confined to the thread that makes it.
final class ConnectionHandover {
    /// A connection, as a number that both threads know it by.
    final class Place {
        let number: Int

        init(_ number: Int) { self.number = number }
    }

    private let empty = ThreadQueue((0..<batches).map { _ in ConnectionBatch() })
    private let full = ThreadQueue<ConnectionBatch>()
    private let refusal = Refusal()
    private var thread: pthread_t?
    @exclusivity(unchecked) private var batch: ConnectionBatch
    /// Places of connections that are closed.
    private var free: [Int] = []
    private var places = 0
    /// The number of the packet that is read.
    @exclusivity(unchecked) private var packet = 0
    /// When the first packet was, and the latest time so far: a clock that jumps back does not take the recording's with it.
    @exclusivity(unchecked) private(set) var beginning: Int64?
    @exclusivity(unchecked) private var latest = Int64.min

    private static let batches = 4

    private final class Refusal: Sendable {
        let isThere = Atomic(false)
    }

    /// Starts the thread.
    ///
    /// - Parameter take: what it does with each batch, the last of which says so; false: it takes no more.
    init(_ take: @escaping (ConnectionBatch) -> Bool) throws(QuietThread.Failure) {
        batch = empty.take()
        thread = try QuietThread.start { [empty, full, refusal] in
            var isLast = false
            while !isLast {
                let batch = full.take()
                isLast = batch.isLast
                if !refusal.isThere.load(ordering: .relaxed), !take(batch) {
                    refusal.isThere.store(true, ordering: .relaxed)
                }
                batch.clear()
                empty.put(batch)
            }
        }
    }

    /// The other thread takes no more.
    var isRefused: Bool { refusal.isThere.load(ordering: .relaxed) }

    /// A packet is read.
    @inline(__always)
    func follow(_ packet: CapturedPacket) {
        self.packet = packet.number
        let microseconds = packet.time / 1_000
        if beginning == nil { beginning = microseconds }
        if microseconds > latest { latest = microseconds }
    }

    /// The time of the latest packet, in microseconds since 1970.
    var lastTime: Int64 { latest }

    /// Hands over what there is, also where that is little: nothing more comes for a while.
    func handOver() {
        if !batch.events.isEmpty { send(isLast: false) }
    }

    /// Hands the rest over, and waits until the other thread has taken all.
    func finish() {
        guard let thread else { return }
        send(isLast: true)
        pthread_join(thread, nil)
        self.thread = nil
    }

    private func send(isLast: Bool) {
        batch.beginning = beginning ?? 0
        batch.isLast = isLast
        full.put(batch)
        batch = empty.take()
    }

    @inline(__always)
    private func note(
        _ kind: ConnectionBatch.Event.Kind, _ place: Place, _ side: Side = .client, _ count: Int = 0,
        _ reason: MissingReason = .acknowledged
    ) {
        batch.events.append(
            ConnectionBatch.Event(
                kind: kind, side: side, reason: reason, place: place.number, count: count, packet: packet,
                time: latest))
        if batch.isFull { send(isLast: false) }
    }
}

extension ConnectionHandover: ConnectionObserver {
    func opened(_ opening: ConnectionOpening) -> Place? {
        if free.isEmpty {
            free.append(places)
            places += 1
        }
        let place = Place(free.removeLast())
        batch.openings.append(opening)
        note(.opened, place)
        return place
    }

    @inline(__always)
    func passed(_ bytes: UnsafeRawBufferPointer, from side: Side, in place: Place) {
        batch.bytes.append(bytes)
        note(.passed, place, side, bytes.count)
    }

    func missing(_ count: Int64, from side: Side, _ reason: MissingReason, in place: Place) {
        note(.missing, place, side, Int(count), reason)
    }

    func conflict(_ count: Int, from side: Side, in place: Place) { note(.conflict, place, side, count) }

    func ended(_ side: Side, in place: Place) { note(.ended, place, side) }

    func closed(_ closing: SessionClosing, in place: Place) {
        free.append(place.number)
        batch.closings.append(closing)
        note(.closed, place)
    }
}

@available(*, unavailable)
extension ConnectionHandover: Sendable {}
