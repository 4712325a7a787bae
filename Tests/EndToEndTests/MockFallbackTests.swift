import Foundation
import TestSupport
import Testing

@Suite("mock --fallback, from outside")
struct MockFallbackTests {
    private static let calls = """
        {"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"t","ports":[{"listen":"127.0.0.1:7001","codec":"json/lines"}]}
        {"t":0.000000,"s":1,"open":{"port":7001,"peer":"127.0.0.1:40001"}}
        {"t":0.000001,"s":1,"from":"server","value":"hello"}
        {"t":0.000002,"s":1,"from":"client","value":{"q": "x"}}
        {"t":0.000003,"s":1,"from":"server","value":{"r": 1}}

        """

    /// A server that greets and says what it was asked, until it is to be quiet or to go.
    private static let real = """
        def serve(connection):
            print('connected', flush=True)
            connection.sendall(b'"hello"\\n')
            for line in connection.makefile('rb'):
                print('asked', line, flush=True)
                question = json.loads(line)
                if question['q'] == 'quiet': continue
                if question['q'] == 'go': break
                connection.sendall(json.dumps({'real': question['q']}).encode() + b'\\n')
            connection.shutdown(socket.SHUT_RDWR)
        listener = socket.create_server(('127.0.0.1', 0))
        print('listening on port', listener.getsockname()[1], flush=True)
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """

    /// A client that says each of its arguments when the one before it was answered, and prints what comes.
    private static let client = """
        stream = connect().makefile('rwb')
        print(stream.readline().decode(), end='')
        for text in sys.argv[2:]:
            stream.write(json.dumps({'q': text}).encode() + b'\\n'); stream.flush()
            print(stream.readline().decode(), end='')
        """

    private func ask(_ port: Int, _ questions: String...) async throws -> String {
        let client = try PythonProgram.start(text: Self.client, port: port, questions)
        #expect(try await client.exit() == .status(0), "\(client.complaints)")
        return client.output
    }

    /// Says all of it at once, and that there is no more; gives all that comes.
    private func say(_ port: Int, _ text: String) async throws -> String {
        let client = try PythonProgram.start(
            text: """
                connection = connect()
                connection.sendall(sys.argv[2].encode())
                connection.shutdown(socket.SHUT_WR)
                print(rest(connection).decode(), end='')
                """, port: port, [text])
        #expect(try await client.exit() == .status(0), "\(client.complaints)")
        return client.output
    }

    private func start(_ arguments: [String], listen: [String] = ["0"]) async throws -> BuiltServer {
        try await BuiltServer.start("mock", listen: listen, arguments)
    }

    @Test("what is known is answered without the other server, which is not even connected to")
    func known() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.calls, to: "a.tape.jsonl")
        let real = try await PythonServer.start(text: Self.real)
        let mock = try await start([path, "--fallback", "127.0.0.1:\(real.port)"])
        #expect(mock.program.complaints.contains(", asking 127.0.0.1:\(real.port) what is not recorded"))
        #expect(try await ask(mock.port, "x", "x") == "\"hello\"\n{\"r\": 1}\n{\"r\": 1}\n")
        #expect(try await mock.stop() == .status(0))
        #expect(mock.program.output.hasSuffix("ok    1 client, 2 messages answered\n"), "\(mock.program.output)")
        #expect(!real.program.output.contains("connected"), "\(real.program.output)")
    }

    @Test("what is not known is asked there, unchanged and in its order, and the recording of it needs no server")
    func unknown() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.calls, to: "a.tape.jsonl")
        let real = try await PythonServer.start(text: Self.real)
        let new = folder.path("b.tape.jsonl")
        let mock = try await start([path, "--fallback", "127.0.0.1:\(real.port)", "-o", new])
        // All at once, and the last one ends with the stream.
        let answers = try await say(
            mock.port, "{\"q\":  \"y\"}\n{\"q\":\"x\"}\n{\"q\":\"z\"}\n{\"q\":\"x\"}\n{\"q\":\"end\"}")
        #expect(
            answers == "\"hello\"\n{\"real\": \"y\"}\n{\"r\": 1}\n{\"real\": \"z\"}\n{\"r\": 1}\n{\"real\": \"end\"}\n")
        #expect(try await mock.stop() == .status(0), "\(mock.program.complaints)")
        #expect(
            mock.program.output.hasSuffix("ok    1 client, 2 messages answered, 3 answered by the fallback\n"),
            "\(mock.program.output)")
        #expect(
            real.program.output.hasSuffix(
                "\nconnected\nasked b'{\"q\":  \"y\"}\\n'\nasked b'{\"q\":\"z\"}\\n'\nasked b'{\"q\":\"end\"}'\n"),
            "\(real.program.output)")
        let again = try await start([path, new, "--fallback", "127.0.0.1:\(UnusedPort.find())"])
        #expect(
            try await say(again.port, "{\"q\":\"z\"}\n{\"q\":\"x\"}\n{\"q\":\"y\"}\n")
                == "\"hello\"\n{\"real\": \"z\"}\n{\"r\": 1}\n{\"real\": \"y\"}\n")
        #expect(try await ask(again.port, "y", "z") == "\"hello\"\n{\"real\": \"y\"}\n{\"real\": \"z\"}\n")
        #expect(try await again.stop() == .status(0), "\(again.program.complaints)")
    }

    @Test("a server that is not there is told of once a session, and the session goes on, or with --strict ends")
    func refused() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.calls, to: "a.tape.jsonl")
        for (arguments, answers) in [([], "\"hello\"\n{\"r\": 1}\n"), (["--strict"], "\"hello\"\n")] {
            let port = try UnusedPort.find()
            let mock = try await start(["--quiet", path, "--fallback", "127.0.0.1:\(port)"] + arguments)
            #expect(try await say(mock.port, "{\"q\":\"y\"}\n{\"q\":\"z\"}\n{\"q\":\"x\"}\n") == answers)
            #expect(try await mock.stop() == .status(1))
            let told = mock.program.complaints.split(separator: "\n").filter { $0.contains("to the fallback") }
            #expect(told.count == 1, "\(told)")
            #expect(
                told.first?.hasSuffix("cannot connect to the fallback 127.0.0.1:\(port): Connection refused") == true)
            #expect(mock.program.complaints.contains("expected \"x\", actual \"y\""), "\(mock.program.complaints)")
            #expect(mock.program.output.contains("that no recorded one is like"), "\(mock.program.output)")
        }
    }

    @Test("a server that closes in the midst answers no more in that session, and does in the next")
    func closed() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.calls, to: "a.tape.jsonl")
        let real = try await PythonServer.start(text: Self.real)
        let mock = try await start(["--quiet", path, "--fallback", "127.0.0.1:\(real.port)"])
        for _ in 0..<2 {
            let answers = try await say(mock.port, "{\"q\":\"y\"}\n{\"q\":\"go\"}\n{\"q\":\"z\"}\n{\"q\":\"x\"}\n")
            #expect(answers == "\"hello\"\n{\"real\": \"y\"}\n{\"r\": 1}\n")
        }
        #expect(try await mock.stop() == .status(1))
        let told = mock.program.complaints.split(separator: "has closed the connection").count - 1
        #expect(told == 2, "\(mock.program.complaints)")
        #expect(
            mock.program.output.hasPrefix(
                "FAIL  2 clients, 2 messages answered, 2 answered by the fallback, 4 that no recorded one is like\n"),
            "\(mock.program.output)")
    }

    @Test("a question that gets no answer is given up, and what comes behind it goes on")
    func silent() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.calls, to: "a.tape.jsonl")
        let real = try await PythonServer.start(text: Self.real)
        let mock = try await start(
            ["--quiet", path, "--fallback", "127.0.0.1:\(real.port)", "--reply-timeout", "200ms"])
        #expect(try await say(mock.port, "{\"q\":\"quiet\"}\n{\"q\":\"x\"}\n") == "\"hello\"\n{\"r\": 1}\n")
        #expect(try await mock.stop() == .status(1))
        #expect(
            mock.program.complaints.contains(
                "the fallback 127.0.0.1:\(real.port) did not answer within 200 milliseconds (--reply-timeout)"),
            "\(mock.program.complaints)")
    }

    @Test("clients at the same time have a connection there each")
    func several() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.calls, to: "a.tape.jsonl")
        let real = try await PythonServer.start(text: Self.real)
        let mock = try await start([path, "--fallback", "127.0.0.1:\(real.port)"])
        let client = try await PythonProgram.run(
            text: """
                streams = [connect().makefile('rwb') for _ in range(8)]
                for stream in streams: assert stream.readline() == b'"hello"\\n'
                for turn in range(5):
                    for number, stream in enumerate(streams):
                        stream.write(json.dumps({'q': f'{number}/{turn}'}).encode() + b'\\n{"q":"x"}\\n'); stream.flush()
                    for number, stream in enumerate(streams):
                        assert json.loads(stream.readline()) == {'real': f'{number}/{turn}'}
                        assert json.loads(stream.readline()) == {'r': 1}
                """, port: mock.port)
        #expect(client.exit == .status(0), "\(client)")
        #expect(try await mock.stop() == .status(0))
        #expect(real.program.output.ranges(of: "connected").count == 8, "\(real.program.output)")
        #expect(mock.program.output.contains("40 messages answered, 40 answered by the fallback"))
    }

    @Test("each recorded port has its own server, whatever it speaks")
    func ports() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(
            Self.calls.replacing(
                "\"codec\":\"json/lines\"}",
                with: "\"codec\":\"json/lines\"},{\"listen\":\"127.0.0.1:7002\",\"codec\":\"pickle/stream\"}") + """
                    {"t":0.000004,"s":2,"open":{"port":7002,"peer":"127.0.0.1:40002"}}
                    {"t":0.000005,"s":2,"from":"client","value":"known","protocol":4}
                    {"t":0.000006,"s":2,"from":"server","value":{"number":1},"protocol":4}

                    """, to: "a.tape.jsonl")
        let real = try await PythonServer.start(text: Self.real)
        let pickles = try await PythonServer.start(
            text: """
                listener = socket.create_server(('127.0.0.1', 0))
                print('listening on port', listener.getsockname()[1], flush=True)
                stream = listener.accept()[0].makefile('rwb')
                while True:
                    question = pickle.load(stream)
                    pickle.dump({'real': question, 'some': (1, b'2', 3.5)}, stream); stream.flush()
                """)
        let new = folder.path("b.tape.jsonl")
        let mock = try await start(
            [
                path, "-o", new, "--fallback", "7001=127.0.0.1:\(real.port)", "--fallback",
                "7002=127.0.0.1:\(pickles.port)",
            ], listen: ["7001=0", "7002=0"])
        #expect(try await ask(mock.ports[0], "y", "x") == "\"hello\"\n{\"real\": \"y\"}\n{\"r\": 1}\n")
        let client = """
            stream = connect().makefile('rwb')
            for question in [('new', 1), 'known', {'deep': [None, True]}]:
                pickle.dump(question, stream); stream.flush()
                print(pickle.load(stream))
            """
        let answers = """
            {'real': ('new', 1), 'some': (1, b'2', 3.5)}
            {'number': 1}
            {'real': {'deep': [None, True]}, 'some': (1, b'2', 3.5)}

            """
        #expect(try await PythonProgram.run(text: client, port: mock.ports[1]).output == answers)
        #expect(try await mock.stop() == .status(0), "\(mock.program.complaints)")
        let again = try await start([new], listen: ["\(mock.ports[1])=0"])
        #expect(try await PythonProgram.run(text: client, port: again.port).output == answers)
        #expect(try await again.stop() == .status(0))
    }

    /// Sends until nobody takes it for a while, at most 128 MiB; prints whether all of that was taken.
    private static let flood = """
        import select
        def flood(connection, bytes):
            sent = 0
            connection.setblocking(False)
            while sent < 128 << 20 and select.select([], [connection], [], 2)[1]:
                sent += connection.send(bytes)
            connection.settimeout(60)
            print('all' if sent >= 128 << 20 else 'some', flush=True)

        """

    @Test("a client that sends on while an answer is awaited is not read, and is when it came")
    func clientWaits() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.calls, to: "a.tape.jsonl")
        let real = try await PythonServer.start(
            text: """
                listener = socket.create_server(('127.0.0.1', 0))
                print('listening on port', listener.getsockname()[1], flush=True)
                stream = listener.accept()[0].makefile('rwb')
                stream.write(b'"hello"\\n'); stream.flush()
                stream.readline()
                release = listener.accept()[0]
                stream.write(b'"released"\\n'); stream.flush()
                stream.read()
                """)
        let mock = try await start(
            ["--quiet", path, "--fallback", "127.0.0.1:\(real.port)", "--reply-timeout", "10m"])
        let client = try PythonProgram.start(
            text: Self.flood + """
                connection = connect()
                connection.sendall(b'{"q":"y"}\\n')
                flood(connection, b'{"q":"x"}\\n' * 6000)
                release = socket.create_connection(('127.0.0.1', int(sys.argv[2])))
                stream = connection.makefile('rb')
                print([stream.readline() for _ in range(3)])
                """, port: mock.port, ["\(real.port)"])
        #expect(try await client.exit() == .status(0), "\(client.complaints)")
        #expect(client.output == "some\n[b'\"hello\"\\n', b'\"released\"\\n', b'{\"r\": 1}\\n']\n", "\(client.output)")
        _ = try await mock.stop()
        #expect(!mock.program.output.contains("FAIL"), "\(mock.program.output)")
    }

    @Test("a server that says more than the client takes is not read meanwhile")
    func serverWaits() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.calls, to: "a.tape.jsonl")
        let real = try await PythonServer.start(
            text: Self.flood + """
                listener = socket.create_server(('127.0.0.1', 0))
                print('listening on port', listener.getsockname()[1], flush=True)
                connection = listener.accept()[0]
                connection.sendall(b'"hello"\\n')
                connection.recv(100)
                flood(connection, b'"' + b'a' * 65534 + b'"\\n')
                connection.close()
                """)
        let mock = try await start(["--quiet", path, "--fallback", "127.0.0.1:\(real.port)"])
        let client = try PythonProgram.start(
            text: """
                connection = connect()
                connection.sendall(b'{"q":"y"}\\n')
                threading.Event().wait()
                """, port: mock.port)
        let told = try await real.program.wait(for: "end of the flood") {
            real.program.output.split(separator: "\n").first { $0 == "all" || $0 == "some" }.map(String.init)
        }
        #expect(told == "some")
        client.signal(SIGKILL)
        _ = try await client.exit()
        #expect(try await mock.stop() == .status(0), "\(mock.program.complaints)")
    }

    @Test(
        "wrong usage is told of",
        arguments: [
            (["--fallback", "x"], "\"x\" is no port"),
            (["--fallback", "h:0"], "a port to connect to is from 1 to 65535"),
            (["--fallback", "7002=h:1"], "the mock stands for no recorded port 7002; there are 7001"),
            (["--fallback", "h:1", "--fallback", "h:2"], "--fallback has two servers for every port"),
            (["--fallback", "7001=h:1", "--fallback", "7001=h:2"], "has two servers for the recorded port 7001"),
            (["--fallback", "localhost:7001"], "the mock itself listens there"),
            (["--reply-timeout", "1s"], "--reply-timeout goes with --fallback"),
        ] as [([String], String)])
    func usage(arguments: [String], reason: String) async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.calls, to: "a.tape.jsonl")
        let outcome = try await BuiltBinary.run(["mock", path] + arguments, in: folder.path("."))
        #expect(outcome.exit == .status(64), "\(outcome)")
        #expect(outcome.complaints.contains(reason), "\(outcome)")
    }
}
