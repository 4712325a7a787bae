import Foundation
import TestSupport
import Testing

@Suite("Peers that do harm, from outside")
struct PeerFaultTests {
    @Test(
        "another protocol is told from its first bytes, though its client waits for an answer",
        arguments: [
            (
                "b'\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xfc\\x03\\x03' + b'a' * 32", "json",
                "this looks like TLS, not json/lines"
            ),
            ("pickle.dumps({'a': 1})", "json/nul", "this looks like a pickle, not json/nul"),
            ("b'GET /chat HTTP/1.1\\r\\n'", "json/nul", "this looks like an HTTP request, not json/nul"),
            ("b'GET /chat HTTP/1.1\\r\\n'", "pickle", "this looks like an HTTP request, not pickle/stream"),
        ])
    func otherProtocol(bytes: String, codec: String, reason: String) async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start(
            "serve", listen: ["0:\(codec),greet=none"], ["--record", path, "--quiet"])
        // It has more to send, and sends it once it is answered.
        let client = try await PythonProgram.run(
            text: "connection = connect()\nconnection.sendall(\(bytes))\nprint(rest(connection))", port: server.port)
        #expect(client.output == "b''\n", "\(client)")
        #expect(try await server.stop() == .status(0))
        #expect(server.program.complaints.contains(reason), "\(server.program.complaints)")
        let recording = try #require(folder.text("a.tape.jsonl"))
        #expect(recording.contains("\"close\":\"error\"") && recording.contains(reason), "\(recording)")
    }

    @Test("any cut of a first message that begins oddly is no other protocol")
    func oddBeginnings() async throws {
        let server = try await BuiltServer.start("serve", listen: ["0:json,greet=none", "0:raw/lines"], ["--quiet"])
        let client = try await PythonProgram.run(
            text: """
                for text in (b' \\t[1]\\n', b'"GET "\\n', b'1\\n', b'\\r\\n\\r\\n{"a":1}\\n'):
                    with connect() as connection:
                        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        for byte in text: connection.sendall(bytes([byte]))
                        connection.shutdown(socket.SHUT_WR)
                        assert rest(connection).endswith(text.lstrip(b'\\r\\n')), text
                print('all answered')
                """, port: server.port)
        #expect(client.output == "all answered\n", "\(client)")
        let raw = try await PythonProgram.run(
            text: "connection = connect()\nconnection.sendall(b'GET / HT')\nconnection.sendall(b'TP\\n')\n"
                + "print(exactly(connection, 11))", port: server.ports[1])
        #expect(raw.output == "b'GET / HTTP\\n'\n", "\(raw)")
        #expect(try await server.stop() == .status(0))
    }

    /// What the kernel says of a process: descriptors, threads, and the most memory that it had, in MiB.
    private static let look = """
        import os, time
        def look():
            process = '/proc/' + sys.argv[2]
            status = open(process + '/status').read()
            return (len(os.listdir(process + '/fd')), len(os.listdir(process + '/task')),
                    int(status.split('VmHWM:')[1].split()[0]) // 1024)

        """

    @Test("thousands of short connections leave no descriptor, thread or memory behind")
    func shortConnections() async throws {
        let server = try await BuiltServer.start("serve", listen: ["0:json"], ["--quiet"])
        let client = try PythonProgram.start(
            text: Self.look + """
                def visit(count):
                    for number in range(count):
                        with connect() as connection:
                            connection.makefile('rb').readline()
                            if number % 3 == 0: connection.sendall(b'{"half":')
                    # The last ones may be under way still.
                    with connect() as connection: connection.makefile('rb').readline()
                visit(500)
                before = look()
                visit(3000)
                while (after := look())[0] > before[0] + 8: time.sleep(0.01)
                print('threads', after[1] <= before[1], 'memory', after[2] - before[2] < 12)
                """, port: server.port, [String(server.program.processID)])
        #expect(try await client.exit() == .status(0), "\(client.complaints)")
        #expect(client.output == "threads True memory True\n")
        #expect(try await server.stop() == .status(0))
    }

    @Test("where descriptors run out clients wait, which is said once, though one leaves after the other")
    func noDescriptors() async throws {
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none"], ["--quiet"], shell: "ulimit -n 40")
        let client = try await PythonProgram.run(
            text: """
                def ask(connection):
                    connection.sendall(b'{"a":1}\\n')
                    assert exactly(connection, 8) == b'{"a":1}\\n'
                first = connect()
                ask(first)
                others = [connect() for _ in range(60)]
                for connection in others:
                    # It makes room for one that waits.
                    ask(first)
                    ask(connection)
                    connection.close()
                print('all served')
                """, port: server.port)
        #expect(client.output == "all served\n", "\(client)")
        #expect(try await server.stop() == .status(0))
        #expect(server.program.complaints.components(separatedBy: "clients have to wait").count == 2)
    }

    @Test("eight that never read cost no memory, others are served, and a second signal ends all that at once")
    func neverReading() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none"], ["--record", path, "--quiet", "--drain", "10m"])
        let client = try PythonProgram.start(
            text: Self.look + """
                before = look()
                stuck = [connect() for _ in range(8)]
                def flood(connection):
                    # As much as it takes until nothing goes any more.
                    connection.settimeout(1)
                    try:
                        while True: connection.sendall(b'{"x":"%s"}\\n' % (b'y' * 60_000))
                    except OSError: pass
                threads = [threading.Thread(target=flood, args=(connection,)) for connection in stuck]
                for thread in threads: thread.start()
                for thread in threads: thread.join()
                with connect() as connection:
                    connection.sendall(b'{"a":1}\\n')
                    print(exactly(connection, 8), 'memory', look()[2] - before[2] < 32, flush=True)
                time.sleep(600)
                """, port: server.port, [String(server.program.processID)])
        try await client.waitForText("memory")
        #expect(client.output == "b'{\"a\":1}\\n' memory True\n")
        server.program.signal(SIGTERM)
        try await server.program.wait(for: "refusal of new clients") {
            (try? ShortProgram.run(
                "python3", ["-c", "import socket; socket.create_connection(('127.0.0.1', \(server.port)))"]))?.status
                == 0
                ? nil : ()
        }
        #expect(try await server.stop() == .status(0), "\(server.program.complaints)")
        let check = try await BuiltBinary.run("check", path)
        #expect(check.exit == .status(0), "\(check)")
    }

    @Test("three that send faster than they are answered, and read, get every answer within the memory of all")
    func pipelining() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none"],
            ["--record", path, "--quiet", "--max-memory", "8MiB", "--max-write-buffer", "64KiB"])
        let client = try await PythonProgram.run(
            text: """
                sent = b'{"x":"%s"}\\n' % (b'y' * 2_000) * 4_000
                def send(connection):
                    try: connection.sendall(sent)
                    except OSError: pass
                found = []
                def talk():
                    with connect() as connection:
                        sender = threading.Thread(target=send, args=(connection,))
                        sender.start()
                        found.append(exactly(connection, len(sent)) == sent)
                        sender.join()
                threads = [threading.Thread(target=talk) for _ in range(3)]
                for thread in threads: thread.start()
                for thread in threads: thread.join()
                print(found)
                """, port: server.port)
        #expect(client.output == "[True, True, True]\n", "\(client)")
        #expect(try await server.stop() == .status(0), "\(server.program.complaints)")
    }

    @Test("pickles that explode, lie, collide or run code are answered or refused, and run nothing")
    func pickles() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start(
            "serve", listen: ["0:pickle,greet=none"], ["--record", path, "--quiet"])
        let client = try PythonProgram.start(
            text: Self.look + """
                def doubling(count):
                    steps = [b'(h%ch%clq%c' % (step, step, step + 1) for step in range(count)]
                    return b'\\x80\\x04X\\x01\\x00\\x00\\x00aq\\x00' + b''.join(steps) + b'.'
                prime = 2 ** 61 - 1
                answered = [
                    pickle.dumps({'k%d' % number: number for number in range(80_000)}),
                    pickle.dumps({number * prime: number for number in range(1, 8_000)}),
                    b'\\x80\\x04}(' + b'K\\x01K\\x02' * 100_000 + b'u.',
                    doubling(60), doubling(200), b']q\\x00h\\x00a.',
                    b"cos\\nsystem\\n(S'touch " + sys.argv[3].encode() + b"'\\ntR.",
                    b'\\x80\\x04K\\x01r\\xff\\xff\\xff\\xff.',
                ]
                refused = [
                    b'\\x80\\x04\\x8e' + struct.pack('<Q', 1 << 40) + b'lie',
                    b'\\x80\\x02\\x8b' + struct.pack('<i', 0x7fffffff) + b'lie',
                    b'I' + b'9' * 200_000 + b'\\n.', b']' * 100_000 + b'a' * 99_999 + b'.', b'(' * 1_000_000,
                ]
                def ask(text):
                    with connect() as connection:
                        # It answers while it is sent to.
                        threading.Thread(target=lambda: (connection.sendall(text), connection.shutdown(1))).start()
                        return rest(connection)
                print([ask(text) == text for text in answered], [ask(text) for text in refused])
                print('memory', look()[2] < 100)
                """, port: server.port, [String(server.program.processID), folder.path("ran")])
        #expect(try await client.exit() == .status(0), "\(client.complaints)")
        #expect(
            client.output == "[True, True, True, True, True, True, True, True] [b'', b'', b'', b'', b'']\nmemory True\n"
        )
        #expect(try await server.stop() == .status(0))
        #expect(folder.text("ran") == nil)
        let shown = try await BuiltBinary.run("show", path, "--color", "never")
        #expect(shown.exit == .status(0) && shown.output.utf8.count < 60_000, "\(shown.output.utf8.count)")
    }

    @Test("a file's name moves no cursor, whoever complains of it")
    func hostileName() async throws {
        let folder = try ScratchFolder()
        let name = "\u{1B}[2J\u{202E}.tape.jsonl"
        try folder.write("{\"tapedeck\":1,", to: "in/" + name)
        for arguments in [
            ["check", "in"], ["scrub", "in", "--redact", "defaults", "-o", "out"], ["show", "in/" + name],
            ["replay", "in", "--target", "127.0.0.1:1"], ["serve", "--listen", "0:json", "-o", "in/" + name],
        ] {
            let run = try await BuiltBinary.run(arguments, in: folder.path)
            #expect(run.exit != .status(0), "\(run)")
            let printed = run.output + run.complaints
            #expect(printed.contains("\\u001b[2J\\u202e.tape.jsonl"), "\(arguments) \(printed)")
            #expect(
                !printed.unicodeScalars.contains("\u{1B}") && !printed.unicodeScalars.contains("\u{202E}"),
                "\(arguments)")
        }
    }
}
