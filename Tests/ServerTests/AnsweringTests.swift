import Codecs
import Recorder
import Server
import Testing

@Suite("A port that answers")
struct AnsweringTests {
    @Test("echoes each frame and records request before answer")
    func echo() async throws {
        let server = try await TestServer.start("raw/u32be")
        let client = try LoopbackClient(port: server.port)
        for text in ["one", "two"] {
            try await client.send(frame(text))
            #expect(await client.read(7) == frame(text))
        }
        client.finish()
        #expect(await client.readToEnd() == ([], .closed))
        #expect(
            try await server.stop() == [
                #"{"s":1,"open":{"port":\#(server.port),"peer":"127.0.0.1:\#(client.localPort)"}}"#,
                #"{"s":1,"from":"client","text":"one"}"#, #"{"s":1,"from":"server","text":"one"}"#,
                #"{"s":1,"from":"client","text":"two"}"#, #"{"s":1,"from":"server","text":"two"}"#,
                #"{"s":1,"eof":"client"}"#, #"{"s":1,"close":"clean"}"#,
            ])
    }

    @Test(
        "acknowledges in its own codec",
        arguments: [
            ("raw/u32be", "server got the data"), ("json/u32be", #"{"message": "server got the data"}"#),
        ])
    func acknowledgement(codec: String, answer: String) async throws {
        let server = try await TestServer.start(codec, reply: .ack)
        let client = try LoopbackClient(port: server.port)
        try await client.send(frame("1") + frame("2"))
        client.finish()
        #expect(await client.readToEnd().bytes == frame(answer) + frame(answer))
        try await server.stop()
    }

    @Test("answers nothing where that is asked for")
    func silence() async throws {
        let server = try await TestServer.start("raw/u32be", reply: .none)
        let client = try LoopbackClient(port: server.port)
        try await client.send(frame("1"))
        client.finish()
        #expect(await client.readToEnd() == ([], .closed))
        #expect(try await server.stop().dropFirst().first == #"{"s":1,"from":"client","text":"1"}"#)
    }

    @Test("greets with the client's own port, as Python's json.dumps writes it")
    func greeting() async throws {
        let server = try await TestServer.start("json/lines", greeting: .clientID)
        let client = try LoopbackClient(port: server.port)
        let expected = "{\"clientid\": \(client.localPort)}"
        #expect(await client.read(expected.utf8.count + 1) == Array((expected + "\n").utf8))
        client.finish()
        _ = await client.readToEnd()
        #expect(try await server.stop()[1] == #"{"s":1,"from":"server","value":\#(expected)}"#)
    }

    @Test("takes one byte per segment, and many messages in one write")
    func anyCut() async throws {
        let server = try await TestServer.start("raw/u32be")
        let client = try LoopbackClient(port: server.port)
        let drip = frame("dripped") + frame("")
        for byte in drip { try await client.send([byte]) }
        #expect(await client.read(drip.count) == drip)
        let burst = (0..<5_000).flatMap { frame("message \($0)") }
        let sender = Task.detached { try await client.send(burst) }
        let echoed = await client.read(burst.count)
        #expect(echoed.elementsEqual(burst), "\(echoed.count) bytes")
        try await sender.value
        client.finish()
        #expect(await client.readToEnd() == ([], .closed))
        let lines = try await server.stop()
        #expect(lines.count == 1 + 2 * 5_002 + 2)
        #expect(lines[5] == #"{"s":1,"from":"client","text":"message 0"}"#)
    }

    @Test("serves many clients at the same time")
    func manyClients() async throws {
        let server = try await TestServer.start("raw/u32be")
        let clients = try (0..<100).map { _ in try LoopbackClient(port: server.port) }
        for (index, client) in clients.enumerated() { try await client.send(frame("client \(index)")) }
        for (index, client) in clients.enumerated().reversed() {
            let expected = frame("client \(index)")
            #expect(await client.read(expected.count) == expected)
        }
        for client in clients { client.finish() }
        for client in clients { #expect(await client.readToEnd() == ([], .closed)) }
        let lines = try await server.stop()
        #expect(lines.filter { $0.hasSuffix(#""close":"clean"}"#) }.count == 100)
    }

    @Test("has every line in the file before its answer arrives")
    func durable() async throws {
        let server = try await TestServer.start("raw/u32be")
        let client = try LoopbackClient(port: server.port)
        for number in 0..<200 {
            let message = frame("number \(number)")
            try await client.send(message)
            #expect(await client.read(message.count) == message)
            #expect(
                try server.lines().suffix(2) == [
                    #"{"s":1,"from":"client","text":"number \#(number)"}"#,
                    #"{"s":1,"from":"server","text":"number \#(number)"}"#,
                ])
        }
        try await server.stop()
    }

    @Test("sends all answers, then FIN, to a client that has said FIN")
    func halfClose() async throws {
        let server = try await TestServer.start("raw/u32be")
        let client = try LoopbackClient(port: server.port)
        let payload = [UInt8](repeating: 7, count: 1 << 20)
        let all = (0..<8).flatMap { _ in frame(payload) }
        let sender = Task.detached {
            try await client.send(all)
            client.finish()
        }
        let (bytes, end) = await client.readToEnd()
        try await sender.value
        #expect(bytes.elementsEqual(all), "\(bytes.count) bytes")
        #expect(end == .closed)
        #expect(try await server.stop().last == #"{"s":1,"close":"clean"}"#)
    }

    @Test("records half a message as partial")
    func halfMessage() async throws {
        let server = try await TestServer.start("raw/u32be")
        let client = try LoopbackClient(port: server.port)
        try await client.send(frame("whole") + [0, 0, 0, 9, 1])
        client.finish()
        #expect(await client.readToEnd() == (frame("whole"), .closed))
        #expect(
            try await server.stop().suffix(3) == [
                #"{"s":1,"from":"client","base64":"AAAACQE=","partial":true}"#, #"{"s":1,"eof":"client"}"#,
                #"{"s":1,"close":"clean"}"#,
            ])
        #expect(server.observer.all.problems.count == 1)
    }

    @Test("takes a last line without its LF when the client has said FIN")
    func lastLine() async throws {
        let server = try await TestServer.start("raw/lines")
        let client = try LoopbackClient(port: server.port)
        try await client.send(Array("first\nlast".utf8))
        client.finish()
        #expect(await client.readToEnd() == (Array("first\nlast".utf8), .closed))
        try await server.stop()
    }

    @Test("keeps whole messages of a client that resets, and the fragment as a fragment")
    func reset() async throws {
        let server = try await TestServer.start("raw/u32be")
        let client = try LoopbackClient(port: server.port)
        try await client.send(frame("whole"))
        #expect(await client.read(9) == frame("whole"))
        try await client.send([0, 0])
        client.reset()
        #expect(await server.observer.until { $0.closed[1] != nil })
        #expect(
            try await server.stop().suffix(2) == [
                #"{"s":1,"from":"client","base64":"AAA=","partial":true}"#, #"{"s":1,"close":"reset","by":"client"}"#,
            ])
    }

    @Test("records what a client had sent that closes with its greeting unread")
    func greetingUnread() async throws {
        let server = try await TestServer.start("json/lines", greeting: .clientID)
        for _ in 0..<20 {
            let client = try LoopbackClient(port: server.port)
            try await client.send(Array("1\n2\n3\n".utf8))
            client.close()
        }
        #expect(await server.observer.until { $0.closed.count == 20 })
        let lines = try await server.stop()
        for value in 1...3 {
            #expect(lines.filter { $0.hasSuffix(#""from":"client","value":\#(value)}"#) }.count == 20)
        }
    }
}
