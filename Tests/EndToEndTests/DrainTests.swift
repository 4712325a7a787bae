import Foundation
import TestSupport
import Testing

@Suite("The end of a server, from outside")
struct DrainTests {
    /// A client that sends on and on, reads until it is told of the end, and only then stops.
    private static let client = """
        connection = connect()
        isOver = threading.Event()
        def send():
            try:
                while not isOver.is_set(): connection.sendall(b'x' * 9_999 + b'\\n')
            except OSError as error: print('cannot send', error)
        sender = threading.Thread(target=send)
        sender.start()
        try:
            while connection.recv(1 << 16): pass
            print('end')
        except OSError as error: print('reset', error)
        isOver.set()
        sender.join()
        connection.close()
        """

    @Test("comes as FIN also to a client that sends on and on, within the limit", arguments: ["serve", "record"])
    func busyClient(command: String) async throws {
        let upstream = try await BuiltServer.start("serve", listen: ["0:raw/lines,reply=none"], ["--quiet"])
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start(
            command,
            listen: [command == "serve" ? "0:raw/lines,reply=none" : "0:raw/lines,to=127.0.0.1:\(upstream.port)"],
            ["--record", path, "--quiet", "--drain", "2s"])
        let client = try PythonProgram.start(text: Self.client, port: server.port)
        // Connected is it before it is accepted.
        try await server.program.wait(for: "message") { Self.size(path) > 10_000 ? () : nil }
        #expect(try await server.stop() == .status(0), "\(server.program.complaints)")
        #expect(try await client.exit() == .status(0))
        #expect(client.output == "end\n")
        let recording = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        try recording.seek(toOffset: UInt64(max(Self.size(path) - 200, 0)))
        let tail = String(decoding: try recording.readToEnd() ?? Data(), as: UTF8.self)
        #expect(
            tail.contains(#""close":"shutdown","by":"server"}"#) && tail.contains(#""end":{"sessions":1,"#), "\(tail)")
    }

    @Test("lets in and answers clients that had sent something before it, also those that nobody had accepted")
    func waiting() async throws {
        let server = try await BuiltServer.start("serve", listen: ["0:json,greet=none"], ["--quiet", "--drain", "60s"])
        // Asleep, it accepts nobody; awake, it has both the clients and the signal before it.
        server.program.signal(SIGSTOP)
        let clients = try PythonProgram.start(
            text: """
                connections = [connect() for _ in range(300)]
                for connection in connections: connection.sendall(b'1\\n')
                print('sent', flush=True)
                print(sum(rest(connection) == b'1\\n' for connection in connections))
                """, port: server.port)
        try await clients.waitForText("sent")
        server.program.signal(SIGTERM)
        server.program.signal(SIGCONT)
        #expect(try await server.program.exit() == .status(0), "\(server.program.complaints)")
        #expect(try await clients.exit() == .status(0), "\(clients.complaints)")
        #expect(clients.output == "sent\n300\n")
    }

    @Test("is at once with the second of two signals, however soon that comes")
    func twoSignals() async throws {
        for _ in 0..<5 {
            let server = try await BuiltServer.start(
                "serve", listen: ["0:json,greet=none,delay=1000s"], ["--drain", "1000s"])
            let client = try PythonProgram.start(
                text: "connection = connect()\nconnection.sendall(b'1\\n')\nprint(rest(connection))", port: server.port)
            try await server.program.waitForText("fault delay:1000s")
            server.program.signal(SIGTERM)
            server.program.signal(SIGINT)
            #expect(try await server.program.exit() == .status(0), "\(server.program.complaints)")
            #expect(try await client.exit() == .status(0), "\(client.complaints)")
        }
    }

    @Test("of a relay leaves nothing in the recording that its upstream never got, and says what it withheld")
    func withheld() async throws {
        let folder = try ScratchFolder()
        let (behind, path) = (folder.path("b.tape.jsonl"), folder.path("a.tape.jsonl"))
        let upstream = try await BuiltServer.start(
            "serve", listen: ["0:raw/lines,reply=none"], ["--quiet", "--record", behind])
        let relay = try await BuiltServer.start(
            "record", listen: ["0:raw/lines,to=127.0.0.1:\(upstream.port)"],
            ["--record", path, "--quiet", "--drain", "2s"])
        let client = try PythonProgram.start(text: Self.client, port: relay.port)
        try await relay.program.wait(for: "message") { Self.size(path) > 10_000 ? () : nil }
        #expect(try await relay.stop() == .status(0))
        #expect(try await client.exit() == .status(0))
        #expect(try await upstream.stop() == .status(0))
        let recorded = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let arrived = try String(contentsOfFile: behind, encoding: .utf8).split(separator: "\n")
        func messages(_ lines: [Substring]) -> Int {
            lines.count { $0.contains(#""from":"client","text""#) && !$0.contains(#""partial":true"#) }
        }
        #expect(messages(recorded) == messages(arrived) && messages(arrived) > 0)
        #expect(recorded.contains { $0.contains(#""gap":{"from":"client","bytes":"#) })
    }

    @Test("says how much of its answers a client that never reads was not sent")
    func unsent() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let count = 8 << 20
        let server = try await BuiltServer.start(
            "serve", listen: ["0:raw/lines,greet=none"], ["--record", path, "--quiet", "--drain", "1s"])
        // It reads only when the server has gone: what its kernel has got by then is all that was sent.
        let client = try PythonProgram.start(
            text: """
                import os, time
                connection = socket.socket()
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.connect(('127.0.0.1', int(sys.argv[1])))
                connection.sendall(b'x' * (int(sys.argv[2]) - 1) + b'\\n')
                while not os.path.exists(sys.argv[3]): time.sleep(0.01)
                received = 0
                while part := connection.recv(1 << 20): received += len(part)
                print(received)
                """, port: server.port, [String(count), folder.path("gone")])
        try await server.program.wait(for: "answer") { Self.size(path) > 2 * count ? () : nil }
        #expect(try await server.stop() == .status(0), "\(server.program.complaints)")
        try folder.write("", to: "gone")
        #expect(try await client.exit() == .status(0), "\(client.complaints)")
        let received = try #require(Int(client.output.trimmingCharacters(in: .newlines)))
        let close = folder.text("a.tape.jsonl")?.split(separator: "\n").first { $0.contains(#""close":"#) }
        #expect(
            close?.hasSuffix(
                #""close":"shutdown","by":"server","reason":"\#(count - received) bytes for the client were not sent"}"#
            )
                == true, "\(received) \(close ?? "")")
    }

    private static func size(_ path: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    }
}
