import Foundation
import TestSupport
import Testing

@Suite("A client that sends nonsense, from outside")
struct HostileClientTests {
    struct Attack: Sendable, CustomTestStringConvertible {
        var name: String
        var codec: String
        /// Python that sends it over `connection`.
        var text: String
        /// Base64 that its event in the recording must hold.
        var recorded: String
        /// The message's end is unknown or its bytes are wrong: an `error`; the client left: `partial`.
        var mark = "\"error\":"

        var testDescription: String { name }
    }

    @Test(
        "is reported with session, peer and reason, recorded with its bytes, and closed; nobody else notices",
        arguments: [
            Attack(
                name: "not a pickle", codec: "pickle", text: "connection.sendall(b'GET / HTTP/1.1\\r\\n\\r\\n')",
                recorded: Data("GET / HTTP/1.1\r\n\r\n".utf8).base64EncodedString()),
            Attack(
                name: "not JSON", codec: "json", text: "connection.sendall(b'{\"a\":}\\n')",
                recorded: Data("{\"a\":}".utf8).base64EncodedString()),
            Attack(
                name: "a length of 4 GiB", codec: "raw",
                text: "connection.sendall(struct.pack('>I', 0xFFFFFFFF) + b'lie')",
                recorded: Data([0xFF, 0xFF, 0xFF, 0xFF] + Array("lie".utf8)).base64EncodedString()),
            Attack(
                name: "a pickle that claims 8 EiB", codec: "pickle",
                text: "connection.sendall(b'\\x80\\x04\\x8e' + struct.pack('<Q', 2 ** 63) + b'lie')",
                recorded: String(
                    Data([0x80, 4, 0x8E, 0, 0, 0, 0, 0, 0, 0, 0x80] + Array("lie".utf8)).base64EncodedString()
                        .prefix(12))),
            Attack(
                name: "100,000 nested lists in a pickle", codec: "pickle",
                text: "connection.sendall(b']' * 100_000 + b'a' * 99_999 + b'.')", recorded: "XV1dXV1dXV1d"),
            Attack(
                name: "100,000 nested lists in JSON", codec: "json",
                text: "connection.sendall(b'[' * 100_000 + b']' * 100_000 + b'\\n')", recorded: "W1tbW1tbW1tb"),
            Attack(
                name: "half a message, then the end", codec: "raw",
                text: "connection.sendall(struct.pack('>I', 10) + b'half'); connection.shutdown(socket.SHUT_WR)",
                recorded: Data([0, 0, 0, 10] + Array("half".utf8)).base64EncodedString(), mark: "\"partial\":true"),
            Attack(
                name: "half a message, then a reset", codec: "raw",
                text: """
                    connection.sendall(struct.pack('>I', 5) + b'whole' + struct.pack('>I', 10) + b'half')
                    exactly(connection, 9)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                    connection.close()
                    print('closed')
                    sys.exit()
                    """,
                recorded: Data([0, 0, 0, 10] + Array("half".utf8)).base64EncodedString(), mark: "\"partial\":true"),
        ])
    func attack(_ attack: Attack) async throws {
        let folder = try ScratchFolder()
        let server = try await BuiltServer.start(
            "serve", listen: ["0:\(attack.codec),greet=none"], ["--record", folder.path("a.tape.jsonl")])
        let bystander = try Bystander.start(codec: attack.codec, port: server.port)
        try await bystander.waitForText("one answered")
        let hostile = try await PythonProgram.run(
            text: """
                connection = connect()
                print('peer', connection.getsockname()[1])
                \(attack.text)
                try: rest(connection)
                except ConnectionResetError: pass
                print('closed')
                """, port: server.port)
        #expect(hostile.output.hasSuffix("closed\n"), "\(hostile)")
        let peer = hostile.output.dropFirst(5).prefix { $0 != "\n" }
        if attack.mark.contains("error") {
            // `#2 127.0.0.1:40000 on port 12000: at byte 0, a pickle…`
            try await server.program.waitForText("#2 127.0.0.1:\(peer) on port \(server.port): ")
            #expect(server.program.complaints.contains("byte"), "\(server.program.complaints)")
        }

        bystander.signal(SIGUSR1)
        #expect(try await bystander.exit() == .status(0), "\(bystander.complaints)")
        #expect(bystander.output.contains("two answered"))
        #expect(try await server.stop() == .status(0), "\(server.program.complaints)")
        let recording = try #require(folder.text("a.tape.jsonl"))
        let event = recording.split(separator: "\n").first {
            $0.contains("\"s\":2") && $0.contains("\"base64\":\"\(attack.recorded)") && $0.contains(attack.mark)
        }
        #expect(event != nil, "\(recording.prefix(2_000))")
        #expect(recording.contains("\"s\":2,\"close\":"), "\(recording.suffix(500))")
    }

    @Test("gets its 100,000-deep nesting recorded and shown without harm, where the limit allows it")
    func deep() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start(
            "serve", listen: ["0:pickle,greet=none"], ["--record", path, "--max-depth", "200000", "--quiet"])
        let client = try await PythonProgram.run(
            text: """
                connection = connect()
                sent = b']' * 100_000 + b'a' * 99_999 + b'.'
                connection.sendall(sent)
                print(exactly(connection, len(sent)) == sent)
                """, port: server.port)
        #expect(client.output == "True\n", "\(client)")
        #expect(try await server.stop() == .status(0))
        let shown = try await BuiltBinary.run("show", path)
        #expect(shown.exit == .status(0), "\(shown.complaints)")
        #expect(shown.output.utf8.count < 20_000)
    }

    /// A well-behaved client: a message before, and one after SIGUSR1.
    private enum Bystander {
        static func start(codec: String, port: Int) throws -> RunningProgram {
            let message =
                switch codec {
                case "pickle": "pickle.dumps({'a': 1})"
                case "json": "b'{\"a\":1}\\n'"
                default: "struct.pack('>I', 3) + b'abc'"
                }
            return try PythonProgram.start(
                text: """
                    import signal
                    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
                    connection = connect()
                    message = \(message)
                    for name in ['one', 'two']:
                        connection.sendall(message)
                        assert exactly(connection, len(message)) == message
                        print(name, 'answered')
                        if name == 'one': signal.sigwait([signal.SIGUSR1])
                    """, port: port)
        }
    }
}
