import Codecs
import Foundation
import TestSupport
import Testing

@testable import Recorder

@Suite("A connection made into packets")
struct SynthesizedConnectionTests {
    static let client = IPEndpoint(address: .version4(0x7F00_0001), port: 50_000)
    static let server = IPEndpoint(address: .version4(0x7F00_0001), port: 12_000)

    @Test("begins with the three packets of a handshake")
    func handshake() throws {
        var script = Script()
        script.connection.open(at: 1, into: &script.packets)
        let segments = try script.segments()
        #expect(segments.map(\.flags) == ["S", "SA", "A"])
        #expect(segments.map(\.sequence) == [1000, ~1000, 1001])
        #expect(segments.map(\.acknowledged) == [0, 1001, ~1000 &+ 1])
        // MSS 65495; nothing; window scale 7.
        #expect(segments[0].options == [2, 4, 0xFF, 0xD7, 1, 3, 3, 14])
        #expect(segments[2].options.isEmpty)
    }

    @Test("acknowledges what passes at once")
    func data() throws {
        var script = Script()
        script.pass("hello", from: .client)
        script.pass("hi", from: .server)
        let segments = try script.segments()
        #expect(segments.map(\.flags) == ["PA", "A", "PA", "A"])
        #expect(segments.map(\.isFromClient) == [true, false, false, true])
        #expect(segments.map(\.payload.count) == [5, 0, 2, 0])
        #expect(segments[1].acknowledged == 1005)
        #expect(segments[2].sequence == ~1000)
        #expect(segments[3].acknowledged == ~1000 &+ 2)
    }

    @Test("cuts bytes into the longest segments that IP allows", arguments: [1, 65_494, 65_495, 65_496, 300_000])
    func segmentation(count: Int) throws {
        var script = Script()
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        script.pass(bytes, from: .client)
        let sent = try script.segments().filter(\.isFromClient)
        #expect(sent.map(\.payload.count) == stride(from: 0, to: count, by: 65_495).map { min(65_495, count - $0) })
        #expect(sent.flatMap(\.payload) == bytes)
        #expect(sent.last?.flags == "PA")
        #expect(sent.dropLast().allSatisfy { $0.flags == "A" })
    }

    @Test("writes nothing for no bytes")
    func empty() throws {
        var script = Script()
        script.pass("", from: .client)
        #expect(script.packets.packets == 0)
    }

    @Test("counts a FIN as a byte, and takes the other side's bytes after it")
    func halfClose() throws {
        var script = Script()
        script.connection.end(.client, at: 1, into: &script.packets)
        script.pass("late", from: .server)
        script.connection.end(.server, at: 2, into: &script.packets)
        let segments = try script.segments()
        #expect(segments.map(\.flags) == ["FA", "A", "PA", "A", "FA", "A"])
        #expect(segments[1].acknowledged == 1001)
        #expect(segments[5].sequence == 1001)
        #expect(segments[5].acknowledged == ~1000 &+ 5)
    }

    @Test("has nothing behind an end", arguments: ["reset", "both ends", "own end"])
    func afterTheEnd(_ how: String) throws {
        var script = Script()
        switch how {
        case "reset": script.connection.reset(by: .server, at: 1, into: &script.packets)
        case "both ends":
            script.connection.end(.client, at: 1, into: &script.packets)
            script.connection.end(.server, at: 1, into: &script.packets)
        default: script.connection.end(.client, at: 1, into: &script.packets)
        }
        let before = script.packets.packets
        script.pass("late", from: .client)
        script.connection.end(.client, at: 2, into: &script.packets)
        if how != "own end" { script.connection.reset(by: .client, at: 2, into: &script.packets) }
        #expect(script.packets.packets == before)
    }

    @Test("a reset has no window and acknowledges what came")
    func reset() throws {
        var script = Script()
        script.pass("abc", from: .client)
        script.connection.reset(by: .server, at: 1, into: &script.packets)
        let last = try #require(try script.segments().last)
        #expect(last.flags == "RA")
        #expect(last.acknowledged == 1003)
    }

    @Test("sessions beside each other begin with other numbers")
    func initialSequences() {
        let numbers = (0..<10_000).map { SynthesizedConnection.initialSequence(session: $0) }
        #expect(Set(numbers).count == numbers.count)
        #expect(SynthesizedConnection.initialSequence(session: -1) != SynthesizedConnection.initialSequence(session: 1))
    }

    @Test(
        "addresses are read as a socket writes them",
        arguments: [
            ("127.0.0.1", IPAddress.version4(0x7F00_0001)), ("::1", .version6(0, 1)),
            ("::ffff:10.0.0.1", .version4(0x0A00_0001)), ("fe80::1%eth0", .version6(0xFE80_0000_0000_0000, 1)),
        ])
    func addresses(text: String, expected: IPAddress) {
        #expect(IPAddress(text) == expected)
    }

    @Test("what is no address is none", arguments: ["", "localhost", "127.0.0", "127.0.0.256", ":::", "[::1]", "%"])
    func noAddresses(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(
        "tshark finds nothing wrong and follows the very bytes",
        .enabled(if: Tshark.isInstalled, Tshark.lacking),
        arguments: [
            (Self.client, Self.server),
            (IPEndpoint(address: .version6(0, 1), port: 1), IPEndpoint(address: .version6(0, 1), port: 65_535)),
            // One end of another version than the other.
            (IPEndpoint(address: .version6(0x2001_0DB8_0000_0000, 2), port: 9), Self.server),
        ], [CaptureFormat.pcap, .pcapng])
    func tshark(ends: (IPEndpoint, IPEndpoint), format: CaptureFormat) async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.\(format.rawValue)")
        // Both numbers wrap around on the way: the server's is the complement of the client's.
        var connection = SynthesizedConnection(client: ends.0, server: ends.1, initialSequence: .max - 70_000)
        var generator = SeededGenerator(seed: 7)
        let request = (0..<200_001).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let answer = [UInt8](repeating: 0xFF, count: 131)
        try CaptureSample.write(to: path) { packets in
            connection.open(at: 1_000_000_000, comment: "session 1", into: &packets)
            answer.withUnsafeBytes { connection.pass($0, from: .server, at: 1_000_000_001, into: &packets) }
            request.withUnsafeBytes { connection.pass($0, from: .client, at: 1_000_000_002, into: &packets) }
            connection.end(.client, at: 1_000_000_003, into: &packets)
            answer.withUnsafeBytes { connection.pass($0, from: .server, at: 1_000_000_004, into: &packets) }
            connection.end(.server, at: 1_000_000_005, into: &packets)
        }
        #expect(try await Tshark.complaints(of: path) == [])
        let followed = try await Tshark.follow(path)
        // tshark calls whom it sees first node 0: the client, which sent the SYN.
        #expect(followed.client == request)
        #expect(followed.server == answer + answer)
        let times = try await Tshark.fields(["frame.time_epoch"], of: path).flatMap(\.self)
        #expect(times.first == "1.000000000")
        #expect(times.last == "1.000000005")
        let comments = try await Tshark.fields(["frame.comment"], of: path).flatMap(\.self).filter { !$0.isEmpty }
        #expect(comments == (format == .pcapng ? ["session 1"] : []))
    }

    /// A connection whose packets are looked at here.
    private struct Script: ~Copyable {
        var connection = SynthesizedConnection(
            client: SynthesizedConnectionTests.client, server: SynthesizedConnectionTests.server, initialSequence: 1000)
        var packets = PacketWriter(format: .pcap)

        mutating func pass(_ text: String, from side: Side) { pass(Array(text.utf8), from: side) }

        mutating func pass(_ bytes: [UInt8], from side: Side) {
            bytes.withUnsafeBytes { connection.pass($0, from: side, at: 1, into: &packets) }
        }

        func segments() throws -> [Segment] {
            let bytes = packets.bytes.array
            var segments: [Segment] = []
            var offset = 0
            while offset < bytes.count {
                let length = Int(bytes[offset + 8]) | Int(bytes[offset + 9]) << 8
                let start = offset + 16
                segments.append(try Segment(Array(bytes[start..<start + length])))
                offset = start + length
            }
            return segments
        }
    }

    /// An IPv4 packet's segment, read again.
    private struct Segment {
        var isFromClient: Bool
        var sequence: UInt32
        var acknowledged: UInt32
        var flags: String
        var options: [UInt8]
        var payload: [UInt8]

        init(_ packet: [UInt8]) throws {
            func number(_ offset: Int, _ count: Int) -> UInt32 {
                packet[offset..<offset + count].reduce(0) { $0 << 8 | UInt32($1) }
            }
            try #require(packet.count >= 40 && packet[0] == 0x45 && number(2, 2) == packet.count)
            isFromClient = number(22, 2) == 12_000
            sequence = number(24, 4)
            acknowledged = number(28, 4)
            flags = zip("FSRPA", [0x01, 0x02, 0x04, 0x08, 0x10] as [UInt8]).filter { packet[33] & $0.1 != 0 }
                .map { String($0.0) }.joined()
            let header = Int(packet[32] >> 4) * 4
            options = Array(packet[40..<20 + header])
            payload = Array(packet[(20 + header)...])
            #expect((number(34, 2) == 0) == flags.contains("R"))
        }
    }
}

/// Captures that tests write.
enum CaptureSample {
    /// Writes what `body` makes, with a header for packets that begin with IP.
    static func write(to path: String, _ body: (inout PacketWriter) -> Void) throws {
        let writer = try CaptureWriter(
            path: path, interface: CaptureInterface(name: "test", linkType: .raw), application: "test")
        writer.add(body)
        _ = try writer.end()
    }
}
