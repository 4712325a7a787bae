import Foundation
import TestSupport
import Testing

@Suite("replay, from outside")
struct ReplayTests {
    @Test("of every recording in captures/ passes against the servers of Examples/")
    func captures() async throws {
        let run = try await BuiltBinary.run("replay", "captures/", in: PythonProgram.root)
        #expect(run.exit == .status(0), "\(run)")
        let recordings = try FileManager.default.subpathsOfDirectory(atPath: PythonProgram.root + "/captures")
            .filter { $0.hasSuffix(".tape.jsonl") }
        #expect(recordings.count >= 4)
        #expect(run.output.contains("\(recordings.count) passed, 0 failed"))
    }

    @Test("against a server that is wrong in one value ends with status 1 and names its path, and no other")
    func failing() async throws {
        let run = try await BuiltBinary.run("replay", "Examples/failing", "--color", "never", in: PythonProgram.root)
        #expect(run.exit == .status(1), "\(run)")
        #expect(run.output.contains("✗ $.invoice.total\n"))
        #expect(run.output.components(separatedBy: "✗").count == 2, "one difference: \(run)")
        #expect(run.output.contains("0 passed, 1 failed"))
    }

    @Test("tells a recorded session from a server that has one value changed", arguments: Self.changes)
    func oneValue(change: (old: String, new: String, path: String)) async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        try await recordLab(path, answer: Self.answer)
        let right = try await LabServer.start(answer: Self.answer)
        let passed = try await BuiltBinary.run("replay", path, "--target", "127.0.0.1:\(right.port)")
        #expect(passed.exit == .status(0), "\(passed)")

        let wrong = try await LabServer.start(
            answer: Self.answer.replacingOccurrences(of: change.old, with: change.new))
        let failed = try await BuiltBinary.run(
            "replay", path, "--target", "127.0.0.1:\(wrong.port)", "--color", "never")
        #expect(failed.exit == .status(1), "\(failed)")
        #expect(failed.output.contains("✗ \(change.path)\n"), "\(failed)")
    }

    private static let answer = "{'id': me, 'list': [1, {'deep': 'text'}], 'yes': True, 'float': 1.0, 'tuple': (1, 2)}"
    private static let changes: [(old: String, new: String, path: String)] = [
        ("'text'", "'test'", "$.list[1].deep"),
        ("True", "1", "$.yes"),
        ("1.0", "1", "$.float"),
        ("(1, 2)", "[1, 2]", "$.tuple"),
        ("'id': me", "'id': me + 1", "$.id"),
        ("'yes': True, ", "", "$.yes"),
    ]

    @Test("starts the server that the project file names, in the folder of that file, and leaves none behind")
    func projectFile() async throws {
        let folder = try ScratchFolder()
        try await recordLab(folder.path("tapes/lab.tape.jsonl"), answer: "{'id': me}", in: folder)
        try folder.write(LabServer.text(answer: "{'id': me}", port: "int(sys.argv[1])"), to: "server.py")
        try folder.write(
            "replay:\n  start: echo $$ > started; exec python3 server.py {port}\n", to: "tapedeck.yaml")
        let run = try await BuiltBinary.run("replay", "tapes", in: folder.path)
        #expect(run.exit == .status(0), "\(run)")
        let text = try #require(folder.text("started"))
        let process = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(kill(process, 0) == -1, "the server still runs")
    }

    @Test("cannot be done without a server, and that is another status than a difference")
    func noServer() async throws {
        let recording = PythonProgram.root + "/captures/json/lines.tape.jsonl"
        let port = try UnusedPort.find()
        let down = try await BuiltBinary.run("replay", recording, "--target", "127.0.0.1:\(port)")
        #expect(down.exit == .status(2), "\(down)")
        #expect(down.output.contains("127.0.0.1:\(port)") || down.complaints.contains("127.0.0.1:\(port)"), "\(down)")
        let never = try await BuiltBinary.run("replay", recording, "--start", "echo no luck today; exit 3")
        #expect(never.exit == .status(2), "\(never)")
        #expect(never.output.contains("no luck today"), "\(never)")
    }

    @Test("names a torn last line and replays what is before it")
    func torn() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        try await recordLab(path, answer: "{'id': me}")
        let text = try #require(folder.text("a.tape.jsonl"))
        try folder.write(String(text.dropLast(5)), to: "a.tape.jsonl")
        let server = try await LabServer.start(answer: "{'id': me}")
        let run = try await BuiltBinary.run("replay", path, "--target", "127.0.0.1:\(server.port)")
        #expect(run.exit == .status(0), "\(run)")
        #expect(run.output.contains("torn"), "\(run)")
    }

    private func recordLab(_ path: String, answer: String, in folder: ScratchFolder? = nil) async throws {
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        let server = try await LabServer.start(answer: answer)
        let relay = try await BuiltServer.start(
            "record", listen: ["0:pickle"], ["--to", "127.0.0.1:\(server.port)", "-o", path, "--quiet"])
        let client = try await PythonProgram.run(
            text: """
                stream = connect().makefile('rwb')
                for number in range(3):
                    pickle.dump({'number': number}, stream); stream.flush()
                    pickle.load(stream)
                """, port: relay.port)
        #expect(client.exit == .status(0), "\(client)")
        #expect(try await relay.stop() == .status(0))
    }
}

/// A pickle server whose answer a test chooses.
private enum LabServer {
    static func text(answer: String, port: String) -> String {
        """
        import pickle, socket, sys, threading
        def serve(connection, me):
            stream = connection.makefile('rwb')
            try:
                while True:
                    pickle.load(stream)
                    pickle.dump(\(answer), stream); stream.flush()
            except EOFError:
                stream.close(); connection.close()
        listener = socket.create_server(('127.0.0.1', \(port)))
        print('listening on port', listener.getsockname()[1], flush=True)
        while True:
            connection, (_, me) = listener.accept()
            threading.Thread(target=serve, args=(connection, me), daemon=True).start()

        """
    }

    static func start(answer: String) async throws -> PythonServer {
        try await PythonServer.start(text: text(answer: answer, port: "0"))
    }
}
