import Codecs
import Foundation
import Glibc
import NIOCore
import Recorder
import Server
import Testing

@Suite("The end of a server")
struct EndingTests {
    @Test("answers what was sent before it, and ends with FIN")
    func drain() async throws {
        let server = try await TestServer.start("raw/u32be")
        let idle = try LoopbackClient(port: server.port)
        let client = try LoopbackClient(port: server.port)
        #expect(await server.observer.until { $0.opened.count == 2 })
        let burst = (0..<1_000).flatMap { frame("message \($0)") }
        try await client.send(burst)
        async let stopped = server.stop()
        let (bytes, end) = await client.readToEnd()
        #expect(bytes.elementsEqual(burst) && end == .closed, "\(bytes.count) bytes, then \(end)")
        #expect(await idle.readToEnd() == ([], .closed))
        client.close()
        idle.close()
        let lines = try await stopped
        #expect(lines.filter { $0.hasSuffix(#""close":"shutdown","by":"server"}"#) }.count == 2)
        #expect(throws: LoopbackClient.Failure.self) { try LoopbackClient(port: server.port) }
    }

    @Test("does not wait for a client that never reads longer than it may")
    func drainLimit() async throws {
        let server = try await TestServer.start("raw/u32be", records: false, drain: .milliseconds(300))
        let client = try LoopbackClient(port: server.port, receiveBuffer: 16 << 10)
        _ = await client.sendUntilFull(frame([UInt8](repeating: 1, count: 60_000)), limit: 64 << 20)
        try await server.stop()
        #expect(server.observer.all.closed[1]?.manner == .shutdown)
    }

    @Test("comes with a failed recording: no answer leaves, and the failure is told")
    func failedRecording() async throws {
        let server = try await TestServer.start("raw/u32be")
        let client = try LoopbackClient(port: server.port)
        let other = try LoopbackClient(port: server.port)
        try await client.send(frame("kept"))
        #expect(await client.read(8) == frame("kept"))
        #expect(await server.observer.until { $0.opened.count == 2 })
        let descriptor = try #require(self.descriptor(of: server.path))
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        #expect(dup2(full, descriptor) == descriptor)
        close(full)
        try await client.send(frame("lost"))
        #expect(await client.readToEnd().bytes == [])
        #expect(await other.readToEnd().bytes == [])
        let failure = await server.server.recordingFailure
        #expect((failure as? RecordingError)?.code == .cannotWrite)
        await server.server.stop()
        #expect(throws: LoopbackClient.Failure.self) { try LoopbackClient(port: server.port) }
    }

    @Test("is nothing to wait for when it was asked for")
    func noFailure() async throws {
        let server = try await TestServer.start("raw/u32be")
        try await server.stop()
        #expect(await server.server.recordingFailure == nil)
    }

    /// The process's own descriptor of a file.
    private func descriptor(of path: String) -> Int32? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        let found = names.first {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0)) == path
        }
        return found.flatMap { Int32($0) }
    }
}

@Suite("The start of a server")
struct StartingTests {
    @Test("fails on a busy port with its name and what to do")
    func busyPort() async throws {
        let first = try await TestServer.start("raw/u32be", records: false)
        let port = PortConfiguration(
            port: first.port, codec: try CodecRegistry.codec(named: "raw"), role: .answer(reply: .echo, greeting: nil))
        let second = try TCPServer(
            configuration: ServerConfiguration(ports: [port], threads: 1), observer: CollectingObserver())
        let error = await #expect(throws: ServerError.self) { _ = try await second.bind() }
        #expect(error?.description.hasPrefix("cannot listen on 127.0.0.1:\(first.port): another program") == true)
        await second.stop()
        try await first.stop()
    }

    @Test("fails where the greeting cannot be written in the codec", arguments: ["{", "{\"a\": 1}"])
    func badGreeting(template: String) throws {
        let port = PortConfiguration(
            port: 0, codec: try CodecRegistry.codec(named: "raw"),
            role: .answer(reply: .echo, greeting: Greeting(template: template)))
        #expect(throws: ServerError.self) {
            _ = try TCPServer(
                configuration: ServerConfiguration(ports: [port], threads: 1), observer: CollectingObserver())
        }
    }

    @Test("leaves clients waiting until it serves")
    func acceptsOnlyWhenServing() async throws {
        let port = PortConfiguration(
            port: 0, codec: try CodecRegistry.codec(named: "raw/u32be"), role: .answer(reply: .echo, greeting: nil))
        let observer = CollectingObserver()
        let server = try TCPServer(
            configuration: ServerConfiguration(ports: [port, port], threads: 1), observer: observer)
        let addresses = try await server.bind()
        let clients = try addresses.map { try LoopbackClient(port: $0.port ?? 0) }
        for client in clients { try await client.send(frame("early")) }
        #expect(observer.all.opened.isEmpty)
        try await server.serve(recording: nil)
        for client in clients { #expect(await client.read(9) == frame("early")) }
        #expect(Set(observer.all.opened.map(\.port)) == Set(addresses.compactMap(\.port)))
        await server.stop()
    }
}
