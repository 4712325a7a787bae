internal import Codecs
internal import NIOCore
internal import Recorder

/// Where the answers of a session pass that get faults: some are held back for a time, and those behind them wait.
///
/// Confined to the connection's event loop.
final class FaultGate {
    private struct Held {
        var frame: [UInt8]
        var verdict: SessionFaults.Verdict
        var due: NIODeadline
    }

    private let eventLoop: any EventLoop
    private let observer: any ServerObserver
    private var faults: SessionFaults
    private let tree = ValueTree()
    private var held: [Held] = []
    private var isScheduled = false
    /// Bytes of the answers that are held back.
    private(set) var heldBytes = 0

    init(_ plan: FaultPlan, on connection: ConnectionHandler, eventLoop: any EventLoop, observer: any ServerObserver) {
        faults = SessionFaults(plan, port: connection.port.configuration, session: connection.session.number)
        self.eventLoop = eventLoop
        self.observer = observer
    }

    var isEmpty: Bool { held.isEmpty }

    /// Answers get other faults from now on; what is held back already keeps its own, and its place before them.
    func change(to plan: FaultPlan, on connection: ConnectionHandler) {
        faults = SessionFaults(plan, port: connection.port.configuration, session: connection.session.number)
    }

    /// An answer comes to the gate.
    func take(frame: RawSpan, payload: Range<Int>, tree: ValueTree, on connection: ConnectionHandler) {
        let verdict = faults.next(frameBytes: frame.byteCount, payload: frame.extracting(payload), tree: tree)
        if !verdict.rules.isEmpty {
            observer.problem(
                connection.session,
                "fault \(verdict.rules.joined(separator: ", ")): an answer of \(frame.byteCount) bytes")
        }
        if held.isEmpty, verdict.delay == .zero {
            if verdict.isWhole {
                for _ in 0..<verdict.copies { connection.send(frame: frame, payload: payload, tree: tree) }
                return end(verdict, connection)
            }
            return send(frame.withUnsafeBytes { Array($0) }, verdict, connection)
        }
        let due = max(.now() + TimeAmount(verdict.delay), held.last?.due ?? .uptimeNanoseconds(0))
        held.append(Held(frame: frame.withUnsafeBytes { Array($0) }, verdict: verdict, due: due))
        heldBytes += frame.byteCount
        schedule(connection)
    }

    /// The connection has closed: what is held back is not sent.
    func removeAll() {
        held = []
        heldBytes = 0
    }

    private func schedule(_ connection: ConnectionHandler) {
        guard !isScheduled, let first = held.first else { return }
        isScheduled = true
        eventLoop.assumeIsolated().scheduleTask(deadline: first.due) { [self] in release(to: connection) }
    }

    private func release(to connection: ConnectionHandler) {
        isScheduled = false
        let now = NIODeadline.now()
        let due = held.prefix { $0.due <= now }
        held.removeFirst(due.count)
        for answer in due {
            heldBytes -= answer.frame.count
            send(answer.frame, answer.verdict, connection)
        }
        connection.answersWereReleased()
        schedule(connection)
    }

    private func send(_ frame: [UInt8], _ verdict: SessionFaults.Verdict, _ connection: ConnectionHandler) {
        for _ in 0..<verdict.copies {
            if verdict.isWhole {
                connection.sendRead(frame, reading: tree)
            } else {
                var bytes = frame
                if let flipped = verdict.flipped { bytes[flipped.offset] ^= flipped.bits }
                if let count = verdict.truncated { bytes.removeLast(bytes.count - count) }
                connection.send(unread: bytes, why: "changed as fault \(verdict.rules.joined(separator: ", ")) asks")
            }
        }
        end(verdict, connection)
    }

    private func end(_ verdict: SessionFaults.Verdict, _ connection: ConnectionHandler) {
        guard let end = verdict.end else { return }
        let reason = "fault \(verdict.rules.joined(separator: ", "))"
        switch end {
        case .close: connection.finish(SessionClosing(.error, by: .server, reason: reason), isAtOnce: true)
        case .reset: connection.reset(SessionClosing(.reset, by: .server, reason: reason))
        }
    }
}

@available(*, unavailable)
extension FaultGate: Sendable {}
