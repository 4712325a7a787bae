import Foundation
import TestSupport
import Testing

@Suite("Redaction, from outside")
struct RedactionTests {
    /// A codec and what Python plants the secret `S` with: `messages`, bytes that are sent each over a connection of its own.
    struct Planting: Sendable, CustomTestStringConvertible {
        var codec: String
        var python: String
        /// Messages whose lines must be marked.
        var marked: Int

        var testDescription: String { codec }
    }

    private static let secret = "hunter2-Zq9XkW"
    private static let send = """
        for message in messages:
            connection = connect()
            connection.sendall(message)
            connection.shutdown(socket.SHUT_WR)
            try: rest(connection)
            except ConnectionResetError: pass
            connection.close()
        """
    private static let json = Planting(
        codec: "json",
        python: """
            texts = ['{"user": "bob",  "password":"%s", "n": 1.0}', '{"p\\\\u0061ssword":"%s","deep":[{"api-key":["%s",{"x":"%s"}]}]}',
                '{"url":"https://bob:%s@example.org/x?a=1"}', '{"form":"user=bob&password=%s&x=1"}',
                '{"body":"{\\\\"password\\\\": \\\\"%s\\\\"}"}', '{"headers":[["Authorization","Bearer %s"]]}',
                '{\\t"password" : "%s",\\t"x":[1, 2]}', '{"http":"GET /\\\\r\\\\nX-Auth-Token: %s\\\\r\\\\n\\\\r\\\\n"}',
                '{"secret":{"%s":{"%s":["%s"]}}}', '[' * 600 + '{"password":"%s"}' + ']' * 600,
                '{"password":"%s" oops', '{"a": {"password":"%s']
            messages = [text.replace('%s', S).encode() + b'\\n' for text in texts]
            messages[-1] = messages[-1][:-1]

            """, marked: 12)
    private static let pickle = Planting(
        codec: "pickle",
        python: """
            import collections, types
            module = sys.modules['lab'] = types.ModuleType('lab')
            class Account: pass
            Account.__module__, Account.__qualname__, module.Account = 'lab', 'Account', Account
            account = Account()
            account.password, account.name, account.me = S, 'bob', account
            B = S.encode()
            values = [{'user': 'bob', 'password': S}, {'a': [{'api_key': B}, ('token', S)]}, {b'password': B},
                {'secret': {'a': [S, {S + 'k': S}]}}, {'url': 'ftp://u:' + S + '@h/'}, {('tuple', 1): {'passwd': S}},
                {'password': bytearray(B)}, {'password': S * 20, 'again': [{'token': S * 20}]},
                collections.OrderedDict([('password', S)]), account, frozenset([('cookie', 'a=' + S)])]
            messages = [pickle.dumps(value, version) for version in range(6) for value in values]
            messages.append(b'\\x80\\x04\\x8c\\x08password\\x94\\x8c\\x0e' + B + b'\\x94\\xff')
            messages.append(pickle.dumps({'password': S}, 4)[:-3])
            messages.append(b'Vftp://u:' + B + b'@h\\n0N.')

            """, marked: 69)
    private static let raw = Planting(
        codec: "raw/u32be",
        python: """
            payloads = [b'login password=%s\\r\\n', b'Authorization: Basic %s\\r\\n', b'{"token":"%s"}', b'\\x00password=%s\\x00\\xff',
                b'x ftp://u:%s@h y']
            messages = [struct.pack('>I', len(p) + 12) + p.replace(b'%s', S.encode()) for p in payloads]
            messages.append(struct.pack('>I', 100) + b'Cookie: sid=' + S.encode())

            """, marked: 6)
    private static let messagePack = Planting(
        codec: "msgpack",
        python: """
            def text(t): return bytes([0xa0 | len(t)]) + t.encode()
            def binary(t): return bytes([0xc4, len(t)]) + t.encode()
            messages = [b'\\x81' + text('password') + text(S), b'\\x81' + binary('password') + binary(S),
                b'\\x81' + text('x') + b'\\x92' + b'\\x81' + text('secret') + b'\\x91' + text(S) + b'\\xc0',
                b'\\x81' + text('x') + b'\\xc7\\x17\\x05password=' + S.encode(), (b'\\x81' + text('password') + text(S))[:-2]]

            """, marked: 5)

    @Test(
        "leaves a secret in no file and on no console, in whatever form",
        arguments: [json, pickle, raw, messagePack])
    func planted(_ planting: Planting) async throws {
        let folder = try ScratchFolder()
        let server = try await BuiltServer.start(
            "serve", listen: ["0:\(planting.codec),reply=none"],
            ["--redact", "defaults", "-o", folder.path("a.tape.jsonl")])
        let client = try await PythonProgram.run(
            text: "S = '\(Self.secret)'\n\(planting.python)" + Self.send, port: server.port)
        #expect(client.exit == .status(0), "\(client)")
        #expect(try await server.stop() == .status(0))
        try folder.write(server.program.output, to: "console")
        try folder.write(server.program.complaints, to: "log")
        let recording = folder.text("a.tape.jsonl") ?? ""
        let marked = recording.split(separator: "\n").count { $0.contains(#""redacted":["#) }
        #expect(marked == planting.marked, "\(recording)")
        // Python looks for it, in base64 of any alignment and behind escapes too.
        let search = try await PythonProgram.run(
            text: """
                import base64, glob, re
                S = '\(Self.secret)'.encode()
                forms = [S, S[:7], S[8:], S.hex().encode(), S[::-1]]
                found = []
                def search(data, where):
                    found.extend((where, form) for form in forms if form in data)
                for name in glob.glob('\(folder.path)/*'):
                    data = open(name, 'rb').read()
                    search(data, name)
                    search(re.sub(rb'\\\\\\\\u([0-9a-f]{4})', lambda m: chr(int(m[1], 16)).encode(), data), name + ' unescaped')
                    for text in re.findall(rb'[A-Za-z0-9+/]{8,}', data):
                        for start in range(4):
                            part = text[start:]
                            search(base64.b64decode(part[:len(part) // 4 * 4]), name + ' base64')
                print(found)
                """, port: 0)
        #expect(search.output == "[]\n", "\(search)")
        let check = try await BuiltBinary.run("check", folder.path("a.tape.jsonl"), "--secrets")
        #expect(check.exit == .status(0), "\(check)")
    }

    @Test("takes out of a recording by scrub what it takes out while it is made")
    func scrubs() async throws {
        for planting in [Self.json, Self.pickle, Self.raw, Self.messagePack] {
            let folder = try ScratchFolder()
            let path = folder.path("a.tape.jsonl")
            let server = try await BuiltServer.start(
                "serve", listen: ["0:\(planting.codec),reply=none,greet=none"], ["-o", path, "--quiet"])
            _ = try await PythonProgram.run(
                text: "S = '\(Self.secret)'\n\(planting.python)" + Self.send, port: server.port)
            #expect(try await server.stop() == .status(0))
            let clean = folder.path("b.tape.jsonl")
            let scrub = try await BuiltBinary.run("scrub", path, "--redact", "defaults", "-o", clean)
            #expect(scrub.exit == .status(0), "\(scrub)")
            #expect(scrub.complaints.contains("secrets taken out of \(planting.marked)\n"), "\(scrub)")
            let text = folder.text("b.tape.jsonl") ?? ""
            #expect(!text.contains("hunter2") && !text.contains("Zq9XkW"), "\(text)")
            let again = try await BuiltBinary.run("scrub", clean, "--redact", "defaults", "--in-place")
            #expect(again.complaints.contains("secrets taken out of 0\n"), "\(again)")
            #expect(folder.text("b.tape.jsonl") == text)
        }
    }

    @Test("keeps what a replay follows: tokens that the server makes up come back", arguments: ["json", "pickle"])
    func replays(codec: String) async throws {
        let folder = try ScratchFolder()
        let start = "exec python3 '\(PythonProgram.root)/Examples/rooms_server.py' {port} \(codec)"
        let relay = try await BuiltServer.start(
            "record", listen: ["0:\(codec)"],
            [
                "--start", start, "-o", folder.path("a.tape.jsonl"), "--quiet", "--redact", "key=token", "--redact",
                "key=key",
                "--redact", "key=ticket",
            ])
        let client = try PythonProgram.start("Examples/rooms_client.py", [String(relay.port), codec])
        #expect(try await client.exit() == .status(0), "\(client.complaints)")
        #expect(try await relay.stop() == .status(0), "\(relay.program.complaints)")
        #expect(folder.text("a.tape.jsonl")?.contains(#""redacted":["$.ticket"]"#) == true)
        let replay = try await BuiltBinary.run("replay", folder.path("a.tape.jsonl"), "--start", start)
        #expect(replay.exit == .status(0), "\(replay)")
    }

    /// Answers with a key of its own, a link with a password, and what it was asked.
    private static let server = """
        import json, os, socket, sys
        listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
        while True:
            connection, _ = listener.accept()
            stream = connection.makefile('rw')
            for line in stream:
                key = os.environ.get('KEY', 'order-key')
                answer = {'api_key': key, 'link': 'ftp://u:' + key + '@' + os.environ.get('AT', 'host'), 'on': {'secret': key == 'order-key'}}
                print(json.dumps(answer), file=stream, flush=True)
        """

    @Test("of what no client sends back: a replay asks for its kind, and for all that stands around it")
    func comparesKinds() async throws {
        let folder = try ScratchFolder()
        try folder.write(Self.server, to: "server.py")
        let relay = try await BuiltServer.start(
            "record", listen: ["0:json"],
            [
                "--start", "exec python3 '\(folder.path("server.py"))' {port}", "-o", folder.path("a.tape.jsonl"),
                "--redact",
                "defaults", "--quiet",
            ])
        _ = try await PythonProgram.run(
            text: "connection = connect()\nconnection.sendall(b'{}\\n')\nconnection.recv(4096)\nconnection.close()",
            port: relay.port)
        #expect(try await relay.stop() == .status(0), "\(relay.program.complaints)")
        #expect(folder.text("a.tape.jsonl")?.contains("order-key") == false)
        func replay(_ environment: [String: String], _ more: String...) async throws -> BuiltBinary.Outcome {
            try await BuiltBinary.run(
                [
                    "replay", folder.path("a.tape.jsonl"), "--start", "exec python3 server.py {port}", "--color",
                    "never",
                ] + more,
                in: folder.path, environment: environment)
        }
        let same = try await replay([:])
        #expect(same.exit == .status(0), "\(same)")
        let other = try await replay(["KEY": "another, which is longer"])
        #expect(other.exit == .status(0), "\(other)")
        #expect(other.output.contains("compared by kind alone"), "\(other)")
        let strict = try await replay(["KEY": "another, which is longer"], "--ignore-header-rules")
        #expect(strict.exit == .status(1) && strict.output.contains("✗ $.api_key"), "\(strict)")
        let elsewhere = try await replay(["AT": "elsewhere"])
        #expect(elsewhere.exit == .status(1), "\(elsewhere)")
        #expect(elsewhere.output.contains("$.link") && !elsewhere.output.contains("✗ $.api_key"), "\(elsewhere)")
    }

    @Test("has the same pseudonyms in two recordings with a key, and others without")
    func keyed() async throws {
        let folder = try ScratchFolder()
        let recording = """
            {"tapedeck":1,"created":"","tool":"","ports":[{"listen":"127.0.0.1:1","codec":"json/lines"}]}
            {"t":0,"s":1,"from":"client","value":{"token":"abcdefgh12345678"}}

            """
        let path = try folder.write(recording, to: "a.tape.jsonl")
        let key = ["TAPE_KEY": "0123456789abcdef"]
        for (name, more) in [
            ("b", ["--redact-key-env", "TAPE_KEY"]), ("c", ["--redact-key-env", "TAPE_KEY"]), ("d", []), ("e", []),
        ] {
            let scrub = try await BuiltBinary.run(
                ["scrub", path, "--redact", "defaults", "-o", folder.path(name)] + more, environment: key)
            #expect(scrub.exit == .status(0), "\(scrub)")
        }
        let texts = ["b", "c", "d", "e"].compactMap { folder.text($0) }
        #expect(texts.count == 4 && texts[0] == texts[1] && Set(texts).count == 3)
    }

    @Test("takes out of all recordings of a folder, with one pseudonym for a secret; compressed ones stay so")
    func scrubsFolder() async throws {
        let folder = try ScratchFolder()
        let recording = """
            {"tapedeck":1,"created":"","tool":"","ports":[{"listen":"127.0.0.1:1","codec":"json/lines"}]}
            {"t":0,"s":1,"from":"client","value":{"token":"abcdefgh12345678"}}
            {"t":1,"end":{"sessions":0,"messages":1}}

            """
        for name in ["all/a.tape.jsonl", "all/deep/b.tape.jsonl"] { try folder.write(recording, to: name) }
        let (all, clean) = (folder.path("all"), folder.path("clean"))
        let scrub = try await BuiltBinary.run("scrub", all, "--redact", "defaults", "-o", clean)
        #expect(scrub.exit == .status(0), "\(scrub)")
        let one = try #require(folder.text("clean/a.tape.jsonl"))
        #expect(!one.contains("abcdefgh12345678") && folder.text("clean/deep/b.tape.jsonl") == one)
        #expect(folder.text("all/a.tape.jsonl") == recording)
        let rights = try FileManager.default.attributesOfItem(atPath: clean)[.posixPermissions] as? Int
        #expect(rights == 0o700)

        let again = try await BuiltBinary.run("scrub", all, "--redact", "defaults", "-o", clean)
        #expect(again.exit == .status(2) && again.complaints.contains("give --force"), "\(again)")
        #expect(folder.text("clean/a.tape.jsonl") == one)
        let forced = try await BuiltBinary.run("scrub", all, "--redact", "defaults", "-o", clean, "--force")
        #expect(forced.exit == .status(0) && folder.text("clean/a.tape.jsonl") != one, "\(forced)")

        // Two folders hold an a.tape.jsonl: neither may take the other's place.
        let both = try await BuiltBinary.run("scrub", all, clean, "--redact", "defaults", "-o", folder.path("c/"))
        #expect(both.exit == .status(64) && both.complaints.contains("would both be"), "\(both)")
        #expect(!FileManager.default.fileExists(atPath: folder.path("c")))

        let packed = folder.path("all/a.tape.jsonl.zst")
        let pack = try await BuiltBinary.run("scrub", all + "/a.tape.jsonl", "--redact", "key=none", "-o", packed)
        #expect(pack.exit == .status(0), "\(pack)")
        try folder.write("secrets", to: "all/a.tape.jsonl.bak")
        let inPlace = try await BuiltBinary.run("scrub", all, folder.path("gone"), "--redact", "defaults", "--in-place")
        #expect(inPlace.exit == .status(2) && folder.text("all/a.tape.jsonl") == recording, "\(inPlace)")
        let here = try await BuiltBinary.run("scrub", all, "--redact", "defaults", "--in-place")
        #expect(here.exit == .status(0), "\(here)")
        #expect(
            here.complaints.contains("/a.tape.jsonl.bak was kept by a repair and holds the secrets still"), "\(here)")
        let front = FileManager.default.contents(atPath: packed)?.prefix(4)
        #expect(front == Data([0x28, 0xB5, 0x2F, 0xFD]))
        let shown = try await BuiltBinary.run("show", packed)
        #expect(shown.exit == .status(0) && !shown.output.contains("abcdefgh12345678"), "\(shown)")
    }

    @Test(
        "says what is wrong with its options",
        arguments: [
            (["scrub", "a", "--redact", "defaults"], 64, "give either -o"),
            (["scrub", "a", "-o", "b"], 64, "nothing to take out"),
            (["scrub", "a", "-o", "b", "--redact", "pass"], 64, "a rule is defaults"),
            (["scrub", "none", "-o", "b", "--redact", "defaults"], 2, "none: cannot open"),
            (["scrub", "none", "-o", "b", "--rules", "rules.yaml"], 2, "rules.yaml:2: unknown \"kee\""),
            (
                ["scrub", "none", "-o", "b", "--redact", "defaults", "--redact-key-env", "NONE"], 64,
                "the environment has no NONE"
            ),
            (["scrub", "none", "-o", "b", "--redact", "defaults", "--redact-key-env", "SHORT"], 64, "at least 16"),
            (["serve", "--listen", "0:json", "--redact", "path=a"], 64, "a path begins with $"),
            (["serve", "--listen", "0:json", "--redact-rules", "rules.yaml"], 2, "rules.yaml:2"),
            (["serve", "--listen", "0:json", "--redact-key-env", "SHORT"], 64, "goes with rules"),
            (
                ["serve", "--listen", "0:json", "--redact", "defaults", "--redact-key-env", "NONE"], 64,
                "the environment has no NONE\n          see: tapedeck help serve\n"
            ),
            (["serve", "--listen", "0:json", "--redact", "defaults", "-q"], 64, "nothing is kept or shown"),
            (["scrub", "a", "--redact", "defaults", "--in-place", "--force"], 64, "--force is about the files of -o"),
        ])
    func refuses(arguments: [String], status: Int32, text: String) async throws {
        let folder = try ScratchFolder()
        try folder.write("redact:\n  - kee: x\n", to: "rules.yaml")
        let run = try await BuiltBinary.run(arguments, in: folder.path, environment: ["SHORT": "short"])
        #expect(run.exit == .status(status), "\(run)")
        #expect(run.complaints.contains(text), "\(run)")
        #expect(folder.text("b") == nil)
    }

    @Test("applies the rules of the project file, and warns of what it cannot keep out")
    func project() async throws {
        let folder = try ScratchFolder()
        try folder.write("redact:\n  - key: name\n", to: "tapedeck.yaml")
        let server = try BuiltBinary.start(
            ["serve", "--listen", "0:json", "--listen", "0:raw/chunks", "-o", "a.tape.jsonl", "--port-file", "ports"],
            in: folder.path)
        let ports = try await server.wait(for: "ports") { folder.text("ports") }
        let port = try #require(ports.split(separator: "\n").first?.split(separator: ":").last.flatMap { Int($0) })
        _ = try await PythonProgram.run(
            text: "connection = connect()\nconnection.sendall(b'{\"name\":\"bobby\"}\\n')\nconnection.close()",
            port: port)
        server.signal(SIGTERM)
        #expect(try await server.exit() == .status(0))
        #expect(server.complaints.contains("by the rules of"), "\(server.complaints)")
        #expect(server.complaints.contains("raw/chunks has no messages"), "\(server.complaints)")
        let recording = try #require(folder.text("a.tape.jsonl"))
        #expect(!recording.contains("bobby") && recording.contains(#""redacted":["$.name"]"#), "\(recording)")
    }

    @Test("hides also what a program that answers says on its stderr")
    func childErrors() async throws {
        let command = "echo debug password=\(Self.secret) >&2; echo seen \(Self.secret) >&2; exec cat >/dev/null"
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none"],
            ["--reply", "exec:\(command)", "--redact", "defaults", "--redact", "regex=seen (.*)"])
        _ = try await PythonProgram.run(text: "connect().sendall(b'1\\n')", port: server.port)
        try await server.program.waitForText("] seen ")
        #expect(try await server.stop() == .status(0))
        #expect(server.program.complaints.contains("] debug password="))
        #expect(!server.program.complaints.contains(Self.secret), "\(server.program.complaints)")
    }

    @Test("of a recording that goes on gives a secret another pseudonym, and says so, unless there is a key")
    func goesOn() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        for (round, options) in [[], [], ["--redact-key-env", "SECRETS_KEY"]].enumerated() {
            let server = try await BuiltServer.start(
                "serve", listen: ["0:json,greet=none"],
                ["--record", path, "--append", "--redact", "defaults", "--quiet"] + options,
                shell: "export SECRETS_KEY=0123456789abcdef0123456789abcdef")
            _ = try await PythonProgram.run(
                text: "connection = connect()\nconnection.sendall(b'{\"pin\":1234}\\n')\nconnection.recv(100)",
                port: server.port)
            #expect(try await server.stop() == .status(0))
            let isToldOf = server.program.complaints.contains("gets another pseudonym than in what is there already")
            #expect(isToldOf == (round == 1), "\(round): \(server.program.complaints)")
        }
    }

    @Test("of what the default rules do not know needs a rule of its own, which check --secrets says")
    func cardNumbers() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(
            """
            {"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"tapedeck 0.1.0","ports":[{"listen":"127.0.0.1:1","codec":"json/lines"}]}
            {"t":0,"s":1,"open":{"port":1,"peer":"127.0.0.1:50001"}}
            {"t":0.1,"s":1,"from":"client","value":{"x":"4111 1111 1111 1111"}}
            {"t":0.3,"s":1,"close":"clean"}
            {"t":0.4,"end":{"sessions":1,"messages":1}}

            """, to: "a.tape.jsonl")
        let found = try await BuiltBinary.run("check", path, "--secrets")
        #expect(found.exit == .status(1) && found.output.contains("$.x looks like a secret (card number)"), "\(found)")
        #expect(found.output.contains("with a rule of its own, --redact key=, path= or regex="), "\(found)")
        let scrub = try await BuiltBinary.run("scrub", path, "--redact", "path=$.x", "--in-place")
        #expect(scrub.exit == .status(0), "\(scrub)")
        let clean = try await BuiltBinary.run("check", path, "--secrets")
        #expect(clean.exit == .status(0), "\(clean)")
    }

    @Test("is found to be needed by check --secrets, and to be enough")
    func checksSecrets() async throws {
        let folder = try ScratchFolder()
        let path = try folder.write(
            """
            {"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"tapedeck 0.1.0","ports":[{"listen":"127.0.0.1:1","codec":"json/lines"}]}
            {"t":0,"s":1,"open":{"port":1,"peer":"127.0.0.1:50001"}}
            {"t":0.1,"s":1,"from":"client","value":{"login":{"password":"hunter2-Zq9XkW"}}}
            {"t":0.2,"s":1,"from":"server","base64":"cGFzc3dvcmQ9aHVudGVyMi1acTlYa1c=","partial":true}
            {"t":0.3,"s":1,"close":"clean"}
            {"t":0.4,"end":{"sessions":1,"messages":2}}

            """, to: "a.tape.jsonl")
        #expect(try await BuiltBinary.run("check", path).exit == .status(0))
        let found = try await BuiltBinary.run("check", path, "--secrets")
        #expect(found.exit == .status(1), "\(found)")
        #expect(found.output.contains("\(path):3: $.login.password looks like a secret"), "\(found)")
        #expect(found.output.contains("\(path):4: bytes[9:23] looks like a secret"), "\(found)")
        #expect(found.output.contains("\"hun…\" (14 bytes); tapedeck scrub takes it out\n"), "\(found)")
        #expect(!found.output.contains("hunter2"), "\(found)")
        let scrub = try await BuiltBinary.run("scrub", path, "--redact", "defaults", "--in-place")
        #expect(scrub.exit == .status(0), "\(scrub)")
        let clean = try await BuiltBinary.run("check", path, "--secrets")
        #expect(clean.exit == .status(0), "\(clean)")
        let own = try await BuiltBinary.run("check", "captures", "Examples", "--secrets", in: PythonProgram.root)
        #expect(own.exit == .status(0), "\(own)")
        let both = try await BuiltBinary.run("check", path, "--secrets", "--repair")
        #expect(both.exit == .status(64) && both.complaints.contains("use tapedeck scrub"), "\(both)")
    }
}
