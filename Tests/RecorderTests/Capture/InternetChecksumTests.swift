import TestSupport
import Testing

@testable import Recorder

@Suite("The checksum of IP and TCP")
struct InternetChecksumTests {
    @Test("is that of the example in RFC 1071, section 3")
    func example() {
        #expect(checksum([0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]) == ~0xDDF2)
    }

    @Test("is that of an IPv4 header on the wire")
    func header() {
        let header: [UInt8] = [
            0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0x00, 0x00, 0xC0, 0xA8, 0x00, 0x01, 0xC0, 0xA8,
            0x00, 0xC7,
        ]
        #expect(checksum(header) == 0xB861)
    }

    @Test("of any bytes is what a sum word by word gives", arguments: [0, 1, 2, 3, 4, 5, 7, 1460, 65_535])
    func anyLength(count: Int) {
        var generator = SeededGenerator(seed: UInt64(count))
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        var sum = 0
        for start in stride(from: 0, to: count, by: 2) {
            sum += Int(bytes[start]) << 8 + (start + 1 < count ? Int(bytes[start + 1]) : 0)
            sum = sum & 0xFFFF + sum >> 16
        }
        #expect(checksum(bytes) == UInt16(~sum & 0xFFFF))
    }

    @Test("counts numbers as they are sent")
    func numbers() {
        var one = InternetChecksum()
        one.add(0x0102_0304)
        #expect(UInt16(bigEndian: one.value) == checksum([1, 2, 3, 4]))
    }

    private func checksum(_ bytes: [UInt8]) -> UInt16 {
        var checksum = InternetChecksum()
        bytes.withUnsafeBytes { checksum.add($0) }
        return UInt16(bigEndian: checksum.value)
    }
}
