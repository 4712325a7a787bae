import Codecs
import Foundation
import Recorder
import Server
import Testing

@Suite("A relay")
struct RelaySessionTests {
    @Test("passes random bytes both ways, as they are", arguments: [true, false])
    func exactBytes(records: Bool) async throws {
        let listener = try LoopbackListener()
        let relay = try await TestServer.relay("json/lines", to: listener.port, records: records)
        let client = try LoopbackClient(port: relay.port)
        let upstream = try await listener.accept()
        var generator = SystemRandomNumberGenerator()
        let there = (0..<3_000_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let back = (0..<3_000_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let senders = [
            Task.detached {
                try await client.send(there)
                client.finish()
            },
            Task.detached {
                try await upstream.send(back)
                upstream.finish()
            },
        ]
        let received = Task.detached { await upstream.readToEnd().bytes }
        let (bytes, end) = await client.readToEnd()
        #expect(bytes.elementsEqual(back) && end == .closed, "\(bytes.count) bytes, then \(end)")
        let arrived = await received.value
        #expect(arrived.elementsEqual(there), "\(arrived.count) bytes")
        for sender in senders { try await sender.value }
        let lines = try await relay.stop()
        guard records else { return }
        #expect(lines.last == #"{"s":1,"close":"clean"}"#)
        #expect(try self.bytes(from: "client", in: lines).elementsEqual(there))
        #expect(try self.bytes(from: "server", in: lines).elementsEqual(back))
    }

    @Test("records messages of both sides, where it went, and who ended first")
    func conversation() async throws {
        let listener = try LoopbackListener()
        let relay = try await TestServer.relay("raw/u32be", to: listener.port)
        let client = try LoopbackClient(port: relay.port)
        let upstream = try await listener.accept()
        try await upstream.send(frame("welcome"))
        #expect(await client.read(11) == frame("welcome"))
        #expect(try relay.lines().last == #"{"s":1,"from":"server","text":"welcome"}"#)
        try await client.send(frame("question"))
        #expect(await upstream.read(12) == frame("question"))
        client.finish()
        #expect(await upstream.readToEnd() == ([], .closed))
        try await upstream.send(frame("answer"))
        #expect(await client.read(10) == frame("answer"))
        upstream.finish()
        #expect(await client.readToEnd() == ([], .closed))
        let lines = try await relay.stop()
        let opening = #"{"s":1,"open":{"port":\#(relay.port),"peer":"127.0.0.1:\#(client.localPort)""#
        #expect(lines[0].hasPrefix(opening + #","to":"127.0.0.1:\#(listener.port)","via":"127.0.0.1:"#))
        #expect(
            lines.dropFirst() == [
                #"{"s":1,"from":"server","text":"welcome"}"#, #"{"s":1,"from":"client","text":"question"}"#,
                #"{"s":1,"eof":"client"}"#, #"{"s":1,"from":"server","text":"answer"}"#, #"{"s":1,"close":"clean"}"#,
            ])
    }

    @Test("passes on what does not decode, and goes on behind a bad line")
    func undecodable() async throws {
        let listener = try LoopbackListener()
        let relay = try await TestServer.relay("json/lines", to: listener.port)
        let client = try LoopbackClient(port: relay.port)
        let upstream = try await listener.accept()
        let text = Array("1\n{]\n2\n".utf8)
        try await client.send(text)
        #expect(await upstream.read(text.count) == text)
        client.finish()
        upstream.finish()
        _ = await client.readToEnd()
        let lines = try await relay.stop()
        #expect(lines[1] == #"{"s":1,"from":"client","value":1}"#)
        #expect(lines[2].hasPrefix(#"{"s":1,"from":"client","base64":"e10K","error":"#))
        #expect(lines[3] == #"{"s":1,"from":"client","value":2}"#)
    }

    @Test("tells of the first bad messages one by one, and of the rest by their number")
    func manyUndecodable() async throws {
        let listener = try LoopbackListener()
        let relay = try await TestServer.relay("json/lines", to: listener.port)
        let client = try LoopbackClient(port: relay.port)
        let upstream = try await listener.accept()
        let text = Array(String(repeating: "{]\n", count: 100).utf8)
        try await client.send(text)
        #expect(await upstream.read(text.count) == text)
        client.finish()
        upstream.finish()
        _ = await client.readToEnd()
        let lines = try await relay.stop()
        #expect(lines.count { $0.contains(#""base64":"e10K","error":"#) } == 100)
        let problems = relay.observer.all.problems
        #expect(problems.count == 11)
        #expect(problems[9].hasPrefix("from the client: byte 28: "))
        #expect(
            problems[10] == "from the client: 90 more messages that do not read; does the port speak json/lines?")
    }

    @Test("records bytes, not messages, once the two sides go over to TLS inside their protocol")
    func startsTLS() async throws {
        let listener = try LoopbackListener()
        let relay = try await TestServer.relay("json/lines", to: listener.port)
        let client = try LoopbackClient(port: relay.port)
        let upstream = try await listener.accept()
        try await client.send(Array("\"STARTTLS\"\n".utf8))
        #expect(await upstream.read(11).count == 11)
        // What a message of the server's is not, yet, when TLS begins.
        try await upstream.send(Array("\"go on".utf8))
        #expect(await client.read(6).count == 6)
        let hello: [UInt8] = [0x16, 3, 1, 0, 7, 1, 0, 0, 3, 3, 3, 10]
        try await client.send(hello)
        #expect(await upstream.read(12) == hello)
        try await upstream.send([0x16, 3, 3, 10])
        #expect(await client.read(4) == [0x16, 3, 3, 10])
        try await client.send(Array("1\n".utf8))
        #expect(await upstream.read(2).count == 2)
        client.finish()
        upstream.finish()
        _ = await client.readToEnd()
        let lines = try await relay.stop()
        func line(_ side: String, _ bytes: [UInt8]) -> String {
            let text = Data(bytes).base64EncodedString()
            let why = "belongs to TLS, which began inside the stream"
            return #"{"s":1,"from":"\#(side)","base64":"\#(text)","error":"\#(why)"}"#
        }
        #expect(
            lines[1..<6] == [
                #"{"s":1,"from":"client","value":"STARTTLS"}"#, line("client", hello),
                line("server", Array("\"go on".utf8)),
                line("server", [0x16, 3, 3, 10]), line("client", Array("1\n".utf8)),
            ])
        #expect(relay.observer.all.problems.count == 1)
    }

    @Test(
        "takes nothing for TLS that is none",
        arguments: [
            // No version of TLS, no hello, lengths that do not fit each other, a record that is too long, and too few bytes.
            [0x16, 2, 1, 0, 7, 1, 0, 0, 3, 3, 3, 10], [0x16, 3, 5, 0, 7, 1, 0, 0, 3, 3, 3, 10],
            [0x16, 3, 1, 0, 7, 2, 0, 0, 3, 3, 3, 10], [0x16, 3, 1, 0, 8, 1, 0, 0, 3, 3, 3, 10],
            [0x16, 3, 1, 0x40, 1, 1, 0, 0x3F, 0xFD, 3, 3, 10], [0x16, 3, 1, 0, 7, 1, 0, 0, 3, 3],
            [0x15, 3, 1, 0, 7, 1, 0, 0, 3, 3, 3, 10],
        ] as [[UInt8]])
    func noTLS(bytes: [UInt8]) async throws {
        let listener = try LoopbackListener()
        let relay = try await TestServer.relay("raw/lines", to: listener.port)
        let client = try LoopbackClient(port: relay.port)
        let upstream = try await listener.accept()
        try await client.send(bytes)
        // The line's end was in it.
        if bytes.last != 10 { try await client.send([10]) }
        #expect(await upstream.read(bytes.count).count == bytes.count)
        client.finish()
        upstream.finish()
        _ = await client.readToEnd()
        let lines = try await relay.stop()
        #expect(lines.count { $0.contains("\"from\":\"client\"") } == 1)
        #expect(!lines.contains { $0.contains("error") })
    }

    @Test("resets a client that goes on sending to a server that is gone for good")
    func goneUpstream() async throws {
        let listener = try LoopbackListener()
        let relay = try await TestServer.relay("raw/chunks", to: listener.port, records: false)
        let client = try LoopbackClient(port: relay.port)
        let upstream = try await listener.accept()
        upstream.close()
        #expect(await client.readToEnd() == ([], .closed))
        // Where the relay was told of the reset before all is sent, the client cannot send the rest either.
        try? await client.send([UInt8](repeating: 7, count: 1 << 20))
        #expect(await relay.observer.until { $0.closed[1]?.manner == .reset })
        #expect(relay.observer.all.closed[1] == SessionClosing(.reset, by: .server))
        try await relay.stop()
    }

    @Test("has an upstream of its own for each port")
    func manyUpstreams() async throws {
        let listeners = try (0..<3).map { _ in try LoopbackListener() }
        let codec = try CodecRegistry.codec(named: "raw/u32be")
        let relay = try await TestServer(
            listeners.map {
                PortConfiguration(port: 0, codec: codec, role: .relay(host: "127.0.0.1", port: $0.port))
            }, records: true, threads: 2, drain: .seconds(20))
        for (port, listener) in zip(relay.ports, listeners) {
            let client = try LoopbackClient(port: port)
            let upstream = try await listener.accept()
            try await client.send(frame("\(listener.port)"))
            let asked = frame("\(listener.port)")
            #expect(await upstream.read(asked.count) == asked)
            upstream.close()
            _ = await client.readToEnd()
            client.close()
        }
        let lines = try await relay.stop()
        for (port, listener) in zip(relay.ports, listeners) {
            #expect(
                lines.contains {
                    $0.contains("\"port\":\(port),") && $0.contains("\"to\":\"127.0.0.1:\(listener.port)\"")
                })
        }
    }

    @Test("resets a client whose server cannot be reached")
    func deadUpstream() async throws {
        let port = try LoopbackListener().port
        let relay = try await TestServer.relay("raw/u32be", to: port)
        let client = try LoopbackClient(port: relay.port)
        #expect(await client.readToEnd().end == .reset)
        #expect(await relay.observer.until { !$0.closed.isEmpty })
        let lines = try await relay.stop()
        #expect(lines.first?.contains(#""to":"127.0.0.1:\#(port)"}}"#) == true)
        let reason = "cannot connect to 127.0.0.1:\(port): Connection refused"
        #expect(lines.last == #"{"s":1,"close":"error","by":"server","reason":"\#(reason)"}"#)
        #expect(relay.observer.all.problems == [reason])
    }

    @Test("passes a reset on, from either side", arguments: Side.allCases)
    func reset(side: Side) async throws {
        let (relay, client, upstream) = try await owingAnswer()
        try await upstream.send(frame("back!"))
        #expect(await client.read(9) == frame("back!"))
        (side == .client ? client : upstream).reset()
        #expect(await (side == .client ? upstream : client).readToEnd() == ([], .reset))
        let lines = try await relay.stop()
        #expect(lines.last == #"{"s":1,"close":"reset","by":"\#(side.rawValue)"}"#)
    }

    @Test("stops reading a side whose partner takes nothing")
    func stalledReader() async throws {
        let listener = try LoopbackListener()
        let relay = try await TestServer.relay("raw/chunks", to: listener.port, records: false)
        let client = try LoopbackClient(port: relay.port)
        let upstream = try await listener.accept()
        let block = [UInt8](repeating: 9, count: 60_000)
        let limit = 256 << 20
        let sent = await client.sendUntilFull(block, limit: limit)
        #expect(sent < limit)
        client.finish()
        #expect(await upstream.readToEnd().bytes.count == sent)
        upstream.finish()
        #expect(await client.readToEnd() == ([], .closed))
        try await relay.stop()
    }

    @Test("ends both sides when the server stops")
    func drain() async throws {
        let (relay, client, upstream) = try await owingAnswer()
        try await upstream.send(frame("back!"))
        #expect(await client.read(9) == frame("back!"))
        async let stopped = relay.stop()
        #expect(await client.readToEnd() == ([], .closed))
        #expect(await upstream.readToEnd() == ([], .closed))
        #expect(try await stopped.last == #"{"s":1,"close":"shutdown","by":"server"}"#)
    }

    @Test("records no end of an upstream that ends because the server stops")
    func drainEndsNobody() async throws {
        let listener = try LoopbackListener()
        let relay = try await TestServer.relay("raw/u32be", to: listener.port)
        let client = try LoopbackClient(port: relay.port)
        let upstream = try await listener.accept()
        try await upstream.send(frame("hello"))
        #expect(await client.read(9) == frame("hello"))
        async let stopped = relay.stop()
        #expect(await upstream.readToEnd() == ([], .closed))
        upstream.finish()
        #expect(await client.readToEnd() == ([], .closed))
        let lines = try await stopped
        #expect(!lines.contains { $0.contains("eof") }, "\(lines)")
        #expect(lines.last == #"{"s":1,"close":"shutdown","by":"server"}"#)
    }

    @Test("waits for an answer that is owed when the server stops, as long as that may take")
    func drainOwedAnswer() async throws {
        let (relay, client, upstream) = try await owingAnswer(drain: .milliseconds(300))
        async let stopped = relay.stop()
        #expect(await upstream.readToEnd() == ([], .closed))
        #expect(await client.readToEnd() == ([], .closed))
        #expect(try await stopped.last == #"{"s":1,"close":"shutdown","by":"server"}"#)
    }

    @Test("ends a client that got its answer while the server stops, whether or not its upstream ends")
    func drainAnswered() async throws {
        let (relay, client, upstream) = try await owingAnswer(drain: .seconds(3_600))
        async let stopped = relay.stop()
        #expect(await upstream.readToEnd() == ([], .closed))
        try await upstream.send(frame("hello"))
        #expect(await client.read(9) == frame("hello"))
        #expect(await client.readToEnd() == ([], .closed))
        let lines = try await stopped
        #expect(lines.last == #"{"s":1,"close":"shutdown","by":"server"}"#, "\(lines)")
    }

    @Test("resets an upstream whose client is reset before it is connected, behind what that had sent")
    func earlyReset() async throws {
        let listener = try LoopbackListener()
        for _ in 1...20 {
            let relay = try await TestServer.relay("raw/u32be", to: listener.port)
            let client = try LoopbackClient(port: relay.port)
            try await client.send(frame("there"))
            client.reset()
            let upstream = try await listener.accept()
            let (bytes, end) = await upstream.readToEnd()
            #expect(end == .reset)
            let lines = try await relay.stop()
            #expect(bytes == (lines.contains { $0.contains("from") } ? frame("there") : []), "\(lines)")
            #expect(lines.last == #"{"s":1,"close":"reset","by":"client"}"#)
        }
    }

    /// A relay, its client, and the upstream that has got a frame of the client's and not answered.
    private func owingAnswer(
        drain: Duration = .seconds(20)
    ) async throws -> (relay: TestServer, client: LoopbackClient, upstream: LoopbackClient) {
        let listener = try LoopbackListener()
        let relay = try await TestServer.relay("raw/u32be", to: listener.port, drain: drain)
        let client = try LoopbackClient(port: relay.port)
        let upstream = try await listener.accept()
        try await client.send(frame("there"))
        #expect(await upstream.read(9) == frame("there"))
        return (relay, client, upstream)
    }

    /// All bytes of one side that the lines hold.
    private func bytes(from side: String, in lines: [String]) throws -> [UInt8] {
        struct Line: Decodable {
            var from: String?
            var base64: String?
            var raw: String?
            var value: Double?
        }
        var bytes: [UInt8] = []
        for line in lines where line.contains("\"from\":\"\(side)\"") {
            let decoded = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
            if let encoded = decoded.raw ?? decoded.base64 {
                bytes += try #require(Data(base64Encoded: encoded))
            } else {
                let value = try #require(line.range(of: "\"value\":"))
                bytes += Array(line[value.upperBound...].dropLast().utf8) + [10]
            }
        }
        return bytes
    }
}
