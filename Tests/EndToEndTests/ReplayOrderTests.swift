import Foundation
import TestSupport
import Testing

@Suite("The order of a replay, from outside")
struct ReplayOrderTests {
    /// Answers each line with the same line, in a thread for each client; a client that says `"slow"` has everybody wait.
    private static let echo = """
        import os, socket, sys, threading, time
        listener = socket.create_server(('127.0.0.1', int(sys.argv[1])), backlog=2000)
        def serve(connection):
            for line in connection.makefile('rb'):
                if line == b'"hang"\\n': time.sleep(1000)
                if line == b'"crash"\\n': os._exit(3)
                connection.sendall(line)
            connection.close()
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

        """

    /// A recording of such clients: sessions that are open at the same time, each asking so often.
    private static func recording(sessions: Int, requests: Int, saying text: String? = nil) -> String {
        var lines = [
            #"{"tapedeck":1,"created":"","tool":"","ports":[{"listen":"127.0.0.1:7000","codec":"json/lines"}]}"#
        ]
        for session in 1...sessions {
            lines.append(#"{"t":0,"s":\#(session),"open":{"port":7000,"peer":"127.0.0.1:\#(20_000 + session)"}}"#)
        }
        for request in 0..<requests {
            for session in 1...sessions {
                let value = text.map { "\"\($0)\"" } ?? "[\(session),\(request)]"
                lines.append(#"{"t":1,"s":\#(session),"from":"client","value":\#(value)}"#)
                lines.append(#"{"t":1,"s":\#(session),"from":"server","value":\#(value)}"#)
            }
        }
        for session in 1...sessions {
            lines.append(#"{"t":2,"s":\#(session),"eof":"client"}"#)
            lines.append(#"{"t":2,"s":\#(session),"close":"clean"}"#)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func folder(_ recordings: [String: String]) throws -> ScratchFolder {
        let folder = try ScratchFolder()
        try folder.write(echo, to: "server.py")
        for (name, text) in recordings { try folder.write(text, to: name + ".tape.jsonl") }
        return folder
    }

    private static let start = "exec python3 server.py {port}"

    @Test(
        "hundreds of sessions that are open at the same time pass, in the recorded order and independent",
        arguments: [false, true])
    func manySessions(isIndependent: Bool) async throws {
        let folder = try Self.folder(["a": Self.recording(sessions: 400, requests: 3)])
        let run = try await BuiltBinary.run(
            ["replay", "--start", Self.start, "--pause", "0", "--timeout", "60s"]
                + (isIndependent ? ["--independent"] : []), in: folder.path)
        #expect(run.exit == .status(0), "\(run)")
        #expect(run.output.contains("400 sessions, 1200 answers"), "\(run)")
    }

    @Test("several recordings at the same time have a server each, and are told of in their order")
    func jobs() async throws {
        let folder = try Self.folder([
            "a": Self.recording(sessions: 40, requests: 20), "b": Self.recording(sessions: 1, requests: 1),
            "c": Self.recording(sessions: 1, requests: 1, saying: "crash"),
            "d": Self.recording(sessions: 1, requests: 1),
        ])
        let run = try await BuiltBinary.run(
            "replay", "-j", "4", "--start", "echo $$ >> started; " + Self.start, in: folder.path)
        #expect(run.exit == .status(1), "\(run)")
        let lines = run.output.split(separator: "\n").filter { $0.contains(".tape.jsonl") }
        #expect(lines.map { $0.prefix(4) } == ["ok  ", "ok  ", "FAIL", "ok  "], "\(run)")
        #expect(run.output.contains("the server process ended: it exited with status 3"), "\(run)")
        #expect(run.output.contains("3 passed, 1 failed"), "\(run)")
        let processes = try #require(folder.text("started")).split(separator: "\n").compactMap { Int32($0) }
        #expect(processes.count == 4)
        for process in processes { #expect(kill(process, 0) == -1, "a server still runs") }
    }

    @Test("Ctrl-C ends all servers, tells of what was done, and is no pass", arguments: ["1", "3"])
    func interrupted(jobs: String) async throws {
        let folder = try Self.folder([
            "a": Self.recording(sessions: 1, requests: 1),
            "b": Self.recording(sessions: 1, requests: 1, saying: "hang"),
            "c": Self.recording(sessions: 1, requests: 1, saying: "hang"),
        ])
        let program = try BuiltBinary.start(
            ["replay", "-j", jobs, "--timeout", "1h", "--start", "echo $$ >> started; " + Self.start], in: folder.path)
        try await program.wait(for: "the first recording") { program.output.contains("a.tape.jsonl") ? true : nil }
        let count = jobs == "1" ? 2 : 3
        try await program.wait(for: "all servers") {
            folder.text("started")?.split(separator: "\n").count == count ? true : nil
        }
        program.signal(SIGINT)
        #expect(try await program.exit() == .status(130))
        #expect(program.output.contains("ok    "), "\(program.output)")
        #expect(program.output.contains("b.tape.jsonl  interrupted"), "\(program.output)")
        let left = "1 passed, 0 failed, \(count - 1) could not be done"
        #expect(program.output.contains(left), "\(program.output)")
        #expect(
            program.complaints.contains("1 of 3 recordings were not begun") == (jobs == "1"), "\(program.complaints)")
        let processes = try #require(folder.text("started")).split(separator: "\n").compactMap { Int32($0) }
        for process in processes { #expect(kill(process, 0) == -1, "a server still runs") }
    }

    @Test("a server that reads an upload slowly gets all of it, and the client's end behind it")
    func upload() async throws {
        let folder = try ScratchFolder()
        try folder.write(
            """
            import socket, sys, time
            listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
            connection, _ = listener.accept()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            total = 0
            while part := connection.recv(65536):
                if total == 0: time.sleep(0.3)
                total += len(part)
            connection.sendall(b'%d\\n' % total)
            connection.close()

            """, to: "server.py")
        let text = String(repeating: "x", count: 1_000_000)
        let lines =
            [
                #"{"tapedeck":1,"created":"","tool":"","ports":[{"listen":"127.0.0.1:7000","codec":"raw/lines"}]}"#,
                #"{"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}"#,
            ] + (1...8).map { _ in #"{"t":1,"s":1,"from":"client","text":"\#(text)"}"# } + [
                #"{"t":2,"s":1,"eof":"client"}"#, #"{"t":2,"s":1,"from":"server","text":"8000008"}"#,
                #"{"t":2,"s":1,"close":"clean"}"#,
            ]
        try folder.write(lines.joined(separator: "\n") + "\n", to: "a.tape.jsonl")
        let run = try await BuiltBinary.run("replay", "--start", Self.start, in: folder.path)
        #expect(run.exit == .status(0), "\(run)")
    }

    @Test(
        "a wrong speed or number of jobs is wrong usage, and says what is right",
        arguments: [
            ("--speed=0", "is a number above 0"), ("--speed=-1", "is a number above 0"),
            ("--speed=nan", "is a number above 0"), ("--speed=inf", "is a number above 0"),
            ("--jobs=0", "from 1 to 256, or auto"), ("-j=x", "from 1 to 256, or auto"),
        ])
    func wrongUsage(option: String, reason: String) async throws {
        let run = try await BuiltBinary.run("replay", option)
        #expect(run.exit == .status(64), "\(run)")
        #expect(run.complaints.contains(reason), "\(run)")
    }
}
