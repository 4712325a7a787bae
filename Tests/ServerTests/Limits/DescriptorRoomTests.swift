import Testing

@testable import Server

@Suite("The descriptors that clients may take")
struct DescriptorRoomTests {
    @Test("leave some for everything else, and one client is let in whatever there is")
    func room() {
        let usual = DescriptorRoom(limit: 1_024, open: 20, expected: 0, perClient: 1)
        #expect(usual.clients == 1_024 - 20 - 64 && usual.reserve == 64)
        #expect(
            DescriptorRoom(limit: 1_024, open: 20, expected: 256, perClient: 2).clients == (1_024 - 20 - 256 - 64) / 2)
        let small = DescriptorRoom(limit: 40, open: 15, expected: 0, perClient: 1)
        #expect(small.clients == 20 && small.reserve == 5)
        #expect(DescriptorRoom(limit: 16, open: 20, expected: 8, perClient: 2).clients == 1)
        #expect(DescriptorRoom(limit: .max, open: 20, expected: .max / 4, perClient: 2).clients > 1 << 40)
    }

    @Test("are not gone before somebody looks, on however many ports clients come", arguments: [1, 2, 8, 100])
    func turn(ports: Int) {
        for limit in [40, 256, 1_024, 65_536] {
            let room = DescriptorRoom(limit: limit, open: 16, expected: 0, perClient: 1)
            let count = room.acceptsInATurn(ports: ports)
            #expect(count >= 1 && (count == 1 || count * ports <= room.reserve / 2))
        }
    }
}
