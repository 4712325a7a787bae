import Foundation
import TestSupport
import Testing

@Suite("import, from outside")
struct ImportTests {
    private static let fixtures =
        String(#filePath.dropLast("EndToEndTests/ImportTests.swift".count)) + "RecorderTests/Fixtures/captures/"

    /// Messages of each session, without times, and how each ended.
    private static func conversations(_ text: String) -> [String: [String]] {
        var found: [String: [String]] = [:]
        var peers: [String: String] = [:]
        for line in text.split(separator: "\n").dropFirst() {
            guard let start = line.firstRange(of: "\"s\":") else { continue }
            let rest = line[start.upperBound...]
            let session = String(rest.prefix { $0 != "," })
            let event = String(rest.drop { $0 != "," }.dropFirst())
            if event.hasPrefix("\"open\"") {
                peers[session] = event
            } else if let peer = peers[session] {
                found[peer, default: []].append(event)
            }
        }
        return found
    }

    @Test(
        "what was captured beside a recording is the same conversation",
        arguments: [("sockets", "a.pcapng")]
            + (CaptureRight.isThere ? [("packets", "a.pcap"), ("packets", "a.pcapng")] : []))
    func besideRecording(source: String, file: String) async throws {
        let folder = try ScratchFolder()
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json", "0:pickle", "0:raw/u32be"],
            [
                "--capture", folder.path(file), "--capture-from", source, "--record", folder.path("a.tape.jsonl"),
                "--quiet",
            ])
        let client = try await PythonProgram.run(
            text: """
                ports = [\(server.ports.map(String.init).joined(separator: ", "))]
                def message(payload): return struct.pack('>I', len(payload)) + payload
                for turn in range(3):
                    lines = socket.create_connection(('127.0.0.1', ports[0]))
                    reader = lines.makefile('rb')
                    reader.readline()
                    for number in range(20):
                        lines.sendall(b'{"turn": %d, "number": %d.0}\\r\\n' % (turn, number))
                        reader.readline()
                    lines.shutdown(socket.SHUT_WR)
                    reader.read()
                    pickles = socket.create_connection(('127.0.0.1', ports[1]))
                    reader = pickles.makefile('rb')
                    pickle.load(reader)
                    for value in [{'a': (1, 2)}, [b'bytes', None], 'text' * 9_000]:
                        pickles.sendall(pickle.dumps(value, 2))
                        assert pickle.load(reader) == value
                    pickles.shutdown(socket.SHUT_WR)
                    reader.read()
                    raw = socket.create_connection(('127.0.0.1', ports[2]))
                    big = message(bytes(range(256)) * 800)
                    raw.sendall(big)
                    assert exactly(raw, len(big)) == big
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                    raw.close()
                """, port: server.port)
        #expect(client.exit == .status(0) && client.complaints.isEmpty, "\(client)")
        #expect(try await server.stop() == .status(0), "\(server.program.complaints)")

        let codecs = ["json", "pickle,protocol=4", "raw/u32be"]
        let imported = try await BuiltBinary.run(
            ["import", folder.path(file), "-o", folder.path("b.tape.jsonl")]
                + zip(server.ports, codecs).flatMap { ["--port", "\($0):\($1)"] })
        #expect(imported.exit == .status(0), "\(imported)")
        #expect(imported.output.isEmpty)
        let recorded = Self.conversations(folder.text("a.tape.jsonl") ?? "")
        let found = Self.conversations(folder.text("b.tape.jsonl") ?? "")
        #expect(recorded.count == 9)
        // What a reset connection's close says besides is the recorder's own.
        let isSame = recorded.mapValues(Self.withoutEnd) == found.mapValues(Self.withoutEnd)
        #expect(isSame, "\(recorded)\n\(found)")
        let check = try await BuiltBinary.run("check", folder.path("b.tape.jsonl"))
        #expect(check.exit == .status(0), "\(check)")
    }

    /// The messages alone.
    private static func withoutEnd(_ events: [String]) -> [String] { events.filter { $0.hasPrefix("\"from\"") } }

    @Test(
        "reads what tcpdump writes into a pipe, and finds the codec of a file",
        .enabled(
            if: CaptureRight.isThere && FileManager.default.isExecutableFile(atPath: "/usr/bin/tcpdump"),
            "tcpdump cannot capture here"))
    func tcpdump() async throws {
        let folder = try ScratchFolder()
        let server = try await BuiltServer.start("serve", listen: ["0:json"], ["--quiet"])
        let dump = try RunningProgram(
            "tcpdump",
            [
                "-i", "lo", "-U", "--immediate-mode", "-Z", "root", "-w", folder.path("a.pcap"),
                "tcp port \(server.port)",
            ])
        _ = try await dump.wait(for: "capture") { dump.complaints.contains("listening on") ? true : nil }
        let client = try await PythonProgram.run(
            text: """
                connection = connect()
                reader = connection.makefile('rb')
                reader.readline()
                connection.sendall(b'{"hello": [1, 2]}\\n')
                reader.readline()
                connection.shutdown(socket.SHUT_WR)
                reader.read()
                """, port: server.port)
        #expect(client.exit == .status(0), "\(client)")
        // tcpdump has the client's FIN when it has what the server answered to it.
        _ = try await dump.wait(for: "the last packets") {
            let shown = try? ShortProgram.run(
                "tcpdump", ["-nn", "-q", "-r", folder.path("a.pcap"), "tcp[13] & 1 != 0"])
            return shown.flatMap {
                String(decoding: $0.output, as: UTF8.self).split(separator: "\n").count >= 2 ? true : nil
            }
        }
        dump.signal(SIGKILL)
        _ = try await dump.exit()
        _ = try await server.stop()
        let imported = try RunningProgram(
            "/bin/sh",
            [
                "-c", "cat \"$1\" | \"$2\" import - --port \(server.port):json -o \"$3\"", "sh", folder.path("a.pcap"),
                BuiltBinary.path, folder.path("a.tape.jsonl"),
            ])
        #expect(try await imported.exit() == .status(0), "\(imported.complaints)")
        let text = folder.text("a.tape.jsonl") ?? ""
        #expect(text.contains(#""from":"client","value":{"hello": [1, 2]}}"#), "\(text)")
        #expect(text.contains(#""close":"clean""#))

        let guessed = try await BuiltBinary.run(
            "import", folder.path("a.pcap"), "-o", folder.path("b.tape.jsonl"))
        #expect(guessed.exit == .status(0), "\(guessed)")
        #expect(guessed.complaints.contains("port \(server.port) is read as json/lines: "), "\(guessed)")
        #expect(folder.text("b.tape.jsonl") == text)
    }

    @Test("a recording that stands there is left alone, unless it is to be replaced or gone on with")
    func existing() async throws {
        let folder = try ScratchFolder()
        let output = folder.path("a.tape.jsonl")
        let arguments = ["import", Self.fixtures + "in-order.pcap", "--port", "12000:raw/chunks", "-o", output]
        #expect(try await BuiltBinary.run(arguments).exit == .status(0))
        let first = folder.text("a.tape.jsonl")
        let attributes = try FileManager.default.attributesOfItem(atPath: output)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let refused = try await BuiltBinary.run(arguments)
        #expect(refused.exit == .status(2))
        #expect(refused.complaints.contains("exists already"), "\(refused)")
        #expect(folder.text("a.tape.jsonl") == first)
        #expect(try await BuiltBinary.run(arguments + ["--force"]).exit == .status(0))
        #expect(folder.text("a.tape.jsonl") == first)
        #expect(try await BuiltBinary.run(arguments + ["--append"]).exit == .status(0))
        let check = try await BuiltBinary.run("check", output)
        #expect(check.exit == .status(0), "\(check)")
        #expect(folder.text("a.tape.jsonl")?.contains("\"s\":2,\"open\"") == true)
    }

    @Test(
        "says why nothing was recorded, and leaves no file",
        arguments: [
            ("empty", "is empty"), ("text", "is no capture"), ("folder", "is a folder"), ("missing", "cannot open"),
            ("gzip", "gunzip -c"), ("other", "there are some to port 12000"), ("udp", "no TCP connection"),
            ("header", "cut off inside its header"),
        ])
    func nothing(kind: String, message: String) async throws {
        let folder = try ScratchFolder()
        let path = folder.path(kind)
        var more: [String] = []
        switch kind {
        case "empty": try Data().write(to: URL(fileURLWithPath: path))
        case "text": try folder.write("just text, and more of it", to: kind)
        case "folder": try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        case "gzip": try Data([0x1F, 0x8B, 8, 0, 0, 0]).write(to: URL(fileURLWithPath: path))
        case "header": try Data([0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0]).write(to: URL(fileURLWithPath: path))
        case "other", "udp":
            try FileManager.default.copyItem(atPath: Self.fixtures + "in-order.pcap", toPath: path)
            more = kind == "other" ? ["--port", "99:json"] : ["--filter", "udp"]
        default: break
        }
        let outcome = try await BuiltBinary.run(["import", path, "-o", folder.path("a.tape.jsonl")] + more)
        #expect(outcome.exit == .status(2))
        #expect(outcome.complaints.contains(message), "\(outcome)")
        #expect(folder.text("a.tape.jsonl") == nil)
    }

    @Test("where nothing was found it is told what there was")
    func whatThereWas() async throws {
        let folder = try ScratchFolder()
        // To libpcap "tcp" is no packet with a VLAN tag.
        let outcome = try await BuiltBinary.run(
            "import", Self.fixtures + "link-qinq.pcap", "--port", "12000:json", "--filter", "tcp", "-o",
            folder.path("a.tape.jsonl"))
        #expect(outcome.exit == .status(2))
        #expect(outcome.complaints.contains("10 packets, 0 segments of TCP, 10 left out by --filter"), "\(outcome)")
    }

    @Test(
        "wrong usage says which part",
        arguments: [
            (["--port", "x:json"], "a port is a number"), (["--port", "0:json"], "a port is a number"),
            (["--port", "1:nothing"], "nothing"), (["--port", "1:json,protocol=2"], "has no protocols"),
            (["--port", "1:pickle,reply=echo"], "protocol=N"), (["--port", "1", "--port", "1:json"], "given twice"),
            (["--filter", "no such (thing"], "--filter"), (["--codec", "x"], "x"),
            (["--append", "--force"], "exclude"),
        ])
    func usage(arguments: [String], message: String) async throws {
        let outcome = try await BuiltBinary.run(["import", "a.pcap", "-o", "b"] + arguments)
        #expect(outcome.exit == .status(64))
        #expect(outcome.complaints.contains(message), "\(outcome)")
    }

    @Test("what is cut off is told of, what is damaged is status 2, and both are read up to there")
    func damage() async throws {
        for (file, status, message) in [
            ("cut.pcap", 0, "cut off in the packet at byte"), ("two-gigabytes.pcap", 2, "claims 2147483647 bytes"),
            ("block-end-lies.pcapng", 2, "at its end"),
        ] {
            let folder = try ScratchFolder()
            let outcome = try await BuiltBinary.run(
                "import", Self.fixtures + file, "--port", "12000:raw/chunks", "-o", folder.path("a.tape.jsonl"))
            #expect(outcome.exit == .status(Int32(status)), "\(file) \(outcome)")
            #expect(outcome.complaints.contains(message), "\(outcome)")
            #expect(folder.text("a.tape.jsonl")?.contains("hello from the client") == true)
        }
    }

    /// What a client of TLS 1.2 and one of 1.3 said, and got back.
    private static let insideTLS = ["TLSv1_2", "TLSv1_3"].map { version in
        [#"{"version":"\#(version)"}"#, #"{"long":"\#(String(repeating: "x", count: 300))"}"#, "[1]", "[2]"]
    }

    @Test(
        "what is inside TLS is read with keys, from a file or in the capture",
        .enabled(if: Tshark.isInstalled, Tshark.lacking))
    func tls() async throws {
        let tls = String(Self.fixtures.dropLast("captures/".count)) + "tls/"
        for (file, keys) in [("tls.pcapng", []), ("tls.pcap", ["--tls-keylog", tls + "tls.keys"])] {
            let port = try String(contentsOfFile: tls + file + ".port", encoding: .utf8).prefix { $0 != "\n" }
            for ports in [["--port", "\(port):json"], ["--codec", "json"]] {
                let folder = try ScratchFolder()
                let outcome = try await BuiltBinary.run(
                    ["import", tls + file, "-o", folder.path("a.tape.jsonl")] + ports + keys)
                #expect(outcome.exit == .status(0), "\(outcome)")
                let text = folder.text("a.tape.jsonl") ?? ""
                let found = Self.conversations(text).values.map(Self.withoutEnd).sorted { $0[0] < $1[0] }
                try #require(found.count == 2, "\(text) \(outcome)")
                for (messages, inside) in zip(found, Self.insideTLS) {
                    let lines = { (side: String) in messages.filter { $0.contains("\"\(side)\"") } }
                    #expect(lines("client") == inside.map { #""from":"client","value":\#($0)}"# })
                    #expect(lines("server") == inside.map { #""from":"server","value":\#($0)}"# })
                }
                let check = try await BuiltBinary.run("check", folder.path("a.tape.jsonl"))
                #expect(check.exit == .status(0), "\(check)")
            }
        }
    }

    @Test("TLS without keys is bytes, and with the wrong ones a gap", .enabled(if: Tshark.isInstalled, Tshark.lacking))
    func closedTLS() async throws {
        let tls = String(Self.fixtures.dropLast("captures/".count)) + "tls/"
        let port = try String(contentsOfFile: tls + "tls.pcap.port", encoding: .utf8).prefix { $0 != "\n" }
        let folder = try ScratchFolder()
        let keys = try folder.write("", to: "keys")
        let arguments = ["import", tls + "tls.pcap", "--port", "\(port):json", "-o"]
        let bytes = try await BuiltBinary.run(arguments + [folder.path("a.tape.jsonl")])
        #expect(bytes.exit == .status(0) && bytes.complaints.contains("from here on it is TLS"), "\(bytes)")
        #expect(folder.text("a.tape.jsonl")?.contains("belongs to TLS") == true)
        let gap = try await BuiltBinary.run(arguments + [folder.path("b.tape.jsonl"), "--tls-keylog", keys])
        #expect(gap.exit == .status(0) && gap.complaints.contains("is TLS that no key opens"), "\(gap)")
        #expect(folder.text("b.tape.jsonl")?.contains(#""why":"TLS that no key opens""#) == true)
        let missing = try await BuiltBinary.run(arguments + [folder.path("c"), "--tls-keylog", folder.path("nowhere")])
        #expect(missing.exit == .status(64) && missing.complaints.contains("No such file"), "\(missing)")
    }

    @Test(
        "what is inside TLS is read whatever was agreed on, in any order of packets, and where no codec is named",
        .enabled(if: Tshark.isInstalled, Tshark.lacking),
        arguments: ["alpn.pcap", "reordered.pcap"],
        [["--port", "18109:json"], ["--port", "18109"], [], ["--port", "18109:raw/chunks"]])
    func agreedTLS(file: String, ports: [String]) async throws {
        let tls = String(Self.fixtures.dropLast("captures/".count)) + "tls/"
        let folder = try ScratchFolder()
        let outcome = try await BuiltBinary.run(
            ["import", tls + file, "-o", folder.path("a.tape.jsonl"), "--tls-keylog", tls + "alpn.keys"] + ports)
        #expect(outcome.exit == .status(0) && !outcome.complaints.contains("TLS"), "\(outcome)")
        let text = folder.text("a.tape.jsonl") ?? ""
        for number in 0..<4 {
            if ports.last == "18109:raw/chunks" {
                #expect(text.contains(#""text":"{\"tag\":\"one\",\"i\":\#(number),\"pad\":\"\"}\n""#), "\(text)")
            } else {
                let message = #"{"tag":"one","i":\#(number),"pad":""}"#
                #expect(text.contains(#""from":"client","value":\#(message)}"#), "\(text)")
                #expect(text.contains(#""from":"server","value":{"echo":\#(message)}}"#), "\(text)")
            }
        }
    }

    @Test("keys that nothing needs are told of") func unusedKeys() async throws {
        let folder = try ScratchFolder()
        let keys = try folder.write("", to: "keys")
        let outcome = try await BuiltBinary.run(
            "import", Self.fixtures + "in-order.pcap", "--port", "12000:raw/chunks", "--tls-keylog", keys, "-o",
            folder.path("a.tape.jsonl"))
        #expect(outcome.exit == .status(0) && outcome.complaints.contains("were not used"), "\(outcome)")
    }

    @Test("TLS of which the client's hello is missing is bytes") func withoutHello() async throws {
        let tls = String(Self.fixtures.dropLast("captures/".count)) + "tls/"
        let folder = try ScratchFolder()
        let outcome = try await BuiltBinary.run(
            "import", tls + "alpn.pcap", "--filter", "not (tcp dst port 18109 and greater 500)", "--port",
            "18109:json", "-o", folder.path("a.tape.jsonl"))
        #expect(outcome.exit == .status(0) && outcome.complaints.contains("client's hello is not"), "\(outcome)")
        let lines = (folder.text("a.tape.jsonl") ?? "").split(separator: "\n")
        #expect(!lines.contains { $0.contains("\"value\"") })
        #expect(lines.contains { $0.contains("client's hello is not in the capture") })
        #expect(lines.count < 30)
    }

    @Test("an output that is read as well is refused, also through a link") func sameFile() async throws {
        let folder = try ScratchFolder()
        let (capture, keys) = (folder.path("a.pcap"), try folder.write("keys", to: "keys"))
        try FileManager.default.copyItem(atPath: Self.fixtures + "in-order.pcap", toPath: capture)
        let whole = FileManager.default.contents(atPath: capture)
        for (name, target) in [("soft", capture), ("keys-soft", keys)] {
            try FileManager.default.createSymbolicLink(atPath: folder.path(name), withDestinationPath: target)
        }
        try FileManager.default.linkItem(atPath: capture, toPath: folder.path("hard"))
        for (input, output) in [
            (capture, capture), (capture, folder.path("soft")), (folder.path("soft"), capture),
            (capture, folder.path("hard")), (capture, keys), (capture, folder.path("keys-soft")),
        ] {
            let outcome = try await BuiltBinary.run(
                "import", input, "--port", "12000:json", "--tls-keylog", keys, "--force", "-o", output)
            #expect(outcome.exit == .status(64) && outcome.complaints.contains("would be lost"), "\(outcome)")
        }
        #expect(FileManager.default.contents(atPath: capture) == whole)
        #expect(folder.text("keys") == "keys")
        let stdout = try await BuiltBinary.run("import", capture, "--port", "12000:json", "-o", "-")
        #expect(stdout.exit == .status(64) && stdout.complaints.contains("-o - is no file"), "\(stdout)")
        let export = try await BuiltBinary.run("export", keys, "-o", folder.path("keys-soft"))
        #expect(export.exit == .status(64) && export.complaints.contains("would be lost"), "\(export)")
    }

    @Test("a name that is not UTF-8 is refused, and no file gets a mended one") func names() async throws {
        let folder = try ScratchFolder()
        let script = #"exec "$0" import "$1" --port 12000:json -o "$2/$(printf 'n\377.tape.jsonl')""#
        let program = try RunningProgram(
            "/bin/sh", ["-c", script, BuiltBinary.path, Self.fixtures + "in-order.pcap", folder.path])
        let outcome = try await BuiltBinary.outcome(of: program)
        #expect(outcome.exit == .status(64) && outcome.complaints.contains("is not UTF-8"), "\(outcome)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test("a pipe is read once, and an interruption ends it while nothing comes") func pipe() async throws {
        let folder = try ScratchFolder()
        let pipe = folder.path("pipe")
        mkfifo(pipe, 0o600)
        let nameless = try await BuiltBinary.run("import", pipe, "-o", folder.path("a.tape.jsonl"))
        #expect(nameless.exit == .status(64) && nameless.complaints.contains("name each port"), "\(nameless)")
        let keyed = try await BuiltBinary.run(
            "import", pipe, "--port", "1:json", "--tls-keylog", try folder.write("", to: "keys"), "-o",
            folder.path("a.tape.jsonl"))
        #expect(keyed.exit == .status(64) && keyed.complaints.contains("goes with a file"), "\(keyed)")

        let program = try BuiltBinary.start(
            ["import", pipe, "--port", "12000:raw/chunks", "-o", folder.path("a.tape.jsonl")])
        // For both ways it opens at once, whoever else does.
        let writer = try #require(FileHandle(forUpdatingAtPath: pipe))
        try writer.write(
            contentsOf: try #require(FileManager.default.contents(atPath: Self.fixtures + "in-order.pcap")))
        // Nothing is left in the pipe once it has been read.
        _ = try await program.wait(for: "the pipe to be read") {
            var count: Int32 = 1
            return ioctl(writer.fileDescriptor, UInt(FIONREAD), &count) == 0 && count == 0 ? true : nil
        }
        program.signal(SIGINT)
        let outcome = try await BuiltBinary.outcome(of: program)
        #expect(outcome.exit == .status(0) && outcome.complaints.contains("interrupted after"), "\(outcome)")
        #expect(folder.text("a.tape.jsonl")?.contains("\"from\":\"client\"") == true)
    }

    @Test("what a pipe has brought is recorded while it brings nothing more") func live() async throws {
        let folder = try ScratchFolder()
        let pipe = folder.path("pipe")
        mkfifo(pipe, 0o600)
        let program = try BuiltBinary.start(
            ["import", pipe, "--port", "12000:raw/chunks", "-o", folder.path("a.tape.jsonl")])
        let writer = try #require(FileHandle(forUpdatingAtPath: pipe))
        let capture = try #require(FileManager.default.contents(atPath: Self.fixtures + "in-order.pcap"))
        try writer.write(contentsOf: capture)
        let text = try await program.wait(for: "the lines") {
            folder.text("a.tape.jsonl").flatMap { $0.contains("\"close\"") ? $0 : nil }
        }
        #expect(text.contains("\"from\":\"client\"") && !text.contains("\"end\""))
        program.signal(SIGINT)
        let outcome = try await BuiltBinary.outcome(of: program)
        #expect(outcome.exit == .status(0), "\(outcome)")
        let whole = try await BuiltBinary.run(
            "import", Self.fixtures + "in-order.pcap", "--port", "12000:raw/chunks", "-o", folder.path("b.tape.jsonl"))
        #expect(whole.exit == .status(0) && folder.text("b.tape.jsonl") == folder.text("a.tape.jsonl"))
    }

    @Test("show reads a capture as it would read the recording that import makes")
    func show() async throws {
        let folder = try ScratchFolder()
        for file in ["in-order.pcap", "lost.pcap", "port-again.pcap", "two-link-types.pcapng", "cut.pcap"] {
            let imported = try await BuiltBinary.run(
                "import", Self.fixtures + file, "--port", "12000:raw/chunks", "-o", folder.path(file))
            let recording = try await BuiltBinary.run("show", folder.path(file), "--port", "12000")
            let capture = try await BuiltBinary.run("show", Self.fixtures + file, "--port", "12000:raw/chunks")
            #expect(capture.exit == imported.exit)
            #expect(capture.output == recording.output && !capture.output.isEmpty, "\(capture)")
        }
        let guessed = try await BuiltBinary.run("show", Self.fixtures + "in-order.pcap")
        #expect(guessed.exit == .status(0) && guessed.complaints.contains("port 12000 is read as"), "\(guessed)")
        let named = try await BuiltBinary.run("show", Self.fixtures + "in-order.pcap", "--codec", "raw/chunks")
        #expect(named.exit == .status(0) && !named.complaints.contains("is read as"), "\(named)")
        let damaged = try await BuiltBinary.run("show", Self.fixtures + "two-gigabytes.pcap", "--codec", "raw/chunks")
        #expect(damaged.exit == .status(2) && damaged.output.contains("hello from the client"), "\(damaged)")
        let wrong = try await BuiltBinary.run("show", folder.path("in-order.pcap"), "--port", "12000:json")
        #expect(
            wrong.exit == .status(64) && wrong.complaints.contains("behind --port 12000 goes with a capture"),
            "\(wrong)")
    }
}
