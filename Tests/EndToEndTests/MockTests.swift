import Foundation
import TestSupport
import Testing

@Suite("mock, from outside")
struct MockTests {
    /// Recordings of every kind: those that the project keeps, and those of the replay's tests.
    private static let recordings: [String] = {
        ["captures", "Examples/failing", "Tests/ReplayTests/Fixtures"].flatMap { folder -> [String] in
            let all = FileManager.default.enumerator(atPath: "\(PythonProgram.root)/\(folder)")
            return (all?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".tape.jsonl") }.sorted()
                .map { "\(folder)/\($0)" }
        }
    }()

    private func start(_ arguments: [String], listen: [String] = ["0"]) async throws -> BuiltServer {
        try await BuiltServer.start("mock", listen: listen, arguments)
    }

    @Test("a recording that is replayed against the mock of itself passes", arguments: recordings, [false, true])
    func ofItself(recording: String, isStrict: Bool) async throws {
        let path = "\(PythonProgram.root)/\(recording)"
        let mock = try await start([path] + (isStrict ? ["--strict"] : []))
        let folder = try ScratchFolder()
        let replay = try await BuiltBinary.run(
            "replay", path, "--target", "127.0.0.1:\(mock.port)", in: folder.path("."))
        #expect(replay.exit == .status(0), "\(replay)")
        #expect(try await mock.stop() == .status(0), "\(mock.program.complaints)")
        #expect(!mock.program.output.contains("not made"), "\(mock.program.output)")
    }

    @Test("there are recordings to try")
    func some() { #expect(Self.recordings.count > 12) }

    @Test("the lab's client sees of the mock what it saw of the server that was recorded, but for its own port")
    func lab() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("lab.tape.jsonl")
        let real = try await PythonServer.start("Examples/lab_server.py")
        let relay = try await BuiltServer.start(
            "record", listen: ["0:pickle,to=127.0.0.1:\(real.port)"], ["--quiet", "--record", path])
        let client = """
            connection = connect()
            stream = connection.makefile('rwb')
            greeting = pickle.load(stream)
            print(sorted(greeting))
            if len(sys.argv) > 2: print(greeting['clientid'] == connection.getsockname()[1])
            for number, text in enumerate(['hello', 'again']):
                pickle.dump({'message': text, 'number': number}, stream); stream.flush()
                print(pickle.load(stream))
            """
        let first = try await PythonProgram.run(text: client, port: relay.port)
        #expect(try await relay.stop() == .status(0))
        #expect(first.output.hasPrefix("['clientid']\n{"), "\(first)")
        let mock = try await start([path])
        for _ in 0..<2 {
            let again = try PythonProgram.start(text: client, port: mock.port, ["own"])
            #expect(try await again.exit() == .status(0))
            #expect(
                again.output == first.output.replacing("\n{", with: "\nTrue\n{", maxReplacements: 1), "\(again.output)")
        }
        #expect(try await mock.stop() == .status(0))
        #expect(mock.program.output.hasSuffix("ok    2 clients, 4 messages answered\n"), "\(mock.program.output)")
    }

    private static let calls = """
        {"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"t","ports":[{"listen":"127.0.0.1:7001","codec":"json/lines"},{"listen":"127.0.0.1:7002","codec":"json/lines"}]}
        {"t":0.000000,"s":1,"open":{"port":7001,"peer":"127.0.0.1:40001"}}
        {"t":0.000001,"s":1,"from":"client","value":{"id": 7777, "q": "x"}}
        {"t":0.000002,"s":1,"from":"server","value":{"id": 7777, "r": 1}}
        {"t":0.000003,"s":1,"from":"client","value":{"id": 7778, "q": "y", "at": "10:00"}}
        {"t":0.000004,"s":1,"from":"server","value":{"id": 7778, "r": 2}}
        {"t":0.000005,"s":2,"open":{"port":7002,"peer":"127.0.0.1:40002"}}
        {"t":0.000006,"s":2,"from":"server","value":"the second port"}
        {"t":0.000007,"s":2,"close":"clean","by":"server"}

        """

    @Test("a client's own ids come back to it, on the port that stands for the recorded one, as rules allow")
    func ids() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.calls, to: "a.tape.jsonl")
        try folder.write("rules:\n  - {path: $.at, ignore: true, from: client}\n", to: "rules.yaml")
        let mock = try await start(
            [path, "--rules", folder.path("rules.yaml")], listen: ["7002=0", "7001=127.0.0.1:0:json"])
        let second = try await PythonProgram.run(text: "print(rest(connect()))", port: mock.ports[0])
        #expect(second.output == "b'\"the second port\"\\n'\n", "\(second)")
        let client = try await PythonProgram.run(
            text: """
                stream = connect().makefile('rwb')
                for question in [{'id': 8123, 'q': 'x'}, {'id': 8124, 'at': '11:30', 'q': 'y'}, {'id': 8125, 'q': 'x'}]:
                    stream.write(json.dumps(question).encode() + b'\\n'); stream.flush()
                    print(json.loads(stream.readline()))
                """, port: mock.ports[1])
        #expect(
            client.output == "{'id': 8123, 'r': 1}\n{'id': 8124, 'r': 2}\n{'id': 8125, 'r': 1}\n", "\(client)")
        #expect(try await mock.stop() == .status(0), "\(mock.program.complaints)")
    }

    @Test("what was not recorded is told of at once and at the end, and the status is 1; --strict ends that connection")
    func unmatched() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.calls, to: "a.tape.jsonl")
        let client = """
            stream = connect().makefile('rwb')
            stream.write(b'{"id": 1, "q": "z"}\\n{"id": 7777, "q": "x"}\\n'); stream.flush()
            print(stream.readline())
            """
        for (arguments, answer) in [([], #"b'{"id": 7777, "r": 1}\n'"#), (["--strict"], "b''")] {
            let mock = try await start(["--quiet", path] + arguments, listen: ["7001=0"])
            let asked = try await PythonProgram.run(text: client, port: mock.port)
            #expect(asked.output == answer + "\n", "\(asked)")
            #expect(try await mock.stop() == .status(1))
            #expect(
                mock.program.complaints.contains(#"differs at $.q: expected "x", actual "z""#),
                "\(mock.program.complaints)")
            #expect(
                mock.program.output.contains("✗ $.q\n          - \"x\"\n          + \"z\"\n"), "\(mock.program.output)")
            #expect(mock.program.output.contains("a.tape.jsonl:5  session 1"), "\(mock.program.output)")
        }
    }

    @Test("what passes is recorded, and that recording can be mocked as well")
    func recorded() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.calls, to: "a.tape.jsonl")
        let client = """
            stream = connect().makefile('rwb')
            stream.write(b'{"id": 8123, "q": "x"}\\n'); stream.flush()
            print(stream.readline())
            """
        let mock = try await start(["--quiet", path, "-o", folder.path("b.tape.jsonl")], listen: ["7001=0"])
        #expect(try await PythonProgram.run(text: client, port: mock.port).output == "b'{\"id\": 8123, \"r\": 1}\\n'\n")
        #expect(try await mock.stop() == .status(0))
        let again = try await start(["--quiet", folder.path("b.tape.jsonl")])
        #expect(
            try await PythonProgram.run(text: client, port: again.port).output == "b'{\"id\": 8123, \"r\": 1}\\n'\n")
        #expect(try await again.stop() == .status(0))
    }

    @Test(
        "what cannot be done has the status 2, wrong usage 64, and says what to do",
        arguments: [
            (
                ["a.tape.jsonl", "--listen", "0"], 64,
                "has the ports 7001, 7002: give each its place, as --listen 7001=0"
            ),
            (["a.tape.jsonl", "--listen", "7003=0"], 64, "no recording has the port 7003; there are 7001, 7002"),
            (["a.tape.jsonl", "--listen", "7001=0:pickle"], 2, "no session in pickle/stream at port 7001"),
            (["a.tape.jsonl", "--listen", "x"], 64, "\"x\" is no port"),
            (["a.tape.jsonl", "--listen", "7001=0,to=h:1"], 64, "to= is no setting of a mock's port"),
            (["none.tape.jsonl", "--listen", "0"], 2, "none.tape.jsonl"), (["."], 2, "holds no recording"),
            ([], 64, "no recording to be the server of: give one"),
        ] as [([String], Int32, String)])
    func refused(arguments: [String], status: Int32, reason: String) async throws {
        let folder = try ScratchFolder()
        if arguments.first == "a.tape.jsonl" { try folder.write(Self.calls, to: "a.tape.jsonl") }
        let outcome = try await BuiltBinary.run(["mock"] + arguments, in: folder.path("."))
        #expect(outcome.exit == .status(status), "\(outcome)")
        #expect(outcome.complaints.contains(reason), "\(outcome)")
    }

    @Test("an address that is taken is a failure that names it")
    func taken() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.calls, to: "a.tape.jsonl")
        let first = try await start([path], listen: ["7001=0"])
        let outcome = try await BuiltBinary.run("mock", path, "--listen", "7001=\(first.port)")
        #expect(outcome.exit == .status(2))
        #expect(outcome.complaints.contains("cannot listen on 127.0.0.1:\(first.port)"), "\(outcome)")
        #expect(try await first.stop() == .status(0))
    }
}
