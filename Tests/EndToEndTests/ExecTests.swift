import Foundation
import TestSupport
import Testing

@Suite("serve with a child that answers, from outside")
struct ExecTests {
    /// A server whose port is answered by `command`.
    private static func start(
        _ codec: String, _ command: String, greet: String = "none", _ arguments: [String] = ["--quiet"]
    ) async throws -> BuiltServer {
        try await BuiltServer.start(
            "serve", listen: ["0:\(codec)"], ["--reply", "exec:\(command)", "--greet", greet] + arguments)
    }

    private static func example(_ name: String) -> String { "\(PythonProgram.root)/Examples/exec/\(name)" }

    @Test("a chat in sixty lines of Python serves many pickle clients at once: names, a room, private messages")
    func chat() async throws {
        let folder = try ScratchFolder()
        let server = try await Self.start(
            "pickle", "exec python3 \(Self.example("chat.py"))", greet: "clientid",
            ["--quiet", "--record", folder.path("chat.tape.jsonl")])
        let clients = try await PythonProgram.run(
            text: """
                class Person:
                    def __init__(self, name):
                        self.name, self.connection = name, connect()
                        self.stream = self.connection.makefile('rwb')
                        assert pickle.load(self.stream) == {'clientid': self.connection.getsockname()[1]}
                    def say(self, **message):
                        pickle.dump(message, self.stream); self.stream.flush()
                    def hear(self): return pickle.load(self.stream)
                people = [Person(f'P{number}') for number in range(8)]
                for number, person in enumerate(people):
                    person.say(do='join', name=person.name)
                    assert person.hear() == {'welcome': person.name, 'users': [f'P{n}' for n in range(number + 1)]}
                    for other in people[:number]: assert other.hear() == {'event': 'joined', 'name': person.name}
                stranger = Person('P3')
                stranger.say(do='users')
                assert stranger.hear() == {'error': 'join first'}
                stranger.say(do='join', name='P3')
                assert stranger.hear() == {'error': "this name cannot be had: 'P3'"}
                # All talk at the same time; each hears each other once, in the order that they spoke.
                heard = {}
                def talk(person):
                    for count in range(20): person.say(do='say', text=(person.name, count))
                    heard[person.name] = [person.hear() for _ in range(20 * 8)]
                threads = [threading.Thread(target=talk, args=(person,)) for person in people]
                for thread in threads: thread.start()
                for thread in threads: thread.join()
                for person in people:
                    messages = heard[person.name]
                    assert messages.count({'delivered': 7}) == 20, messages
                    for other in people:
                        texts = [m['text'] for m in messages if m.get('sender') == other.name]
                        assert texts == ([] if other is person else [(other.name, c) for c in range(20)]), texts
                people[1].say(do='tell', to='P2', text={'set': {1, 2}})
                assert people[2].hear() == {'sender': 'P1', 'private': True, 'text': {'set': {1, 2}}}
                assert people[1].hear() == {'delivered': 1}
                people[0].say(do='leave')
                assert people[0].hear() == {'bye': True}
                assert people[0].stream.read() == b''
                people[7].connection.shutdown(socket.SHUT_RDWR)
                for person in people[1:7]:
                    assert sorted(person.hear()['name'] for _ in range(2)) == ['P0', 'P7']
                print('all is well')
                """, port: server.port)
        #expect(clients.output == "all is well\n", "\(clients)")
        #expect(try await server.stop() == .status(0))
        #expect(!server.program.complaints.contains("of its output has"), "\(server.program.complaints)")
        let check = try await BuiltBinary.run("check", folder.path("chat.tape.jsonl"))
        #expect(check.exit == .status(0), "\(check)")
    }

    /// Settings that a child is to answer under as it does without them.
    enum Mode: String, Sendable, CaseIterable {
        case tls
        case disk
        case redact
        case faults
    }

    @Test(
        "answers reach many clients, and the recording says so, under every setting and all together",
        .enabled(if: TestCertificates.canBeMade, "openssl is not installed"),
        arguments: Mode.allCases.map { [$0] } + [Mode.allCases])
    func modes(modes: [Mode]) async throws {
        let folder = try ScratchFolder()
        let certificates = try await TestCertificates.folder()
        var listen = "json,greet=none"
        var options = ["--record", folder.path("a.tape.jsonl")]
        for mode in modes {
            switch mode {
            case .tls: listen += ",tls=" + certificates.path("both.pem")
            case .disk: options += ["--durability", "disk"]
            case .redact: options += ["--redact", "key=token"]
            case .faults: listen += ",delay=1ms,fault=drop@$.n=7"
            }
        }
        let command = "exec python3 \(Self.example("echo.py"))"
        let server = try await BuiltServer.start(
            "serve", listen: ["0:" + listen], ["--reply", "exec:\(command)"] + options)
        let client = try PythonProgram.start(
            text: """
                import ssl
                AUTHORITIES, DROPS = sys.argv[2], sys.argv[3] == 'true'
                def client(name):
                    connection = connect()
                    if AUTHORITIES:
                        connection = ssl.create_default_context(cafile=AUTHORITIES).wrap_socket(
                            connection, server_hostname='127.0.0.1')
                    messages = [{'c': name, 'n': n, 'token': 'hush-%d-%d' % (name, n)} for n in range(40)]
                    for message in messages: connection.sendall(json.dumps(message).encode() + b'\\n')
                    stream = connection.makefile('rb')
                    expected = [message for message in messages if not (DROPS and message['n'] == 7)]
                    if [json.loads(stream.readline()) for _ in expected] == expected: answered.append(name)
                answered = []
                threads = [threading.Thread(target=client, args=(name,)) for name in range(6)]
                for thread in threads: thread.start()
                for thread in threads: thread.join()
                print(sorted(answered))
                """, port: server.port,
            [modes.contains(.tls) ? certificates.path("ca.pem") : "", "\(modes.contains(.faults))"])
        #expect(try await client.exit() == .status(0), "\(client.complaints)")
        #expect(client.output == "[0, 1, 2, 3, 4, 5]\n")
        #expect(try await server.stop() == .status(0), "\(server.program.complaints)")
        let recording = try #require(folder.text("a.tape.jsonl"))
        let answers = 6 * (modes.contains(.faults) ? 39 : 40)
        #expect(recording.contains("\"end\":{\"sessions\":6,\"messages\":\(6 * 40 + answers)}"))
        let check = try await BuiltBinary.run("check", folder.path("a.tape.jsonl"))
        #expect(check.exit == .status(0), "\(check)")
        let all = recording + server.program.output + server.program.complaints
        #expect(all.contains("hush-") == !modes.contains(.redact))
    }

    @Test("a shell script answers raw lines")
    func shell() async throws {
        let server = try await Self.start("raw/lines", "exec sh \(Self.example("upper.sh"))")
        let client = try await PythonProgram.run(
            text: """
                connection = connect()
                connection.sendall(b'hello\\nsecond "line"\\n')
                connection.shutdown(socket.SHUT_WR)
                print(rest(connection))
                """, port: server.port)
        #expect(client.output == "b'HELLO\\nSECOND \"LINE\"\\n'\n", "\(client)")
        #expect(try await server.stop() == .status(0))
    }

    private static let hasNode =
        FileManager.default.isExecutableFile(atPath: "/usr/bin/node")
        || FileManager.default.isExecutableFile(atPath: "/usr/local/bin/node")

    @Test("a program for Node answers JSON", .enabled(if: hasNode, "node is not installed"))
    func node() async throws {
        let server = try await Self.start("json", "exec node \(Self.example("sum.js"))")
        let client = try await PythonProgram.run(
            text: """
                stream = connect().makefile('rwb')
                for number in (1, 2.5, 'x'):
                    stream.write(json.dumps(number).encode() + b'\\n'); stream.flush()
                    print(json.loads(stream.readline()))
                """, port: server.port)
        #expect(client.output == "{'sum': 1}\n{'sum': 3.5}\n{'error': 'send numbers'}\n", "\(client)")
        #expect(try await server.stop() == .status(0))
    }

    @Test("values of every pickle protocol reach a child in recording notation and come back as they were")
    func notation() async throws {
        let server = try await Self.start("pickle", "exec python3 \(Self.example("echo.py"))")
        let client = try await PythonProgram.run(
            text: """
                stream = connect().makefile('rwb')
                values = [None, 2**70, -1.5, (1, 'two'), {3, 4}, b'\\x00\\xff', {'a': [1, {'b': ()}]}, {1: 'int key'},
                          'gr\\u00fc\\u00dfe', complex(1, 2), float('inf'), [[]] * 3, {'$tuple': [1]}]
                for protocol in range(2, 6):
                    for value in values:
                        pickle.dump(value, stream, protocol=protocol); stream.flush()
                        answer = pickle.load(stream)
                        assert answer == value and type(answer) is type(value), (protocol, value, answer)
                print('all is well')
                """, port: server.port)
        #expect(client.output == "all is well\n", "\(client)")
        #expect(try await server.stop() == .status(0))
    }

    @Test("a child that reads nothing stops its clients, in bounded memory, and is ended all the same")
    func readsNothing() async throws {
        let server = try await Self.start("raw/u32be", "exec sleep 1000", ["--quiet", "--drain", "2s"])
        let client = try await PythonProgram.run(
            text: """
                connections = [connect() for _ in range(4)]
                message = struct.pack('>I', 50000) + b'x' * 50000
                for connection in connections:
                    connection.settimeout(0.5)
                    sent = 0
                    try:
                        while sent < 400_000_000: sent += connection.send(message)
                    except TimeoutError: pass
                    print(sent < 100_000_000)
                """, port: server.port)
        #expect(client.output == "True\nTrue\nTrue\nTrue\n", "\(client)")
        #expect((1..<100 << 20).contains(server.program.peakMemory), "\(server.program.peakMemory)")
        #expect(try await server.stop() == .status(0))
    }

    @Test("messages of many clients at once are all answered, however much more they are than the child can take")
    func flood() async throws {
        let server = try await Self.start("raw/u32be", "exec python3 \(Self.example("echo.py"))")
        let clients = try await PythonProgram.run(
            text: """
                message = struct.pack('>I', 50_000) + b'x' * 50_000
                answered = []
                def talk():
                    connection = connect()
                    sender = threading.Thread(target=lambda: [connection.sendall(message) for _ in range(10)])
                    sender.start()
                    answered.append(all(exactly(connection, len(message)) == message for _ in range(10)))
                    sender.join()
                for _ in range(3):
                    threads = [threading.Thread(target=talk) for _ in range(24)]
                    for thread in threads: thread.start()
                    for thread in threads: thread.join()
                print(len(answered), all(answered))
                """, port: server.port)
        #expect(clients.output == "72 True\n", "\(clients)")
        #expect(try await server.stop() == .status(0))
    }

    @Test("clients that come and go while the child takes nothing are no business of the child's")
    func storm() async throws {
        let folder = try ScratchFolder()
        let script = try folder.write(
            """
            import json, os, sys, time
            while not os.path.exists(sys.argv[1]): time.sleep(0.01)
            opened = 0
            for line in sys.stdin:
                event = json.loads(line)
                opened += event['event'] == 'open'
                if event['event'] == 'message' and event['value'] == 'how many?':
                    print(json.dumps({'session': event['session'], 'value': opened}), flush=True)
            """, to: "child.py")
        let path = folder.path("a.tape.jsonl")
        // One event loop, which one client can fill.
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json"],
            ["--reply", "exec:exec python3 \(script) \(folder.path("go"))", "--quiet", "--record", path],
            shell: "taskset -cp $(taskset -cp $$ | grep -o '[0-9]*$') $$ >&2")
        let clients = try PythonProgram.start(
            text: """
                import time
                PATH, GO = sys.argv[2:4]
                def wait(text, count):
                    while open(PATH).read().count(text) < count: time.sleep(0.01)
                full = connect()
                message = json.dumps('x' * 50_000).encode() + b'\\n'
                threading.Thread(target=lambda: full.sendall(message * 40)).start()
                # A pipe takes 64 KiB of these, and 256 may wait for it.
                wait('"from":"client"', 7)
                for _ in range(300):
                    connection = connect()
                    connection.recv(100)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                    connection.close()
                wait('"close":"reset"', 300)
                asking = connect()
                stream = asking.makefile('rb')
                stream.readline()
                open(GO, 'w').close()
                asking.sendall(b'"how many?"\\n')
                print(json.loads(stream.readline()))
                full.close()
                """, port: server.port, [path, folder.path("go")])
        #expect(try await clients.exit() == .status(0), "\(clients.complaints)")
        #expect(clients.output == "2\n")
        #expect(try await server.stop() == .status(0))
    }

    @Test("a client that does not read is closed in the end, and the others are served meanwhile and after")
    func slowClient() async throws {
        let child = """
            import json, sys
            sessions = set()
            for line in sys.stdin:
                event = json.loads(line)
                if event['event'] == 'open': sessions.add(event['session'])
                elif event['event'] == 'close': sessions.discard(event['session'])
                else:
                    for session in sessions:
                        print(json.dumps({'session': session, 'value': event['value']}), flush=True)
            """
        let folder = try ScratchFolder()
        let script = try folder.write(child, to: "child.py")
        let server = try await Self.start(
            "json", "exec python3 \(script)", ["--quiet", "--record", folder.path("a.tape.jsonl")])
        let clients = try await PythonProgram.run(
            text: """
                slow = connect()
                stream = connect().makefile('rwb')
                message = json.dumps('x' * 100_000).encode() + b'\\n'
                for count in range(400):
                    stream.write(message); stream.flush()
                    assert stream.readline() == message
                print('all is well')
                """, port: server.port)
        #expect(clients.output == "all is well\n", "\(clients)")
        #expect((1..<150 << 20).contains(server.program.peakMemory), "\(server.program.peakMemory)")
        #expect(try await server.stop() == .status(0))
        let recording = folder.text("a.tape.jsonl") ?? ""
        #expect(recording.contains("\"close\":\"limit\",\"by\":\"server\",\"reason\":\"the client does not take"))
    }

    @Test("a child that dies is told of with its last words, its sessions are closed, and another one serves")
    func dies() async throws {
        let folder = try ScratchFolder()
        let server = try await Self.start(
            "json", "read first; read second; echo 'lost the database' >&2; kill -9 $$",
            ["--record", folder.path("a.tape.jsonl")])
        let client = try await PythonProgram.run(
            text: """
                for _ in range(2):
                    connection = connect()
                    connection.sendall(b'1\\n')
                    print(rest(connection))
                """, port: server.port)
        #expect(client.output == "b''\nb''\n", "\(client)")
        #expect(try await server.stop() == .status(0))
        let complaints = server.program.complaints
        #expect(complaints.contains("[\(server.port)] lost the database\n"), "\(complaints)")
        #expect(complaints.contains("was ended by SIGKILL after "))
        #expect(complaints.contains("; 1 session closed; its last words: lost the database\n"), "\(complaints)")
        let reason = "\"close\":\"error\",\"by\":\"server\",\"reason\":\"the child that answers was ended by SIGKILL\""
        #expect(folder.text("a.tape.jsonl")?.components(separatedBy: reason).count == 3)
    }

    @Test(
        "a child that does no good is told of, and the server goes on and ends in order",
        arguments: [
            ("exit 3", "exited with status 3 after "), ("no-such-program", "no-such-program: not found"),
            ("exec >&-; exec sleep 1000", "closed its output without ending after "),
            ("echo debug; exec cat >/dev/null", "line 1 of its output is no JSON (byte 0"),
            ("head -c 50000000 /dev/zero; exec sleep 1000 >&2", "line 1 of its output has 50000000 bytes"),
            ("yes | head -c 1000000; exec cat >/dev/null", " more lines of it, not shown"),
            ("printf '\\033[31mred\\n' >&2; exec cat >/dev/null", "] \\u001b[31mred\n"),
            ("echo '{\"session\":9,\"value\":1}'; exec cat >/dev/null", "1 line of its output for sessions that"),
            ("trap '' TERM; sleep 1000", "did not end by itself and was killed"),
        ])
    func doesNoGood(command: String, complaint: String) async throws {
        let server = try await Self.start("json", command, ["--drain", "2s"])
        if !complaint.contains("killed"), !complaint.contains("sessions that"), !complaint.contains("more lines") {
            try await server.program.waitForText(complaint)
        }
        let client = try await PythonProgram.run(text: "connect().sendall(b'1\\n')", port: server.port)
        #expect(client.exit == .status(0))
        #expect((1..<150 << 20).contains(server.program.peakMemory), "\(server.program.peakMemory)")
        #expect(try await server.stop() == .status(0))
        #expect(server.program.complaints.contains(complaint), "\(server.program.complaints)")
    }

    @Test("an answer that the codec cannot carry ends that session with the reason, and no other")
    func badAnswer() async throws {
        let folder = try ScratchFolder()
        let script = try folder.write(
            """
            import json, sys
            for line in sys.stdin:
                event = json.loads(line)
                if event['event'] != 'message': continue
                key = 'text' if event['value'] == 'bad' else 'value'
                print(json.dumps({'session': event['session'], key: event['value']}), flush=True)
            """, to: "child.py")
        let server = try await Self.start(
            "json", "exec python3 \(script)", ["--quiet", "--record", folder.path("a.tape.jsonl")])
        let client = try await PythonProgram.run(
            text: """
                good, bad = connect(), connect()
                bad.sendall(b'"bad"\\n')
                print(rest(bad))
                good.sendall(b'"good"\\n')
                print(good.recv(100))
                """, port: server.port)
        #expect(client.output == "b''\nb'\"good\"\\n'\n", "\(client)")
        #expect(try await server.stop() == .status(0))
        let recording = folder.text("a.tape.jsonl") ?? ""
        #expect(recording.contains("the child's answer cannot be sent: line 1 of its output holds a message that"))
    }

    @Test("a child that is silent too long loses the session, where a limit is set")
    func replyTimeout() async throws {
        let folder = try ScratchFolder()
        let server = try await Self.start(
            "json", "exec cat >/dev/null", ["--reply-timeout", "50ms", "--record", folder.path("a.tape.jsonl")])
        let client = try await PythonProgram.run(
            text: """
                connection = connect()
                connection.sendall(b'1\\n')
                print(rest(connection))
                """, port: server.port)
        #expect(client.output == "b''\n", "\(client)")
        #expect(try await server.stop() == .status(0))
        #expect(folder.text("a.tape.jsonl")?.contains("\"close\":\"timeout\",\"by\":\"server\"") == true)
        #expect(server.program.complaints.contains("the child did not answer within 0.05 seconds"))
    }

    @Test("what was sent before a signal is still answered, however long the child takes")
    func drain() async throws {
        let folder = try ScratchFolder()
        let script = try folder.write(
            """
            import json, sys, time
            for line in sys.stdin:
                event = json.loads(line)
                if event['event'] == 'message':
                    print('working', file=sys.stderr, flush=True)
                    time.sleep(0.5)
                    print(json.dumps({'session': event['session'], 'value': event['value']}), flush=True)
            """, to: "child.py")
        let server = try await Self.start("json", "exec python3 \(script)", ["--drain", "60s"])
        let client = try PythonProgram.start(
            text: """
                connection = connect()
                connection.sendall(b'1\\n2\\n')
                print(rest(connection))
                """, port: server.port)
        try await server.program.waitForText("working")
        #expect(try await server.stop() == .status(0))
        #expect(try await client.exit() == .status(0))
        #expect(client.output == "b'1\\n2\\n'\n")
    }

    @Test(
        "no child outlives a server that is killed",
        arguments: ["exec sleep 1000", "trap '' HUP TERM; sleep 1000 & wait"])
    func killed(command: String) async throws {
        let folder = try ScratchFolder()
        let server = try await Self.start("json", "echo $$ > \(folder.path("pid")); \(command)")
        let child = try await server.program.wait(for: "child") {
            folder.text("pid").flatMap { $0.hasSuffix("\n") ? Int32($0.dropLast()) : nil }
        }
        #expect(try await server.stop(SIGKILL) == .signal(SIGKILL))
        let deadline = ContinuousClock.now + RunningProgram.patience
        while kill(-child, 0) == 0, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
        #expect(kill(-child, 0) != 0)
    }

    @Test("a second signal ends a child that would not end")
    func secondSignal() async throws {
        let server = try await Self.start("json", "trap '' TERM; echo here >&2; sleep 1000", ["--drain", "1000s"])
        try await server.program.waitForText("here")
        // Two at once may be taken for one.
        let child = server.program
        let signals = Task {
            while !Task.isCancelled {
                child.signal(SIGTERM)
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        defer { signals.cancel() }
        #expect(try await child.exit() == .status(0))
    }

    @Test(
        "wrong settings are refused with what there is",
        arguments: [
            ("0:json,reply=what", "there are echo, ack, none, exec:COMMAND and recording:FILE"),
            ("0:json,reply=exec:", "lacks the command to start"),
            ("0:json,reply=recording:", "lacks the file to answer from"), ("0:json,unmatched=what", "keep and close"),
            ("0:json,unmatched=close", "unmatched= goes with reply=recording:FILE"),
            ("0:json,reply-timeout=soon", "is no time, such as 2s or 500ms"),
            ("0:json,reply-timeout=2s", "reply-timeout= goes with reply=exec:COMMAND"),
        ])
    func wrongSettings(listen: String, complaint: String) async throws {
        let run = try await BuiltBinary.run("serve", "--listen", listen)
        #expect(run.exit == .status(64))
        #expect(run.complaints.contains(complaint), "\(run.complaints)")
    }
}

extension RunningProgram {
    /// The most memory that it ever had, in bytes, as long as it runs.
    fileprivate var peakMemory: Int {
        let status = (try? String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
    }
}
