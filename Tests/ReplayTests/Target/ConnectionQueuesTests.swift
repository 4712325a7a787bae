import NIOCore
import NIOPosix
import Testing

@testable import Replay

@Suite("The queues of a connection, as the kernel tells them")
struct ConnectionQueuesTests {
    // Read from a Linux 6 kernel while CPython had 5 bytes unread.
    private static let table = Array(
        """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:9C41 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 44836 2 0000 100
           3: 0100007F:E770 0100007F:9C41 01 00000007:00000000 00:00000000 00000000     0        0 44841 2 0000 20
         104: 0100007F:9C41 0100007F:E770 01 00000000:00000005 00:00000000 00000000     0        0 0 1 0000 20 0 0

        """.utf8)

    @Test("are found in the table by both addresses")
    func table() {
        let server = ConnectionQueues.hexadecimal([127, 0, 0, 1], 40_001)
        let client = ConnectionQueues.hexadecimal([127, 0, 0, 1], 59_248)
        #expect(server == "0100007F:9C41" && client == "0100007F:E770")
        #expect(ConnectionQueues.queues(in: Self.table, Array(" \(server) \(client) ".utf8))?.received == 5)
        #expect(ConnectionQueues.queues(in: Self.table, Array(" \(client) \(server) ".utf8))?.sent == 7)
        #expect(ConnectionQueues.queues(in: Self.table, Array(" \(client) \(client) ".utf8)) == nil)
    }

    @Test("damaged tables have none", arguments: [0, 60, 400, 410, 415, 425])
    func damaged(count: Int) {
        let addresses = Array(" 0100007F:9C41 0100007F:E770 ".utf8)
        for end in [count, min(count + 20, Self.table.count)] {
            let found = ConnectionQueues.queues(in: Array(Self.table.prefix(end)), addresses)
            #expect(found == nil || found?.received == 0 || found?.received == 5)
        }
    }

    @Test("an IPv6 address is four words")
    func version6() {
        let host = [UInt8](repeating: 0, count: 10) + [255, 255, 127, 0, 0, 1]
        #expect(ConnectionQueues.hexadecimal(host, 40_005) == "0000000000000000FFFF00000100007F:9C45")
    }

    @Test("a request to the kernel is 72 bytes, and replies of other kinds say nothing")
    func messages() {
        let end = SocketDiagnosis.Address(host: [127, 0, 0, 1], port: 258)
        let request = SocketDiagnosis.request(local: end, remote: end)
        #expect(request.count == 72)
        #expect(Array(request[24..<32]) == [1, 2, 1, 2, 127, 0, 0, 1])
        #expect(SocketDiagnosis.answer([]) == .unknown)
        #expect(SocketDiagnosis.answer([UInt8](repeating: 0, count: 88)) == .unknown)
        var reply = [UInt8](repeating: 0, count: 70)
        reply[4] = 20
        #expect(SocketDiagnosis.answer(reply) == .unknown)
    }

    @Test("of a real connection tell what its server has not read", arguments: ["127.0.0.1", "::1"])
    func real(host: String) async throws {
        // It takes connections and reads nothing.
        let group = MultiThreadedEventLoopGroup.singleton
        let server: any Channel
        do {
            server = try await ServerBootstrap(group: group)
                .childChannelOption(.autoRead, value: false)
                .bind(host: host, port: 0).get()
        } catch  where host == "::1" {
            // A machine without IPv6.
            return
        }
        let address = try #require(server.localAddress)
        let client = try await ClientBootstrap(group: group).connect(to: address).get()
        try await client.writeAndFlush(ByteBuffer(string: "hello"))
        let local = try #require(client.localAddress)
        let tables = try #require(ConnectionQueues(client: local, server: address, diagnosis: nil))
        let asked = try #require(ConnectionQueues(client: local, server: address, diagnosis: SocketDiagnosis()))
        #expect(tables.read()?.unread == 5)
        #expect(asked.read()?.unread == 5)
        try await client.close()
        try await server.close()
    }
}
