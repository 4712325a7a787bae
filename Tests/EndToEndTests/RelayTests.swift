import Foundation
import TestSupport
import Testing

@Suite("record, from outside")
struct RelayTests {
    @Test(
        "passes every byte both ways, with a codec that fits or none that does",
        arguments: ["raw/chunks", "json", "pickle"])
    func byteExact(codec: String) async throws {
        let folder = try ScratchFolder()
        // The server sends back what came, turned round, when the client has ended its half.
        let server = try await PythonServer.start(
            text: """
                listener = socket.create_server(('127.0.0.1', 0))
                print('listening on port', listener.getsockname()[1])
                connection, _ = listener.accept()
                connection.sendall(b'server first\\x00\\xff')
                connection.sendall(rest(connection)[::-1])
                connection.close()
                """)
        let relay = try await BuiltServer.start(
            "record", listen: ["0:\(codec)"],
            ["--to", "127.0.0.1:\(server.port)", "-o", folder.path("a.tape.jsonl"), "--quiet"])
        let client = try await PythonProgram.run(
            text: """
                import random
                sent = random.Random(7).randbytes(3_000_000)
                connection = connect()
                print(exactly(connection, 14) == b'server first\\x00\\xff')
                def send():
                    connection.sendall(sent)
                    connection.shutdown(socket.SHUT_WR)
                threading.Thread(target=send).start()
                print(rest(connection) == sent[::-1])
                """, port: relay.port)
        #expect(client.output == "True\nTrue\n", "\(client)")
        #expect(try await relay.stop() == .status(0), "\(relay.program.complaints)")
    }

    @Test("starts the server behind it, records the lab, and ends it")
    func startsServer() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("lab.tape.jsonl")
        let relay = try await BuiltServer.start(
            "record", listen: ["0:pickle"],
            ["--start", "exec python3 '\(PythonProgram.root)/Examples/lab_server.py' {port}", "-o", path])
        let client = try await PythonProgram.run("Examples/lab_client.py", port: relay.port)
        #expect(client.exit == .status(0), "\(client)")
        #expect(try await relay.stop() == .status(0), "\(relay.program.complaints)")
        let shown = try await BuiltBinary.run("show", path, "--color", "never")
        #expect(shown.exit == .status(0))
        #expect(shown.output.contains("→ {\"message\":\"hello\"}"))
        #expect(shown.output.contains("← {\"message\":\"server got the data\"}"))
        #expect(shown.output.hasSuffix("end of the recording\n"))
    }

    @Test("asked to end while its server starts, it ends that too")
    func endedEarly() async throws {
        let folder = try ScratchFolder()
        let program = try BuiltBinary.start(
            [
                "record", "--listen", "0:json", "-o", folder.path("a.tape.jsonl"), "--ready-timeout", "1h", "--start",
                "echo $$ > started.new; mv started.new started; exec sleep 1000",
            ], in: folder.path)
        let text = try await program.wait(for: "started server") { folder.text("started") }
        program.signal(SIGINT)
        #expect(try await program.exit() == .status(0), "\(program.complaints)")
        let process = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(kill(process, 0) == -1, "the server still runs")
        #expect(folder.text("a.tape.jsonl") == nil)
    }

    @Test("tells of a server that ended meanwhile, with what it printed")
    func serverEnded() async throws {
        let folder = try ScratchFolder()
        let server = """
            import os, socket, sys
            listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
            connection, _ = listener.accept()
            print('no luck today', flush=True)
            os._exit(1)  # the client learns of the end by the end itself, not by what Python tidies up before it
            """
        let script = try folder.write(server, to: "server.py")
        let relay = try await BuiltServer.start(
            "record", listen: ["0:json"],
            ["--start", "exec python3 '\(script)' {port}", "-o", folder.path("a.tape.jsonl")])
        _ = try await PythonProgram.run(
            text: """
                try: rest(connect())
                except ConnectionResetError: pass
                """, port: relay.port)
        #expect(try await relay.stop() == .status(0))
        #expect(relay.program.complaints.contains("the server exited with status 1 meanwhile"))
        #expect(relay.program.complaints.contains("no luck today"), "\(relay.program.complaints)")
    }

    @Test("records what a client sent while there was no server yet, when there will be none")
    func neverConnected() async throws {
        let folder = try ScratchFolder()
        // Nobody accepts, and what may wait to be accepted waits.
        let upstream = try RunningProgram(
            "python3",
            [
                "-c",
                """
                import socket, time
                listener = socket.socket()
                listener.bind(('127.0.0.1', 0))
                listener.listen(0)
                waiting = [socket.socket() for _ in range(4)]
                for one in waiting:
                    one.setblocking(False)
                    one.connect_ex(listener.getsockname())
                print('port', listener.getsockname()[1], flush=True)
                time.sleep(1000)
                """,
            ])
        let port = try await upstream.wait(for: "port") {
            upstream.output.hasSuffix("\n") ? upstream.output.dropFirst(5).dropLast() : nil
        }
        let relay = try await BuiltServer.start(
            "record", listen: ["0:json"], ["--to", "127.0.0.1:\(port)", "-o", folder.path("a.tape.jsonl"), "--quiet"])
        let client = try PythonProgram.start(
            text: """
                import time
                def asking():
                    # Connections to that port which are in SYN_SENT.
                    rows = [line.split() for line in open('/proc/net/tcp')][1:]
                    return sum(row[2].endswith(':%04X' % int(sys.argv[2])) and row[3] == '02' for row in rows)
                before = asking()
                connection = connect()
                connection.sendall(b'{"abc":1}\\n{"abc":2}\\n')
                while asking() == before: time.sleep(0.01)
                print('sent')
                time.sleep(1000)
                """, port: relay.port, [String(port)])
        try await client.waitForText("sent")
        #expect(try await relay.stop() == .status(0))
        let recording = try #require(folder.text("a.tape.jsonl"))
        for number in 1...2 {
            #expect(recording.contains(#""from":"client","value":{"abc":\#(number)}}"#), "\(recording)")
        }
    }

    @Test("tells the client at once when the server behind is down, and goes on")
    func deadUpstream() async throws {
        let folder = try ScratchFolder()
        let port = try UnusedPort.find()
        let relay = try await BuiltServer.start(
            "record", listen: ["0:json"], ["--to", "127.0.0.1:\(port)", "-o", folder.path("a.tape.jsonl")])
        for _ in 1...2 {
            let client = try await PythonProgram.run(
                text: """
                    try: print(rest(connect()))
                    except ConnectionResetError: print(b'')
                    """, port: relay.port)
            #expect(client.output == "b''\n", "\(client)")
        }
        #expect(try await relay.stop() == .status(0))
        #expect(folder.text("a.tape.jsonl")?.contains("127.0.0.1:\(port)") == true)
    }

    @Test(
        "records a loss, and no clean end, where nothing of what a client said could be sent",
        .enabled(if: ExamplesTests.has("cc"), "there is no C compiler"))
    func lostUpstream() async throws {
        let program = try RunningProgram(
            "python3", ["\(PythonProgram.root)/Tests/EndToEndTests/Peers/lost_upstream.py", BuiltBinary.path, "40"])
        #expect(try await program.exit() == .status(0), "\(program.complaints)")
        #expect(program.output == "reset: 40\n")
    }
}
