internal import Codecs
internal import NIOCore
internal import Recorder

/// Where the answers of a session pass that get faults: some are held back for a time, and those behind them wait.
///
/// Confined to the connection's event loop.
final class FaultGate {
    private struct Held {
        var bytes: [UInt8]
        /// Why they are no message; nil: they are one.
        var fault: String?
        var verdict: SessionFaults.Verdict
        var due: NIODeadline
    }

    private let eventLoop: any EventLoop
    private let observer: any ServerObserver
    private var faults: SessionFaults
    private let tree = ValueTree()
    private var held: [Held] = []
    /// Sends what is held back when it is due.
    private var clock: Scheduled<Void>?
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
        tell(verdict, of: frame.byteCount, connection)
        if held.isEmpty, verdict.delay == .zero, verdict.isWhole {
            for _ in 0..<verdict.copies { connection.send(frame: frame, payload: payload, tree: tree) }
            return end(verdict, connection)
        }
        take(frame.withUnsafeBytes { Array($0) }, fault: nil, verdict, connection)
    }

    /// The same for bytes that are no message, and why.
    func take(unread bytes: [UInt8], why: String, on connection: ConnectionHandler) {
        let verdict = faults.next(frameBytes: bytes.count, payload: bytes.span.bytes, tree: nil)
        tell(verdict, of: bytes.count, connection)
        take(bytes, fault: why, verdict, connection)
    }

    private func take(
        _ bytes: [UInt8], fault: String?, _ verdict: SessionFaults.Verdict, _ connection: ConnectionHandler
    ) {
        let due = max(.now() + TimeAmount(verdict.delay), held.last?.due ?? .uptimeNanoseconds(0))
        let answer = Held(bytes: bytes, fault: fault, verdict: verdict, due: due)
        if held.isEmpty, verdict.delay == .zero { return send(answer, connection) }
        held.append(answer)
        heldBytes += bytes.count
        connection.countHeldBytes()
        schedule(connection)
    }

    private func tell(_ verdict: SessionFaults.Verdict, of count: Int, _ connection: ConnectionHandler) {
        guard !verdict.rules.isEmpty else { return }
        observer.problem(
            connection.session, "fault \(verdict.rules.joined(separator: ", ")): an answer of \(count.counting("byte"))"
        )
    }

    /// The connection has closed, or ends: what is held back is not sent.
    func removeAll() {
        held = []
        heldBytes = 0
        // It holds the connection, which must not stay for it.
        clock?.cancel()
        clock = nil
    }

    private func schedule(_ connection: ConnectionHandler) {
        guard clock == nil, let first = held.first else { return }
        clock = eventLoop.assumeIsolated().scheduleTask(deadline: first.due) { [self] in release(to: connection) }
    }

    private func release(to connection: ConnectionHandler) {
        clock = nil
        let now = NIODeadline.now()
        let due = held.prefix { $0.due <= now }
        held.removeFirst(due.count)
        heldBytes -= due.reduce(0) { $0 + $1.bytes.count }
        for answer in due {
            send(answer, connection)
            // The connection ends behind it.
            if answer.verdict.end != nil { break }
        }
        connection.answersWereReleased()
        schedule(connection)
    }

    private func send(_ answer: Held, _ connection: ConnectionHandler) {
        let verdict = answer.verdict
        for _ in 0..<verdict.copies {
            if !verdict.isWhole {
                var bytes = answer.bytes
                if let flipped = verdict.flipped { bytes[flipped.offset] ^= flipped.bits }
                if let count = verdict.truncated { bytes.removeLast(bytes.count - count) }
                // Nothing is left to be sent, or recorded as a message; the session's end says why.
                if bytes.isEmpty { continue }
                connection.send(unread: bytes, why: "changed as fault \(verdict.rules.joined(separator: ", ")) asks")
            } else if let fault = answer.fault {
                connection.send(unread: answer.bytes, why: fault)
            } else {
                connection.sendRead(answer.bytes, reading: tree)
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
