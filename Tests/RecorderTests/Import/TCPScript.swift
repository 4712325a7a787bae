import Testing

@testable import Recorder

/// What a table of connections tells, noted down.
final class NotedConnections: ConnectionObserver {
    final class Session {
        let opening: ConnectionOpening
        var stream = CaptureFixture.Stream()
        var conflicts: [Int] = []
        var ends: [Side] = []
        /// The sides that gave bytes, in their order.
        var order: [Side] = []

        init(_ opening: ConnectionOpening) { self.opening = opening }
    }

    var sessions: [Session] = []

    func opened(_ opening: ConnectionOpening) -> Session? {
        sessions.append(Session(opening))
        return sessions.last
    }

    func passed(_ bytes: UnsafeRawBufferPointer, from side: Side, in session: Session) {
        session.stream.add(Array(bytes), from: side.rawValue)
        if session.order.last != side { session.order.append(side) }
    }

    func missing(_ count: Int64, from side: Side, _ reason: MissingReason, in session: Session) {
        session.stream[side.rawValue].append(.gap(Int(count)))
    }

    func conflict(_ count: Int, from side: Side, in session: Session) { session.conflicts.append(count) }
    func ended(_ side: Side, in session: Session) { session.ends.append(side) }
    func closed(_ closing: SessionClosing, in session: Session) { session.stream.close = closing.manner.rawValue }
}

/// Segments of connections, as a test writes them down.
struct TCPScript {
    let noted = NotedConnections()
    let table: ConnectionTable<NotedConnections>
    var client = FlowEnd(address: FlowAddress(version4: 0x0A00_0001), port: 40_000)
    var server = FlowEnd(address: FlowAddress(version4: 0x0A00_0002), port: 12_000)
    /// The numbers of the first bytes.
    var first: (client: UInt32, server: UInt32) = (1_001, 5_001)

    init(_ limits: ReassemblyLimits = ReassemblyLimits(), isServerPort: @escaping (UInt16) -> Bool = { _ in true }) {
        table = ConnectionTable(
            observer: noted, limits: limits, isServerPort: isServerPort, isNamedPort: { $0 == 12_000 })
    }

    /// Sends a segment; `at` and `acknowledging` count from the first byte.
    func send(
        _ side: Side, _ flags: TCPSegment.Flags, at position: Int = 0, _ payload: [UInt8] = [], length: Int? = nil,
        acknowledging: Int = 0, window: UInt16 = 60_000
    ) {
        let isClient = side == .client
        payload.withUnsafeBytes { bytes in
            table.take(
                TCPSegment(
                    source: isClient ? client : server, destination: isClient ? server : client,
                    sequence: (isClient ? first.client : first.server) &+ UInt32(truncatingIfNeeded: position),
                    acknowledged: (isClient ? first.server : first.client) &+ UInt32(truncatingIfNeeded: acknowledging),
                    flags: flags, window: window, windowScale: flags.contains(.syn) ? 7 : nil, payload: bytes,
                    length: length ?? payload.count))
        }
    }

    func open() {
        send(.client, .syn, at: -1)
        send(.server, [.syn, .acknowledgement], at: -1)
        send(.client, .acknowledgement)
    }

    func data(_ side: Side, at position: Int, _ payload: [UInt8], acknowledging: Int = 0) {
        send(side, [.push, .acknowledgement], at: position, payload, acknowledging: acknowledging)
    }

    func acknowledge(_ side: Side, _ position: Int, window: UInt16 = 60_000) {
        send(side, .acknowledgement, acknowledging: position, window: window)
    }

    func finish() { table.finish("") }

    /// The only session's stream.
    var stream: CaptureFixture.Stream { noted.sessions.first?.stream ?? CaptureFixture.Stream() }
}
