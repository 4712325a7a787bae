import Foundation
import TestSupport
import Testing

@Suite("learn, from outside")
struct LearnTests {
    /// A server that answers with times, tokens, counters and shuffled lists; `total` is what a change may break.
    private static let server = #"""
        import json, random, secrets, socket, sys, time, uuid
        served = random.randrange(10000, 20000)
        listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
        while True:
            connection, _ = listener.accept()
            stream = connection.makefile('rw')
            for line in stream:
                served += random.randrange(1, 50)
                users = [{'name': name, 'seen': time.time()} for name in ('ada', 'ben', 'cy', 'dee')]
                tags = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
                random.shuffle(users)
                random.shuffle(tags)
                answer = {
                    'epoch': int(time.time()), 'id': str(uuid.uuid4()), 'token': secrets.token_hex(8), 'users': users,
                    'tags': tags, 'text': time.strftime('at %H:%M:%S') + ', 3 of request ' + str(served),
                    'total': 41 if len(sys.argv) > 2 else 42}
                print(json.dumps(answer), file=stream, flush=True)
            connection.close()
        """#

    private func record(in folder: ScratchFolder) async throws {
        try folder.write(Self.server, to: "server.py")
        let relay = try await BuiltServer.start(
            "record", listen: ["0:json"],
            ["--start", "python3 \(folder.path("server.py")) {port}", "-o", folder.path("a.tape.jsonl"), "--quiet"])
        let client = try await PythonProgram.run(
            text: """
                stream = connect().makefile('rw')
                for number in range(3):
                    print(json.dumps({'number': number}), file=stream, flush=True)
                    stream.readline()
                """, port: relay.port)
        #expect(client.exit == .status(0), "\(client)")
        #expect(try await relay.stop() == .status(0))
    }

    @Test("writes rules with which a replay passes, and learns no regression")
    func learns() async throws {
        let folder = try ScratchFolder()
        try await record(in: folder)
        let start = "python3 server.py {port}"
        let learned = try await BuiltBinary.run(
            "learn", "a.tape.jsonl", "--start", start, "--write", "rules.yaml", in: folder.path)
        #expect(learned.exit == .status(0), "\(learned)")
        #expect(learned.output.contains("a replay with these rules passes"), "\(learned)")
        let rules = try #require(folder.text("rules.yaml"))
        for line in [
            "  # the order changes\n  - path: $.users\n    unordered: true", "  - path: $.tags\n    unordered: true",
            "  - path: $.epoch\n    type: true", "    regex: '^[0-9a-f]{16}$'",
            "  - path: '$.users[*].seen'\n    type: true",
            "  # clock time: ", "    mask: '(?<= of request )",
        ] {
            #expect(rules.contains(line), "\(line) in\n\(rules)")
        }
        #expect(!rules.contains("$.total"), "\(rules)")

        let passed = try await BuiltBinary.run(
            "replay", "a.tape.jsonl", "--start", start, "--rules", "rules.yaml", in: folder.path)
        #expect(passed.exit == .status(0), "\(passed)")
        #expect(!passed.output.contains("nothing:"), "\(passed)")
        let broken = try await BuiltBinary.run(
            "replay", "a.tape.jsonl", "--start", start + " broken", "--rules", "rules.yaml", in: folder.path)
        #expect(broken.exit == .status(1), "\(broken)")

        let again = try await BuiltBinary.run(
            "learn", "a.tape.jsonl", "--start", start, "--write", "rules.yaml", in: folder.path)
        #expect(again.exit == .status(2), "\(again)")
        #expect(again.complaints.contains("--force"), "\(again)")
        let regression = try await BuiltBinary.run(
            "learn", "a.tape.jsonl", "--start", start + " broken", "--runs", "2", in: folder.path)
        #expect(regression.exit == .status(1), "\(regression)")
        #expect(
            regression.complaints.contains("a.tape.jsonl:4: $.total: 42 → 41, the same in all runs"), "\(regression)")
        #expect(!regression.output.contains("$.total"), "\(regression)")
    }

    @Test("learns nothing where nothing differs, and cannot without a server")
    func nothing() async throws {
        let folder = try ScratchFolder()
        let recording = PythonProgram.root + "/captures/json/lines.tape.jsonl"
        let run = try await BuiltBinary.run(
            "learn", recording, "--start", "python3 '\(PythonProgram.root)/Examples/json_server.py' {port}", "--runs",
            "2",
            "--write", folder.path("rules.yaml"), in: PythonProgram.root)
        #expect(run.exit == .status(0), "\(run)")
        #expect(run.output.contains("nothing differs between 2 runs"), "\(run)")
        #expect(folder.text("rules.yaml") == nil)
        let down = try await BuiltBinary.run("learn", recording, "--target", "127.0.0.1:\(try UnusedPort.find())")
        #expect(down.exit == .status(2), "\(down)")
        let once = try await BuiltBinary.run("learn", recording, "--start", "true", "--runs", "1")
        #expect(once.exit == .status(64), "\(once)")
    }
}
