import Codecs
import Foundation
import TestSupport
import Testing

@testable import Recorder

@Suite("A capture made into a recording")
struct CaptureImporterTests {
    /// What a recording of `raw/chunks` holds of each session.
    static func streams(of path: String) throws -> [CaptureFixture.Stream] {
        let reader = try RecordingReader(path: path)
        let codec = try CodecRegistry.codec(named: "raw/chunks")
        var found: [Int: CaptureFixture.Stream] = [:]
        while let event = try reader.next() {
            switch event.kind {
            case .opened: found[event.session] = CaptureFixture.Stream()
            case .message(let message):
                let bytes = try message.wire(codec: codec, settings: WritingSettings(), limits: DecodingLimits())
                found[event.session]?.add(bytes, from: message.from.rawValue)
            case .gap(let gap):
                guard let side = gap.from, let bytes = gap.bytes else { continue }
                found[event.session]?[side.rawValue].append(.gap(bytes))
            case .closed(let closing): found[event.session]?.close = closing.manner.rawValue
            default: break
            }
        }
        return found.sorted { $0.key < $1.key }.map(\.value)
    }

    static func settings(_ codec: String, port: Int = 12_000) throws -> ImportSettings {
        var settings = ImportSettings(tool: "test")
        settings.ports = [ImportedPort(number: port, codec: try CodecRegistry.codec(named: codec))]
        return settings
    }

    @Test("there are fixtures") func fixtures() {
        #expect(CaptureFixture.all.count > 80)
    }

    @Test("has what a receiver took, its gaps and its ends", arguments: CaptureFixture.all)
    func fixture(fixture: CaptureFixture) throws {
        let folder = try TemporaryFolder()
        let output = folder / "a.tape.jsonl"
        let summary = try CaptureImporter(
            path: fixture.path, output: output, settings: Self.settings("raw/chunks")
        ).run()
        guard !fixture.streams.isEmpty else {
            #expect(!FileManager.default.fileExists(atPath: output))
            return
        }
        #expect(try Self.streams(of: output) == fixture.streams)
        let ending =
            switch summary.ending {
            case .whole: "whole"
            case .cut: "cut"
            case .damaged: "damaged"
            }
        #expect(ending == fixture.ending ?? "whole")
        #expect(summary.conflicts == fixture.conflicts ?? 0)
        #expect(summary.counts.unreadable == fixture.unreadable ?? 0)
        #expect(summary.counts.wrongChecksums == fixture.wrongChecksums ?? 0)
        #expect(summary.joined == fixture.joined ?? 0)
        var findings: [CheckFinding] = []
        _ = try RecordingCheck(output).run { findings.append($0) }
        #expect(findings.isEmpty, "\(findings)")
    }

    /// Those where both are to agree: tshark says nothing of what was never acknowledged, and takes packets whose IP header
    /// says that they are longer than they are.
    private static let comparedFiles = [
        "link-cooked2-ip6.pcap", "link-qinq.pcap", "two-link-types.pcapng", "reordered.pcap", "retransmitted.pcap",
        "retransmitted-otherwise.pcap", "lost.pcap", "lost-first.pcap", "overlap.pcap", "overlap-ahead.pcap",
        "padding.pcap", "length-0.pcap", "far-ahead.pcap", "wrap.pcap", "keep-alive.pcap", "window-probe.pcap",
        "data-in-syn.pcap", "after-fin.pcap", "both-open.pcap", "port-again.pcap", "fragments-reversed.pcap",
        "fragment-lost.pcap", "fragments6-reversed.pcap", "extensions6.pcap",
    ]

    @Test(
        "agrees with tshark, gaps included", .enabled(if: Tshark.isInstalled, Tshark.lacking), arguments: comparedFiles)
    func tshark(file: String) async throws {
        let fixture = try #require(CaptureFixture.named(file))
        let followed = try await Tshark.follow(fixture.path, streams: 0..<fixture.streams.count)
        for (ours, theirs) in zip(fixture.streams, followed) {
            // It puts the side first that it sees first.
            let sides = [ours.client, ours.server].map(Self.asTshark)
            #expect(sides == [theirs.client, theirs.server] || sides == [theirs.server, theirs.client])
        }
        #expect(followed.count == fixture.streams.count)
    }

    private static func asTshark(_ pieces: [CaptureFixture.Piece]) -> [UInt8] {
        pieces.flatMap { piece in
            switch piece {
            case .bytes(let bytes): bytes
            case .gap(let count): Array("[\(count) bytes missing in capture file]\0".utf8)
            }
        }
    }

    @Test(
        "has the times of the packets, from the first one on", arguments: ["clocks-little.pcapng", "clocks-big.pcapng"])
    func times(file: String) throws {
        let fixture = try #require(CaptureFixture.named(file))
        let folder = try TemporaryFolder()
        _ = try CaptureImporter(
            path: fixture.path, output: folder / "a.tape.jsonl", settings: Self.settings("raw/chunks")
        ).run()
        let reader = try RecordingReader(path: folder / "a.tape.jsonl")
        #expect(reader.header.created == "2023-11-14T22:13:20.000000Z")
        #expect(reader.header.ports.map(\.listen) == ["10.0.0.2:12000"])
        var times: [Int64] = []
        while let event = try reader.next() { times.append(event.time) }
        // The opening is the third packet, then come the request, the answer, two FINs of which the second closes, the end.
        let seconds = try #require(fixture.times)
        #expect(times == [2, 3, 5, 7, 8, 9].map { Int64(seconds[$0] * 1_000_000) })
    }

    @Test("where no port is named, the header has every server's")
    func allPorts() throws {
        let folder = try TemporaryFolder()
        var packets = PacketWriter(format: .pcapng)
        packets.begin(CaptureInterface(name: "a", linkType: .raw), application: "test")
        for port in [12_000, 80, 9_000] as [UInt16] {
            var connection = SynthesizedConnection(
                client: IPEndpoint(address: .version4(1), port: 50_000),
                server: IPEndpoint(address: .version4(2), port: port), initialSequence: 1)
            connection.open(at: 0, into: &packets)
            Array("{}\n".utf8).withUnsafeBytes { connection.pass($0, from: .client, at: 0, into: &packets) }
        }
        try Data(packets.bytes.array).write(to: URL(fileURLWithPath: folder / "a.pcapng"))
        for codec in [nil, try CodecRegistry.codec(named: "json/lines")] {
            var settings = ImportSettings(tool: "test")
            settings.otherCodec = codec
            settings.recording.existing = .replace
            let summary = try CaptureImporter(
                path: folder / "a.pcapng", output: folder / "a.tape.jsonl", settings: settings
            ).run()
            #expect(summary.sessions == 3)
            let header = try RecordingReader(path: folder / "a.tape.jsonl").header
            #expect(header.ports.map(\.listen) == ["0.0.0.2:80", "0.0.0.2:9000", "0.0.0.2:12000"])
            var findings: [CheckFinding] = []
            _ = try RecordingCheck(folder / "a.tape.jsonl").run { findings.append($0) }
            #expect(findings.isEmpty, "\(findings)")
        }
    }

    @Test("a clock that jumps back takes no time with it") func clockBackwards() throws {
        let fixture = try #require(CaptureFixture.named("clock-backwards.pcap"))
        let folder = try TemporaryFolder()
        _ = try CaptureImporter(
            path: fixture.path, output: folder / "a.tape.jsonl", settings: Self.settings("raw/chunks")
        ).run()
        let reader = try RecordingReader(path: folder / "a.tape.jsonl")
        var times: [Int64] = []
        while let event = try reader.next() { times.append(event.time) }
        #expect(times == times.sorted() && !times.isEmpty)
    }
}
