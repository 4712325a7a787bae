import Foundation
import TestSupport
import Testing

@Suite("Programs that speak something else than the port")
struct WrongProtocolTests {
    private static let hasPrograms =
        (try? ShortProgram.run("curl", ["--version"]).status) == 0 && TestCertificates.canBeMade

    @Test(
        "are told of by what they speak, in the log and in the recording", .enabled(if: hasPrograms),
        arguments: [
            (
                "openssl s_client -connect 127.0.0.1:$1", "json",
                "TLS, not json/lines (tls=CERT.pem has a port speak it)"
            ),
            ("openssl s_client -connect 127.0.0.1:$1", "pickle", "TLS, not pickle/stream (tls=CERT.pem has a port"),
            ("curl -s https://127.0.0.1:$1/", "raw/u32be", "TLS, not raw/u32be (tls=CERT.pem has a port speak it)"),
            ("curl -s http://127.0.0.1:$1/", "json", "an HTTP request, not json/lines (raw/chunks takes any bytes)"),
            ("curl -s --http2-prior-knowledge http://127.0.0.1:$1/", "raw", "HTTP/2, not raw/u32be"),
            (
                "python json.dumps({'a': 1}).encode() + b'\\n'", "pickle",
                "a JSON text, not pickle/stream (json/lines reads it)"
            ),
            ("python pickle.dumps({'a': 1})", "json", "a pickle, not json/lines (pickle/stream reads it)"),
            ("python struct.pack('!I', 7) + b'{\"a\":1}'", "pickle", "messages of json/u32be, not pickle/stream"),
            (
                "python struct.pack('!I', 3) + b'\\1\\xff\\2'", "pickle",
                "messages behind a 4-byte length, not pickle/stream"
            ),
        ])
    func told(client: String, codec: String, said: String) async throws {
        let folder = try ScratchFolder()
        let server = try await BuiltServer.start(
            "serve", listen: ["0:\(codec),greet=none"], ["--record", folder.path("a.tape.jsonl"), "--quiet"])
        if client.hasPrefix("python ") {
            _ = try await PythonProgram.run(
                text:
                    "import struct\nconnection = connect()\nconnection.sendall(\(client.dropFirst(7)))\nrest(connection)",
                port: server.port)
        } else {
            let program = try RunningProgram(
                "/bin/bash", ["-c", "\(client) </dev/null >/dev/null 2>&1", "client", "\(server.port)"])
            _ = try await program.exit()
        }
        #expect(try await server.stop() == .status(0))
        let log = server.program.complaints
        #expect(log.components(separatedBy: "this looks like \(said)").count == 2, "\(log)")
        let recording = try #require(folder.text("a.tape.jsonl"))
        #expect(recording.contains("this looks like \(said)"), "\(recording)")
    }

    @Test(
        "are told of by decode too",
        arguments: [
            (
                "printf '{\"a\":1}\\n' | tapedeck decode --codec pickle",
                "a JSON text, not pickle/stream (json/lines reads it)"
            ),
            (
                "printf '\\0\\0\\0\\1N' | tapedeck decode --codec json",
                "a 4-byte length, not json/lines (raw/u32be reads"
            ),
        ])
    func decoded(command: String, said: String) async throws {
        let folder = try ScratchFolder()
        let run = try await BuiltBinary.shell(command, in: folder.path)
        #expect(run.exit == .status(2) && run.complaints.contains(said), "\(run)")
    }
}
