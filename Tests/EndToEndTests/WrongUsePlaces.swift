import Foundation
import TestSupport

/// The folder in which things are used wrongly: good and bad files, and ports that are taken and free.
struct WrongUsePlaces: Sendable {
    let folder: ScratchFolder
    private let taken: Int
    private let free: Int

    /// The same for all tests.
    static func shared() async throws -> WrongUsePlaces { try await made.value }

    private static let made = Task { try await WrongUsePlaces() }

    private init() async throws {
        folder = try ScratchFolder()
        // Open as long as the tests run.
        taken = LoopbackSocket.localPort(of: try LoopbackSocket.bound(listening: 1))
        // Bound, so that nobody else gets it, and not listening.
        free = LoopbackSocket.localPort(of: try LoopbackSocket.bound())
        let good = try String(contentsOf: Fixtures.url("../Examples/failing/shop.tape.jsonl"), encoding: .utf8)
        try writeTexts(good)
        try writeBytes()
        try writeOthers(good)
        guard TestCertificates.canBeMade else { return }
        let certificates = try await TestCertificates.folder()
        for name in ["server.pem", "server.key", "other.key", "server.der"] {
            try FileManager.default.copyItem(atPath: certificates.path(name), toPath: folder.path(name))
        }
    }

    private func writeTexts(_ good: String) throws {
        var damaged = good.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        damaged[3] = #"{"t":bad"#
        for (name, text) in [
            ("good.tape.jsonl", good), ("damaged.tape.jsonl", damaged.joined(separator: "\n")),
            ("newer.tape.jsonl", good.replacing(#"{"tapedeck":1"#, with: #"{"tapedeck":99"#)),
            ("torn.tape.jsonl", String(good.dropLast(20))), ("crlf.tape.jsonl", good.replacing("\n", with: "\r\n")),
            ("empty.tape.jsonl", ""), ("text.txt", "only some text\n"),
            ("key.yaml", "replay:\n  strat: python3 server.py\n"), ("bad.yaml", "serve:\n  listen: [\n  : x\n"),
            ("kind.yaml", "rules:\n  - path: $.time\n    ignroe: true\n"),
            ("path.yaml", "rules:\n  - path: $.time[\n    ignore: true\n"),
        ] {
            try folder.write(text, to: name)
        }
    }

    private func writeBytes() throws {
        for (name, bytes) in [
            ("bytes.bin", Array(0...255)), ("image.png", [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10, 0, 0]),
            ("packed.gz", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]), ("value.pkl", [0x80, 4, 0x4E, 0x2E]),
            ("cut.pcap", [0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0]),
        ] as [(String, [UInt8])] {
            try Data(bytes).write(to: URL(fileURLWithPath: folder.path(name)))
        }
        let capture = Fixtures.url("RecorderTests/Fixtures/captures/wrap.pcap")
        try FileManager.default.copyItem(at: capture, to: URL(fileURLWithPath: folder.path("good.pcap")))
    }

    private func writeOthers(_ good: String) throws {
        for name in ["empty", "notes"] {
            try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: false)
        }
        try folder.write("no recording\n", to: "notes/a.txt")
        try folder.write(good, to: "unreadable.tape.jsonl")
        chmod(folder.path("unreadable.tape.jsonl"), 0)
        mkfifo(folder.path("pipe"), 0o600)
    }

    /// A text with the ports in it.
    func filled(_ text: String) -> String {
        text.replacing("TAKEN", with: "\(taken)").replacing("FREE", with: "\(free)")
    }
}
