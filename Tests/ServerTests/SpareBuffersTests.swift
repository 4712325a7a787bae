import NIOCore
import Testing

@testable import Server

@Suite("Spare buffers") struct SpareBuffersTests {
    private let spares = SpareBuffers()

    @Test("come back empty, with the room that they had")
    func reuse() {
        spares.giveBack(ByteBuffer(bytes: Array(repeating: 1, count: 1_000)))
        let buffer = spares.take()
        #expect(buffer.readableBytes == 0 && buffer.storageCapacity >= 1_000)
        #expect(spares.take().storageCapacity == 0)
    }

    @Test("are not those that somebody still holds, nor those without memory or with much")
    func refused() {
        let held = ByteBuffer(string: "held")
        spares.giveBack(held)
        spares.giveBack(ByteBuffer())
        spares.giveBack(ByteBufferAllocator().buffer(capacity: 16 << 10))
        #expect(spares.take().storageCapacity == 0)
        #expect(String(buffer: held) == "held")
    }

    @Test("are only so many")
    func bounded() {
        for _ in 0..<1_000 { spares.giveBack(ByteBuffer(string: "x")) }
        var count = 0
        while spares.take().storageCapacity > 0 { count += 1 }
        #expect(count == 64)
    }
}
