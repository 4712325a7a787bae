internal import NIOCore
internal import Recorder

/// An event loop's part in a capture: what its connections add in a turn is written at the turn's end.
///
/// Confined to the event loop.
final class LoopCapture {
    private let writer: CaptureWriter
    private let eventLoop: any EventLoop
    private var isScheduled = false

    init(_ writer: CaptureWriter, eventLoop: any EventLoop) {
        self.writer = writer
        self.eventLoop = eventLoop
    }

    /// Lets `body` append packets of the time that it is given.
    func add(_ body: (inout PacketWriter, _ time: Int64) -> Void) {
        // The time is taken in turn, so that a file's packets are in the order of their times.
        writer.add { body(&$0, CaptureClock.now()) }
        guard !isScheduled else { return }
        isScheduled = true
        eventLoop.assumeIsolated().execute { [self] in
            isScheduled = false
            writer.commit()
        }
    }
}

@available(*, unavailable)
extension LoopCapture: Sendable {}
