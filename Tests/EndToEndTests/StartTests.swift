import Foundation
import TestSupport
import Testing

@Suite("Replay with --start, from outside")
struct StartTests {
    /// A server of lines at an address that it is given, which does as a line tells it.
    private static let server = """
        import os, signal, socket, sys, threading, time
        host, port = sys.argv[1], int(sys.argv[2])
        family = socket.AF_INET6 if ':' in host else socket.AF_INET
        listener = socket.socket(family)
        if family == socket.AF_INET6: listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int('only' in sys.argv))
        listener.bind((host, port)); listener.listen(10)
        def serve(c):
            for line in c.makefile('rb'):
                if line == b'"die"\\n':
                    print('about to fail', flush=True)
                    os.kill(os.getpid(), signal.SIGSEGV)
                if line == b'"hang"\\n': time.sleep(1000)
                c.sendall(line)
            c.close()
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        """

    private func folder(saying text: String = "hello") throws -> ScratchFolder {
        let folder = try ScratchFolder()
        try folder.write(Self.server, to: "server/server.py")
        try folder.write(
            """
            {"tapedeck":1,"created":"","tool":"","ports":[{"listen":"127.0.0.1:7000","codec":"json/lines"}]}
            {"t":0,"s":1,"open":{"port":7000,"peer":"127.0.0.1:50001"}}
            {"t":1,"s":1,"from":"client","value":"\(text)"}
            {"t":1,"s":1,"from":"server","value":"\(text)"}
            {"t":2,"s":1,"eof":"client"}
            {"t":2,"s":1,"close":"clean"}

            """, to: "a.tape.jsonl")
        return folder
    }

    @Test(
        "finds a server at any address of this machine's own",
        arguments: ["127.0.0.1", "0.0.0.0", "::1", "::", ":: only"])
    func addresses(host: String) async throws {
        let folder = try folder()
        let parts = host.split(separator: " ")
        let run = try await BuiltBinary.run(
            "replay", "--start",
            "exec python3 server/server.py \(parts[0]) {port} \(parts.count > 1 ? "only" : "")", in: folder.path)
        #expect(run.exit == .status(0), "\(run)")
    }

    @Test("a relay finds it there, too")
    func relay() async throws {
        let folder = try folder()
        let relay = try await BuiltServer.start(
            "record", listen: ["0:json"],
            [
                "--start", "exec python3 '\(folder.path)/server/server.py' ::1 {port}", "-o",
                folder.path("b.tape.jsonl"),
            ])
        let client = try await PythonProgram.run(
            text: "c = connect(); c.sendall(b'1\\n'); print(c.recv(10)); c.close()", port: relay.port)
        #expect(client.output == "b'1\\n'\n", "\(client)")
        #expect(try await relay.stop() == .status(0))
    }

    @Test("gives the server its folder and its variables, by options")
    func options() async throws {
        let folder = try folder()
        let run = try await BuiltBinary.run(
            "replay", "--start-folder", "server", "--env", "HOST=127.0.0.1", "--env", "EMPTY=", "--env", "A=b=c",
            "--start", #"echo "$PWD,$EMPTY,$A" > seen; exec python3 server.py "$HOST" {port}"#, in: folder.path)
        #expect(run.exit == .status(0), "\(run)")
        #expect(folder.text("server/seen") == "\(folder.path)/server,,b=c\n")
    }

    @Test("gives the server its folder and its variables, by the project file, and options go before it")
    func projectFile() async throws {
        let folder = try folder()
        try folder.write(
            """
            replay:
              start: echo "$PWD,$A,$B" > seen; exec python3 server.py "$HOST" {port}
              folder: server
              ready-timeout: 60s
              env:
                HOST: 127.0.0.1
                A: file
                B: 2

            """, to: "tapedeck.yaml")
        let run = try await BuiltBinary.run("replay", "--env", "A=option", in: folder.path)
        #expect(run.exit == .status(0), "\(run)")
        #expect(folder.text("server/seen") == "\(folder.path)/server,option,2\n")
    }

    @Test("a server that dies in the middle is a difference, with the signal and its last words")
    func dies() async throws {
        let folder = try folder(saying: "die")
        let run = try await BuiltBinary.run(
            "replay", "--color", "never", "--start", "exec python3 server/server.py 127.0.0.1 {port}", in: folder.path)
        #expect(run.exit == .status(1), "\(run)")
        #expect(run.output.contains("the server process ended: it was ended by SIGSEGV"), "\(run)")
        #expect(run.output.contains("about to fail"), "\(run)")
    }

    @Test(
        "a server that never listens where it should cannot be replayed against, and it is said why",
        arguments: [
            ("no_such_program {port}", "2s", "exited with status 127 before it listened", "not found"),
            ("echo no config; sleep 1000 # {port}", "5s", "did not listen on port", "no config"),
            // Long enough for it to listen somewhere, on a busy machine too.
            ("exec python3 server/server.py 127.0.0.1 0; : {port}", "15s", "; it listens on port ", ""),
            ("exec python3 server/server.py 127.0.0.1 0", "2s", "the command has no {port}", ""),
        ])
    func neverListens(command: String, patience: String, reason: String, output: String) async throws {
        let folder = try folder()
        let run = try await BuiltBinary.run(
            "replay", "--ready-timeout", patience, "--start", command, in: folder.path)
        #expect(run.exit == .status(2), "\(run)")
        #expect(run.output.contains(reason), "\(run)")
        #expect(output.isEmpty || run.output.contains(output), "\(run)")
    }

    @Test("kill -9 leaves no server behind, nor what it started in its session")
    func killed() async throws {
        let folder = try folder(saying: "hang")
        let program = try BuiltBinary.start(
            [
                "replay", "--timeout", "1h", "--start",
                """
                echo $$ >> started
                (sh -c 'echo $$ >> started; sleep 1000 & echo $! >> started; wait' &)
                python3 -c 'import os, time; os.setpgid(0, 0); print(os.getpid(), file=open("started", "a"), flush=True); \
                time.sleep(1000)' &
                exec python3 server/server.py 127.0.0.1 {port}
                """,
            ], in: folder.path)
        func processes() -> [Int32] {
            (folder.text("started") ?? "").split(separator: "\n").compactMap { Int32($0) }
        }
        try await program.wait(for: "all processes") { processes().count == 4 ? true : nil }
        program.signal(SIGKILL)
        #expect(try await program.exit() == .signal(SIGKILL))
        let all = processes()
        let deadline = ContinuousClock.now + .seconds(60)
        while all.contains(where: Self.isRunning), ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(!all.contains(where: Self.isRunning))
    }

    /// Whether a process runs; one that nobody reaped does not.
    private static func isRunning(_ process: Int32) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
        return text.split(separator: ")").last?.split(separator: " ").first != "Z"
    }

    @Test("a variable without a name or a value is wrong usage", arguments: ["A", "=b"])
    func wrongVariable(text: String) async throws {
        let run = try await BuiltBinary.run("replay", "--env", text)
        #expect(run.exit == .status(64), "\(run)")
    }
}
