import TestSupport
import Testing

@Suite("Two servers compared, from outside")
struct CompareTests {
    /// A server that answers each request; what it adds to the answer, and what it sends besides, is Python text.
    private static func server(_ more: String = "", besides: String = "") -> String {
        """
        import json, os, random, secrets, socket, sys, threading, time
        listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
        def serve(connection):
            for line in connection.makefile('rb'):
                m = json.loads(line)
                answer = {'n': m['n'], 'ok': True, 'time': time.time(), 'id': secrets.token_hex(8)}
                \(more.isEmpty ? "pass" : more)
                out = b'' if answer is None else json.dumps(answer).encode() + b'\\n'
                \(besides.isEmpty ? "pass" : besides)
                connection.sendall(out)
            connection.close()
        print('listening on port %d' % listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

        """
    }

    /// Three requests, with answers that no server gives any more.
    private static let recording = """
        {"tapedeck":1,"created":"","tool":"","ports":[{"listen":"127.0.0.1:7000","codec":"json/lines"}]}
        {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
        {"t":1,"s":1,"from":"client","value":{"n":1}}
        {"t":1,"s":1,"from":"server","value":{"old":"answer"}}
        {"t":2,"s":1,"from":"client","value":{"n":2}}
        {"t":2,"s":1,"from":"server","value":{"old":"answer"}}
        {"t":3,"s":1,"from":"client","value":{"n":3}}
        {"t":3,"s":1,"from":"server","value":{"old":"answer"}}
        {"t":4,"s":1,"eof":"client"}
        {"t":4,"s":1,"close":"clean"}
        {"t":4,"end":{"sessions":1,"messages":6}}

        """

    private func compare(
        _ a: String, _ b: String, _ options: String..., recording: String = Self.recording
    ) async throws -> BuiltBinary.Outcome {
        let folder = try ScratchFolder()
        try folder.write(a, to: "a.py")
        try folder.write(b, to: "b.py")
        try folder.write(recording, to: "x.tape.jsonl")
        let run = try await BuiltBinary.run(
            [
                "replay", "x.tape.jsonl", "--start", "exec python3 a.py {port}", "--against-start",
                "exec python3 b.py {port}", "--settle", "20ms",
            ] + options, in: folder.path)
        #expect(folder.text("x.tape.jsonl") == recording)
        return run
    }

    @Test("pass when they differ in nothing but what differs between two runs of one")
    func alike() async throws {
        let run = try await compare(Self.server(), Self.server())
        #expect(run.exit == .status(0), "\(run)")
        #expect(run.output.contains("A is exec python3 a.py {port}, B is exec python3 b.py {port}"), "\(run)")
        #expect(run.output.contains("differs between A's own runs, and was not compared: $.id, $.time"), "\(run)")
    }

    @Test("differ in the member that they differ in, with what each of them says")
    func member() async throws {
        let run = try await compare(
            Self.server(), Self.server("if m['n'] == 2: answer['ok'] = 'yes'"), "--report", "json=-")
        #expect(run.exit == .status(1), "\(run)")
        #expect(
            run.output.contains(#""values":[{"path":"$.ok","expected":"true","actual":"\"yes\"","rule":"equal"}]"#),
            "\(run)")
        #expect(run.output.contains(#""line":6"#), "\(run)")
        #expect(run.output.contains("B's answer differs from A's"), "\(run)")
        #expect(!run.output.contains("old"), "\(run)")
    }

    @Test("differ where a changing value becomes one of another type")
    func type() async throws {
        let run = try await compare(Self.server(), Self.server("answer['time'] = None"))
        #expect(run.exit == .status(1), "\(run)")
        #expect(run.output.contains("✗ $.time"), "\(run)")
        #expect(run.output.contains("(- A, + B)"), "\(run)")
    }

    @Test("differ in a message that only one of them sends, whichever it is")
    func extra() async throws {
        let besides = "if m['n'] == 3: out += b'{\"more\":1}\\n'"
        let more = try await compare(Self.server(), Self.server(besides: besides))
        #expect(more.exit == .status(1), "\(more)")
        #expect(more.output.contains("B sent a message that A did not"), "\(more)")
        let less = try await compare(Self.server(besides: besides), Self.server(), "--timeout", "1s")
        #expect(less.exit == .status(1), "\(less)")
        #expect(less.output.contains("line 8: an answer of A's is missing from B"), "\(less)")
        let both = try await compare(Self.server(besides: besides), Self.server(besides: besides))
        #expect(both.exit == .status(0), "\(both)")
    }

    @Test("may both leave a request unanswered that was answered when it was recorded")
    func unanswered() async throws {
        let silent = Self.server("if m['n'] == 2: answer = None")
        let both = try await compare(silent, silent, "--timeout", "500ms")
        #expect(both.exit == .status(0), "\(both)")
        let one = try await compare(silent, Self.server(), "--timeout", "500ms")
        #expect(one.exit == .status(1), "\(one)")
    }

    @Test("cannot be compared when one of them is down, or ends what the recording goes on with")
    func down() async throws {
        let folder = try ScratchFolder()
        try folder.write(Self.recording, to: "x.tape.jsonl")
        let server = try await PythonServer.start(text: Self.server())
        let (up, down) = ("127.0.0.1:\(server.port)", "127.0.0.1:\(try UnusedPort.find())")
        for (a, b, letter) in [(up, down, "B"), (down, up, "A")] {
            let run = try await BuiltBinary.run(
                "replay", "x.tape.jsonl", "--target", a, "--against", b, in: folder.path)
            #expect(run.exit == .status(2), "\(run)")
            #expect(run.output.contains("\(letter) (\(down)): cannot connect to \(down)"), "\(run)")
        }
        let ending = try await compare(Self.server("if m['n'] == 2: break"), Self.server())
        #expect(ending.exit == .status(2), "\(ending)")
        #expect(ending.output.contains("does not take the recording's way: session 1, line 6"), "\(ending)")
    }

    @Test("are not compared together with what is about the recorded answers")
    func usage() async throws {
        for options in [
            ["--update"], ["--strict-bytes"], ["--segment", "bytes"], ["--against-start", "true"],
        ] {
            let run = try await BuiltBinary.run(
                ["replay", "x.tape.jsonl", "--target", "127.0.0.1:1", "--against", "127.0.0.1:2"] + options)
            #expect(run.exit == .status(64), "\(options): \(run)")
        }
    }
}
