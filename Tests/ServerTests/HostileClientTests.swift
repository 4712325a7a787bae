import Codecs
import Foundation
import Recorder
import Server
import Testing

@Suite("A client that does wrong")
struct HostileClientTests {
    @Test("is told what came before, then closed, when its bytes are no message; nobody else notices")
    func badInput() async throws {
        let server = try await TestServer.start("json/lines")
        let good = try LoopbackClient(port: server.port)
        let bad = try LoopbackClient(port: server.port)
        try await good.send(Array("1\n".utf8))
        #expect(await good.read(2) == Array("1\n".utf8))
        try await bad.send(Array("2\n{]\n3\n".utf8))
        #expect(await bad.readToEnd() == (Array("2\n".utf8), .closed))
        try await good.send(Array("4\n".utf8))
        #expect(await good.read(2) == Array("4\n".utf8))
        bad.close()
        good.finish()
        _ = await good.readToEnd()
        let lines = try await server.stop()
        let session = try #require(server.observer.all.closed.first { $0.value.manner == .error })
        #expect(session.value.by == .server)
        let error = try #require(lines.first { $0.contains("\"error\":\"byte") })
        #expect(error.contains(#""from":"client","base64":"e10K""#))
        #expect(lines.contains { $0.contains(#""close":"error","by":"server","reason":"byte"#) })
        #expect(!lines.contains { $0.hasSuffix(#""value":3}"#) })
    }

    @Test("cannot have memory allocated by a claimed length")
    func lyingLength() async throws {
        let server = try await TestServer.start("raw/u32be")
        let client = try LoopbackClient(port: server.port)
        try await client.send([0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3])
        #expect(await client.readToEnd() == ([], .closed))
        client.close()
        #expect(await server.observer.until { $0.closed[1] != nil })
        #expect(server.observer.all.closed[1]?.manner == .limit)
        try await server.stop()
    }

    @Test(
        "costs bounded memory when it never reads, and gets everything when it does after all", .timeLimit(.minutes(2)))
    func neverReads() async throws {
        let server = try await TestServer.start("raw/u32be", records: false)
        let message = frame([UInt8](repeating: 1, count: 60_000))
        let limit = 256 << 20
        let client = try LoopbackClient(port: server.port, receiveBuffer: 16 << 10)
        let sent = await client.sendUntilFull(message, limit: limit)
        #expect(sent < limit)
        let other = try LoopbackClient(port: server.port)
        try await other.send(frame("served"))
        #expect(await other.read(10) == frame("served"))
        client.finish()
        let whole = sent / message.count * message.count
        let (bytes, _) = await client.readToEnd()
        #expect(bytes.count == whole)
        await server.server.stopNow()
    }

    @Test("may send many small requests with large answers at once without being answered in memory")
    func amplification() async throws {
        let server = try await TestServer.start("raw/u32be", reply: .ack, records: true)
        let client = try LoopbackClient(port: server.port, receiveBuffer: 16 << 10)
        let requests = [UInt8](repeating: 0, count: 4 * 200_000)
        let sender = Task.detached {
            try await client.send(requests)
            client.finish()
        }
        let (bytes, end) = await client.readToEnd()
        try await sender.value
        #expect(bytes.count == 200_000 * (4 + 19))
        #expect(end == .closed)
        try await server.stop()
    }
}
