import Foundation
import TestSupport
import Testing

@Suite("import of TLS, from outside")
struct ImportTLSTests {
    private static let folder =
        String(#filePath.dropLast("EndToEndTests/ImportTLSTests.swift".count)) + "RecorderTests/Fixtures/tls/"

    private static func bytes(_ name: String) throws -> [UInt8] {
        Array(try #require(FileManager.default.contents(atPath: folder + name)))
    }

    private static func port(_ file: String) throws -> Substring {
        try String(contentsOfFile: folder + file + ".port", encoding: .utf8).prefix { $0 != "\n" }
    }

    /// Pieces of a file, each of which says its length.
    private static func pieces(
        _ file: ArraySlice<UInt8>, length: (ArraySlice<UInt8>) -> Int
    ) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var rest = file
        while !rest.isEmpty {
            let piece = rest.prefix(length(rest))
            pieces.append(piece)
            rest = rest.dropFirst(piece.count)
        }
        return pieces
    }

    private static func number(_ bytes: ArraySlice<UInt8>, _ offset: Int) -> Int {
        bytes.dropFirst(offset).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// What a pcapng file holds, with the secrets behind the packets.
    private static func secretsLast(_ file: [UInt8]) -> (all: [UInt8], secrets: [[UInt8]]) {
        let blocks = pieces(file[...]) { number($0, 4) }
        let secrets = blocks.filter { number($0, 0) == 0xA }
        return ((blocks.filter { number($0, 0) != 0xA } + secrets).flatMap { $0 }, secrets.map(Array.init))
    }

    /// A capture without its first packets.
    private static func later(_ file: [UInt8], dropping count: Int) -> Data {
        Data(file[..<24] + pieces(file[24...]) { 16 + number($0, 8) }.dropFirst(count).flatMap { $0 })
    }

    @Test(
        "keys in a capture open what stands before them, also together with those of a file",
        .enabled(if: Tshark.isInstalled, Tshark.lacking), arguments: [0, 3])
    func lateKeys(inFile: Int) async throws {
        let folder = try ScratchFolder()
        let (all, secrets) = Self.secretsLast(try Self.bytes("tls.pcapng"))
        try #require(secrets.count == 6)
        // Of the secrets, which begin behind 16 bytes, some stand in a file, the others in the capture.
        let file = secrets[..<inFile].flatMap { $0[16..<16 + Self.number($0[...], 12)] }
        let without = all.dropLast(
            secrets[..<inFile].reduce(0) { $0 + $1.count } + secrets[inFile...].reduce(0) { $0 + $1.count })
        try Data(without + secrets[inFile...].flatMap { $0 }).write(
            to: URL(fileURLWithPath: folder.path("late.pcapng")))
        let keys =
            inFile > 0 ? ["--tls-keylog", try folder.write(String(decoding: file, as: UTF8.self), to: "keys")] : []
        let port = try Self.port("tls.pcapng")
        for (name, arguments) in [
            ("late", [folder.path("late.pcapng")] + keys), ("first", [Self.folder + "tls.pcapng"]),
        ] {
            for (codec, ports) in [("named", ["--port", "\(port):json"]), ("found", ["--port", "\(port)"])] {
                let outcome = try await BuiltBinary.run(
                    ["import"] + arguments + ports + ["-o", folder.path("\(name)-\(codec).tape.jsonl")])
                #expect(outcome.exit == .status(0) && !outcome.complaints.contains("TLS"), "\(outcome)")
            }
        }
        let text = try #require(folder.text("late-named.tape.jsonl"))
        #expect(text.contains(#""from":"client","value":{"version":"TLSv1_2"}"#), "\(text)")
        #expect(text.contains(#""from":"server","value":{"version":"TLSv1_3"}"#))
        #expect(text == folder.text("first-named.tape.jsonl"))
        #expect(folder.text("late-found.tape.jsonl") == folder.text("first-found.tape.jsonl"))
    }

    @Test(
        "TLS that began before the capture is bytes, and it is said why no key opens it",
        arguments: [("alpn.pcap", "alpn.keys", 4), ("alpn.pcap", "alpn.keys", 7), ("tls.pcap", "tls.keys", 11)],
        ["json", "raw/u32be", "raw/chunks"])
    func earlier(_ capture: (file: String, keys: String, dropped: Int), codec: String) async throws {
        let folder = try ScratchFolder()
        try Self.later(try Self.bytes(capture.file), dropping: capture.dropped).write(
            to: URL(fileURLWithPath: folder.path("a.pcap")))
        let port = capture.file == "alpn.pcap" ? "18109" : try Self.port(capture.file)
        let outcome = try await BuiltBinary.run(
            "import", folder.path("a.pcap"), "--port", "\(port):\(codec)", "--tls-keylog",
            Self.folder + capture.keys, "-o", folder.path("a.tape.jsonl"))
        #expect(outcome.exit == .status(0), "\(outcome)")
        let lines = (folder.text("a.tape.jsonl") ?? "").split(separator: "\n").filter { $0.contains("\"s\":1,") }
        #expect(lines.contains { $0.contains("\"from\":\"client\"") && $0.contains("\"base64\"") })
        // Of four packets less the server's hello is there, which is looked for where messages are.
        let why =
            capture.dropped == 4 && codec != "raw/chunks"
            ? "TLS whose client's hello is not in the capture" : "TLS that began before the capture"
        #expect(outcome.complaints.contains("session 1: is \(why)"), "\(outcome)")
        #expect(lines.contains { $0.contains("belongs to \(why)") })
        #expect(!lines.contains { $0.contains("\"value\"") })
    }

    @Test("bytes that only begin as TLS does are no TLS, in a connection that the capture begins inside of")
    func notTLS() async throws {
        let folder = try ScratchFolder()
        // A message of 0x17 bytes behind a length of one byte: type, version and length of TLS, but what follows has none of them.
        let capture = try await PythonProgram.run(
            text: """
                payload = bytes([0x17, 3, 3, 0, 19]) + bytes(range(19)) + bytes([2, 1, 1])
                ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 40 + len(payload), 1, 0, 64, 6, 0, b'\\n\\0\\0\\1', b'\\n\\0\\0\\2')
                tcp = struct.pack('>HHIIBBHHH', 40000, 12000, 1, 1, 0x50, 0x18, 500, 0, 0)
                packet = ip + tcp + payload
                open('\(folder.path("a.pcap"))', 'wb').write(
                    struct.pack('<IHHIIII', 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
                    + struct.pack('<IIII', 0, 0, len(packet), len(packet)) + packet)
                """, port: 0)
        #expect(capture.exit == .status(0), "\(capture)")
        let outcome = try await BuiltBinary.run(
            "import", folder.path("a.pcap"), "--port", "12000:raw/u8", "-o", folder.path("a.tape.jsonl"))
        #expect(outcome.exit == .status(0) && !outcome.complaints.contains("TLS"), "\(outcome)")
        #expect(folder.text("a.tape.jsonl")?.contains("TLS") == false)
    }
}
