import Testing

@testable import Recorder

@Suite("Ends of a capture's connections")
struct ConnectionEndTests {
    private static func ended() -> TCPScript {
        let script = TCPScript()
        script.open()
        script.data(.client, at: 0, [1, 2])
        script.data(.server, at: 0, [3, 4], acknowledging: 2)
        script.send(.client, [.fin, .acknowledgement], at: 2, acknowledging: 2)
        script.send(.server, [.fin, .acknowledgement], at: 2, acknowledging: 3)
        script.send(.client, .acknowledgement, at: 3, acknowledging: 3)
        return script
    }

    @Test("what is sent once more behind the end is nothing new, and bytes behind it are counted") func behindEnd() {
        let script = Self.ended()
        script.data(.client, at: 0, [1, 2], acknowledging: 3)
        script.data(.client, at: 2, [0], acknowledging: 3)
        #expect(script.table.afterClose == 0)
        script.data(.client, at: 2, [8, 8], acknowledging: 3)
        script.data(.server, at: 3, [9], acknowledging: 3)
        script.finish()
        #expect(script.table.afterClose == 2)
        #expect(script.noted.sessions.count == 1)
        #expect(script.stream.client == [.bytes([1, 2])] && script.stream.close == "clean")
    }

    @Test("far from the numbers of a closed connection another one is joined, with the same server") func farBehindEnd()
    {
        var script = TCPScript()
        script.client.port = 900
        script.server.port = 1_000
        script.open()
        script.data(.client, at: 0, [1])
        script.send(.client, [.reset, .acknowledgement], at: 1)
        script.first = (900_000_000, 800_000_000)
        script.data(.client, at: 0, [2])
        script.data(.server, at: 0, [3], acknowledging: 1)
        script.finish()
        #expect(script.noted.sessions.map(\.stream.client) == [[.bytes([1])], [.bytes([2])]])
        #expect(script.noted.sessions.last?.stream.server == [.bytes([3])])
        #expect(script.noted.sessions.last?.opening.isJoined == true)
        #expect(script.noted.sessions.last?.opening.server.port == 1_000)
        #expect(script.table.afterClose == 0)
    }

    @Test("a reset below what its receiver has is none, though that acknowledged it") func staleReset() {
        let script = TCPScript()
        script.open()
        script.data(.client, at: 0, [1, 2])
        script.acknowledge(.server, 2)
        script.data(.client, at: 2, [3, 4])
        script.send(.client, .reset, at: 2)
        script.data(.client, at: 4, [5])
        script.finish()
        #expect(script.stream.client == [.bytes([1, 2, 3, 4, 5])] && script.stream.close == "shutdown")
        #expect(script.table.strayResets == 1)
    }

    @Test("a reset behind lost bytes is the end with a gap, unless its side goes on", arguments: [false, true])
    func resetBehindLost(goesOn: Bool) {
        let script = TCPScript()
        script.open()
        script.data(.client, at: 0, [1, 2])
        script.acknowledge(.server, 2)
        script.send(.client, .reset, at: 7)
        if goesOn {
            script.data(.client, at: 2, [3])
        } else {
            script.data(.server, at: 0, [9], acknowledging: 2)
        }
        script.finish()
        #expect(script.stream.client == (goesOn ? [.bytes([1, 2, 3])] : [.bytes([1, 2]), .gap(5)]))
        #expect(script.stream.close == (goesOn ? "shutdown" : "reset"))
        #expect(script.table.strayResets == (goesOn ? 1 : 0))
    }

    @Test("a reset outside of the window is none, and inside it is", arguments: [0, 1])
    func resetWindow(behind: Int) {
        let script = TCPScript()
        script.open()
        script.data(.client, at: 0, [1])
        script.acknowledge(.server, 1, window: 10)
        let edge = 1 + 10 << 7
        script.send(.client, .reset, at: edge + behind)
        script.finish()
        #expect(script.stream.close == (behind == 0 ? "reset" : "shutdown"))
    }

    @Test("a segment from before the first one of a joined connection is counted") func beforeFirst() {
        let script = TCPScript()
        script.data(.client, at: 10, [1, 2])
        script.data(.client, at: 0, Array(repeating: 0, count: 10))
        script.data(.client, at: 12, [3])
        script.finish()
        #expect(script.stream.client == [.bytes([1, 2, 3])])
        #expect(script.table.beforeStart == 1)
    }

    @Test("a SYN behind its answer is the client's; of two that called each other the ports tell")
    func whoCalled() {
        let late = TCPScript()
        late.send(.server, [.syn, .acknowledgement], at: -1)
        late.send(.client, .syn, at: -1)
        late.send(.client, .acknowledgement)
        late.data(.client, at: 0, [1])
        #expect(late.noted.sessions.map(\.opening.knowledge) == [.handshake])
        #expect(late.stream.client == [.bytes([1])])

        let both = TCPScript()
        both.send(.server, .syn, at: -1)
        both.send(.client, .syn, at: -1)
        both.send(.server, [.syn, .acknowledgement], at: -1)
        both.send(.client, [.syn, .acknowledgement], at: -1)
        both.data(.client, at: 0, [1])
        #expect(both.noted.sessions.map(\.opening.knowledge) == [.bothCalled])
        #expect(both.noted.sessions.first?.opening.server.port == 12_000)
        #expect(both.stream.client == [.bytes([1])])
    }

    @Test(
        "what the first acknowledgement of all says is missing is a gap, as far as nobody's window may reach",
        arguments: [700, 4_096, 4_097])
    func firstAcknowledgement(count: Int) {
        var limits = ReassemblyLimits()
        limits.distance = 4_096
        let script = TCPScript(limits)
        script.open()
        script.acknowledge(.server, count)
        script.data(.server, at: 0, [1, 2], acknowledging: count)
        script.finish()
        #expect(script.stream.client == (count <= 4_096 ? [.gap(count)] : []))
        #expect(script.stream.server == [.bytes([1, 2])])
    }

    @Test("a single byte that comes again is compared as well, but for the one that asks whether anybody is there")
    func singleByte() {
        let script = TCPScript()
        script.open()
        script.data(.client, at: 0, [1, 2, 3, 4])
        script.data(.client, at: 3, [99])
        script.data(.client, at: 1, [2])
        #expect(script.noted.sessions.first?.conflicts == [])
        script.data(.client, at: 2, [99])
        #expect(script.noted.sessions.first?.conflicts == [1])
        #expect(script.stream.client == [.bytes([1, 2, 3, 4])])
    }

    @Test("segments longer than what is compared leave nothing that is not next to them") func longSegments() {
        var limits = ReassemblyLimits()
        limits.recentBytes = 8
        let script = TCPScript(limits)
        script.open()
        let all = (0..<60).map { UInt8($0) }
        script.data(.client, at: 0, Array(all[..<6]))
        script.data(.client, at: 6, Array(all[6..<30]))
        script.data(.client, at: 30, Array(all[30..<34]))
        for start in 0..<34 { script.data(.client, at: start, Array(all[start..<34])) }
        script.data(.client, at: 34, Array(all[34...]))
        for start in 0..<60 { script.data(.client, at: start, Array(all[start...])) }
        #expect(script.stream.client == [.bytes(all)])
        #expect(script.noted.sessions.first?.conflicts == [])
        script.data(.client, at: 55, [99, 99])
        #expect(script.noted.sessions.first?.conflicts == [2])
    }
}
