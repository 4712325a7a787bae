import Foundation
import TestSupport
import Testing

@Suite("The durability of a recording, from outside")
struct DurabilityTests {
    /// Clients in Python that count what each was answered, until the server is gone; then the file is searched for it.
    private static let clients = """
        import os, time
        PATH, PID, LIMIT = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
        answered = [0] * 6
        def client(number):
            try:
                with connect() as connection:
                    stream = connection.makefile('rwb')
                    while True:
                        for step in range(3):
                            stream.write(b'{"c":%d,"n":%d}\\n' % (number, answered[number] + step))
                        stream.flush()
                        for step in range(3):
                            if not stream.readline().endswith(b'\\n'): return
                            answered[number] += 1
            except OSError:
                pass
        threads = [threading.Thread(target=client, args=(number,)) for number in range(6)]
        for thread in threads: thread.start()
        if PID:
            while sum(answered) < LIMIT: time.sleep(0.0001)
            os.kill(PID, 9)
        for thread in threads: thread.join()
        data = open(PATH, 'rb').read()
        lines = data.split(b'\\n')
        last = lines.pop()
        found = {'client': set(), 'server': set()}
        for line in lines:
            event = json.loads(line)
            if 'from' in event: found[event['from']].add((event['value']['c'], event['value']['n']))
        lost = [(number, count) for number in range(6) for count in range(answered[number])
                if (number, count) not in found['client'] or (number, count) not in found['server']]
        print('answered', sum(answered), 'lost', lost[:5], 'torn', len(last))
        """

    private func runClients(_ server: BuiltServer, _ path: String, killedAfter count: Int? = nil) async throws -> String
    {
        let program = try PythonProgram.start(
            text: Self.clients, port: server.port,
            [path, count == nil ? "0" : String(server.program.processID), String(count ?? 0)])
        #expect(try await program.exit() == .status(0), "\(program.complaints)")
        return program.output
    }

    struct Kill: Sendable, CustomTestStringConvertible {
        /// Who answers.
        enum Way: String, Sendable {
            case itself
            case relay
            case child
        }

        var durability: String
        var way = Way.itself
        var answers: Int

        var testDescription: String { "\(durability), \(way), after \(answers) answers" }

        /// `TAPEDECK_KILLS` says how often: the soak asks for many.
        static let all: [Kill] = {
            let rounds = ProcessInfo.processInfo.environment["TAPEDECK_KILLS"].flatMap { Int($0) } ?? 2
            return (0..<rounds).flatMap { _ in
                [
                    Kill(durability: "kernel", answers: .random(in: 1...1_500)),
                    Kill(durability: "disk", answers: .random(in: 1...300)),
                    Kill(durability: "kernel", way: .relay, answers: .random(in: 1...1_000)),
                    Kill(durability: "disk", way: .relay, answers: .random(in: 1...300)),
                    Kill(durability: "kernel", way: .child, answers: .random(in: 1...1_000)),
                    Kill(durability: "disk", way: .child, answers: .random(in: 1...300)),
                ]
            }
        }()
    }

    @Test("a kill at any moment loses nothing that a client saw answered", arguments: Kill.all)
    func killed(_ kill: Kill) async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let options = ["--record", path, "--quiet", "--durability", kill.durability]
        let server: BuiltServer
        var behind: BuiltServer?
        switch kill.way {
        case .itself: server = try await BuiltServer.start("serve", listen: ["0:json,greet=none"], options)
        case .child:
            let child = "exec python3 \(PythonProgram.root)/Examples/exec/echo.py"
            server = try await BuiltServer.start(
                "serve", listen: ["0:json,greet=none,reply=exec:\(child)"], options + ["--redact", "defaults"])
        case .relay:
            let upstream = try await BuiltServer.start("serve", listen: ["0:json,greet=none"], ["--quiet"])
            behind = upstream
            server = try await BuiltServer.start(
                "record", listen: ["0:json"], options + ["--to", "127.0.0.1:\(upstream.port)"])
        }
        let output = try await runClients(server, path, killedAfter: kill.answers)
        #expect(output.contains(" lost [] "), "\(output)")
        #expect(try await server.program.exit() == .signal(SIGKILL))
        withExtendedLifetime(behind) {}
        let shown = try await BuiltBinary.run("show", path, "--color", "never")
        #expect(shown.exit == .status(0), "\(shown.complaints)")
    }

    @Test("every durability ends a recording whole", arguments: ["none", "kernel", "disk"])
    func whole(durability: String) async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none"], ["--record", path, "--quiet", "--durability", durability])
        let client = try await PythonProgram.run(
            text: """
                connection = connect()
                burst = b''.join(b'{"n":%d}\\n' % number for number in range(20000))
                sender = threading.Thread(target=lambda: connection.sendall(burst))
                sender.start()
                print(exactly(connection, len(burst)) == burst)
                """, port: server.port)
        #expect(client.output == "True\n", "\(client)")
        #expect(try await server.stop() == .status(0), "\(server.program.complaints)")
        let recording = try #require(folder.text("a.tape.jsonl"))
        #expect(recording.hasSuffix("\"end\":{\"sessions\":1,\"messages\":40000}}\n"), "\(recording.suffix(200))")
    }

    // MARK: Files that cannot be written

    @Test(
        "a full disk ends the server: the reason, status 2, and all that was answered is there",
        arguments: ["kernel", "disk"])
    func fullDisk(durability: String) async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none"], ["--record", path, "--quiet", "--durability", durability],
            shell: "ulimit -f 400")
        let output = try await runClients(server, path)
        #expect(output.contains(" lost [] torn 0"), "\(output)")
        #expect(try await server.program.exit() == .status(2))
        #expect(
            server.program.complaints.components(separatedBy: "\(path): cannot write: File too large").count == 2,
            "\(server.program.complaints)")
    }

    @Test(
        "a full disk does not end the server where serving is to go on: told once, counted at the end, status 2",
        arguments: ["none", "kernel", "disk"])
    func fullDiskContinue(durability: String) async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none"],
            ["--record", path, "--quiet", "--durability", durability, "--on-record-failure", "continue"],
            shell: "ulimit -f 400")
        let client = try await PythonProgram.run(
            text: """
                stream = connect().makefile('rwb')
                for number in range(3000):
                    stream.write(b'{"n":%d}\\n' % number); stream.flush()
                    assert stream.readline() == b'{"n":%d}\\n' % number
                print('all answered')
                """, port: server.port)
        #expect(client.output == "all answered\n", "\(client)")
        #expect(try await server.stop() == .status(2))
        let complaints = server.program.complaints
        #expect(complaints.components(separatedBy: "and serving goes on without it").count == 2, "\(complaints)")
        let recording = try #require(folder.text("a.tape.jsonl"))
        let kept = recording.split(separator: "\n").count
        // An opening, the messages, the client's end and the session's; the header is none of them.
        #expect(complaints.contains("without \(1 + 6_000 + 2 - (kept - 1)) events"), "\(kept): \(complaints)")
        #expect(recording.hasSuffix("}\n"))
        let shown = try await BuiltBinary.run("show", path, "--color", "never")
        #expect(shown.exit == .status(0), "\(shown.complaints)")
    }

    @Test("nothing is damaged where a full disk has room again", .enabled(if: SmallDisk.canBeMade))
    func roomAgain() async throws {
        let disk = try await SmallDisk()
        let path = disk.path + "/a.tape.jsonl"
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none"], ["--record", path, "--on-record-failure", "continue", "--quiet"])
        let client = try PythonProgram.start(
            text: """
                import os, sys
                stream = connect().makefile('rwb')
                def talk(numbers):
                    for number in numbers:
                        stream.write(b'{"n":%d}\\n' % number); stream.flush()
                        assert stream.readline()
                ballast = os.path.join('\(disk.path)', 'ballast')
                open(ballast, 'wb').write(b'x' * 100_000)
                talk(range(2000))
                os.unlink(ballast)
                talk(range(2000, 3000))
                print('done')
                """, port: server.port)
        #expect(try await client.exit() == .status(0), "\(client.complaints)")
        #expect(try await server.stop() == .status(2))
        let recording = try String(contentsOfFile: path, encoding: .utf8)
        #expect(recording.hasSuffix("}\n"))
        let shown = try await BuiltBinary.run("show", path, "--color", "never")
        #expect(shown.exit == .status(0) && shown.output.contains("{\"n\":100}"), "\(shown.complaints)")
        #expect(!shown.output.contains("{\"n\":2500}"))
    }

    @Test("a file that is deleted meanwhile ends the server, which says so")
    func deleted() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start("serve", listen: ["0:json,greet=none"], ["--record", path, "--quiet"])
        let client = try await PythonProgram.run(
            text: """
                import os
                stream = connect().makefile('rwb')
                os.unlink('\(path)')
                try:
                    while True:
                        stream.write(b'{}\\n'); stream.flush()
                        if not stream.readline(): break
                except OSError: pass
                print('ended')
                """, port: server.port)
        #expect(client.output == "ended\n", "\(client)")
        #expect(try await server.program.exit() == .status(2))
        #expect(
            server.program.complaints.contains("\(path): somebody deleted this file while it was written"),
            "\(server.program.complaints)")
    }

    @Test(
        "what is no new file is refused at once, with its name",
        arguments: [
            "pipe", "link", "file", "missing/a.tape.jsonl", "/dev/full", "/dev/null", "/proc/nothing.tape.jsonl",
        ])
    func refused(name: String) async throws {
        let folder = try ScratchFolder()
        mkfifo(folder.path("pipe"), 0o600)
        try folder.write("precious", to: "file")
        symlink(folder.path("file"), folder.path("link"))
        let path = name.hasPrefix("/") ? name : folder.path(name)
        let run = try await BuiltBinary.run("serve", "--listen", "0:json", "--record", path)
        #expect(run.exit == .status(2))
        #expect(run.complaints.contains("tapedeck: \(path): "), "\(run)")
        #expect(folder.text("file") == "precious")
    }

    @Test("nobody who reads its output any more does not end the server")
    func closedOutput() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let program = try RunningProgram(
            "python3",
            [
                "-c",
                """
                import os, signal, socket, subprocess, sys, time
                binary, path, ports = sys.argv[1:]
                server = subprocess.Popen(
                    [binary, 'serve', '--listen', '0:json,greet=none', '-o', path, '--port-file', ports],
                    stdout=subprocess.PIPE)
                server.stdout.close()
                while not os.path.exists(ports): time.sleep(0.01)
                port = int(open(ports).read().split(':')[-1])
                with socket.create_connection(('127.0.0.1', port)) as connection:
                    stream = connection.makefile('rwb')
                    for number in range(100):
                        stream.write(b'{"n":%d}\\n' % number); stream.flush()
                        assert stream.readline() == b'{"n":%d}\\n' % number
                server.terminate()
                print('status', server.wait())
                """,
                BuiltBinary.path, path, folder.path("ports"),
            ])
        #expect(try await program.exit() == .status(0), "\(program.complaints)")
        #expect(program.output == "status 0\n")
        let recording = try #require(folder.text("a.tape.jsonl"))
        #expect(recording.hasSuffix("\"end\":{\"sessions\":1,\"messages\":200}}\n"), "\(recording.suffix(200))")
    }

    @Test(
        "options that mean nothing together are refused",
        arguments: [
            (["--durability", "disk"], "--record FILE"), (["--on-record-failure", "continue"], "--record FILE"),
            (["--record", "a.tape.jsonl", "--on-full", "drop"], "--durability none"),
            (["--record", "a.tape.jsonl", "--durability", "paper"], "paper"),
        ])
    func usage(arguments: [String], named: String) async throws {
        let folder = try ScratchFolder()
        let run = try await BuiltBinary.run(["serve", "--listen", "0:json"] + arguments, in: folder.path)
        #expect(run.exit == .status(64), "\(run)")
        #expect(run.complaints.contains(named), "\(run)")
        #expect(folder.text("a.tape.jsonl") == nil)
    }
}

/// A disk of 200 KiB: a folder that is held in memory, while this lives. Only root may have it.
private final class SmallDisk: Sendable {
    static let canBeMade = getuid() == 0 && (try? ShortProgram.run("unshare", ["-m", "true"]))?.status == 0

    private let folder: ScratchFolder
    var path: String { folder.path("disk") }

    init() async throws {
        folder = try ScratchFolder()
        try FileManager.default.createDirectory(atPath: folder.path("disk"), withIntermediateDirectories: false)
        let mounted = try ShortProgram.run("mount", ["-t", "tmpfs", "-o", "size=200k", "tmpfs", folder.path("disk")])
        try #require(mounted.status == 0)
    }

    deinit { _ = try? ShortProgram.run("umount", ["-l", path]) }
}
