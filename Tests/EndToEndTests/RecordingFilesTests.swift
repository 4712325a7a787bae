import Foundation
import TestSupport
import Testing

@Suite("The files of a recording, from outside")
struct RecordingFilesTests {
    /// Six clients that send counted messages until each has had as many answers; `meanwhile()` runs beside them.
    private static let clients = """
        import glob, os, signal, time
        def client(number, count):
            with connect() as connection:
                stream = connection.makefile('rwb')
                for step in range(count):
                    stream.write(b'{"c":%d,"n":%d}\\n' % (number, step)); stream.flush()
                    assert stream.readline() == b'{"c":%d,"n":%d}\\n' % (number, step)
        def run(clients, count, meanwhile=lambda alive: None):
            threads = [threading.Thread(target=client, args=(number, count)) for number in range(clients)]
            for thread in threads: thread.start()
            meanwhile(lambda: any(thread.is_alive() for thread in threads))
            for thread in threads: thread.join()
        def check(paths, clients, count):
            # Each file has its header and its end, every session in it an opening, every message stands once, in order.
            passed = {}
            for path in paths:
                lines = [json.loads(line) for line in open(path)]
                assert 'tapedeck' in lines[0] and 'end' in lines[-1], path
                opened = set()
                for event in lines[1:-1]:
                    if 'open' in event: opened.add(event['s'])
                    assert event['s'] in opened, (path, event)
                    if 'from' in event: passed.setdefault(event['value']['c'], []).append((event['from'], event['value']['n']))
            expected = [(side, step) for step in range(count) for side in ('client', 'server')]
            for number in range(clients): assert passed[number] == expected, number
            print(len(paths), 'files, all there')

        """

    private func runClients(_ server: BuiltServer, _ text: String, _ arguments: [String]) async throws -> String {
        let program = try PythonProgram.start(text: Self.clients + text, port: server.port, arguments)
        #expect(try await program.exit() == .status(0), "\(program.complaints)")
        return program.output
    }

    @Test("SIGHUP after a rename goes on in a new file under load: nothing is lost or doubled")
    func hangUp() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start("serve", listen: ["0:json,greet=none"], ["--record", path, "--quiet"])
        let moved = try await runClients(
            server,
            """
            path, pid = sys.argv[2], int(sys.argv[3])
            def rotate(alive):
                for number in range(5):
                    # So that each file has some of them.
                    size = os.path.getsize(path)
                    while os.path.getsize(path) < size + 5_000 and alive(): time.sleep(0.0005)
                    os.rename(path, '%s.%d' % (path, number))
                    if number % 2: open(path, 'w').close()
                    os.kill(pid, signal.SIGHUP)
                    while not (os.path.exists(path) and os.path.getsize(path)): time.sleep(0.0005)
            run(6, 300, rotate)
            print('rotated')
            """, [path, String(server.program.processID)])
        #expect(moved == "rotated\n")
        #expect(try await server.stop() == .status(0), "\(server.program.complaints)")
        // The other ones have names that only who moved them knows.
        #expect(server.program.complaints.contains(" in 6 files, the last of which is \(path)\n"))
        let checked = try await runClients(
            server, "check(sorted(glob.glob(sys.argv[2] + '.*')) + [sys.argv[2]], 6, 300)", [path])
        #expect(checked == "6 files, all there\n")
    }

    @Test("--rotate goes on in further files, each whole, with every message once")
    func rotate() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none"], ["--record", path, "--quiet", "--rotate", "16KiB"])
        _ = try await runClients(server, "run(6, 200)", [])
        #expect(try await server.stop() == .status(0), "\(server.program.complaints)")
        let checked = try await runClients(
            server,
            """
            files = [sys.argv[2]] + sorted(glob.glob(sys.argv[2].replace('.tape', '.[0-9]*.tape')))
            assert len(files) > 5
            check(files, 6, 200)
            """, [path])
        #expect(checked.hasSuffix("files, all there\n"))
        #expect(server.program.complaints.contains(" files, \(path) to \(folder.path("a.00"))"))
        // Put together they are one recording, of which no session is left out.
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        let parts = ["a.tape.jsonl"] + names.filter { $0 != "a.tape.jsonl" }
        let other = try ScratchFolder()
        let whole = try other.write(parts.compactMap { folder.text($0) }.joined(), to: "whole.tape.jsonl")
        let check = try await BuiltBinary.run("check", whole)
        #expect(check.exit == .status(0), "\(check)")
        let again = try await BuiltServer.start("serve", listen: ["0:json,greet=none"], ["--quiet"])
        for order in [[], ["--independent"]] {
            let replay = try await BuiltBinary.run(["replay", whole, "--target", "127.0.0.1:\(again.port)"] + order)
            #expect(replay.exit == .status(0) && replay.output.contains("6 sessions, 1200 answers"), "\(replay)")
            #expect(!replay.output.contains("earlier file"), "\(replay)")
        }
        // So they are where all of them are given, in whatever order, or found in a folder.
        for paths in [parts.map(folder.path), parts.reversed().map(folder.path), [folder.path]] {
            let replay = try await BuiltBinary.run(["replay"] + paths + ["--target", "127.0.0.1:\(again.port)"])
            #expect(replay.exit == .status(0) && replay.output.contains("6 sessions, 1200 answers"), "\(replay)")
            #expect(replay.output.contains("1 passed, 0 failed"), "\(replay)")
        }
        let last = try await BuiltBinary.run(
            "replay", folder.path(parts[3]), "--target", "127.0.0.1:\(again.port)")
        #expect(last.exit == .status(2), "\(last)")
        #expect(last.output.contains("give that one in the same replay, too"), "\(last)")
        let shownWhole = try await BuiltBinary.run("show", whole, "--color", "never")
        #expect(!shownWhole.complaints.contains("earlier file"), "\(shownWhole.complaints)")
        for name in names {
            let shown = try await BuiltBinary.run("show", folder.path(name), "--color", "never")
            #expect(shown.exit == .status(0), "\(shown.complaints)")
        }
    }

    @Test("a folder gets a file for each session, also of more sessions than there may be files open")
    func folder() async throws {
        let folder = try ScratchFolder()
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none"], ["--record", folder.path("new") + "/", "--quiet"],
            shell: "ulimit -n 72")
        _ = try await runClients(server, "run(24, 40)", [])
        #expect(try await server.stop() == .status(0), "\(server.program.complaints)")
        let checked = try await runClients(
            server, "check(sorted(glob.glob(sys.argv[2] + '/*-s*.tape.jsonl')), 24, 40)", [folder.path("new")])
        #expect(checked == "24 files, all there\n")
        #expect(server.program.complaints.contains("recorded 24 sessions, 1920 messages in \(folder.path("new"))/"))
        let other = try await BuiltServer.start("serve", listen: ["0:json,greet=none"], ["--quiet"])
        let replay = try await BuiltBinary.run("replay", folder.path("new"), "--target", "127.0.0.1:\(other.port)")
        #expect(replay.exit == .status(0), "\(replay)")
    }

    @Test("a folder without rights is left as it is, and the file that was to be there is named")
    func withoutRights() async throws {
        let folder = try ScratchFolder()
        let torn = try String(contentsOfFile: PythonProgram.root + "/captures/pickle/lab.tape.jsonl", encoding: .utf8)
            .dropLast(60)
        let path = try folder.write(String(torn), to: "locked/a.tape.jsonl")
        let locked = folder.path("locked")
        chmod(path, 0o644)
        chmod(folder.path, 0o755)
        chmod(locked, 0o555)
        defer { chmod(locked, 0o755) }
        // Root may write anywhere.
        let nobody = geteuid() == 0 ? ["setpriv", "--reuid", "65534", "--clear-groups", "--"] : []
        for (arguments, named) in [
            (["serve", "--listen", "0:json", "--record", locked + "/b.tape.jsonl"], locked + "/b.tape.jsonl"),
            (["serve", "--listen", "0:json", "--record", locked + "/new/"], locked + "/new/"),
            (["check", path, "--repair"], path),
            (["scrub", path, "--redact", "defaults", "-o", locked + "/b.tape.jsonl"], locked + "/b.tape.jsonl"),
        ] {
            let all = nobody + [BuiltBinary.path] + arguments
            let program = try RunningProgram("env", all)
            #expect(try await program.exit() == .status(2), "\(program.complaints)")
            #expect(program.complaints.contains("tapedeck: \(named): "), "\(program.complaints)")
            #expect(program.complaints.contains("Permission denied"), "\(program.complaints)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: locked) == ["a.tape.jsonl"])
        #expect(folder.text("locked/a.tape.jsonl") == String(torn))
    }

    @Test("a file that was moved away without a word is not named at the end")
    func movedAway() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start("serve", listen: ["0:json,greet=none"], ["--record", path, "--quiet"])
        try FileManager.default.moveItem(atPath: path, toPath: folder.path("moved"))
        #expect(try await server.stop() == .status(0))
        let complaints = server.program.complaints
        #expect(complaints.contains(" in 1 file, which somebody moved away from \(path)\n"), "\(complaints)")
        #expect(!complaints.contains("tapedeck show"), "\(complaints)")
    }

    @Test("killed while it compresses, all that was answered reads with zstd", .enabled(if: Self.hasZstd))
    func compressedAndKilled() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl.zst")
        let server = try await BuiltServer.start("serve", listen: ["0:json,greet=none"], ["--record", path, "--quiet"])
        let output = try await runClients(
            server,
            """
            import subprocess
            path, pid = sys.argv[2], int(sys.argv[3])
            answered = [0] * 4
            def client(number):
                try:
                    with connect() as connection:
                        stream = connection.makefile('rwb')
                        while True:
                            stream.write(b'{"c":%d,"n":%d}\\n' % (number, answered[number])); stream.flush()
                            if not stream.readline().endswith(b'\\n'): return
                            answered[number] += 1
                except OSError: pass
            threads = [threading.Thread(target=client, args=(number,)) for number in range(4)]
            for thread in threads: thread.start()
            while sum(answered) < 700: time.sleep(0.0001)
            os.kill(pid, signal.SIGKILL)
            for thread in threads: thread.join()
            text = subprocess.run(['zstd', '-dcq', path], stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout
            found = set()
            for line in text.split(b'\\n')[:-1]:
                event = json.loads(line)
                if event.get('from') == 'server': found.add((event['value']['c'], event['value']['n']))
            print([(number, step) for number in range(4) for step in range(answered[number]) if (number, step) not in found])
            """, [path, String(server.program.processID)])
        #expect(output == "[]\n")
        #expect(try await server.program.exit() == .signal(SIGKILL))

        // What can be unpacked of the frame that was under way stays, and others follow.
        let before = try ShortProgram.run("zstd", ["-dcq", path]).output
        let lines = before.prefix((before.lastIndex(of: 10) ?? -1) + 1)
        let second = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none"], ["--record", path, "--quiet", "--append"])
        _ = try await runClients(second, "run(2, 10)", [])
        #expect(try await second.stop() == .status(0), "\(second.program.complaints)")
        let after = try ShortProgram.run("zstd", ["-dcq", path])
        #expect(after.status == 0 && after.output.starts(with: lines) && after.output.count > lines.count)
        let checked = try await BuiltBinary.run("check", path)
        #expect(checked.output.split(separator: "\n").first?.contains("before this header was never ended") == true)
        #expect(checked.output.contains(": 1 thing wrong ("), "\(checked)")
    }

    private static let hasZstd = (try? ShortProgram.run("zstd", ["--version"]))?.status == 0

    @Test("--append goes on in a recording that was cut off, and says what it cut; --force replaces it")
    func existing() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let first = try await BuiltServer.start("serve", listen: ["0:json,greet=none"], ["--record", path, "--quiet"])
        _ = try await runClients(first, "run(2, 10)", [])
        #expect(try await first.stop(SIGKILL) == .signal(SIGKILL))
        let whole = try #require(folder.text("a.tape.jsonl"))
        try folder.write(whole + "{\"t\":9.0,\"s\"", to: "a.tape.jsonl")

        let refused = try await BuiltBinary.run("serve", "--listen", "0:json", "--record", path)
        #expect(refused.exit == .status(2))
        #expect(refused.complaints.contains("--append adds to it, --force replaces it"), "\(refused)")

        let second = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none"], ["--record", path, "--quiet", "--append"])
        #expect(second.program.complaints.contains("\(path): cut off a torn last line of 12 bytes"))
        for option in ["--append", "--force"] {
            let third = try await BuiltBinary.run("serve", "--listen", "0:json", "--record", path, option)
            #expect(third.exit == .status(2), "\(third)")
            #expect(third.complaints.contains("\(path): another program is writing this file"), "\(third)")
        }
        _ = try await runClients(second, "run(1, 3)", [])
        #expect(try await second.stop() == .status(0))
        let text = try #require(folder.text("a.tape.jsonl"))
        #expect(text.hasPrefix(whole + "{\"tapedeck\":1,"))
        #expect(text.contains("\"s\":3,\"open\"") && text.hasSuffix("\"end\":{\"sessions\":1,\"messages\":6}}\n"))
        let shown = try await BuiltBinary.run("show", path, "--color", "never")
        #expect(shown.exit == .status(0), "\(shown.complaints)")

        let last = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none"], ["--record", path, "--quiet", "--force"])
        #expect(try await last.stop() == .status(0))
        let replaced = try #require(folder.text("a.tape.jsonl"))
        #expect(replaced.split(separator: "\n").count == 2, "\(replaced)")
    }
}
