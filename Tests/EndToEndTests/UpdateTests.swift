import Foundation
import TestSupport
import Testing

@Suite("Updating recordings, from outside")
struct UpdateTests {
    /// A server that answers each request as a table of Python says, and a recording of it.
    private struct Project {
        let folder: ScratchFolder
        let before: String

        /// - Parameters:
        ///   - answers: what the server sends back for each request, in order: Python expressions, in which `me` is the
        ///     client's port; a list of them for several messages, an empty one for none.
        ///   - events: the recording's lines between the session's opening and end, without time and session.
        init(codec: String, answers: [String], events: [String], rules: String = "") throws {
            folder = try ScratchFolder()
            try folder.write(Self.server(codec, answers), to: "server.py")
            try folder.write(
                "replay:\n  start: exec python3 server.py {port}\n  settle: 50ms\n  timeout: 2s\n" + rules,
                to: "tapedeck.yaml")
            var lines = [
                #"{"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"","ports":[{"listen":"127.0.0.1:7000","codec":"\#(codec)"}]}"#,
                #"{"t":0.0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}"#,
            ]
            for (number, event) in events.enumerated() { lines.append(#"{"t":\#(number + 1).0,"s":1,"# + event + "}") }
            let messages = events.count { $0.contains("from") }
            lines += [
                #"{"t":90.0,"s":1,"eof":"client"}"#, #"{"t":90.0,"s":1,"close":"clean"}"#,
                #"{"t":91.0,"end":{"sessions":1,"messages":\#(messages)}}"#,
            ]
            before = lines.joined(separator: "\n") + "\n"
            try folder.write(before, to: "a.tape.jsonl")
        }

        private static func server(_ codec: String, _ answers: [String]) -> String {
            let isPickle = codec.hasPrefix("pickle")
            return """
                import pickle, socket, sys
                listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
                connection, (_, me) = listener.accept()
                stream = connection.makefile('rwb')
                for answer in [\(answers.map { "lambda: \($0)" }.joined(separator: ", "))]:
                    \(isPickle ? "pickle.load(stream)" : "stream.readline()")
                    answer = answer()
                    for each in answer if isinstance(answer, list) else [answer]:
                        stream.write(\(isPickle ? "pickle.dumps(each, 4)" : "each"))
                    stream.flush()
                stream.read()

                """
        }

        func replay(_ arguments: String..., environment: [String: String] = [:]) async throws -> BuiltBinary.Outcome {
            try await BuiltBinary.run(["replay"] + arguments, in: folder.path, environment: environment)
        }

        var lines: [String] { (folder.text("a.tape.jsonl") ?? "").split(separator: "\n").map(String.init) }

        /// Updates, and gives the lines that changed; then a replay passes, and the recording is whole.
        func changes() async throws -> [String] {
            let run = try await replay("--update")
            #expect(run.exit == .status(0), "\(run)")
            #expect(run.output.contains("1 updated"), "\(run)")
            let changed = lines.filter { !before.contains($0 + "\n") }
            let again = try await replay()
            #expect(again.exit == .status(0), "\(again)")
            let check = try await BuiltBinary.run("check", "a.tape.jsonl", in: folder.path)
            #expect(check.exit == .status(0), "\(check)")
            return changed
        }
    }

    @Test("a value that differs is the only thing that changes, in JSON as it was written")
    func json() async throws {
        let project = try Project(
            codec: "json/lines",
            answers: [
                #"b'{"total":5,"time":"now","list":[1,2],"who":"client %d of %d","port":%d}\n' % (me, 3, me)"#,
                #"b'{"ok":true}\n'"#,
            ],
            events: [
                #""from":"client","value":{"q": 1}"#,
                #""from":"server","value":{"who": "client 50001 of 2", "port": 50001, "time": "then", "total": 4.0, "list": [1, 2]}"#,
                #""from":"client","value":{"q": 2}"#, #""from":"server","value":{"ok":   true}"#,
            ], rules: "rules:\n  - path: $.time\n    ignore: true\n")
        #expect(
            try await project.changes() == [
                #"{"t":2.0,"s":1,"from":"server","value":{"who": "client 50001 of 3", "port": 50001, "time": "then", "total": 5, "list": [1, 2]}}"#
            ])
    }

    @Test("a pickle's values change in the form that the recording has, and ids stay")
    func pickle() async throws {
        let project = try Project(
            codec: "pickle",
            answers: [
                "{'id': me, 'tuple': (1, 2.5), 'set': {1, 3}, 'none': None, 'bytes': b'x', 'new': 'é'}", "(me, 'bye')",
            ],
            events: [
                #""from":"client","value":"hello""#,
                #""from":"server","value":{"id":50001,"tuple":{"$tuple":[1,2.0]},"set":{"$set":[1,2]},"bytes":{"$bytes":"x"},"gone":1,"none":null}"#,
                #""from":"client","value":50001"#, #""from":"server","value":{"$tuple":[50001,"bye"]}"#,
            ])
        #expect(
            try await project.changes() == [
                #"{"t":2.0,"s":1,"from":"server","value":{"id":50001,"tuple":{"$tuple":[1,2.5]},"set":{"$set":[1,3]},"bytes":{"$bytes":"x"},"none":null,"new":"é"}}"#
            ])
    }

    @Test("raw text changes its form where it must, and bytes beside a form stay true")
    func raw() async throws {
        let text = try Project(
            codec: "raw/lines", answers: [#"b'\xff\x00\n'"#, #"b'two\n'"#],
            events: [
                #""from":"client","text":"a""#, #""from":"server","text":"one""#, #""from":"client","text":"b""#,
                #""from":"server","text":"two""#,
            ])
        #expect(try await text.changes() == [#"{"t":2.0,"s":1,"from":"server","base64":"/wA="}"#])

        // The recorded answers ended in CR LF; {"a": 1}\r\n and {"a": 2}\r\n.
        let bytes = try Project(
            codec: "json/lines", answers: [#"b'{"a": 2}\r\n'"#],
            events: [
                #""from":"client","value":0"#, #""from":"server","value":{"a": 1},"raw":"eyJhIjogMX0NCg==""#,
            ])
        #expect(
            try await bytes.changes() == [
                #"{"t":2.0,"s":1,"from":"server","value":{"a": 2},"raw":"eyJhIjogMn0NCg=="}"#
            ])
    }

    @Test("answers that no longer come are taken out, and new ones put in where they came")
    func missingAndExtra() async throws {
        let project = try Project(
            codec: "json/lines",
            answers: [#"[b'1\n', b'3\n', b'4\n']"#, #"[b'"new"\n', b'"x"\n']"#, #"[b'9\n', b'[%d]\n' % me]"#],
            events: [
                #""from":"client","value":"a""#, #""from":"server","value":1"#, #""from":"server","value":2"#,
                #""from":"server","value":3"#, #""from":"server","value":4"#, #""from":"client","value":"b""#,
                #""from":"server","value":"x""#, #""from":"client","value":"c""#, #""from":"server","value":9"#,
            ])
        #expect(
            try await project.changes() == [
                #"{"t":6.000000,"s":1,"from":"server","value":"new"}"#,
                #"{"t":9.000000,"s":1,"from":"server","value":[50001]}"#,
                #"{"t":91.0,"end":{"sessions":1,"messages":10}}"#,
            ])
        #expect(project.lines.count == project.before.split(separator: "\n").count + 1)
        #expect(!project.lines.contains(#"{"t":3.0,"s":1,"from":"server","value":2}"#))
    }

    @Test("a redacted value stays what it is")
    func redacted() async throws {
        let project = try Project(
            codec: "json/lines", answers: [#"b'{"token":"s3cr3t-zzzz","n":2}\n'"#],
            events: [
                #""from":"client","value":0"#,
                #""from":"server","value":{"token": "pseud0-abcd", "n": 1},"redacted":["$.token"]"#,
            ])
        #expect(
            try await project.changes() == [
                #"{"t":2.0,"s":1,"from":"server","value":{"token": "pseud0-abcd", "n": 2},"redacted":["$.token"]}"#
            ])
    }

    @Test("what ends in another way or goes no further is left alone, and said")
    func refused() async throws {
        let project = try Project(
            codec: "json/lines", answers: [#"b'1\n'"#, "b''"],
            events: [
                #""from":"client","value":"a""#, #""from":"server","value":2"#, #""from":"client","value":"b""#,
                #""from":"server","value":3"#, #""from":"client","value":"c""#, #""from":"server","value":4"#,
            ])
        let run = try await project.replay("-u", "--timeout", "300ms")
        #expect(run.exit == .status(1), "\(run)")
        #expect(
            run.complaints.contains("./a.tape.jsonl is not updated: ")
                && run.complaints.contains(" not reached: record it anew"), "\(run)")
        #expect(project.folder.text("a.tape.jsonl") == project.before)
    }

    @Test("is done where it is asked for, also in CI, and nowhere else")
    func ci() async throws {
        let project = try Project(
            codec: "json/lines", answers: [#"b'1\n'"#],
            events: [#""from":"client","value":"a""#, #""from":"server","value":2"#])
        let plain = try await project.replay(environment: ["CI": "true"])
        #expect(plain.exit == .status(1), "\(plain)")
        #expect(project.folder.text("a.tape.jsonl") == project.before)
        let run = try await project.replay("-u", environment: ["CI": "true"])
        #expect(run.exit == .status(0), "\(run)")
        #expect(run.complaints.contains("update ./a.tape.jsonl: 1 line changed"), "\(run)")
        #expect(
            project.folder.text("a.tape.jsonl")
                == project.before.replacingOccurrences(of: #""value":2"#, with: #""value":1"#))
        #expect(try await project.replay("-u").exit == .status(0), "nothing to be done is no fault")
    }

    @Test(
        "on a terminal it is asked first; no is no, and so is Ctrl-C, behind which reports are written still",
        arguments: [("n\\n", 1), ("y\\n", 0), ("\\x03", 130)])
    func terminal(answer: String, status: Int) async throws {
        let project = try Project(
            codec: "json/lines", answers: [#"b'1\n'"#],
            events: [#""from":"client","value":"a""#, #""from":"server","value":2"#])
        let run = try await PythonProgram.run(
            text: """
                import os, pty
                os.chdir('\(project.folder.path)')
                process, terminal = pty.fork()
                if process == 0: os.execv('\(BuiltBinary.path)', ['tapedeck', 'replay', '-u', '--report', 'json=r.json'])
                text = b''
                while b'[y/N]' not in text: text += os.read(terminal, 4096)
                os.write(terminal, b'\(answer)')
                while True:
                    try: part = os.read(terminal, 4096)
                    except OSError: break
                    if not part: break
                    text += part
                print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), b'into 1 recording?' in text)
                """, port: 1)
        #expect(run.output == "\(status) True\n", "\(run)")
        #expect((project.folder.text("a.tape.jsonl") == project.before) == (status != 0))
        let stated = status == 0 ? "passed" : status == 1 ? "failed" : "interrupted"
        #expect(project.folder.text("r.json")?.contains(#""status":"\#(stated)","counts""#) == true)
    }

    @Test(
        "is one plain replay's: other ways exclude it",
        arguments: [
            ["-u", "--segment", "bytes"], ["-u", "--retries", "1"], ["-u", "--repeat-each", "2"],
            ["-u", "--strict-bytes"],
            ["--yes"],
        ])
    func usage(arguments: [String]) async throws {
        let run = try await BuiltBinary.run(["replay"] + arguments)
        #expect(run.exit == .status(64), "\(run)")
        #expect(run.complaints.contains("--update"), "\(run)")
    }
}
