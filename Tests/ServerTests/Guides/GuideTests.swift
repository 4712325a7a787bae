import Codecs
import TestSupport
import Testing

@testable import Server

@Suite("The example of the guide to adding a responder")
struct GuideTests {
    private static let count = PlainReply(name: "count", purpose: "") { try CountResponder(port: $0) }

    @Test("is what the guide shows")
    func shown() throws {
        try GuideExample.expect("ServerTests/Guides/CountResponder.swift", in: "Server/Server.docc/AddingAResponder.md")
    }

    @Test("counts the messages of each client, and is recorded")
    func counting() async throws {
        let server = try await TestServer.start("json/lines", reply: .plain(Self.count), threads: 1)
        let client = try LoopbackClient(port: server.port)
        let other = try LoopbackClient(port: server.port)
        try await client.send(Array("true\n[]\n".utf8))
        #expect(await client.read(4) == Array("1\n2\n".utf8))
        try await other.send(Array("{}\n".utf8))
        #expect(await other.read(2) == Array("1\n".utf8))
        client.finish()
        other.finish()
        #expect(await client.readToEnd() == ([], .closed))
        #expect(await other.readToEnd() == ([], .closed))
        let lines = try await server.stop()
        #expect(lines.contains(#"{"s":1,"from":"server","value":2}"#), "\(lines)")
    }

    @Test("refuses a codec that holds no numbers before there are clients")
    func refusal() async throws {
        await #expect {
            try await TestServer.start("raw/u32be", reply: .plain(Self.count))
        } throws: { error in
            "\(error)".contains("cannot be written as raw/u32be")
        }
    }
}
