import Replay
import Testing

@Suite("The kernel's table of listening sockets")
struct ListeningTableTests {
    // Both texts were read from a Linux 6 kernel on a little-endian machine while CPython listened as the tests say.
    private static let version4 = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode             
           0: 0100007F:9C41 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 44836 2 0000 100 0 0 10 0
           1: 00000000:9C42 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 44837 1 0000 100 0 0 10 0
           3: 0100007F:E770 0100007F:9C41 01 00000000:00000000 00:00000000 00000000     0        0 44841 2 0000 20 0 0 10 -1
           4: 0100007F:9C41 0100007F:E770 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0000 20 0 0 10 -1

        """
    private static let version6 = """
          sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when
           0: 0000000000000000FFFF00000100007F:9C45 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
           1: 00000000000000000000000001000000:9C44 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
           2: 00000000000000000000000000000000:9C43 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000

        """

    @Test("only sockets in LISTEN state are given, with addresses in network order")
    func states() {
        #expect(
            ListeningTable.parse(Array(Self.version4.utf8)) == [
                ListeningTable.Entry(address: [127, 0, 0, 1], port: 40_001),
                ListeningTable.Entry(address: [0, 0, 0, 0], port: 40_002),
            ])
        let any = [UInt8](repeating: 0, count: 16)
        #expect(
            ListeningTable.parse(Array(Self.version6.utf8)) == [
                ListeningTable.Entry(address: any.prefix(10) + [255, 255, 127, 0, 0, 1], port: 40_005),
                ListeningTable.Entry(address: any.dropLast() + [1], port: 40_004),
                ListeningTable.Entry(address: any, port: 40_003),
            ])
    }

    @Test(
        "an address covers a host if it is the same or any",
        arguments: [(40_001, true), (40_002, true), (40_003, true), (40_004, false), (40_005, true)])
    func covering(port: Int, expected: Bool) throws {
        let entries = ListeningTable.parse(Array((Self.version4 + Self.version6).utf8))
        let entry = try #require(entries.first { $0.port == port })
        #expect(entry.covers([127, 0, 0, 1]) == expected)
    }

    @Test("another loopback address is another host")
    func otherHost() {
        #expect(!ListeningTable.Entry(address: [127, 0, 0, 1], port: 1).covers([127, 0, 0, 2]))
    }

    @Test(
        "lines of another form are left out",
        arguments: [
            "", "\n\n", "   0: 0100007F:9C41", "   0: 0100007F 00000000:0000 0A", "   0: 0100007F:9C4 00000000:0000 0A",
            "   0: 0100007:9C41 00000000:0000 0A x", "   0: 010000ZF:9C41 00000000:0000 0A x", "0: : : 0A",
            "   0: 0100007F:9C411 00000000:0000 0A x", "   0: 0100007F:-C41 00000000:0000 0A x",
        ])
    func otherForms(line: String) {
        #expect(ListeningTable.parse(Array(line.utf8)).isEmpty)
    }

    @Test("this machine's tables can be read")
    func ownTables() {
        #expect(ListeningTable.read() != nil)
    }
}
