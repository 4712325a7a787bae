import Foundation
import Glibc
import Processes
import Replay
import TestSupport
import Testing

@Suite("The process of a server")
struct ServerProcessTests {
    private static let patience = Duration.seconds(60)

    @Test("waiting for a server that takes exactly one client leaves that client to us")
    func oneClient() async throws {
        let script = """
            import socket, sys
            listener = socket.socket()
            listener.bind(("127.0.0.1", int(sys.argv[1])))
            listener.listen(1)
            client, _ = listener.accept()
            listener.close()
            client.sendall(client.recv(4, socket.MSG_WAITALL)[::-1])
            sys.exit(7)
            """
        let port = try ServerCommand.freePort()
        let server = try ServerProcess.start(
            command: "exec python3 -c \"$SCRIPT\" {port}", ports: [12_000: port], environment: ["SCRIPT": script])
        try await server.waitUntilListening(ports: [port], timeout: Self.patience)
        #expect(server.exitStatus() == nil)
        #expect(try Client.exchange("ping", port: port) == "gnip")
        #expect(try await exit(of: server) == .exited(code: 7))
        await server.stop()
        #expect(server.exitStatus() == .exited(code: 7))
    }

    @Test("several ports are waited for, also on the address of all hosts")
    func severalPorts() async throws {
        let script = """
            import socket, sys
            first = socket.create_server(("127.0.0.1", int(sys.argv[1])))
            second = socket.create_server(("0.0.0.0", int(sys.argv[2])))
            first.accept()
            """
        let ports = try ServerCommand.freePorts(for: [1, 2])
        let server = try ServerProcess.start(
            command: "python3 -c \"$SCRIPT\" {port:1} {port:2}", ports: ports, environment: ["SCRIPT": script])
        try await server.waitUntilListening(ports: Array(ports.values), timeout: Self.patience)
        await server.stop()
        #expect(server.exitStatus() == .signalled(number: SIGTERM, name: "SIGTERM"))
    }

    @Test("a server that never listens is an error with its output")
    func neverListens() async throws {
        let port = try ServerCommand.freePort()
        let server = try ServerProcess.start(
            command: "echo 'no config' >&2; exec sleep 1000", ports: [12_000: port])
        try await output(of: server, contains: "no config")
        let error = await #expect(throws: ServerProcessError.self) {
            try await server.waitUntilListening(ports: [port], timeout: .milliseconds(20))
        }
        #expect(error?.code == .neverListened)
        #expect(
            error?.reason == "the server did not listen on port \(port) within 0.02 seconds"
                + "; the command has no {port}, so it was not told to"
                + ": write {port} where it takes its port, or start it yourself and give --target")
        #expect(error?.output == Array("no config\n".utf8))
        await server.stop()
    }

    @Test(
        "a server that ends before it listens is an error that names how, with its output",
        arguments: [
            ("echo oops; exit 3", "exited with status 3", "oops\n"),
            ("exit 0", "exited with status 0", ""),
            ("printf a; kill -KILL $$", "was ended by SIGKILL", "a"),
            ("kill -SEGV $$", "was ended by SIGSEGV", ""),
            ("sh -c 'kill -ABRT $$'; exit $?", "exited with status 134, as a shell says for SIGABRT", nil),
            ("kill -40 $$", "was ended by signal 40", ""),
        ])
    func exitsEarly(command: String, expected: String, output: String?) async throws {
        let port = try ServerCommand.freePort()
        let server = try ServerProcess.start(command: command, ports: [12_000: port])
        let error = await #expect(throws: ServerProcessError.self) {
            try await server.waitUntilListening(ports: [port], timeout: Self.patience)
        }
        #expect(error?.code == .exitedEarly)
        #expect(error?.reason == "the server \(expected) before it listened on port \(port)")
        if let output { #expect(error?.output == Array(output.utf8)) }
    }

    @Test("a port that somebody listens on already is an error before anything starts")
    func portTaken() async throws {
        let port = try ServerCommand.freePort()
        let script = "import socket, sys; socket.create_server(('127.0.0.1', int(sys.argv[1]))).accept()"
        let first = try ServerProcess.start(
            command: "exec python3 -c \"$SCRIPT\" {port}", ports: [12_000: port], environment: ["SCRIPT": script])
        try await first.waitUntilListening(ports: [port], timeout: Self.patience)
        let error = #expect(throws: ServerProcessError.self) {
            try ServerProcess.start(command: "exit 0", ports: [12_000: port])
        }
        #expect(error?.code == .portTaken)
        #expect(error?.reason == "another program listens on port \(port) already")
        await first.stop()
    }

    @Test(
        "the children are ended too",
        arguments: [
            "sleep 1000 & echo $!; wait",
            "sleep 1000 & echo $!; exit 0",
            "sh -c 'sleep 1000 & echo $!; wait' & wait",
            "(trap '' TERM; sh -c 'echo $$; while :; do sleep 1000; done' & wait) & wait",
            "trap '' TERM; sh -c 'echo $$; exec sleep 1000'; wait",
            "sh -c 'echo $$; kill -STOP $$' & wait",
            "python3 -c 'import os, time; os.setpgid(0, 0); print(os.getpid(), flush=True); time.sleep(1000)' & wait",
        ])
    func children(command: String) async throws {
        let server = try ServerProcess.start(command: command, ports: [:])
        let text = try await output(of: server, contains: "\n")
        let child = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(isRunning(child))
        await server.stop(grace: .milliseconds(100))
        #expect(!isRunning(child))
        #expect(!isRunning(server.processID))
        #expect(server.exitStatus() != nil)
    }

    @Test("a server has the time of grace to end in its own way")
    func grace() async throws {
        let server = try ServerProcess.start(
            command: "sh -c 'trap \"echo flushed; exit 0\" TERM; echo ready; while :; do sleep 0.01; done' & wait",
            ports: [:])
        try await output(of: server, contains: "ready")
        await server.stop(grace: Self.patience)
        // What its shell says of the sleep that was ended may stand in between.
        #expect(String(decoding: server.output(), as: UTF8.self).hasSuffix("\nflushed\n"))
    }

    @Test("stopping works in a cancelled task, and twice")
    func cancelled() async throws {
        let server = try ServerProcess.start(command: "exec sleep 1000", ports: [:])
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            await server.stop(grace: Self.patience)
            await server.stop(grace: Self.patience)
        }
        await task.value
        #expect(!isRunning(server.processID))
        #expect(server.exitStatus() == .signalled(number: SIGTERM, name: "SIGTERM"))
    }

    @Test("a cancelled wait ends")
    func cancelledWait() async throws {
        let port = try ServerCommand.freePort()
        let server = try ServerProcess.start(command: "exec sleep 1000", ports: [12_000: port])
        let task = Task { () -> ServerProcessError.Code? in
            withUnsafeCurrentTask { $0?.cancel() }
            do throws(ServerProcessError) {
                try await server.waitUntilListening(ports: [port], timeout: Self.patience)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(await task.value == .cancelled)
        await server.stop()
    }

    @Test("a process goes with the last reference to it")
    func released() async throws {
        var server: ServerProcess? = try ServerProcess.start(command: "exec sleep 1000", ports: [:])
        let process = try #require(server?.processID)
        #expect(isRunning(process))
        server = nil
        try await until { !isRunning(process) }
    }

    @Test("more output than a pipe holds does not halt the server, and its end is given")
    func muchOutput() async throws {
        let server = try ServerProcess.start(
            command: "head -c 1000000 /dev/zero | tr '\\0' x; echo; echo out; echo err >&2; echo end", ports: [:])
        #expect(try await exit(of: server) == .exited(code: 0))
        #expect(server.output(14) == Array("x\nout\nerr\nend\n".utf8))
        #expect(server.output(0).isEmpty)
        #expect(server.output(2_000_000).count == 1_000_013)
        #expect(server.output().count == ServerProcess.errorOutputBytes)
    }

    @Test("the process has no terminal, no input, no descriptor and no ignored signal of ours")
    func cleanStart() async throws {
        let leaking = open("/dev/null", O_RDONLY)
        defer { close(leaking) }
        let folder = try FileManager.default.url(
            for: .itemReplacementDirectory, in: .userDomainMask, appropriateFor: URL(filePath: "/tmp"), create: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let script = """
            import os, sys
            print(sys.stdin.read() == "", os.getsid(0) == os.getppid(), os.path.realpath(os.getcwd()))
            print(sorted(int(name) for name in os.listdir("/proc/self/fd"))[:-1])
            status = dict(line.split(":\\t") for line in open("/proc/%d/status" % os.getppid()))
            print(int(status["SigBlk"], 16), int(status["SigIgn"], 16) & (1 << 12), os.environ["EXTRA"], "PATH" in os.environ)
            mode = os.fstat(1)
            print(oct(mode.st_mode), mode.st_nlink, os.fstat(2).st_ino == mode.st_ino)
            """
        let server = try ServerProcess.start(
            command: "python3 -c \"$SCRIPT\"; exit 0", ports: [:], environment: ["SCRIPT": script, "EXTRA": "a=b c"],
            workingFolder: folder.path)
        #expect(try await exit(of: server) == .exited(code: 0))
        let path = folder.resolvingSymlinksInPath().path
        #expect(
            String(decoding: server.output(), as: UTF8.self)
                == "True True \(path)\n[0, 1, 2]\n0 0 a=b c True\n0o100600 0 True\n")
    }

    @Test("a folder that is not there is an error")
    func noFolder() {
        let error = #expect(throws: ServerProcessError.self) {
            try ServerProcess.start(command: "exit 0", ports: [:], workingFolder: "/nowhere/at/all")
        }
        #expect(error?.code == .cannotStart)
        #expect(error?.reason == "cannot start /bin/sh in /nowhere/at/all: No such file or directory")
    }

    @Test("a NUL character in the command is an error")
    func nulCharacter() {
        let error = #expect(throws: ServerProcessError.self) {
            try ServerProcess.start(command: "echo \0", ports: [:])
        }
        #expect(error?.code == .badCommand)
    }

    // MARK: Waiting

    /// Waits until something holds, without a limit: a test that hangs fails by the runner's own.
    private func until(_ condition: () throws -> Bool) async throws {
        while try !condition() { try await Task.sleep(for: .milliseconds(1)) }
    }

    private func exit(of server: ServerProcess) async throws -> ProcessExit? {
        try await until { server.exitStatus() != nil }
        return server.exitStatus()
    }

    @discardableResult
    private func output(of server: ServerProcess, contains text: String) async throws -> String {
        func written() -> String { String(decoding: server.output(), as: UTF8.self) }
        try await until { written().contains(text) }
        return written()
    }

    /// Whether a process is there that has not ended: one that nobody reaped may remain under its number.
    private func isRunning(_ process: Int32) -> Bool {
        guard let line = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let state = line.split(separator: ")").last?.split(separator: " ").first
        else { return false }
        return state != "Z" && state != "X"
    }
}

/// A client on 127.0.0.1.
private enum Client {
    /// Sends the text and gives what comes back until the server closes.
    static func exchange(_ text: String, port: Int) throws -> String {
        let descriptor = try LoopbackSocket.make()
        defer { close(descriptor) }
        try LoopbackSocket.connect(descriptor, to: port)
        try #require(send(descriptor, text, text.utf8.count, 0) == text.utf8.count)
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 100)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
            answer += chunk.prefix(count)
        }
    }
}
