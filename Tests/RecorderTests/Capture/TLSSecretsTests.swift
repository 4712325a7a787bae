import Codecs
import Foundation
import Recorder
import TestSupport
import Testing

@Suite("Secrets of TLS in a capture")
struct TLSSecretsTests {
    @Test(
        "open what passed to tshark, without a file beside",
        .enabled(if: CaptureRight.isThere, CaptureRight.lacking), .enabled(if: Tshark.isInstalled, Tshark.lacking),
        arguments: ["TLSv1_2", "TLSv1_3"])
    func decrypted(version: String) async throws {
        let folder = try ScratchFolder()
        let made = try RunningProgram(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                "/CN=localhost",
            ]
                + ["-keyout", folder.path("key.pem"), "-out", folder.path("cert.pem")])
        #expect(try await made.exit() == .status(0), "\(made.complaints)")
        // Sends each line back, turned round.
        let server = try RunningProgram(
            "openssl",
            ["s_server", "-accept", "127.0.0.1:0", "-rev", "-key", folder.path("key.pem"), "-cert"]
                + [folder.path("cert.pem")])
        let port = try await server.wait(for: "port") {
            server.output.firstMatch(of: /ACCEPT 127\.0\.0\.1:(\d+)/).flatMap { Int($0.1) }
        }
        let packets = try LiveCapture(path: folder.path("plain.pcap"), addresses: [("127.0.0.1", port)])
        let client = try await PythonProgram.run(
            text: """
                import ssl
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.minimum_version = context.maximum_version = ssl.TLSVersion.\(version)
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                context.keylog_filename = '\(folder.path("keys"))'
                with context.wrap_socket(connect()) as connection:
                    connection.sendall(b'a secret\\n')
                    print(exactly(connection, 9))
                """, port: port)
        #expect(client.output == "b'terces a\\n'\n", "\(client)")
        _ = try packets.stop()

        let keys = try #require(folder.text("keys"))
        let copy = try CaptureWriter(
            path: folder.path("open.pcapng"),
            interface: CaptureInterface(name: "lo", linkType: CaptureInterface.LinkType(rawValue: 1)),
            application: "test")
        copy.addSecrets(Array(keys.utf8))
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: folder.path("plain.pcap"))))
        copy.add { Self.copyPackets(of: bytes, into: &$0) }
        _ = try copy.end()

        #expect(try await Self.texts(folder.path("open.pcapng"), port) == ["a secret\n", "terces a\n"])
        #expect(try await Self.texts(folder.path("plain.pcap"), port) == [])
    }

    /// What TLS carried, as far as tshark can read it.
    private static func texts(_ path: String, _ port: Int) async throws -> [String] {
        let options = ["-d", "tcp.port==\(port),tls", "-T", "fields", "-e", "data.data", "-Y", "tls and data"]
        return try await Tshark.read(path, options).split(separator: "\n").map {
            String(decoding: Tshark.hex($0.utf8), as: UTF8.self)
        }
    }

    /// The packets of a pcap file: 24 bytes of header, then 16 bytes before each.
    private static func copyPackets(of file: [UInt8], into packets: inout PacketWriter) {
        func number(_ offset: Int) -> Int { file[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | Int($1) } }
        var offset = 24
        while offset < file.count {
            let length = number(offset + 8)
            let start = packets.beginPacket(at: Int64(number(offset)) * 1_000_000_000 + Int64(number(offset + 4)))
            packets.bytes.append(Array(file[offset + 16..<offset + 16 + length]))
            packets.endPacket(start)
            offset += 16 + length
        }
    }
}
