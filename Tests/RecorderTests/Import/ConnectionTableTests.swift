import Testing

@testable import Recorder

@Suite("Connections of a capture")
struct ConnectionTableTests {
    private static let syn = TCPSegment.Flags.syn
    private static let synack: TCPSegment.Flags = [.syn, .acknowledgement]

    @Test("so many are open as may be; one more closes the one that was quiet longest", arguments: [2, 3, 4])
    func openLimit(count: Int) {
        var limits = ReassemblyLimits()
        limits.open = 3
        var script = TCPScript(limits)
        for number in 0..<count {
            script.client.port = UInt16(1_000 + number)
            script.open()
            script.data(.client, at: 0, [1])
        }
        let closes = script.noted.sessions.map(\.stream.close)
        #expect(closes == (count <= 3 ? Array(repeating: nil, count: count) : ["limit", nil, nil, nil]))
        #expect(script.table.openCount == min(count, 3))
    }

    @Test(
        "who calls from the port that is a server's elsewhere makes no session, with whatever packet it begins",
        arguments: [0, 1])
    func callerWithServersPort(lost: Int) {
        var script = TCPScript(isServerPort: { $0 == 12_000 })
        // The other way round: the client has the port.
        (script.client, script.server) = (script.server, script.client)
        if lost == 0 { script.send(.client, .syn, at: -1) }
        script.send(.server, [.syn, .acknowledgement], at: -1)
        script.send(.client, .acknowledgement)
        script.data(.client, at: 0, [1, 2])
        script.data(.server, at: 0, [3], acknowledging: 2)
        script.finish()
        #expect(script.noted.sessions.isEmpty)
        // Between the same ports somebody calls the server.
        (script.client, script.server) = (script.server, script.client)
        script.first = (70_001, 90_001)
        script.open()
        script.data(.client, at: 0, [4])
        #expect(script.stream.client == [.bytes([4])])
        #expect(script.noted.sessions.map(\.opening.knowledge) == [.handshake])
    }

    @Test("what is used stays open before what is quiet")
    func quiet() {
        var limits = ReassemblyLimits()
        limits.open = 2
        var script = TCPScript(limits)
        for port in [1_000, 1_001, 1_002, 1_003] as [UInt16] {
            script.client.port = port
            script.open()
            script.client.port = 1_000
            script.data(.client, at: port == 1_000 ? 0 : Int(port - 1_000), [1])
        }
        #expect(script.noted.sessions.map(\.stream.close) == [nil, "limit", "limit", nil])
    }

    @Test("a flood of SYNs is forgotten, and a handshake among it goes on", arguments: [3, 4, 40])
    func halfOpenLimit(count: Int) {
        var limits = ReassemblyLimits()
        limits.halfOpen = 4
        var script = TCPScript(limits)
        let good = script.client
        script.send(.client, Self.syn, at: -1)
        script.send(.server, Self.synack, at: -1)
        for number in 0..<count {
            script.client.port = UInt16(1_000 + number)
            script.send(.client, Self.syn, at: -1)
        }
        script.client = good
        script.send(.client, .acknowledgement)
        script.data(.client, at: 0, [1, 2])
        #expect(script.noted.sessions.count == 1)
        #expect(script.stream.client == [.bytes([1, 2])])
        // Forgotten, it is joined in the middle.
        #expect(script.noted.sessions.first?.opening.isJoined == (count > 3))
        #expect(script.table.forgottenHandshakes == max(0, count - 3))
        #expect(script.noted.sessions.first?.opening.client.port == good.port)
    }

    @Test("so many pieces wait as may; one more gives up what is missing before them", arguments: [3, 4, 5])
    func heldPieces(count: Int) {
        var limits = ReassemblyLimits()
        limits.heldPieces = 4
        let script = TCPScript(limits)
        script.open()
        for number in 0..<count { script.data(.client, at: 10 + 2 * number, [UInt8(number)]) }
        let expected: [CaptureFixture.Piece] = count <= 4 ? [] : [.gap(10), .bytes([0])]
        #expect(script.stream.client == expected)
    }

    @Test("so many bytes wait as may", arguments: [-1, 0, 1])
    func heldBytes(more: Int) {
        var limits = ReassemblyLimits()
        limits.heldBytes = 1_096
        let script = TCPScript(limits)
        script.open()
        script.data(.client, at: 10, Array(repeating: 7, count: 1_000 + more))
        #expect(script.stream.client.isEmpty == (more <= 0))
    }

    @Test("bytes of all connections that wait are bounded; who waits longest gives up")
    func heldInAll() {
        var limits = ReassemblyLimits()
        limits.heldBytesInAll = 2_200
        var script = TCPScript(limits)
        for number in 0..<3 {
            script.client.port = UInt16(1_000 + number)
            script.open()
            script.data(.client, at: 10, Array(repeating: 7, count: 1_000))
        }
        #expect(script.noted.sessions.map(\.stream.client.count) == [2, 0, 0])
        #expect(script.table.heldBytesInAll <= 2_200)
    }

    @Test("a segment far away counts once it was acknowledged three times", arguments: [0, 1, 2, 3])
    func farAway(times: Int) {
        let script = TCPScript()
        script.open()
        script.data(.client, at: 0, [1])
        script.data(.client, at: 1 << 29, [9])
        for _ in 0..<times { script.acknowledge(.server, 1 << 29 + 1) }
        script.data(.client, at: 1, [2])
        script.finish()
        let gap = CaptureFixture.Piece.gap(1 << 29 - 1)
        #expect(
            script.stream.client == (times < 3 ? [.bytes([1, 2])] : [.bytes([1]), gap, .bytes([9])]) || times == 1
                || times == 2)
        if times < 3 { #expect(script.stream.client.first == .bytes([1, 2])) }
    }

    @Test("a request's gap and what follows it stand before the answer that acknowledges them")
    func order() {
        let script = TCPScript()
        script.open()
        script.data(.client, at: 5, [6])
        script.data(.server, at: 0, [1], acknowledging: 6)
        #expect(script.stream.client == [.gap(5), .bytes([6])])
        #expect(script.noted.sessions.first?.order == [.client, .server])
    }

    @Test("a SYN that nobody answers makes no session, and neither does a scan")
    func scans() {
        let script = TCPScript()
        script.send(.client, Self.syn, at: -1)
        script.send(.client, Self.syn, at: -1)
        script.send(.server, Self.synack, at: -1)
        script.send(.client, .reset, at: 0)
        script.acknowledge(.client, 0)
        #expect(script.noted.sessions.isEmpty && script.table.knownCount == 0)
    }

    @Test("an answer to a SYN that was never sent opens nothing, and hides nothing")
    func strayAnswer() {
        let script = TCPScript()
        script.send(.client, Self.syn, at: -1)
        script.send(.server, Self.synack, at: 100, acknowledging: 7_777)
        script.send(.server, Self.synack, at: -1)
        script.send(.client, .acknowledgement)
        script.data(.server, at: 0, [1, 2])
        #expect(script.stream.server == [.bytes([1, 2])])
    }

    @Test("a SYN among an open connection ends it only where it is answered", arguments: [false, true])
    func portAgain(isAnswered: Bool) {
        var script = TCPScript()
        script.open()
        script.data(.client, at: 0, [1])
        script.data(.server, at: 0, [1], acknowledging: 1)
        let first = script.first
        script.first = (900_000, 800_000)
        script.send(.client, Self.syn, at: -1)
        if isAnswered {
            script.send(.server, Self.synack, at: -1)
            script.data(.client, at: 0, [2])
        } else {
            script.first = first
            script.data(.client, at: 1, [3], acknowledging: 1)
        }
        script.finish()
        #expect(script.noted.sessions.count == (isAnswered ? 2 : 1))
        #expect(script.stream.client == [.bytes(isAnswered ? [1] : [1, 3])])
    }

    @Test("windows are scaled only if both sides say so, so that what lies behind them is far away")
    func windows() {
        let script = TCPScript()
        script.open()
        script.data(.client, at: 0, [1])
        // 60,000 << 7 is the edge.
        script.acknowledge(.server, 1)
        script.data(.client, at: (60_000 << 7) + 6, [2])
        script.data(.client, at: (60_000 << 7), [3])
        script.finish()
        #expect(script.stream.client == [.bytes([1]), .gap(60_000 << 7 - 1), .bytes([3])])
        #expect(script.table.outsideWindow == 1)
    }
}
