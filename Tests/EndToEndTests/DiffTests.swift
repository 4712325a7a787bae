import Foundation
import TestSupport
import Testing

@Suite("diff, from outside")
struct DiffTests {
    /// Makes up a number for each client, which comes back; what it is asked for third may be changed.
    private static let server = """
        import json, random, socket, sys, threading
        listener = socket.create_server(('127.0.0.1', 0))
        print('listening on port', listener.getsockname()[1], flush=True)
        def serve(connection, peer):
            number = random.randrange(10**8, 10**9)
            stream = connection.makefile('rwb')
            for line in stream:
                question = json.loads(line)
                answer = {'port': peer[1], 'ticket': number, 'to': question}
                stream.write(json.dumps(answer).encode() + b'\\n'); stream.flush()
            connection.close()
        while True:
            threading.Thread(target=serve, args=listener.accept(), daemon=True).start()

        """

    /// Records clients, each of which asks these questions, one after the other.
    private func record(_ clients: [[String]], to path: String) async throws {
        let real = try await PythonServer.start(text: Self.server)
        let relay = try await BuiltServer.start(
            "record", listen: ["0:json,to=127.0.0.1:\(real.port)"], ["--quiet", "--record", path])
        let text = """
            for questions in json.loads(sys.argv[2]):
                connection = connect()
                stream = connection.makefile('rwb')
                ticket = random = None
                for question in questions:
                    stream.write(json.dumps({'ask': question, 'ticket': ticket}).encode() + b'\\n'); stream.flush()
                    ticket = json.loads(stream.readline())['ticket']
                connection.shutdown(socket.SHUT_WR)
                rest(connection)
            """
        let json = String(decoding: try JSONEncoder().encode(clients), as: UTF8.self)
        let client = try PythonProgram.start(text: text, port: relay.port, [json])
        #expect(try await client.exit() == .status(0), "\(client.complaints)")
        #expect(try await relay.stop() == .status(0))
    }

    @Test("of two runs that say the same is silent about ports and tickets; a recording is like itself")
    func same() async throws {
        let folder = try ScratchFolder()
        let (one, other) = (folder.path("a.tape.jsonl"), folder.path("b.tape.jsonl"))
        let clients = [["x", "y", "z"], ["u", "v"]]
        try await record(clients, to: one)
        try await record(clients, to: other)
        for pair in [[one, other], [other, one], [one, one]] {
            let outcome = try await BuiltBinary.run(["diff"] + pair)
            #expect(outcome.exit == .status(0), "\(outcome)")
            #expect(outcome.output.contains("2 sessions, 10 answers"), "\(outcome)")
        }
    }

    @Test(
        "tells of one value, one exchange and one session, each as one place",
        arguments: [
            (
                [["x", "Y", "z"], ["u", "v"]],
                [
                    "line 5: the client's message differs", "- \"y\"\n          + \"Y\"",
                    "4: the server's answer differs",
                ]
            ),
            (
                [["x", "z"], ["u", "v"]],
                ["a client's message is missing", "an answer is missing: the second recording does not have it"]
            ),
            ([["x", "y", "z"], ["new", "newer"], ["u", "v"]], ["only the second recording has its session 2"]),
            ([["x", "y", "z"]], ["the second recording has no such session (4 messages)"]),
        ])
    func differing(clients: [[String]], found: [String]) async throws {
        let folder = try ScratchFolder()
        let (one, other) = (folder.path("a.tape.jsonl"), folder.path("b.tape.jsonl"))
        try await record([["x", "y", "z"], ["u", "v"]], to: one)
        try await record(clients, to: other)
        let outcome = try await BuiltBinary.run("diff", one, other, "--report", "json=\(folder.path("d.json"))")
        #expect(outcome.exit == .status(1), "\(outcome)")
        for text in found where !text.contains("4: ") { #expect(outcome.output.contains(text), "\(outcome)") }
        let count = outcome.output.firstMatch(of: #/ (\d+) differences?, /#).flatMap { Int($0.1) }
        #expect(count == (found.count == 1 ? 1 : 2), "\(outcome)")
        #expect(folder.text("d.json")?.contains("\"differences\"") == true)
    }

    @Test("says which side is which file, as far as that tells them apart, in every report")
    func names() async throws {
        let folder = try ScratchFolder()
        let text = """
            {"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"t","ports":[{"listen":"127.0.0.1:7001","codec":"json/lines"}]}
            {"t":0.000000,"s":1,"open":{"port":7001,"peer":"127.0.0.1:40001"}}
            {"t":0.000001,"s":1,"from":"client","value":1}
            {"t":0.000002,"s":1,"from":"server","value":2}

            """
        let one = try folder.write(text, to: "old/a.tape.jsonl")
        let other = try folder.write(text.replacing("\"value\":2", with: "\"value\":3"), to: "new/a.tape.jsonl")
        let named = try folder.write(text.replacing("\"value\":2", with: "\"value\":3"), to: "new/b.tape.jsonl")
        let outcome = try await BuiltBinary.run("diff", one, other, "--report", "json=\(folder.path("d.json"))")
        #expect(outcome.output.contains("the server's answer differs (- old/a.tape.jsonl, + new/a.tape.jsonl)"))
        #expect(outcome.output.hasPrefix("FAIL  \(one) → \(other)  "), "\(outcome)")
        #expect(
            folder.text("d.json")?.contains(
                #""sides":{"expected":"old/a.tape.jsonl","actual":"new/a.tape.jsonl"}"#) == true)
        let reports = try await BuiltBinary.run(
            "diff", one, named, "--report", "html=\(folder.path("d.html"))", "--report", "github")
        #expect(reports.output.contains("$: 2 in a.tape.jsonl, 3 in b.tape.jsonl"), "\(reports)")
        #expect(
            folder.text("d.html")?.contains("<div class=\"now\"><dt>b.tape.jsonl</dt><dd>") == true, "\(reports)")
    }

    @Test("allows what rules allow, of either side")
    func rules() async throws {
        let folder = try ScratchFolder()
        let (one, other) = (folder.path("a.tape.jsonl"), folder.path("b.tape.jsonl"))
        try await record([["x", "y"]], to: one)
        try await record([["x", "Y"]], to: other)
        let rules = ["--rule", "from=client $.ask type", "--rule", "from=server $.to.ask ignore"]
        #expect(try await BuiltBinary.run(["diff", one, other] + rules).exit == .status(0))
        #expect(try await BuiltBinary.run(["diff", one, other] + rules.prefix(2)).exit == .status(1))
    }

    @Test("that cannot be done has the status 2, wrong usage 64")
    func refused() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write("no recording\n", to: "a.tape.jsonl")
        let foreign = try await BuiltBinary.run("diff", path, path)
        #expect(foreign.exit == .status(2) && foreign.output.contains("a.tape.jsonl"), "\(foreign)")
        #expect(try await BuiltBinary.run("diff", path).exit == .status(64))
        #expect(
            try await BuiltBinary.run("diff", path, path, "--strict-bytes", "--rule", "$.a ignore").exit == .status(64))
    }
}
