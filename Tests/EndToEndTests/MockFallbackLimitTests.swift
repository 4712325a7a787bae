import Foundation
import TestSupport
import Testing

@Suite("mock --fallback with faults and limits, from outside")
struct MockFallbackLimitTests {
    private static let recording = """
        {"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"t","ports":[{"listen":"127.0.0.1:7001","codec":"json/lines"}]}
        {"t":0.000000,"s":1,"open":{"port":7001,"peer":"127.0.0.1:40001"}}
        {"t":0.000001,"s":1,"from":"server","value":"hello"}
        {"t":0.000002,"s":1,"from":"client","value":"x"}
        {"t":0.000003,"s":1,"from":"server","value":{"r": 1}}

        """

    /// Sends back what it is asked, which need be no JSON; at `flood` a text without an end.
    private static let real = """
        def serve(connection):
            connection.sendall(b'"hello"\\n')
            for line in connection.makefile('rb'):
                question = json.loads(line)
                if question == 'flood': question = '"' + 'a' * 3_000_000
                try: connection.sendall(question.encode())
                except OSError: return
        listener = socket.create_server(('127.0.0.1', 0))
        print('listening on port', listener.getsockname()[1], flush=True)
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """

    /// Asks all of it at once; gives what comes.
    private func answers(_ questions: [String], with options: [String]) async throws -> (text: String, tape: String) {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.recording, to: "a.tape.jsonl")
        let real = try await PythonServer.start(text: Self.real)
        let mock = try await BuiltServer.start(
            "mock", listen: ["0"],
            ["--quiet", path, "-o", folder.path("b.tape.jsonl"), "--fallback", "127.0.0.1:\(real.port)"] + options)
        let client = try PythonProgram.start(
            text: """
                connection = connect()
                connection.sendall(b''.join(json.dumps(text).encode() + b'\\n' for text in sys.argv[2:]))
                connection.shutdown(socket.SHUT_WR)
                print(rest(connection).decode(), end='')
                """, port: mock.port, questions)
        #expect(try await client.exit() == .status(0), "\(client.complaints)")
        #expect(try await mock.stop() == .status(0), "\(mock.program.complaints)")
        let checked = try await BuiltBinary.run("check", folder.path("b.tape.jsonl"))
        #expect(checked.exit == .status(0), "\(checked)")
        return (client.output, try #require(folder.text("b.tape.jsonl")))
    }

    @Test("answers that are delayed are overtaken by nothing, be it a message or not")
    func delay() async throws {
        let (text, tape) = try await answers(
            ["{\"real\": 1}\n", "no value\n", "x", "{\"real\": 2}\nneither\n"], with: ["--delay", "100ms"])
        #expect(text == "\"hello\"\n{\"real\": 1}\nno value\n{\"r\": 1}\n{\"real\": 2}\nneither\n")
        let recorded = tape.split(separator: "\n").filter { $0.contains("\"from\":\"server\"") }
        let kinds = recorded.map { $0.contains("\"error\":") ? "bytes" : "value" }
        #expect(kinds == ["value", "value", "bytes", "value", "value", "bytes"], "\(tape)")
    }

    @Test("faults befall what the other server says as they do what the mock says, be it a message or not")
    func faults() async throws {
        let (text, _) = try await answers(
            ["{\"real\": 1}\n", "no value\n", "{\"real\": 2}\n", "nor this\n", "x"],
            with: ["--fault", "duplicate@2", "--fault", "drop@3"])
        #expect(text == "\"hello\"\n{\"real\": 1}\n{\"real\": 1}\n{\"real\": 2}\nnor this\n{\"r\": 1}\n")
        let (cut, tape) = try await answers(["no value\n"], with: ["--fault", "truncate:4@\"value\""])
        #expect(cut == "\"hello\"\nno v")
        #expect(tape.contains("changed as fault truncate:4@\\\"value\\\" asks"), "\(tape)")
    }

    @Test("nothing of the other server comes behind the end that a fault has made")
    func end() async throws {
        let (text, _) = try await answers(["{\"real\": 1}\nno value\n"], with: ["--fault", "close@$.real=1"])
        #expect(text == "\"hello\"\n{\"real\": 1}\n")
    }

    @Test("what the other server has begun to say counts for --max-memory")
    func memory() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.recording, to: "a.tape.jsonl")
        let real = try await PythonServer.start(text: Self.real)
        let mock = try await BuiltServer.start(
            "mock", listen: ["0"],
            [
                "--quiet", path, "-o", folder.path("b.tape.jsonl"), "--fallback", "127.0.0.1:\(real.port)",
                "--max-memory", "1MiB", "--reply-timeout", "10m",
            ])
        let client = try await PythonProgram.run(
            text: """
                bystander = connect().makefile('rwb')
                bystander.readline()
                connection = connect()
                connection.sendall(b'"flood"\\n')
                try: print(rest(connection))
                except ConnectionResetError: print(b'"hello"\\n')
                bystander.write(b'"x"\\n'); bystander.flush()
                print(bystander.readline())
                """, port: mock.port)
        #expect(client.output == "b'\"hello\"\\n'\nb'{\"r\": 1}\\n'\n", "\(client)")
        #expect(try await mock.stop() == .status(1))
        let reason = "all connections together hold more than 1048576 bytes (--max-memory), and this one the most"
        #expect(mock.program.complaints.contains(reason), "\(mock.program.complaints)")
        #expect(folder.text("b.tape.jsonl")?.contains(#""close":"limit","by":"server","reason":"\#(reason)"#) == true)
    }
}
