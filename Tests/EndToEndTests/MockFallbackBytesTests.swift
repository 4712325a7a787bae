import Foundation
import TestSupport
import Testing

@Suite("mock --fallback where bytes are no values, from outside")
struct MockFallbackBytesTests {
    private static let recording = """
        {"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"t","ports":[{"listen":"127.0.0.1:7001","codec":"raw/u32be"},{"listen":"127.0.0.1:7002","codec":"raw/chunks"}]}
        {"t":0.000000,"s":1,"open":{"port":7001,"peer":"127.0.0.1:40001"}}
        {"t":0.000001,"s":1,"from":"client","text":"ping"}
        {"t":0.000002,"s":1,"from":"server","text":"pong"}
        {"t":0.000003,"s":2,"open":{"port":7002,"peer":"127.0.0.1:40002"}}
        {"t":0.000004,"s":2,"from":"client","text":"hello."}
        {"t":0.000005,"s":2,"from":"server","text":"hi."}

        """

    /// Answers what ends with a point, or with the stream, by how long that was. On a connection of its own it says how many
    /// bytes it has seen.
    private static let sentences = """
        seen = 0
        def serve(connection):
            global seen
            said = b''
            while part := connection.recv(65536):
                if part == b'?':
                    connection.sendall(b'%d\\n' % seen)
                    continue
                seen += len(part)
                said += part
                if said.endswith(b'.'):
                    connection.sendall(b'%d.' % len(said))
                    said = b''
            if said: connection.sendall(b'end of %d' % len(said))
            connection.close()
        listener = socket.create_server(('127.0.0.1', 0))
        print('listening on port', listener.getsockname()[1], flush=True)
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """

    @Test("frames of bytes are asked for, and the recording of it needs no server")
    func frames() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.recording, to: "a.tape.jsonl")
        let new = folder.path("b.tape.jsonl")
        let real = try await PythonServer.start(
            text: """
                listener = socket.create_server(('127.0.0.1', 0))
                print('listening on port', listener.getsockname()[1], flush=True)
                connection = listener.accept()[0]
                while head := exactly(connection, 4):
                    payload = exactly(connection, struct.unpack('>I', head)[0])
                    connection.sendall(head + payload[::-1])
                """)
        let client = """
            connection = connect()
            for payload in [b'ping', bytes(range(256)), b'', b'a' * 300_000]:
                connection.sendall(struct.pack('>I', len(payload)) + payload)
                answer = exactly(connection, struct.unpack('>I', exactly(connection, 4))[0])
                print(answer == (b'pong' if payload == b'ping' else payload[::-1]), len(answer))
            """
        let answers = "True 4\nTrue 256\nTrue 0\nTrue 300000\n"
        let mock = try await BuiltServer.start(
            "mock", listen: ["7001=0"], ["--quiet", path, "-o", new, "--fallback", "127.0.0.1:\(real.port)"])
        #expect(try await PythonProgram.run(text: client, port: mock.port).output == answers)
        #expect(try await mock.stop() == .status(0), "\(mock.program.complaints)")
        let again = try await BuiltServer.start("mock", listen: ["0"], ["--quiet", new])
        #expect(try await PythonProgram.run(text: client, port: again.port).output == answers)
        #expect(try await again.stop() == .status(0), "\(again.program.complaints)")
    }

    @Test("bytes without frames reach the other server while it has not answered, and so does their end")
    func pieces() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.recording, to: "a.tape.jsonl")
        let new = folder.path("b.tape.jsonl")
        let real = try await PythonServer.start(text: Self.sentences)
        // The second piece goes out when the server has had the first.
        let client = """
            connection = connect()
            connection.sendall(b'hello.')
            print(exactly(connection, 3))
            connection.sendall(b'in two ')
            if len(sys.argv) > 2:
                asking = socket.create_connection(('127.0.0.1', int(sys.argv[2])))
                while asking.sendall(b'?') or int(asking.recv(100)) < 7: pass
            connection.sendall(b'pieces.')
            print(exactly(connection, 3))
            connection.sendall(b'a' * 999_999 + b'.')
            print(exactly(connection, 8))
            connection.sendall(b'and no more')
            connection.shutdown(socket.SHUT_WR)
            print(rest(connection))
            """
        let answers = "b'hi.'\nb'14.'\nb'1000000.'\nb'end of 11'\n"
        let mock = try await BuiltServer.start(
            "mock", listen: ["7002=0"],
            ["--quiet", path, "-o", new, "--fallback", "127.0.0.1:\(real.port)", "--reply-timeout", "10m"])
        let asking = try PythonProgram.start(text: client, port: mock.port, ["\(real.port)"])
        #expect(try await asking.exit() == .status(0), "\(asking.complaints)")
        #expect(asking.output == answers)
        #expect(try await mock.stop() == .status(0), "\(mock.program.complaints)")
        let again = try await BuiltServer.start("mock", listen: ["0"], ["--quiet", new])
        #expect(try await PythonProgram.run(text: client, port: again.port).output == answers)
        #expect(try await again.stop() == .status(0), "\(again.program.complaints)")
    }

    @Test("a server that takes nothing of a long request is told of, and memory does not grow with it")
    func longRequest() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Self.recording, to: "a.tape.jsonl")
        let real = try await PythonServer.start(
            text: """
                listener = socket.create_server(('127.0.0.1', 0))
                print('listening on port', listener.getsockname()[1], flush=True)
                connection = listener.accept()[0]
                listener.accept()
                """)
        let mock = try await BuiltServer.start(
            "mock", listen: ["7002=0"],
            ["--quiet", path, "--fallback", "127.0.0.1:\(real.port)", "--reply-timeout", "10m"])
        let client = try await PythonProgram.run(
            text: """
                import select
                connection = connect()
                connection.setblocking(False)
                sent = 0
                while sent < 128 << 20 and select.select([], [connection], [], 2)[1]:
                    sent += connection.send(b'a' * 65536)
                print('all' if sent >= 128 << 20 else 'some')
                """, port: mock.port)
        #expect(client.output == "some\n", "\(client)")
        #expect(try await mock.stop() == .status(1))
        #expect(mock.program.output.contains("1 that no recorded one is like"), "\(mock.program.output)")
    }
}
