import Testing

@Suite("A server without descriptors")
struct DescriptorLimitTests {
    @Test("serves those that are connected, says that others wait, and serves them when there is room again")
    func waitsForRoom() async throws {
        let server = try await BuiltServer(listen: "0:raw", descriptors: 40)
        let clients = try (0..<60).map { _ in try LoopbackClient(port: server.port) }
        for client in clients { try await client.send(frame("first")) }
        #expect(await server.says("clients have to wait"))
        #expect(await clients[0].read(9) == frame("first"))
        try await clients[0].send(frame("second"))
        #expect(await clients[0].read(10) == frame("second"))
        for client in clients[..<45] { client.close() }
        for client in clients[45...] { #expect(await client.read(9) == frame("first")) }
        for client in clients { client.close() }
        #expect(await server.stop() == 0)
    }
}
