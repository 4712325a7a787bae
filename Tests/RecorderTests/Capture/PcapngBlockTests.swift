import Codecs
import Testing

@testable import Recorder

@Suite("Blocks of a pcapng file")
struct PcapngBlockTests {
    @Test("a section says the order of its bytes and who wrote it")
    func section() {
        var bytes = ByteWriter()
        PcapngBlock.writeSection(application: "tape", into: &bytes)
        #expect(
            bytes.array == [
                0x0A, 0x0D, 0x0D, 0x0A, 40, 0, 0, 0, 0x4D, 0x3C, 0x2B, 0x1A, 1, 0, 0, 0,
                0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 4, 0, 4, 0, 0x74, 0x61, 0x70, 0x65, 0, 0, 0, 0,
                40, 0, 0, 0,
            ])
    }

    @Test("an interface has its kind of packets, a name, nanoseconds and a filter")
    func interface() {
        var bytes = ByteWriter()
        PcapngBlock.writeInterface(CaptureInterface(name: "lo", linkType: .raw, filter: "tcp"), into: &bytes)
        #expect(
            bytes.array == [
                1, 0, 0, 0, 48, 0, 0, 0, 101, 0, 0, 0, 0, 0, 4, 0, 2, 0, 2, 0, 0x6C, 0x6F, 0, 0, 9, 0, 1, 0, 9, 0, 0, 0,
                11, 0, 4, 0, 0, 0x74, 0x63, 0x70, 0, 0, 0, 0, 48, 0, 0, 0,
            ])
    }

    @Test("a packet has its time, its two lengths and a comment, filled up to four bytes")
    func packet() {
        var bytes = ByteWriter()
        let start = PcapngBlock.beginPacket(at: 0x0000_0102_0304_0506, into: &bytes)
        bytes.append([0xAA, 0xBB, 0xCC, 0xDD, 0xEE])
        PcapngBlock.endPacket(start, originalLength: 9, comment: "no", into: &bytes)
        #expect(
            bytes.array == [
                6, 0, 0, 0, 52, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x01, 0, 0, 0x06, 0x05, 0x04, 0x03, 5, 0, 0, 0, 9, 0, 0, 0,
                0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0, 0, 0, 1, 0, 2, 0, 0x6E, 0x6F, 0, 0, 0, 0, 0, 0, 52, 0, 0, 0,
            ])
    }

    @Test("a packet without a comment has no options")
    func plainPacket() {
        var bytes = ByteWriter()
        let start = PcapngBlock.beginPacket(at: 0, into: &bytes)
        PcapngBlock.endPacket(start, into: &bytes)
        #expect(bytes.array == [6, 0, 0, 0, 32] + [UInt8](repeating: 0, count: 23) + [32, 0, 0, 0])
    }

    @Test("statistics count what was taken and what was lost, and by whom")
    func statistics() {
        var bytes = ByteWriter()
        let summary = CaptureSummary(packets: 7, droppedByKernel: 2, droppedByInterface: 1)
        PcapngBlock.writeStatistics(summary, at: 5, into: &bytes)
        func number(_ value: UInt8) -> [UInt8] { [value, 0, 0, 0, 0, 0, 0, 0] }
        #expect(
            bytes.array == [5, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 4, 0, 8, 0] + number(10)
                + [5, 0, 8, 0] + number(1) + [7, 0, 8, 0] + number(2) + [0, 0, 0, 0, 64, 0, 0, 0])
    }

    @Test("secrets are lines of a TLS key log")
    func secrets() {
        var bytes = ByteWriter()
        Array("CLIENT\n".utf8).withUnsafeBytes { PcapngBlock.writeSecrets($0, into: &bytes) }
        #expect(
            bytes.array == [
                10, 0, 0, 0, 28, 0, 0, 0, 0x4B, 0x53, 0x4C, 0x54, 7, 0, 0, 0, 0x43, 0x4C, 0x49, 0x45, 0x4E, 0x54, 0x0A,
                0,
                28, 0, 0, 0,
            ])
    }

    @Test("a text longer than an option can be is cut", arguments: [65_534, 65_535, 65_536, 100_000])
    func longText(count: Int) {
        var bytes = ByteWriter()
        let start = PcapngBlock.beginPacket(at: 0, into: &bytes)
        PcapngBlock.endPacket(start, comment: String(repeating: "a", count: count), into: &bytes)
        let kept = min(count, 65_535)
        #expect(bytes.array[30..<32] == [UInt8(kept & 0xFF), UInt8(kept >> 8)])
        #expect(bytes.count == 32 + 4 + (kept + 3) / 4 * 4 + 4)
    }

    @Test("a format is known by the end of a name")
    func format() {
        #expect(CaptureFormat(path: "a.pcapng") == .pcapng)
        #expect(CaptureFormat(path: "A.PCAPNG") == .pcapng)
        #expect(CaptureFormat(path: "a.pcap") == .pcap)
        #expect(CaptureFormat(path: "pcapng/a") == .pcap)
    }
}
