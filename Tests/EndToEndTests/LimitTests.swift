import Foundation
import TestSupport
import Testing

@Suite("The limits of a server, from outside")
struct LimitTests {
    struct Bound: Sendable, CustomTestStringConvertible {
        var option: String
        var codec: String
        /// Python for what is below, at and above the limit.
        var below: String
        var at: String
        var above: String

        var testDescription: String { option }
    }

    @Test(
        "of a message let pass what is below and at them, and close what is above, with the reason in log and recording",
        arguments: [
            Bound(
                option: "--max-frame=100", codec: "raw", below: "frame(b'x' * 95)", at: "frame(b'x' * 96)",
                above: "frame(b'x' * 97)"),
            Bound(
                option: "--max-frame=10", codec: "json", below: "b'\"1234\"\\n'", at: "b'\"123456\"\\n'",
                above: "b'\"12345678\"\\n'"),
            Bound(
                option: "--max-depth=3", codec: "json", below: "b'[[1]]\\n'", at: "b'[[[1]]]\\n'",
                above: "b'[[[[1]]]]\\n'"),
            Bound(
                option: "--max-depth=3", codec: "pickle", below: "pickle.dumps([[1]])", at: "pickle.dumps([[[1]]])",
                above: "pickle.dumps([[[[1]]]])"),
            Bound(
                option: "--max-elements=4", codec: "json", below: "b'[1,2]\\n'", at: "b'[1,2,3]\\n'",
                above: "b'[1,2,3,4]\\n'"),
        ])
    func ofMessages(_ bound: Bound) async throws {
        let folder = try ScratchFolder()
        let server = try await BuiltServer.start(
            "serve", listen: ["0:\(bound.codec),greet=none"],
            ["--record", folder.path("a.tape.jsonl"), "--quiet", bound.option])
        let client = try await PythonProgram.run(
            text: """
                def frame(payload): return struct.pack('>I', len(payload)) + payload
                for message in \(bound.below), \(bound.at), \(bound.above):
                    connection = connect()
                    connection.sendall(message)
                    print(exactly(connection, len(message)) == message)
                    connection.close()
                """, port: server.port)
        #expect(client.output == "True\nTrue\nFalse\n", "\(client) \(server.program.complaints)")
        #expect(try await server.stop() == .status(0))
        let recording = try #require(folder.text("a.tape.jsonl"))
        #expect(recording.components(separatedBy: #""close":"limit","by":"server","reason":"byte"#).count == 2)
        #expect(recording.components(separatedBy: #""close":"clean""#).count == 3, "\(recording)")
        #expect(server.program.complaints.contains("tapedeck: #3 127.0.0.1:"), "\(server.program.complaints)")
    }

    @Test("of the readable text keeps the bytes of a message that is over it, and goes on")
    func ofText() async throws {
        let folder = try ScratchFolder()
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none"],
            ["--record", folder.path("a.tape.jsonl"), "--quiet", "--max-expanded", "8"])
        let client = try await PythonProgram.run(
            text: """
                connection = connect()
                for message in b'"123456"\\n', b'"1234567"\\n':
                    connection.sendall(message)
                    print(exactly(connection, len(message)) == message)
                """, port: server.port)
        #expect(client.output == "True\nTrue\n", "\(client)")
        #expect(try await server.stop() == .status(0))
        let recording = try #require(folder.text("a.tape.jsonl"))
        #expect(recording.contains(#""from":"client","value":"123456"}"#), "\(recording)")
        #expect(recording.contains(#""from":"client","base64":"IjEyMzQ1Njci""#), "\(recording)")
    }

    @Test("end a message that drips or stands still; who sends whole messages slowly is not cut")
    func lateMessages() async throws {
        let folder = try ScratchFolder()
        let server = try await BuiltServer.start(
            "serve", listen: ["0:raw"], ["--record", folder.path("a.tape.jsonl"), "--frame-timeout", "3s", "--quiet"])
        let client = try await PythonProgram.run(
            text: """
                import select
                message = struct.pack('>I', 100) + b'x' * 100
                good, silent, dripping = connect(), connect(), connect()
                silent.sendall(message[:50])
                sent, open = 0, {silent: 'silent', dripping: 'dripping'}
                while open:
                    # In two pieces, one message after the other, for longer than a message may take.
                    good.sendall(message[:60])
                    good.sendall(message[60:])
                    assert exactly(good, len(message)) == message
                    if dripping in open and sent < 100:
                        dripping.sendall(message[sent:sent + 1])
                        sent += 1
                    for connection in select.select(list(open), [], [], 0.05)[0]:
                        assert connection.recv(1) == b''
                        del open[connection]
                good.sendall(message)
                assert exactly(good, len(message)) == message
                print('cut', sent < 100)
                """, port: server.port)
        #expect(client.output == "cut True\n", "\(client)")
        #expect(try await server.stop() == .status(0))
        let recording = try #require(folder.text("a.tape.jsonl"))
        let cut = #""close":"timeout","by":"server","reason":"a message has not ended 3 seconds after its first byte"#
        #expect(recording.components(separatedBy: cut).count == 3, "\(recording.suffix(2_000))")
        #expect(recording.components(separatedBy: #""partial":true"#).count == 3)
        #expect(server.program.complaints.contains("(--frame-timeout); 50 bytes of it arrived"))
    }

    @Test("end silence, and who never reads; who speaks now and then stays")
    func idleClients() async throws {
        let folder = try ScratchFolder()
        let server = try await BuiltServer.start(
            "serve", listen: ["0:raw"],
            [
                "--record", folder.path("a.tape.jsonl"), "--durability", "none", "--idle-timeout", "3s", "--quiet",
                "--max-write-buffer", "64KiB",
            ])
        let client = try await PythonProgram.run(
            text: """
                import select
                message = struct.pack('>I', 60000) + b'x' * 60000
                small = struct.pack('>I', 1) + b'a'
                silent, good = connect(), connect()
                greedy = socket.socket()
                greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
                greedy.connect(('127.0.0.1', PORT))
                greedy.setblocking(False)
                open, sent = {silent, greedy}, 0
                while open:
                    good.sendall(small)
                    assert exactly(good, 5) == small
                    readable, writable, _ = select.select(open & {silent}, open & {greedy}, [], 0.05)
                    if silent in readable:
                        assert silent.recv(1) == b''
                        open.remove(silent)
                    if greedy in writable:
                        try: sent += greedy.send(message)
                        except OSError: open.remove(greedy)
                good.sendall(small)
                assert exactly(good, 5) == small
                print('bounded', sent < 64 << 20)
                """, port: server.port)
        #expect(client.output == "bounded True\n", "\(client)")
        #expect(try await server.stop() == .status(0))
        let recording = try #require(folder.text("a.tape.jsonl"))
        let ended = recording.split(separator: "\n").filter { $0.contains(#""close":"timeout","by":"server""#) }
        #expect(ended.count == 2, "\(ended) \(server.program.complaints)")
        #expect(ended.contains { $0.contains(#"nothing passed for 3 seconds (--idle-timeout)""#) })
        #expect(ended.contains { $0.contains("bytes wait that the client does not take") })
    }

    @Test("of places close one client too many at once; a place comes back when a client goes")
    func places() async throws {
        let folder = try ScratchFolder()
        let server = try await BuiltServer.start(
            "serve", listen: ["0:raw", "0:raw"],
            ["--record", folder.path("a.tape.jsonl"), "--max-connections", "3", "--quiet"])
        let client = try PythonProgram.start(
            text: """
                message = struct.pack('>I', 1) + b'a'
                def connect_to(port): return socket.create_connection(('127.0.0.1', int(port)), timeout=60)
                def served(connection):
                    try:
                        connection.sendall(message)
                        return exactly(connection, 5) == message
                    except OSError: return False
                first, second = sys.argv[1:3]
                clients = [connect_to(first), connect_to(second), connect_to(first)]
                print([served(client) for client in clients])
                print([served(connect_to(port)) for port in (first, second)])
                clients[1].close()
                while not served(connect_to(second)): pass
                print('a place came back')
                """, port: server.ports[0], [String(server.ports[1])])
        #expect(try await client.exit() == .status(0), "\(client.complaints)")
        #expect(client.output == "[True, True, True]\n[False, False]\na place came back\n")
        #expect(try await server.stop() == .status(0))
        let recording = try #require(folder.text("a.tape.jsonl"))
        let reason = "3 clients are connected, which is the limit (--max-connections)"
        #expect(recording.contains(#""close":"limit","by":"server","reason":"\#(reason)""#), "\(recording)")
        #expect(server.program.complaints.contains("tapedeck: \(reason): 127.0.0.1:"))
        let checked = try await BuiltBinary.run("check", folder.path("a.tape.jsonl"))
        #expect(checked.exit == .status(0), "\(checked)")
    }

    @Test("of memory close those that hold the most, and nobody else")
    func memory() async throws {
        let folder = try ScratchFolder()
        let server = try await BuiltServer.start(
            "serve", listen: ["0:raw"],
            ["--record", folder.path("a.tape.jsonl"), "--max-memory", "8MiB", "--quiet"])
        let client = try await PythonProgram.run(
            text: """
                small = struct.pack('>I', 1000) + b'a' * 1000
                large = struct.pack('>I', 50_000_000) + b'b' * 900_000
                bystander = connect()
                bystander.sendall(small[:500])
                def held(count):
                    clients = [connect() for _ in range(count)]
                    for client in clients:
                        client.sendall(large)
                        client.setblocking(False)
                    # An answer on a later connection of each event loop says that theirs was read.
                    for _ in range(8):
                        fresh = connect()
                        fresh.sendall(small)
                        assert exactly(fresh, len(small)) == small
                        fresh.close()
                    return clients
                few = held(4)
                def is_open(client):
                    try: return client.recv(1) != b''
                    except BlockingIOError: return True
                    except OSError: return False
                print('below', [is_open(client) for client in few])
                many = held(16)
                while sum(is_open(client) for client in few + many) > 8: pass
                bystander.sendall(small[500:])
                print('above', exactly(bystander, len(small)) == small)
                """, port: server.port)
        #expect(client.output == "below [True, True, True, True]\nabove True\n", "\(client)")
        #expect(try await server.stop() == .status(0))
        let recording = try #require(folder.text("a.tape.jsonl"))
        let reason = "all connections together hold more than 8388608 bytes (--max-memory)"
        #expect(recording.contains(#""close":"limit","by":"server","reason":"\#(reason)"#))
        #expect(server.program.complaints.contains(reason))
    }

    @Test("of memory keep a relay from reading along, not from passing bytes on")
    func relayMemory() async throws {
        let folder = try ScratchFolder()
        let upstream = try await BuiltServer.start("serve", listen: ["0:raw/chunks"], ["--quiet"])
        let relay = try await BuiltServer.start(
            "record", listen: ["0:raw,to=127.0.0.1:\(upstream.port)"],
            ["--record", folder.path("a.tape.jsonl"), "--max-memory", "1MiB", "--quiet"])
        let client = try await PythonProgram.run(
            text: """
                connection = connect()
                sent = struct.pack('>I', 8_000_000) + b'b' * 4_000_000
                threading.Thread(target=connection.sendall, args=(sent,)).start()
                print(exactly(connection, len(sent)) == sent)
                """, port: relay.port)
        #expect(client.output == "True\n", "\(client) \(relay.program.complaints)")
        #expect(try await relay.stop() == .status(0))
        #expect(try await upstream.stop() == .status(0))
        let recording = try #require(folder.text("a.tape.jsonl"))
        #expect(recording.contains(#""error":"belongs to a message that is not read: all connections together"#))
    }

    @Test("of memory count answers that a delay holds back, and what a relay's clients do not take")
    func waitingMemory() async throws {
        let upstream = try await BuiltServer.start("serve", listen: ["0:raw/chunks"], ["--quiet"])
        let server = try await BuiltServer.start(
            "serve", listen: ["0:raw,delay=1000s", "0:raw/chunks,to=127.0.0.1:\(upstream.port)"],
            ["--max-memory", "1MiB", "--max-write-buffer", "512KiB", "--quiet", "--drain", "100ms"])
        let client = try PythonProgram.start(
            text: """
                message = struct.pack('>I', 50_000) + b'x' * 50_000
                def closed(port):
                    clients = []
                    for _ in range(20):
                        client = socket.socket()
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
                        client.connect(('127.0.0.1', int(port)))
                        client.setblocking(False)
                        clients.append(client)
                    while True:
                        for client in clients:
                            try: client.send(message)
                            except BlockingIOError: pass
                            except OSError: return True
                print(closed(sys.argv[1]), closed(sys.argv[2]))
                """, port: server.ports[0], [String(server.ports[1])])
        #expect(try await client.exit() == .status(0), "\(client.complaints)")
        #expect(client.output == "True True\n")
        try await server.program.waitForText("bytes wait for the client")
        #expect(try await server.stop() == .status(0))
        #expect(try await upstream.stop() == .status(0))
    }

    @Test("say what of the answers was not sent where memory is given up")
    func unsentAnswers() async throws {
        let folder = try ScratchFolder()
        let server = try await BuiltServer.start(
            "serve", listen: ["0:raw"],
            [
                "--record", folder.path("a.tape.jsonl"), "--max-memory", "16MiB", "--max-write-buffer", "32MiB",
                "--quiet",
            ])
        let client = try await PythonProgram.run(
            text: """
                message = struct.pack('>I', 50_000) + b'x' * 50_000
                client = socket.socket()
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
                client.connect(('127.0.0.1', PORT))
                try:
                    while True: client.sendall(message)
                except OSError: print('closed')
                """, port: server.port)
        #expect(client.output == "closed\n", "\(client)")
        #expect(try await server.stop() == .status(0))
        let recording = try #require(folder.text("a.tape.jsonl")).split(separator: "\n")
        let close = try #require(recording.first { $0.contains("\"close\":\"limit\"") })
        // The kernel holds some MiB of them, and the server the rest.
        #expect(close.contains("bytes for the client were not sent"), "\(close)")
    }

    @Test(
        "of descriptors leave some that clients cannot take: for recordings, a child, what is read again",
        arguments: [["--record", "{folder}/tapes/"], ["--record", "{folder}/a.tape.jsonl", "--rotate", "20kB"]])
    func descriptors(recording: [String]) async throws {
        let folder = try ScratchFolder()
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none", "0:json,greet=none,reply=exec:exec cat >/dev/null"],
            recording.map { $0.replacing("{folder}", with: folder.path) } + ["--metrics", "0", "--quiet"],
            shell: "ulimit -n 64")
        let client = try PythonProgram.start(
            text: """
                import select
                others = [socket.create_connection(('127.0.0.1', int(sys.argv[2])), timeout=60) for _ in range(50)]
                clients = [connect() for _ in range(50)]
                # Somebody is served, although more would like to be than there is room for.
                for client in clients: client.sendall(b'"' + b'x' * 2_000 + b'"\\n')
                served = next(client for client in clients if select.select([client], [], [], 1)[0])
                for count in range(50):
                    served.sendall(b'"' + b'y' * 2_000 + b'"\\n')
                    while b'\\n' not in served.recv(10_000): pass
                for client in others + clients: client.close()
                fresh = connect()
                fresh.sendall(b'1\\n')
                print(exactly(fresh, 2))
                """, port: server.ports[0], [String(server.ports[1])])
        #expect(try await client.exit() == .status(0), "\(client.complaints)")
        #expect(client.output == "b'1\\n'\n")
        #expect(try await server.stop() == .status(0), "\(server.program.complaints)")
        #expect(server.program.complaints.contains("clients have to wait: no file descriptors are left"))
    }

    @Test("leave a relay alone that says nothing, unless its idle time is limited")
    func idleRelay() async throws {
        let folder = try ScratchFolder()
        let upstream = try await BuiltServer.start("serve", listen: ["0:raw"], ["--quiet"])
        let relay = try await BuiltServer.start(
            "record", listen: ["0:raw,to=127.0.0.1:\(upstream.port)"],
            ["--record", folder.path("a.tape.jsonl"), "--idle-timeout", "1s", "--frame-timeout", "1s", "--quiet"])
        let client = try await PythonProgram.run(
            text: """
                connection = connect()
                connection.sendall(struct.pack('>I', 8) + b'half')
                try: print(connection.recv(1))
                except ConnectionResetError: print(b'')
                """, port: relay.port)
        #expect(client.output == "b''\n", "\(client)")
        #expect(try await relay.stop() == .status(0))
        #expect(try await upstream.stop() == .status(0))
        let recording = try #require(folder.text("a.tape.jsonl"))
        #expect(recording.contains(#""close":"timeout","by":"server","reason":"nothing passed for 1 second"#))
    }

    @Test("let a fresh client be served beside a thousand half messages")
    func slowloris() async throws {
        let server = try await BuiltServer.start("serve", listen: ["0:raw"], ["--quiet"])
        let client = try await PythonProgram.run(
            text: """
                import resource
                soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
                resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
                message = struct.pack('>I', 100) + b'x' * 100
                halves = []
                for _ in range(min(1000, hard - 50)):
                    halves.append(connect())
                    halves[-1].sendall(message[:50])
                fresh = connect()
                fresh.sendall(message)
                print(exactly(fresh, len(message)) == message)
                """, port: server.port)
        #expect(client.output == "True\n", "\(client)")
        #expect(try await server.stop() == .status(0))
    }

    @Test(
        "tell what a client of another protocol speaks",
        arguments: [
            ("b'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'", "this looks like an HTTP request, not "),
            ("b'\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xfc\\x03\\x03' + b'r' * 506", "this looks like TLS, not "),
            ("b'SSH-2.0-OpenSSH_9.2\\r\\n'", "this looks like SSH, not "),
        ])
    func otherProtocols(sent: String, reason: String) async throws {
        let folder = try ScratchFolder()
        let server = try await BuiltServer.start(
            "serve", listen: ["0:pickle", "0:json", "0:raw"],
            ["--greet", "none", "--record", folder.path("a.tape.jsonl"), "--quiet"])
        for port in server.ports {
            let client = try await PythonProgram.run(
                text: """
                    connection = connect()
                    connection.sendall(\(sent))
                    try: print(connection.recv(1))
                    except ConnectionResetError: print(b'')
                    """, port: port)
            #expect(client.output == "b''\n", "\(client)")
        }
        #expect(try await server.stop() == .status(0))
        let closings = try #require(folder.text("a.tape.jsonl")).split(separator: "\n")
            .filter { $0.contains("\"close\":") && $0.contains("\(reason)") }
        #expect(closings.count == 3, "\(server.program.complaints)")
    }
}
