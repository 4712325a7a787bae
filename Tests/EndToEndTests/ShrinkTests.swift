import Foundation
import TestSupport
import Testing

@Suite("shrink, from outside")
struct ShrinkTests {
    /// A server that answers each request with what it says of it, and does it wrongly as a line of Python says; it is asked
    /// for `m`, the request, and `seen`, those of its connection.
    private static func server(wrongWhen condition: String, answer: String = "m.get('text')") -> String {
        """
        import json, os, socket, sys, threading
        listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
        def serve(connection):
            seen = []
            for line in connection.makefile('rb'):
                m = json.loads(line)
                seen.append(m.get('op'))
                answer = {'op': m.get('op'), 'ok': not (\(condition)), 'text': \(answer)}
                connection.sendall(json.dumps(answer).encode() + b'\\n')
            connection.close()
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

        """
    }

    /// Sessions of requests, each with the answer of a server that does everything right.
    private static func recording(_ sessions: [[String]]) -> String {
        var lines = [
            #"{"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"","ports":[{"listen":"127.0.0.1:7000","codec":"json/lines"}]}"#
        ]
        for (index, requests) in sessions.enumerated() {
            let start = #"{"t":\#(index).0,"s":\#(index + 1),"#
            lines.append(start + #""open":{"port":7000,"peer":"127.0.0.1:\#(50001 + index)"}}"#)
            for request in requests {
                let object = try? JSONSerialization.jsonObject(with: Data(request.utf8)) as? [String: Any]
                let text = (object?["text"] as? String).map { "\"\($0)\"" } ?? "null"
                let op = object?["op"] as? String ?? ""
                lines.append(start + #""from":"client","value":\#(request)}"#)
                lines.append(start + #""from":"server","value":{"op":"\#(op)","ok":true,"text":\#(text)}}"#)
            }
            lines += [start + #""eof":"client"}"#, start + #""close":"clean"}"#]
        }
        let messages = sessions.reduce(0) { $0 + $1.count * 2 }
        lines.append(#"{"t":9.0,"end":{"sessions":\#(sessions.count),"messages":\#(messages)}}"#)
        return lines.joined(separator: "\n") + "\n"
    }

    private static let plain = [#"{"op":"put","text":"a","n":1}"#, #"{"op":"get","n":20}"#]

    private func folder(_ server: String, _ recording: String) throws -> ScratchFolder {
        let folder = try ScratchFolder()
        try folder.write(server, to: "server.py")
        try folder.write(recording, to: "a.tape.jsonl")
        return folder
    }

    private func shrink(_ folder: ScratchFolder, _ options: String...) async throws -> BuiltBinary.Outcome {
        try await BuiltBinary.run(
            [
                "shrink", "a.tape.jsonl", "--start", "exec python3 server.py {port}", "-o", "small.tape.jsonl",
                "--settle", "10ms",
            ] + options, in: folder.path)
    }

    /// What clients and servers say in what came out; it is whole, and a replay of it fails.
    private func messages(_ folder: ScratchFolder) async throws -> [String] {
        let check = try await BuiltBinary.run("check", "small.tape.jsonl", in: folder.path)
        #expect(check.exit == .status(0), "\(check)")
        let replay = try await BuiltBinary.run(
            "replay", "small.tape.jsonl", "--start", "exec python3 server.py {port}", "--settle", "10ms",
            in: folder.path
        )
        #expect(replay.exit == .status(1), "\(replay)")
        return (folder.text("small.tape.jsonl") ?? "").split(separator: "\n").compactMap { line in
            line.range(of: #""value":"#).map { String(line[$0.upperBound...].dropLast()) }
        }
    }

    @Test("finds the one message, and the one member of it, that a server answers wrongly")
    func member() async throws {
        let wrong = #"{"op":"put","text":"b","n":3,"flags":{"good":[1,2],"bad":true},"more":"of no use"}"#
        let folder = try folder(
            Self.server(wrongWhen: "m.get('flags', {}).get('bad')"),
            Self.recording([Self.plain, Self.plain + [wrong] + Self.plain, Self.plain]))
        let run = try await shrink(folder)
        #expect(run.exit == .status(0), "\(run)")
        #expect(run.output.contains("small.tape.jsonl: session 2, line 4: $.ok: true → false"), "\(run)")
        #expect(run.output.contains("from 3 sessions, 18 messages, "), "\(run)")
        #expect(run.output.contains("to   1 session, 2 messages, "), "\(run)")
        #expect(
            try await messages(folder) == [
                #"{"op":"put","text":"b","flags":{"bad":true}}"#, #"{"op":"put","ok":true,"text":"b"}"#,
            ])

        let again = try await shrink(folder)
        #expect(again.exit == .status(2), "\(again)")
        #expect(again.complaints.contains("small.tape.jsonl: exists already"), "\(again)")
    }

    @Test("keeps the two messages that are wrong only together")
    func pair() async throws {
        let session = Self.plain + [#"{"op":"open"}"#] + Self.plain + [#"{"op":"read"}"#] + Self.plain
        let folder = try folder(
            Self.server(wrongWhen: "m.get('op') == 'read' and 'open' in seen"), Self.recording([Self.plain, session]))
        let run = try await shrink(folder)
        #expect(run.exit == .status(0), "\(run)")
        #expect(
            try await messages(folder) == [
                #"{"op":"open"}"#, #"{"op":"open","ok":true,"text":null}"#, #"{"op":"read"}"#,
                #"{"op":"read","ok":true,"text":null}"#,
            ])
    }

    @Test("makes a text that comes back smaller on both sides, to where it still fails")
    func repeatedText() async throws {
        let text = "the quick brown fox"
        let folder = try folder(
            Self.server(wrongWhen: "False", answer: "m.get('text') and m['text'][:8]"),
            Self.recording([[#"{"op":"put","text":"a"}"#, #"{"op":"put","text":"\#(text)"}"#]]))
        let run = try await shrink(folder)
        #expect(run.exit == .status(0), "\(run)")
        let messages = try await messages(folder)
        let texts = messages.map { message in
            message.range(of: #""text":""#).map { message[$0.upperBound...].prefix { $0 != "\"" }.count } ?? 0
        }
        // Nine characters is one more than the server keeps.
        #expect(texts == [9, 9], "\(messages)")
    }

    @Test("says that a recording passes, that a failure is flaky, and where it was told to end")
    func words() async throws {
        let passing = try folder(Self.server(wrongWhen: "False"), Self.recording([Self.plain]))
        let passed = try await shrink(passing)
        #expect(passed.exit == .status(2), "\(passed)")
        #expect(
            passed.complaints.contains("a.tape.jsonl: passes: there is no failure to look for, in 2 runs"), "\(passed)")
        #expect(passing.text("small.tape.jsonl") == nil)

        // Wrong in every second run.
        let flaky = try folder(
            "import os\nhas = os.path.exists('once')\n(os.remove if has else os.mkdir)('once') if not has else os.rmdir('once')\n"
                + Self.server(wrongWhen: "has and m.get('op') == 'get'"), Self.recording([Self.plain + Self.plain]))
        let run = try await shrink(flaky, "--confirm", "2")
        #expect(run.exit == .status(0), "\(run)")
        #expect(run.complaints.contains("a.tape.jsonl: flaky: it failed in 1 of 2 runs"), "\(run)")
        #expect(run.output.contains("to   1 session, 2 messages, "), "\(run)")

        let bounded = try folder(
            Self.server(wrongWhen: "m.get('op') == 'get'"), Self.recording([Self.plain, Self.plain]))
        let ended = try await shrink(bounded, "--max-runs", "3")
        #expect(ended.exit == .status(0), "\(ended)")
        #expect(ended.complaints.contains("ended by --max-runs: this is the smallest so far"), "\(ended)")
        #expect(ended.output.contains("in 3 runs"), "\(ended)")
    }

    @Test("cannot without a server, and says which options are wrong")
    func impossible() async throws {
        let folder = try folder("", Self.recording([Self.plain]))
        let down = try await BuiltBinary.run(
            "shrink", "a.tape.jsonl", "--target", "127.0.0.1:\(try UnusedPort.find())", "-o", "b.tape.jsonl",
            in: folder.path)
        #expect(down.exit == .status(2), "\(down)")
        #expect(down.complaints.contains("a.tape.jsonl: cannot connect to"), "\(down)")
        let lacking = try await BuiltBinary.run("shrink", "a.tape.jsonl", "--start", "true", in: folder.path)
        #expect(lacking.exit == .status(64), "\(lacking)")
        let both = try await shrink(folder, "--any-answer", "--any-failure")
        #expect(both.exit == .status(64), "\(both)")
        try folder.write("not json\n", to: "c.tape.jsonl")
        let foreign = try await BuiltBinary.run(
            "shrink", "c.tape.jsonl", "--start", "true", "-o", "d.tape.jsonl", in: folder.path)
        #expect(foreign.exit == .status(2), "\(foreign)")
    }

    @Test("ends with the smallest recording so far when it is interrupted")
    func interrupted() async throws {
        // The third server waits for ever.
        let folder = try folder(
            "import os, time\nopen('runs', 'a').write('.')\nif os.path.getsize('runs') > 2: open('hangs', 'w'); time.sleep(1000)\n"
                + Self.server(wrongWhen: "m.get('op') == 'get'"), Self.recording([Self.plain, Self.plain]))
        let program = try BuiltBinary.start(
            [
                "shrink", "a.tape.jsonl", "--start", "exec python3 server.py {port}", "-o", "small.tape.jsonl",
                "--ready-timeout", "1000s",
            ], in: folder.path)
        try await program.wait(for: "the third run") { folder.text("hangs") }
        program.signal(SIGINT)
        #expect(try await program.exit() == .status(130))
        #expect(program.complaints.contains("interrupted: this is the smallest so far"), "\(program.complaints)")
        #expect(folder.text("small.tape.jsonl") != nil)
    }
}
