import Codecs
import Foundation
import Testing

@testable import Recorder

@Suite("Packets and their files, one by one")
struct PacketReadingTests {
    // MARK: Clocks

    @Test(
        "a clock's units become nanoseconds",
        arguments: [
            (6, 0, 1_500_000, 1_500_000_000), (9, 0, 1_500_000_000, 1_500_000_000), (0, 0, 3, 3_000_000_000),
            (3, 10, 1_500, 11_500_000_000), (12, 0, 1_500_000_000_000, 1_500_000_000), (0x80, 0, 7, 7_000_000_000),
            (0x81, 0, 3, 1_500_000_000), (0x8A, -1, 1_536, 500_000_000), (0xA0, 0, 1 << 31, 500_000_000),
            (19, 0, 15_000_000_000_000_000_000, 1_500_000_000), (20, 0, 5, 0), (127, 0, 5, 0), (0xFF, 0, 5, 0),
            (0xBF, 0, 1 << 62, 500_000_000), (0xC0, 0, 1 << 63, 500_000_000),
        ] as [(UInt8, Int64, UInt64, Int64)])
    func clocks(resolution: UInt8, offset: Int64, units: UInt64, expected: Int64) {
        var interface = Self.interface
        interface.resolution = resolution
        interface.offsetSeconds = offset
        #expect(interface.nanoseconds(units) == expected)
    }

    @Test("no clock is too large", arguments: [UInt8](0...255))
    func extremes(resolution: UInt8) {
        var interface = Self.interface
        interface.resolution = resolution
        for offset in [Int64.min, -1, 0, 1, .max] {
            interface.offsetSeconds = offset
            for units in [0, 1, UInt64.max / 2, .max] { _ = interface.nanoseconds(units) }
        }
    }

    private static var interface: PcapngInterface {
        [UInt8](repeating: 0, count: 20).withUnsafeBytes { PcapngInterface($0, FileNumbers(isBigEndian: false)) }
    }

    // MARK: Limits of a file

    /// What a reader finds in bytes.
    private static func read(_ bytes: [UInt8]) throws -> (packets: [Int], ending: CaptureEnding, unreadable: Int) {
        let folder = try TemporaryFolder()
        try Data(bytes).write(to: URL(fileURLWithPath: folder / "a"))
        let reader = try CaptureReader(path: folder / "a")
        var lengths: [Int] = []
        while let packet = try reader.next() { lengths.append(packet.bytes.count) }
        return (lengths, reader.ending, reader.unreadable)
    }

    private static func file(_ format: CaptureFormat, packets: [Int]) -> [UInt8] {
        var writer = PacketWriter(format: format)
        writer.begin(CaptureInterface(name: "a", linkType: .raw), application: "test")
        for length in packets {
            let start = writer.beginPacket(at: 1)
            writer.bytes.append([UInt8](repeating: 0x45, count: length))
            writer.endPacket(start)
        }
        return writer.bytes.array
    }

    @Test(
        "packets up to the limit are read; a longer one is damage in pcap, and passed over in pcapng",
        arguments: [-1, 0, 1])
    func packetBytes(more: Int) throws {
        let limit = PcapRecords.maximumPacketBytes
        let old = try Self.read(Self.file(.pcap, packets: [3, limit + more, 5]))
        let new = try Self.read(Self.file(.pcapng, packets: [3, limit + more, 5]))
        if more <= 0 {
            #expect(old.packets == [3, limit + more, 5] && old.ending == .whole)
            #expect(new.packets == [3, limit + more, 5] && new.ending == .whole && new.unreadable == 0)
        } else {
            #expect(old.packets == [3])
            guard case .damaged(24 + 16 + 3, _) = old.ending else {
                Issue.record("\(old.ending)")
                return
            }
            #expect(new.packets == [3, 5] && new.ending == .whole && new.unreadable == 1)
        }
    }

    @Test("a file that is cut anywhere gives the packets before, and never more", arguments: CaptureFormat.allCases)
    func cuts(format: CaptureFormat) throws {
        let whole = Self.file(format, packets: [0, 1, 7, 40])
        for count in 4..<whole.count {
            let bytes = Array(whole[..<count])
            guard let found = try? Self.read(bytes) else {
                #expect(format == .pcap && count < 24)
                continue
            }
            #expect([0, 1, 7, 40].starts(with: found.packets))
            #expect(found.packets.count < 4 || format == .pcapng)
        }
    }

    // MARK: Fragments

    private static let key = FragmentTable.Key(
        source: FlowAddress(version4: 1), destination: FlowAddress(version4: 2), number: 3, next: 6, isVersion6: false)

    /// Adds a piece of which every byte is `byte`; gives the datagram when it is whole.
    private static func add(
        _ range: Range<Int>, of byte: UInt8 = 1, isLast: Bool = false, number: UInt32 = 3, at time: Int64 = 0,
        to table: inout FragmentTable
    ) -> String {
        var key = key
        key.number = number
        let bytes = [UInt8](repeating: byte, count: range.count)
        let outcome = bytes.withUnsafeBytes { bytes in
            table.add(
                FragmentTable.Piece(bytes: bytes, offset: range.lowerBound, length: range.count, isLast: isLast),
                to: key, at: time)
        }
        switch outcome {
        case .waits: return "waits"
        case .malformed: return "malformed"
        case .overlaps: return "overlaps"
        case .whole(let bytes, let length): return "\(bytes.count) of \(length)"
        }
    }

    @Test("pieces in any order make a datagram, once")
    func fragmentOrders() {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            var table = FragmentTable(maximumBytes: 100_000)
            let ranges = [0..<16, 16..<32, 32..<37]
            let outcomes = order.map { Self.add(ranges[$0], isLast: $0 == 2, to: &table) }
            #expect(outcomes == ["waits", "waits", "37 of 37"])
            #expect(table.count == 0 && table.incomplete == 0)
        }
    }

    @Test("the same piece again is nothing; one that overlaps drops the datagram and all its pieces")
    func fragmentOverlaps() {
        var table = FragmentTable(maximumBytes: 100_000)
        #expect(Self.add(0..<16, to: &table) == "waits")
        #expect(Self.add(0..<16, to: &table) == "waits")
        #expect(Self.add(8..<32, to: &table) == "overlaps")
        #expect(Self.add(16..<32, isLast: true, to: &table) == "waits")
        #expect(Self.add(0..<16, to: &table) == "waits")
    }

    @Test("pieces that no datagram has are refused")
    func fragmentLengths() {
        var table = FragmentTable(maximumBytes: 100_000)
        #expect(Self.add(65_528..<65_535, isLast: true, number: 1, to: &table) == "waits")
        #expect(Self.add(65_528..<65_536, isLast: true, number: 2, to: &table) == "malformed")
        #expect(Self.add(8..<15, number: 3, to: &table) == "malformed")
        #expect(Self.add(8..<8, number: 4, to: &table) == "malformed")
        #expect(Self.add(8..<16, isLast: true, number: 5, to: &table) == "waits")
        #expect(Self.add(16..<24, number: 5, to: &table) == "overlaps")
    }

    @Test(
        "a datagram that is not whole in 30 s begins anew; a clock that jumps back ends none", arguments: [-60, 30, 31])
    func fragmentTimes(seconds: Int64) {
        var table = FragmentTable(maximumBytes: 100_000)
        #expect(Self.add(0..<16, at: 100_000_000_000, to: &table) == "waits")
        let later = 100_000_000_000 + seconds * 1_000_000_000
        let outcome = Self.add(16..<32, isLast: true, at: later, to: &table)
        #expect(outcome == (seconds > 30 ? "waits" : "32 of 32"))
    }

    @Test("a flood of pieces costs what it may; the oldest datagrams go")
    func fragmentFlood() {
        var table = FragmentTable(maximumBytes: 50_000)
        for number in 0..<10_000 {
            #expect(Self.add(0..<1_000, number: UInt32(number), to: &table) == "waits")
        }
        #expect(table.count > 10 && table.count < 50 && table.count + table.incomplete == 10_000)
        #expect(Self.add(1_000..<1_001, isLast: true, number: 9_999, to: &table) == "1001 of 1001")
        #expect(Self.add(1_000..<1_001, isLast: true, number: 1, to: &table) == "waits")
    }

    // MARK: Unfinished messages

    @Test("unfinished messages of all sessions are bounded; the oldest stay bytes")
    func unfinished() throws {
        let folder = try TemporaryFolder()
        var packets = PacketWriter(format: .pcap)
        packets.begin(CaptureInterface(name: "a", linkType: .raw), application: "test")
        var connections = (0..<3).map { number in
            SynthesizedConnection(
                client: IPEndpoint(address: .version4(1), port: UInt16(1_000 + number)),
                server: IPEndpoint(address: .version4(2), port: 12_000), initialSequence: UInt32(number))
        }
        let frame: [UInt8] = [0, 0, 4, 0] + [UInt8](repeating: 65, count: 1_024)
        for index in connections.indices {
            connections[index].open(at: 0, into: &packets)
            frame[..<1_000].withUnsafeBytes { connections[index].pass($0, from: .client, at: 0, into: &packets) }
        }
        for index in connections.indices {
            frame[1_000...].withUnsafeBytes { connections[index].pass($0, from: .client, at: 0, into: &packets) }
        }
        try Data(packets.bytes.array).write(to: URL(fileURLWithPath: folder / "a.pcap"))
        var settings = try CaptureImporterTests.settings("raw/u32be")
        settings.unfinishedBytes = 2_500
        let summary = try CaptureImporter(
            path: folder / "a.pcap", output: folder / "a.tape.jsonl", settings: settings
        ).run()
        #expect(summary.remarks.contains { $0.hasPrefix("session 1: given up") }, "\(summary.remarks)")
        let reader = try RecordingReader(path: folder / "a.tape.jsonl")
        var decoded: [Int] = []
        while let event = try reader.next() {
            if case .message(let message) = event.kind, message.isDecoded { decoded.append(event.session) }
        }
        #expect(decoded == [2, 3])
    }
}
