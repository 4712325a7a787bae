import Codecs
import Recorder
import Server
import TLS
import TestSupport
import Testing

@Suite("A TLS handshake", .enabled(if: TestCertificates.canBeMade, "openssl is not installed"))
struct HandshakeTests {
    private func port(
        _ role: PortConfiguration.Role, _ folder: ScratchFolder, _ codec: String = "raw/u32be"
    ) throws -> PortConfiguration {
        var port = PortConfiguration(port: 0, codec: try CodecRegistry.codec(named: codec), role: role)
        port.tls = ListenerTLS(identity: TLSIdentity(certificateFile: folder.path("both.pem")))
        return port
    }

    @Test("that is never finished ends at its limit, is recorded, and keeps nobody else waiting")
    func late() async throws {
        let folder = try await TestCertificates.folder()
        let plain = PortConfiguration(
            port: 0, codec: try CodecRegistry.codec(named: "raw/u32be"), role: .answer(reply: .echo, greeting: nil))
        let server = try await TestServer(
            [try port(.answer(reply: .echo, greeting: .clientID), folder, "json/lines"), plain], records: true,
            threads: 1,
            drain: .seconds(20), handshakeLimit: .milliseconds(50))
        let half = try LoopbackClient(port: server.port)
        let other = try LoopbackClient(port: server.ports[1])
        try await other.send(frame("there"))
        #expect(await other.read(9) == frame("there"))
        #expect(await half.readToEnd() == ([], .closed))
        #expect(await server.observer.until { $0.problems == ["no TLS handshake within 50 milliseconds"] })
        let lines = try await server.stop()
        #expect(
            lines.contains(
                #"{"s":2,"close":"timeout","by":"server","reason":"no TLS handshake within 50 milliseconds"}"#))
        // Nothing was said to it, so nothing is recorded as said.
        #expect(!lines.contains { $0.contains("\"s\":2,\"from\"") })
    }

    @Test("under way does not keep a server from its end")
    func drained() async throws {
        let folder = try await TestCertificates.folder()
        let server = try await TestServer(
            [try port(.answer(reply: .echo, greeting: nil), folder)], records: true, threads: 1, drain: .seconds(3_600),
            handshakeLimit: .seconds(3_600))
        let half = try LoopbackClient(port: server.port)
        // The handshake's first byte, so that the server has seen it.
        try await half.send([0x16])
        async let stopped = server.stop()
        #expect(await half.readToEnd().bytes.isEmpty)
        _ = try await stopped
    }

    @Test("with an upstream that never finishes it ends at its limit, and the client is reset")
    func lateUpstream() async throws {
        let listener = try LoopbackListener()
        var port = PortConfiguration(
            port: 0, codec: try CodecRegistry.codec(named: "raw/u32be"),
            role: .relay(host: "127.0.0.1", port: listener.port))
        port.upstreamTLS = UpstreamTLS(trust: .anything)
        let relay = try await TestServer(
            [port], records: true, threads: 1, drain: .seconds(20), handshakeLimit: .milliseconds(50))
        let client = try LoopbackClient(port: relay.port)
        try await client.send(frame("question"))
        let upstream = try await listener.accept()
        #expect(await client.readToEnd() == ([], .reset))
        let hello = await upstream.readToEnd().bytes
        #expect(hello.first == 0x16, "a TLS handshake begins with that byte, and nothing else was passed on")
        let lines = try await relay.stop()
        let reason = "cannot connect to 127.0.0.1:\(listener.port): no TLS handshake within 50 milliseconds"
        #expect(lines.last == #"{"s":1,"close":"error","by":"server","reason":"\#(reason)"}"#)
        #expect(relay.observer.all.problems == [reason])
    }
}
