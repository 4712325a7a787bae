import CMemory
import Codecs
import Glibc
import Recorder

/// What must hold for any file that is taken for a capture, and for any packets in one.
enum CaptureProperties {
    /// A file without a name, which every case is written to.
    nonisolated(unsafe) private static var descriptor: Int32 = -1

    /// The case is the file.
    static func checkFile(_ bytes: CaseBytes) throws(PropertyFailure) { try check(bytes.array) }

    /// The case is packets that begin with their IP header, each with its length in two bytes before it.
    static func checkPackets(_ bytes: CaseBytes) throws(PropertyFailure) { try check(capture(of: bytes.array)) }

    private static func check(_ file: [UInt8]) throws(PropertyFailure) {
        if descriptor < 0 { descriptor = anonymous_file() }
        ftruncate(descriptor, 0)
        file.withUnsafeBytes { _ = pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        let codecs = ["raw/chunks", "json/lines", "raw/u32be", "pickle/stream"]
        let name = codecs[Int(FNV.hash(file) % 4)]
        guard let codec = try? CodecRegistry.codec(named: name) else { return }
        let first = try recording(codec)
        let second = try recording(codec)
        try require(first == second, "a capture gives another recording the second time")
    }

    /// The text of the recording that is made; empty where there is none.
    private static func recording(_ codec: Codec) throws(PropertyFailure) -> [UInt8] {
        var settings = ImportSettings(tool: "fuzz")
        settings.otherCodec = codec
        settings.reassembly.open = 8
        settings.reassembly.halfOpen = 8
        settings.reassembly.heldBytes = 4_096
        guard let output = try? NamelessFile() else { return [] }
        settings.recording.operations = output.operations
        let importer = CaptureImporter(
            path: "/proc/self/fd/\(descriptor)", output: "a.tape.jsonl", settings: settings)
        guard let summary = try? importer.run(), summary.sessions > 0 else { return [] }
        var findings = 0
        _ = try? RecordingCheck(output.path).run { _ in findings += 1 }
        try require(findings == 0, "check finds something in an imported recording")
        return SeedLibrary.file(output.path)
    }

    /// A capture of those packets.
    private static func capture(of bytes: [UInt8]) -> [UInt8] {
        var packets = PacketWriter(format: .pcap)
        packets.begin(CaptureInterface(name: "fuzz", linkType: .raw), application: "fuzz")
        var offset = 0
        var time: Int64 = 0
        while offset + 2 <= bytes.count {
            let length = Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
            let end = min(offset + 2 + length, bytes.count)
            let start = packets.beginPacket(at: time)
            packets.bytes.append(Array(bytes[offset + 2..<end]))
            packets.endPacket(start)
            offset = end
            time += 1_000
        }
        return packets.bytes.array
    }

    /// The packets of a capture in the case's form; none where its packets begin with something else than IP or Ethernet.
    static func packets(of file: [UInt8]) -> [UInt8]? {
        guard file.count > 24, file.starts(with: [0xD4, 0xC3, 0xB2, 0xA1]) else { return nil }
        let header = file[20] == 1 ? 14 : 0
        guard file[20] == 1 || file[20] == 101 else { return nil }
        var output: [UInt8] = []
        var offset = 24
        while offset + 16 <= file.count {
            let length = Int(file[offset + 8]) | Int(file[offset + 9]) << 8
            let end = min(offset + 16 + length, file.count)
            let packet = file[min(offset + 16 + header, end)..<end]
            output += [UInt8(packet.count >> 8), UInt8(packet.count & 0xFF)] + packet
            offset = end
        }
        return output
    }
}
