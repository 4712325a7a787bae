import Foundation
import TestSupport
import Testing

@Suite("--capture, from outside", .enabled(if: Tshark.isInstalled, Tshark.lacking))
struct CaptureTests {
    /// Where packets come from, and the file they go to.
    struct Kind: Sendable, CustomTestStringConvertible {
        var source: String
        var file: String

        var testDescription: String { "\(source) to \(file)" }

        func options(in folder: ScratchFolder) -> [String] {
            ["--capture", folder.path(file), "--capture-from", source, "--quiet"]
        }

        static let sockets = [Kind(source: "sockets", file: "a.pcapng"), Kind(source: "sockets", file: "a.pcap")]
        static let packets = [Kind(source: "packets", file: "a.pcapng"), Kind(source: "packets", file: "a.pcap")]
        /// Those that this process may use.
        static let possible = sockets + (CaptureRight.isThere ? packets : [])
    }

    @Test(
        "has the very bytes of messages small and large, half-closes and resets",
        arguments: Kind.possible.filter { $0.file == "a.pcap" }.map { ($0, "127.0.0.1", "127.0.0.1") }
            + Kind.possible.filter { $0.file == "a.pcapng" }.flatMap { kind in
                [("[::1]", "::1"), ("0.0.0.0", "127.0.0.1"), ("[::]", "127.0.0.1")].map { (kind, $0.0, $0.1) }
            })
    func conversation(kind: Kind, listened: String, connected: String) async throws {
        let folder = try ScratchFolder()
        let path = folder.path(kind.file)
        // The kernel keeps 16 MiB of packets for a capture that gets no processor; `any` sees each twice.
        let server = try await BuiltServer.start(
            "serve", listen: ["\(listened):0:raw/u32be"], kind.options(in: folder))
        let client = try await PythonProgram.run(
            text: """
                def message(payload): return struct.pack('>I', len(payload)) + payload
                big = message(bytes(range(256)) * \(kind.source == "sockets" ? 20_480 : 4_096))
                connection = socket.create_connection(('\(connected)', PORT))
                connection.sendall(message(b'one'))
                print(exactly(connection, 7) == message(b'one'))
                connection.sendall(message(b'') + big)
                connection.shutdown(socket.SHUT_WR)
                print(rest(connection) == message(b'') + big)
                connection = socket.create_connection(('\(connected)', PORT))
                connection.sendall(message(b'two'))
                print(exactly(connection, 7) == message(b'two'))
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                connection.close()
                import hashlib
                for sent in message(b'one') + message(b'') + big, message(b'two'):
                    print(len(sent), hashlib.sha256(sent).hexdigest())
                """, port: server.port)
        #expect(client.output.hasPrefix("True\nTrue\nTrue\n"), "\(client)")
        #expect(try await server.stop() == .status(0), "\(server.program.complaints)")

        // The client has printed what it sent on each; it was echoed.
        let sent = client.output.split(separator: "\n").dropFirst(3).map(String.init)
        try #require(sent.count == 2)
        #expect(try await Tshark.digests(path, streams: 0..<2) == [sent[0], sent[0], sent[1], sent[1]])
        let names = ["tcp.stream", "tcp.dstport", "tcp.flags.reset", "tcp.flags.fin"]
        let ends = try await Tshark.fields(names, of: path, where: "tcp.flags.reset == 1 or tcp.flags.fin == 1")
        let port = String(server.port)
        #expect(ends.contains(["0", port, "0", "1"]), "the client's FIN")
        #expect(ends.contains { $0[0] == "0" && $0[1] != port && $0[3] == "1" }, "the server's FIN")
        #expect(ends.contains(["1", port, "1", "0"]), "the client's RST")
        if kind.source == "sockets" {
            // A reset is worth a warning, and nothing else is wrong.
            let complaints = try await Tshark.complaints(of: path)
            #expect(complaints.count == 1 && complaints[0].contains("[RST, ACK]"), "\(complaints)")
        }
    }

    @Test("has each of 50 clients at a time, with the greeting first", arguments: Kind.possible)
    func manyClients(kind: Kind) async throws {
        let folder = try ScratchFolder()
        let path = folder.path(kind.file)
        let server = try await BuiltServer.start("serve", listen: ["0:json,reply=ack"], kind.options(in: folder))
        let client = try await PythonProgram.run(
            text: """
                together = threading.Barrier(50)
                def talk(number):
                    with connect() as connection, connection.makefile('rb') as lines:
                        assert json.loads(lines.readline()) == {'clientid': connection.getsockname()[1]}
                        together.wait()
                        connection.sendall(b'{"number":%d}\\n' % number)
                        lines.readline()
                threads = [threading.Thread(target=talk, args=[number]) for number in range(50)]
                for thread in threads: thread.start()
                for thread in threads: thread.join()
                """, port: server.port)
        #expect(client.exit == .status(0) && client.complaints.isEmpty, "\(client)")
        #expect(try await server.stop() == .status(0), "\(server.program.complaints)")

        var streams: [String: [String]] = [:]
        let fields = ["tcp.stream", "tcp.srcport", "tcp.dstport", "tcp.payload"]
        for packet in try await Tshark.fields(fields, of: path, where: "tcp.len > 0") {
            let text = String(decoding: Tshark.hex(packet[3].utf8), as: UTF8.self)
            let isFromServer = packet[1] == String(server.port)
            streams[packet[0], default: []].append(isFromServer ? text.replacing(packet[2], with: "PORT") : text)
        }
        #expect(streams.count == 50)
        let sent = Set(streams.values.compactMap { $0.count == 3 ? $0[1] : nil })
        #expect(sent == Set((0..<50).map { "{\"number\":\($0)}\n" }))
        for stream in streams.values {
            #expect(stream.first == "{\"clientid\": PORT}\n")
            #expect(stream.last == "{\"message\": \"server got the data\"}\n")
        }
        if kind.source == "sockets" { #expect(try await Tshark.complaints(of: path) == []) }
        if kind.file == "a.pcapng", kind.source == "sockets" {
            let comments = try await Tshark.fields(["frame.comment"], of: path, where: "frame.comment")
            let expected = (1...50).map { "session \($0), port \(server.port), json/lines" }
            #expect(Set(comments.flatMap(\.self)) == Set(expected))
        }
    }

    @Test("can be read while it runs, and after the process was killed", arguments: Kind.possible)
    func killed(kind: Kind) async throws {
        let folder = try ScratchFolder()
        let path = folder.path(kind.file)
        let server = try await BuiltServer.start("serve", listen: ["0:raw/lines"], kind.options(in: folder))
        let client = try await PythonProgram.run(
            text: """
                connection = connect()
                connection.sendall(b'HERE-ALREADY\\n')
                exactly(connection, 13)
                """, port: server.port)
        #expect(client.exit == .status(0), "\(client)")
        let text = Data("HERE-ALREADY".utf8)
        try await server.program.wait(for: "packets") {
            let bytes = FileManager.default.contents(atPath: path) ?? Data()
            return bytes.firstRange(of: text).flatMap { bytes[$0.upperBound...].firstRange(of: text) }
        }
        #expect(try await Tshark.fields(["tcp.len"], of: path, where: "tcp.len > 0").count == 2)
        #expect(try await server.stop(SIGKILL) == .signal(SIGKILL))
        let followed = try await Tshark.follow(path)
        #expect(followed.client == Array("HERE-ALREADY\n".utf8))
        #expect(followed.server == followed.client)
    }

    @Test("is whole when a second signal ends the program", arguments: Kind.possible)
    func secondSignal(kind: Kind) async throws {
        let folder = try ScratchFolder()
        let path = folder.path(kind.file)
        let server = try await BuiltServer.start(
            "serve", listen: ["0:raw/u32be"], kind.options(in: folder) + ["--drain", "10m"])
        let client = try PythonProgram.start(
            text: """
                connection = connect()
                connection.sendall(b'\\0\\0\\1\\0 half')
                # Its answers are never read, and it never ends.
                connection.settimeout(None)
                answer = b'\\0\\1\\0\\0' + b'a' * 65536
                print('begun', flush=True)
                while True: connection.sendall(answer)
                """, port: server.port)
        try await client.waitForText("begun")
        try await server.program.wait(for: "packets") {
            (FileManager.default.contents(atPath: path) ?? Data()).firstRange(of: Data("half".utf8))
        }
        server.program.signal(SIGINT)
        #expect(try await server.stop(SIGTERM) == .status(0), "\(server.program.complaints)")
        #expect(server.program.complaints.contains("captured "), "\(server.program.complaints)")
        #expect(try await Tshark.fields(["tcp.flags.syn"], of: path, where: "tcp.flags.syn == 1").count == 2)
        if kind.file == "a.pcapng" {
            // Interface statistics are the last block, here with three options of eight bytes: 64 bytes.
            let bytes = FileManager.default.contents(atPath: path) ?? Data()
            #expect(bytes.suffix(64).prefix(8) == Data([5, 0, 0, 0, 64, 0, 0, 0]))
        }
    }

    @Test("that cannot be written ends, while serving goes on, and the status is 2", arguments: Kind.possible)
    func fullDisk(kind: Kind) async throws {
        let folder = try ScratchFolder()
        let path = folder.path(kind.file)
        // Files may have 16 KiB; that is not told of by a signal.
        let server = try await BuiltServer.start(
            "serve", listen: ["0:raw/u32be"], kind.options(in: folder), shell: "trap '' XFSZ; ulimit -f 32")
        let client = try await PythonProgram.run(
            text: """
                for number in range(50):
                    with connect() as connection:
                        connection.sendall(struct.pack('>I', 1000) + bytes([number]) * 1000)
                        print(exactly(connection, 1004)[4:] == bytes([number]) * 1000)
                """, port: server.port)
        #expect(client.output == String(repeating: "True\n", count: 50), "\(client)")
        try await server.program.waitForText("serving goes on")
        let late = try await PythonProgram.run(
            text: "c = connect(); c.sendall(b'\\0\\0\\0\\0'); print(exactly(c, 4))", port: server.port)
        #expect(late.output == "b'\\x00\\x00\\x00\\x00'\n", "\(late)")
        #expect(try await server.stop() == .status(2), "\(server.program.complaints)")
        #expect(
            server.program.complaints.contains("\(path): cannot write: File too large; the capture ends here"),
            "\(server.program.complaints)")
        // It ends with its last whole packet.
        let lengths = try await Tshark.fields(["frame.len"], of: path)
        #expect(!lengths.isEmpty)
    }

    @Test(
        "of a relay has the client's side alone with packets", .enabled(if: CaptureRight.isThere, CaptureRight.lacking))
    func relayedPackets() async throws {
        let folder = try ScratchFolder()
        let kind = Kind.packets[0]
        let server = try await BuiltServer.start("serve", listen: ["0:json"], ["--quiet"])
        let relay = try await BuiltServer.start(
            "record", listen: ["0:json"],
            ["--to", "127.0.0.1:\(server.port)", "-o", folder.path("a.tape.jsonl")] + kind.options(in: folder))
        let client = try await PythonProgram.run(
            text: "c = connect(); c.sendall(b'1\\n'); c.shutdown(1); print(rest(c)[-2:])", port: relay.port)
        #expect(client.output == "b'1\\n'\n", "\(client)")
        #expect(try await relay.stop() == .status(0), "\(relay.program.complaints)")
        let streams = try await Tshark.fields(["tcp.stream"], of: folder.path(kind.file))
        #expect(Set(streams) == [["0"]])
    }

    @Test("of a relay has both of its connections with sockets, and a reset in each")
    func relayedSockets() async throws {
        let folder = try ScratchFolder()
        let kind = Kind.sockets[0]
        let path = folder.path(kind.file)
        let server = try await PythonServer.start(
            text: """
                listener = socket.create_server(('127.0.0.1', 0))
                print('listening on port', listener.getsockname()[1])
                connection, _ = listener.accept()
                connection.sendall(b'server first')
                exactly(connection, 4)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                connection.close()
                """)
        let relay = try await BuiltServer.start(
            "record", listen: ["0:raw/chunks"],
            ["--to", "127.0.0.1:\(server.port)", "-o", folder.path("a.tape.jsonl")] + kind.options(in: folder))
        let client = try await PythonProgram.run(
            text: """
                connection = connect()
                print(exactly(connection, 12))
                connection.sendall(b'ping')
                try: print(rest(connection))
                except ConnectionResetError: print('reset')
                """, port: relay.port)
        #expect(client.output == "b'server first'\nreset\n", "\(client)")
        #expect(try await relay.stop() == .status(0), "\(relay.program.complaints)")
        let streams = try await Tshark.follow(path, streams: 0..<2)
        #expect(streams.count == 2)
        for followed in streams {
            #expect(followed.client == Array("ping".utf8))
            #expect(followed.server == Array("server first".utf8))
        }
        let resets = try await Tshark.fields(["tcp.srcport"], of: path, where: "tcp.flags.reset == 1")
        #expect(Set(resets) == [[String(server.port)], [String(relay.port)]])
        let comments = try await Tshark.fields(["frame.comment"], of: path, where: "frame.comment")
        #expect(
            comments == [
                ["session 1, port \(relay.port), raw/chunks"],
                ["session 1, port \(relay.port), to 127.0.0.1:\(server.port)"],
            ])
        // The recording knows the same address of the relay on that side.
        let via = try await Tshark.fields(["tcp.srcport"], of: path, where: "tcp.flags == 0x002 and tcp.stream == 1")
        let recording = try #require(folder.text("a.tape.jsonl"))
        #expect(via.count == 1 && recording.contains("\"via\":\"127.0.0.1:\(via[0][0])\""))
    }
}

@Suite("--capture that cannot be")
struct ImpossibleCaptureTests {
    @Test(
        "is said in one line, with the status of what is wrong",
        arguments: [
            (["--capture-from", "sockets"], Int32(64), "--capture-from goes with --capture FILE"),
            (["--capture-interface", "lo"], 64, "--capture-interface goes with --capture FILE"),
            (["--capture", "a.pcap", "--capture-from", "sockets", "--capture-interface", "lo"], 64, "sockets have no"),
            (["--capture", ""], 64, "--capture needs the name of a file"),
            (["--capture", "a.pcap", "--capture-from", "air"], 64, "there are: packets, sockets"),
            (["--capture", "no/a.pcap", "--capture-from", "sockets"], 2, "no/a.pcap: cannot make this file: No such"),
            (["--capture", "old.pcap", "--capture-from", "sockets"], 2, "old.pcap: exists already"),
        ])
    func refused(options: [String], status: Int32, text: String) async throws {
        let folder = try ScratchFolder()
        try folder.write("old", to: "old.pcap")
        let run = try await BuiltBinary.run(
            ["serve", "--listen", "0:json", "--record", "a.tape.jsonl"] + options, in: folder.path)
        #expect(run.exit == .status(status), "\(run)")
        #expect(run.complaints.contains(text), "\(run)")
        #expect(folder.text("old.pcap") == "old")
        // The next start must not find it in its way.
        #expect(folder.text("a.tape.jsonl") == nil)
    }

    @Test("without the right names two ways out")
    func noRight() async throws {
        let folder = try ScratchFolder()
        // Without capabilities, whoever runs the tests.
        let run = try RunningProgram(
            "setpriv",
            ["--bounding-set", "-all", "--inh-caps", "-all", BuiltBinary.path]
                + ["serve", "--listen", "0:json", "--capture", folder.path("a.pcap")])
        #expect(try await run.exit() == .status(2), "\(run.complaints)")
        #expect(run.complaints.contains("setcap cap_net_raw"), "\(run.complaints)")
        #expect(run.complaints.contains("--capture-from sockets"), "\(run.complaints)")
        #expect(folder.text("a.pcap") == nil)
    }
}
