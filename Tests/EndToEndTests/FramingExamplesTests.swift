import Foundation
import TestSupport
import Testing

@Suite("The framings, with Python's own peers")
struct FramingExamplesTests {
    struct Example: Sendable, CustomTestStringConvertible {
        /// `Examples/<name>_server.py` and `Examples/<name>_client.py`.
        var name: String
        var codec: String
        /// Lines that the client prints when its messages come back.
        var echoed: [String]
        /// Messages of the real conversation as `show` prints them.
        var shown: [String]

        var testDescription: String { codec }
        var server: String { "exec python3 '\(PythonProgram.root)/Examples/\(name)_server.py' {port}" }
        var client: String { "Examples/\(name)_client.py" }
    }

    static let examples = [
        Example(
            name: "mp", codec: "pickle/mp", echoed: ["('add', (1, 2)) -> ('add', (1, 2))"],
            shown: [
                #"→ {"$tuple":["add",{"$tuple":[1,2]}]}"#, #"← {"$tuple":["ok",3]}"#,
                #"← {"$tuple":["ok",{"$int":"1208925819614629174706176"}]}"#, #"← {"$tuple":["failed","TypeError"]}"#,
            ]),
        Example(
            name: "lsp", codec: "json/content-length", echoed: ["initialize -> None", "told textDocument/didOpen"],
            shown: [
                #""method": "textDocument/didOpen""#, #""method": "textDocument/publishDiagnostics""#,
                #""contents": "18 characters: Über allen Gipfeln""#, #""method": "exit""#,
            ]),
        Example(
            name: "netstring", codec: "raw/netstring", echoed: ["b'get poem' -> b'get poem'"],
            shown: [#"→ "set poem two\nlines""#, #"← "two\nlines""#, #"← """#]),
        Example(
            name: "varint", codec: "raw/varint", echoed: ["0 bytes -> b''", "128 bytes -> b'yyyy"],
            shown: [#"→ "hello""#, #"← "128 bytes, "#, #"← "20480 bytes, "#]),
    ]

    @Test("are answered by serve, whose echo the client reads", arguments: examples)
    func served(_ example: Example) async throws {
        let server = try await BuiltServer.start("serve", listen: ["0:\(example.codec),greet=none"])
        let client = try await PythonProgram.run(example.client, port: server.port)
        #expect(client.exit == .status(0), "\(client)")
        for line in example.echoed { #expect(client.output.contains(line), "\(client)") }
        #expect(try await server.stop() == .status(0), "\(server.program.complaints)")
        #expect(!server.program.complaints.contains("byte "), "\(server.program.complaints)")
    }

    @Test("are recorded before the real server, message by message, and replayed to it", arguments: examples)
    func recorded(_ example: Example) async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let relay = try await BuiltServer.start(
            "record", listen: ["0:\(example.codec)"], ["--start", example.server, "-o", path])
        let client = try await PythonProgram.run(example.client, port: relay.port)
        #expect(client.exit == .status(0), "\(client)")
        #expect(try await relay.stop() == .status(0), "\(relay.program.complaints)")

        let shown = try await BuiltBinary.run("show", path, "--color", "never")
        #expect(shown.exit == .status(0), "\(shown)")
        for message in example.shown { #expect(shown.output.contains(message), "\(message) is not in \(shown)") }
        let recording = try #require(folder.text("a.tape.jsonl"))
        #expect(!recording.contains("\"error\":"))
        #expect(!recording.contains("\"partial\":"))

        let replayed = try await BuiltBinary.run("replay", path, "--start", example.server)
        #expect(replayed.exit == .status(0), "\(replayed)")
        #expect(replayed.output.contains("1 passed, 0 failed"), "\(replayed)")
    }

    @Test("MessagePack comes dripping in, is greeted, answered, recorded as values, and replayed")
    func messagePack() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        // msgpack.packb([{'a': 1, b'k': ExtType(5, b'\0')}, 'text']), then 1 as the longest form that it has.
        let server = try await BuiltServer.start("serve", listen: ["0:msgpack"], ["-o", path])
        let client = try await PythonProgram.run(
            text: """
                connection = connect()
                me = connection.getsockname()[1]
                print(exactly(connection, 13) == b'\\x81\\xa8clientid\\xcd' + struct.pack('>H', me))
                sent = bytes.fromhex('9282a16101c4016bd40500a474657874') + bytes.fromhex('d30000000000000001')
                for byte in sent:
                    connection.sendall(bytes([byte]))
                print(exactly(connection, len(sent)) == sent)
                """, port: server.port)
        #expect(client.output == "True\nTrue\n", "\(client)")
        #expect(try await server.stop() == .status(0), "\(server.program.complaints)")
        let recording = try #require(folder.text("a.tape.jsonl"))
        let text = #"[{"$dict":[["a",1],[{"$bytes":"k"},{"$ext":[5,{"$b64":"AA=="}]}]]},"text"]"#
        #expect(recording.components(separatedBy: text).count == 3, "\(recording)")
        #expect(recording.components(separatedBy: "\"raw\":\"0wAAAAAAAAAB\"").count == 3, "\(recording)")

        let again = try await BuiltServer.start("serve", listen: ["0:msgpack"])
        let replayed = try await BuiltBinary.run("replay", path, "--target", "127.0.0.1:\(again.port)")
        #expect(replayed.exit == .status(0), "\(replayed)")
    }
}
