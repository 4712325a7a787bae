import Foundation
import TestSupport
import Testing

@Suite("serve, from outside")
struct ServingTests {
    @Test("greets the lab's client with its port and answers every pickle protocol")
    func lab() async throws {
        let server = try await BuiltServer.start("serve", listen: ["0:pickle"], ["--reply", "ack"])
        let client = try await PythonProgram.run("Examples/lab_client.py", port: server.port)
        #expect(client.exit == .status(0), "\(client)")
        #expect(client.output.contains("my id is "))
        #expect(client.output.components(separatedBy: "{'message': 'server got the data'}").count == 7)
        #expect(try await server.stop() == .status(0))
        #expect(server.program.output.contains("{\"message\":\"hello\"}"))
    }

    @Test("greets with the client's own port")
    func greeting() async throws {
        let server = try await BuiltServer.start("serve", listen: ["0:pickle", "0:json"])
        let pickle = try await PythonProgram.run(
            text: """
                connection = connect()
                greeting = pickle.load(connection.makefile('rb'))
                print(greeting == {'clientid': connection.getsockname()[1]})
                """, port: server.ports[0])
        #expect(pickle.output == "True\n", "\(pickle)")
        let json = try await PythonProgram.run(
            text: """
                connection = connect()
                greeting = json.loads(connection.makefile('rb').readline())
                print(greeting == {'clientid': connection.getsockname()[1]})
                """, port: server.ports[1])
        #expect(json.output == "True\n", "\(json)")
    }

    @Test("speaks three codecs on three ports with thirty clients at once, none of which gets another's answer")
    func threeCodecs() async throws {
        let folder = try ScratchFolder()
        let server = try await BuiltServer.start(
            "serve", listen: ["0:pickle", "0:json", "0:raw"], ["--record", folder.path("all.tape.jsonl"), "--quiet"])
        let clients = """
            ports = [int(port) for port in sys.argv[2:]]
            failures = []
            def client(kind, number):
                try:
                    connection = socket.create_connection(('127.0.0.1', ports[kind]))
                    connection.settimeout(60)
                    stream = connection.makefile('rwb')
                    def send(value):
                        if kind == 0: pickle.dump(value, stream, protocol=number % 6)
                        elif kind == 1: stream.write(json.dumps(value).encode() + b'\\n')
                        else:
                            payload = json.dumps(value).encode()
                            stream.write(struct.pack('>I', len(payload)) + payload)
                        stream.flush()
                    def receive():
                        if kind == 0: return pickle.load(stream)
                        if kind == 1: return json.loads(stream.readline())
                        return json.loads(stream.read(struct.unpack('>I', stream.read(4))[0]))
                    if kind < 2 and receive() != {'clientid': connection.getsockname()[1]}:
                        failures.append('greeting')
                    for count in range(50):
                        value = {'client': number, 'count': count, 'text': 'x' * (count * 7)}
                        send(value)
                        if receive() != value: failures.append((kind, number, count))
                    connection.close()
                except Exception as error:
                    failures.append(repr(error))
            threads = [threading.Thread(target=client, args=(number % 3, number)) for number in range(30)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            print(failures)
            """
        let run = try RunningProgram(
            "python3",
            ["-c", "import json, pickle, socket, struct, sys, threading\n" + clients, "0"]
                + server.ports.map(String.init))
        #expect(try await run.exit() == .status(0), "\(run.complaints)")
        #expect(run.output == "[]\n")
        #expect(try await server.stop() == .status(0))
        // 20 greetings, 30 × 50 messages and their echoes.
        let recording = try #require(folder.text("all.tape.jsonl"))
        #expect(recording.hasSuffix("\"end\":{\"sessions\":30,\"messages\":3020}}\n"), "\(recording.suffix(200))")
    }

    @Test("ends with status 0 and an end line on a signal", arguments: [SIGTERM, SIGINT])
    func signals(number: Int32) async throws {
        let folder = try ScratchFolder()
        let server = try await BuiltServer.start("serve", listen: ["0:json"], ["-o", folder.path("a.tape.jsonl")])
        // This client stays connected: it must not keep the server from ending.
        let client = try PythonProgram.start(
            text: """
                connection = connect()
                stream = connection.makefile('rwb')
                stream.readline()
                stream.write(b'{"n":1}\\n'); stream.flush()
                stream.readline()
                print('answered')
                print(rest(connection) == b'')
                """, port: server.port)
        try await client.waitForText("answered")
        #expect(try await server.stop(number) == .status(0))
        #expect(try await client.exit() == .status(0))
        #expect(client.output == "answered\nTrue\n")
        let recording = try #require(folder.text("a.tape.jsonl"))
        #expect(recording.hasSuffix("\"end\":{\"sessions\":1,\"messages\":3}}\n"), "\(recording)")
    }

    @Test("makes a recording that only its owner reads, whatever the umask")
    func permissions() async throws {
        let folder = try ScratchFolder()
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json"], ["--record", folder.path("a.tape.jsonl")], shell: "umask 0")
        #expect(try await server.stop() == .status(0))
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path("a.tape.jsonl"))
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    }

    @Test("never overwrites a file")
    func existingFile() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write("precious\n", to: "a.tape.jsonl")
        let run = try await BuiltBinary.run("serve", "--listen", "0:json", "--record", path)
        #expect(run.exit == .status(2))
        #expect(run.complaints.contains(path))
        #expect(folder.text("a.tape.jsonl") == "precious\n")
    }

    @Test("killed during traffic, it has recorded all that was answered, and the recording shows and replays")
    func killed() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start("serve", listen: ["0:json,greet=none"], ["--record", path, "--quiet"])
        let client = try PythonProgram.start(
            text: """
                stream = connect().makefile('rwb')
                count = 0
                try:
                    while True:
                        stream.write(b'{"n":%d}\\n' % count); stream.flush()
                        if not stream.readline().endswith(b'\\n'): break
                        print(count)
                        count += 1
                except OSError:
                    pass
                """, port: server.port)
        try await client.waitForText("\n200\n")
        #expect(try await server.stop(SIGKILL) == .signal(SIGKILL))
        #expect(try await client.exit() == .status(0))
        let answered = client.output.split(separator: "\n").count
        let recording = try #require(folder.text("a.tape.jsonl"))
        #expect(!recording.contains("\"end\":"))
        #expect(recording.contains("\"from\":\"client\",\"value\":{\"n\":\(answered - 1)}"))

        let shown = try await BuiltBinary.run("show", path, "--color", "never")
        #expect(shown.exit == .status(0), "\(shown.complaints)")
        #expect(shown.output.contains("→ {\"n\":\(answered - 1)}"))
        let second = try await BuiltServer.start("serve", listen: ["0:json,greet=none"], ["--quiet"])
        let replay = try await BuiltBinary.run("replay", path, "--target", "127.0.0.1:\(second.port)")
        #expect(replay.exit == .status(0), "\(replay)")
    }
}
