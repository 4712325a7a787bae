internal import Codecs
internal import Glibc
import Synchronization

/// The thread of a live capture: from libpcap to the file. Used by whoever makes it until the thread runs, and by the
/// thread alone from then on.
final class CaptureLoop {
    private let source: PacketSource
    /// Ends when the capture is to stop.
    private let stopEnd: Int32
    private let writer: CaptureWriter
    private let losses: CaptureLosses
    private let awaitsSecrets: Bool
    /// Since when packets have been kept back, in nanoseconds; nil: none are.
    private var heldSince: Int64?

    /// Quiet for so long after the end was asked for: the kernel holds no block any more.
    private static let quietMilliseconds: Int32 = 40
    /// A port that is never quiet is left after this time.
    private static let drainNanoseconds: Int64 = 1_000_000_000
    /// Packets wait so long for secrets that belong in front of them.
    private static let holdMilliseconds: Int32 = 200

    init(source: PacketSource, stopEnd: Int32, writer: CaptureWriter, losses: CaptureLosses, awaitsSecrets: Bool) {
        self.source = source
        self.stopEnd = stopEnd
        self.writer = writer
        self.losses = losses
        self.awaitsSecrets = awaitsSecrets
    }

    deinit { close(stopEnd) }

    /// Starts the thread, which holds this object from then on.
    func startThread() throws(CaptureError) -> pthread_t {
        do throws(QuietThread.Failure) {
            return try QuietThread.start { self.run() }
        } catch {
            throw CaptureError(.cannotCapture, writer.path, "cannot capture: \(systemMessage(error.number))")
        }
    }

    private func run() {
        do {
            try takeUntilStopped()
            try drain()
        } catch {
            writer.fail(CaptureError(error, writer.path))
        }
        writer.commit()
        let lost = source.losses
        losses.value.withLock { $0 = lost }
    }

    private func takeUntilStopped() throws(PacketSource.Problem) {
        var waited = [
            pollfd(fd: source.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: stopEnd, events: Int16(POLLIN), revents: 0),
        ]
        while waited[1].revents == 0, writer.failure == nil {
            poll(&waited, 2, heldSince == nil ? -1 : Self.holdMilliseconds)
            _ = try takePackets()
            commitWhenDue()
        }
    }

    /// Takes what the kernel still holds.
    private func drain() throws(PacketSource.Problem) {
        var waited = [pollfd(fd: source.descriptor, events: Int16(POLLIN), revents: 0)]
        let deadline = CaptureClock.now() + Self.drainNanoseconds
        while CaptureClock.now() < deadline, writer.failure == nil {
            let isQuiet = poll(&waited, 1, Self.quietMilliseconds) == 0
            let isEmpty = try takePackets() == 0
            commitWhenDue()
            if isQuiet, isEmpty { break }
        }
    }

    private func takePackets() throws(PacketSource.Problem) -> Int {
        try source.takePackets { packet in
            writer.add { packets in
                let start = packets.beginPacket(at: packet.time)
                packets.bytes.append(packet.bytes)
                packets.endPacket(start, originalLength: packet.originalLength)
            }
        }
    }

    private func commitWhenDue() {
        guard awaitsSecrets else { return writer.commit() }
        let now = CaptureClock.now()
        if now - (heldSince ?? now) >= Int64(Self.holdMilliseconds) * 1_000_000 {
            writer.commit()
            heldSince = nil
        } else if heldSince == nil {
            heldSince = now
        }
    }
}
