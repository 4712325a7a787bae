import Foundation
import TestSupport
import Testing

@Suite("TLS, from outside", .enabled(if: TestCertificates.canBeMade, "openssl is not installed"))
struct TLSTests {
    private static let peers = PythonProgram.root + "/Tests/EndToEndTests/Peers"

    @Test("is spoken by serve with openssl and with Python; what was inside is recorded")
    func served() async throws {
        let certificates = try await TestCertificates.folder()
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,tls=\(certificates.path("both.pem"))"], ["--greet", "none", "-o", path])
        let openssl = try await PythonProgram.run(
            text: """
                import subprocess
                client = subprocess.Popen(
                    ['openssl', 's_client', '-connect', f'127.0.0.1:{PORT}', '-CAfile', '\(certificates.path("ca.pem"))',
                     '-quiet', '-no_ign_eof', '-verify_return_error', '-verify_hostname', 'localhost'],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                client.stdin.write(b'{"a":1}\\n')
                client.stdin.flush()
                print(client.stdout.readline())
                client.stdin.close()
                print(client.wait())
                """, port: server.port)
        #expect(openssl.output == "b'{\"a\":1}\\n'\n0\n", "\(openssl)")
        let python = try await PythonProgram.run(
            text: """
                import ssl
                for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
                    context = ssl.create_default_context(cafile='\(certificates.path("ca.pem"))')
                    context.minimum_version = context.maximum_version = version
                    connection = context.wrap_socket(connect(), server_hostname='localhost')
                    connection.sendall(b'[2]\\n')
                    print(connection.version(), connection.recv(100), connection.selected_alpn_protocol())
                    connection.unwrap()
                """, port: server.port)
        #expect(python.output == "TLSv1.2 b'[2]\\n' None\nTLSv1.3 b'[2]\\n' None\n", "\(python)")
        #expect(try await server.stop() == .status(0), "\(server.program.complaints)")
        let recording = try #require(folder.text("a.tape.jsonl"))
        #expect(recording.contains(#""codec":"json/lines","tls":true}]}"#))
        #expect(recording.components(separatedBy: #""from":"client","value":{"a":1}}"#).count == 2, "\(recording)")
        #expect(recording.components(separatedBy: #""from":"server","value":[2]}"#).count == 3, "\(recording)")
        #expect(recording.components(separatedBy: #""close":"clean""#).count == 4, "\(recording)")
    }

    struct Ends: Sendable, CustomTestStringConvertible {
        var client: String
        var server: String

        var testDescription: String { "a \(client) client, a \(server) server" }
        /// What a FIN alone is on the other side: where both speak TLS it is passed on without close_notify.
        var cut: String { client == "TLS" && server == "TLS" ? "cut" : "end" }
    }

    static let ends = ["plain", "TLS"].flatMap { client in
        ["plain", "TLS"].map { Ends(client: client, server: $0) }
    }

    @Test(
        "or none, on either side: half-closes, resets and cuts reach the other side behind all bytes", arguments: ends)
    func endings(_ ends: Ends) async throws {
        let certificates = try await TestCertificates.folder()
        let upstream = try UnusedPort.find()
        var listen = "0:raw/chunks,to=localhost:\(upstream)"
        if ends.client == "TLS" { listen += ",tls=" + certificates.path("both.pem") }
        if ends.server == "TLS" { listen += ",to-tls=" + certificates.path("ca.pem") }
        let relay = try await BuiltServer.start("serve", listen: [listen], ["--quiet"])
        let program = try RunningProgram(
            "python3",
            ["\(Self.peers)/relay_ends.py", String(relay.port), String(upstream), ends.client, ends.server]
                + [certificates.path])
        #expect(try await program.exit() == .status(0), "\(program.output)\(program.complaints)")
        #expect(
            program.output == """
                the server reads to the end: 8 end
                a client that had ended reads all: 8388608 end
                a client that ends meanwhile reads all: 8388608 end
                and the server its end: 0 end
                the client reads the end: 0 end
                and the server what comes after it: 4 end
                the client resets, behind 10 bytes: 0 reset
                the client only says FIN: 10 \(ends.cut)
                the server resets, behind 10 bytes: 0 reset
                the server only says FIN: 10 \(ends.cut)
                the client has ended, and the server only says FIN: 10 \(ends.cut)
                a client whose server is gone: 0 reset

                """)
        #expect(try await relay.stop() == .status(0), "\(relay.program.complaints)")
    }

    @Test("that fails is told of, in the recording and the log, without what is to be taken out")
    func redactedFailure() async throws {
        let certificates = try await TestCertificates.folder()
        let folder = try ScratchFolder()
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,tls=\(certificates.path("both.pem"))"],
            ["-o", folder.path("a.tape.jsonl"), "--redact", "regex=TLS handshake (failed)"])
        let client = try await PythonProgram.run(
            text: """
                connection = connect()
                connection.sendall(b'GET / HTTP/1.1\\r\\n\\r\\n')
                try: rest(connection)
                except ConnectionResetError: pass
                """, port: server.port)
        #expect(client.exit == .status(0), "\(client)")
        #expect(try await server.stop() == .status(0))
        let recording = folder.text("a.tape.jsonl") ?? ""
        for text in [recording, server.program.complaints] {
            #expect(text.contains("TLS handshake ") && !text.contains("handshake failed"), "\(text)")
        }
        #expect(recording.contains(#""redacted":["reason[14:20]"]}"#), "\(recording)")
    }

    @Test("with clients that fail at it: each is told of with its reason, and nobody else notices")
    func failingClients() async throws {
        let certificates = try await TestCertificates.folder()
        let folder = try ScratchFolder()
        let ca = certificates.path("ca.pem")
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,tls=\(certificates.path("both.pem")),tls-client-ca=\(ca),greet=none"],
            ["-o", folder.path("a.tape.jsonl")])
        let client = try await PythonProgram.run(
            text: """
                import os, ssl
                os.chdir('\(certificates.path)')
                def context(ca='ca.pem', certificate='client'):
                    context = ssl.create_default_context(cafile=ca)
                    context.set_ciphers('ALL:@SECLEVEL=0')
                    if certificate: context.load_cert_chain(certificate + '.pem', certificate + '.key')
                    return context
                def attempt(context):
                    try:
                        connection = context.wrap_socket(connect(), server_hostname='localhost')
                        connection.sendall(b'1\\n')
                        print(connection.recv(100))
                    except (OSError, ssl.SSLError) as error: pass
                good = context().wrap_socket(connect(), server_hostname='localhost')
                plain = connect()
                plain.sendall(b'GET / HTTP/1.1\\r\\n\\r\\n')
                rest(plain)
                attempt(context(ca='self.pem'))
                attempt(context(certificate=None))
                attempt(context(certificate='self'))
                old = context()
                old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
                attempt(old)
                connect().close()
                good.sendall(b'2\\n')
                print(good.recv(100))
                """, port: server.port)
        #expect(client.output == "b'2\\n'\n", "\(client)")
        #expect(try await server.stop() == .status(0))
        let log = server.program.complaints
        let reasons = [
            "TLS handshake failed: what the client sent is no TLS",
            "TLS handshake failed: the client ended it, most likely since it does not accept the certificate",
            "TLS handshake failed: the client showed no certificate, which tls-client-ca asks for",
            "the client's certificate is not accepted: no trusted authority has signed it; tls-client-ca names",
            "TLS handshake failed: the client offers no version of TLS that is safe: 1.2 or later is needed",
            "TLS handshake failed: the client ended the connection before it was done",
        ]
        let recording = try #require(folder.text("a.tape.jsonl"))
        for reason in reasons {
            #expect(log.contains(reason), "\(reason) is not in \(log)")
            #expect(recording.contains(reason))
        }
        #expect(recording.components(separatedBy: #""close":"error","by":"client","reason":"TLS"#).count == 7)
    }

    @Test("to a server: its certificate is checked, and each refusal says what would change it")
    func upstreams() async throws {
        let certificates = try await TestCertificates.folder()
        let folder = try ScratchFolder()
        func path(_ name: String) -> String { certificates.path(name) }
        let servers = try await BuiltServer.start(
            "serve",
            listen: [
                "0:json,tls=\(path("both.pem"))", "0:json,tls=\(path("expired.pem")),tls-key=\(path("server.key"))",
                "0:json,tls=\(path("other.pem")),tls-key=\(path("other.key"))",
                "0:json,tls=\(path("self.pem")),tls-key=\(path("self.key"))",
                "0:json,tls=\(path("both.pem")),tls-client-ca=\(path("ca.pem"))", "0:json",
            ], ["--greet", "none"])
        let ca = "to-tls=" + path("ca.pem")
        let examples: [(server: Int, settings: String, complaint: String?)] = [
            (0, ca, nil), (0, "to-tls=insecure", nil), (1, "to-tls=insecure", nil),
            (2, ca + ",to-tls-name=other.example", nil), (3, "to-tls=" + path("self.pem"), nil),
            (4, ca + ",to-tls-cert=\(path("client.pem")),to-tls-key=\(path("client.key"))", nil),
            (0, "to-tls=system", "no trusted authority has signed it; to-tls=CA.pem names the authorities"),
            (1, ca, "the server's certificate is not accepted: it expired on "),
            (2, ca, "the server's certificate is for other.example, not for 127.0.0.1; to-tls-name=NAME has"),
            (4, ca, "the server wants a certificate; to-tls-cert=CERT.pem shows one"),
            (5, ca, "the server ended the connection before it was done; does it speak TLS?"),
        ]
        let relay = try await BuiltServer.start(
            "record",
            listen: examples.map { "0:json,to=127.0.0.1:\(servers.ports[$0.server]),\($0.settings)" },
            ["-o", folder.path("a.tape.jsonl")])
        for (port, example) in zip(relay.ports, examples) {
            let client = try await PythonProgram.run(
                text: """
                    connection = connect()
                    try:
                        connection.sendall(b'1\\n')
                        print(connection.recv(100))
                    except OSError as error: print(type(error).__name__)
                    """, port: port)
            let expected = example.complaint == nil ? "b'1\\n'\n" : "ConnectionResetError\n"
            #expect(client.output == expected, "\(example): \(client)")
        }
        #expect(try await relay.stop() == .status(0))
        let recording = try #require(folder.text("a.tape.jsonl"))
        for complaint in examples.compactMap(\.complaint) {
            #expect(relay.program.complaints.contains(complaint), "\(complaint): \(relay.program.complaints)")
            #expect(recording.contains(complaint))
        }
    }

    @Test("is decrypted by tshark with the key log", .enabled(if: Tools.mayCapture && Tools.hasTshark))
    func keyLog() async throws {
        let certificates = try await TestCertificates.folder()
        let folder = try ScratchFolder()
        let keys = folder.path("keys")
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json"], ["--tls", certificates.path("both.pem"), "--reply", "ack", "--greet", "none"])
        let relay = try await BuiltServer.start(
            "record", listen: ["0:json,tls=\(certificates.path("both.pem")),to=127.0.0.1:\(server.port)"],
            [
                "--to-tls", certificates.path("ca.pem"), "--tls-keylog", keys, "-o", folder.path("a.tape.jsonl"),
                "--capture", folder.path("clients.pcap"),
            ])
        let capture = try RunningProgram(
            "tcpdump",
            ["-i", "lo", "-U", "-Z", "root", "-w", folder.path("server.pcap"), "tcp", "port", String(server.port)])
        try await capture.waitForText("listening on lo")
        let client = try await PythonProgram.run(
            text: """
                import ssl
                context = ssl.create_default_context(cafile='\(certificates.path("ca.pem"))')
                for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
                    context.minimum_version = context.maximum_version = version
                    connection = context.wrap_socket(connect(), server_hostname='localhost')
                    connection.sendall(b'{"secret":"' + version.name.encode() + b'"}\\n')
                    print(connection.recv(100))
                    connection.unwrap()
                """, port: relay.port)
        #expect(client.output == String(repeating: "b'{\"message\": \"server got the data\"}\\n'\n", count: 2))
        #expect(try await relay.stop() == .status(0), "\(relay.program.complaints)")
        #expect(try await server.stop() == .status(0))
        for (file, port) in [("clients.pcap", relay.port), ("server.pcap", server.port)] {
            var texts = ""
            // tcpdump writes each packet at once, but when that is it alone knows.
            for _ in 1...50 where !texts.contains("server got the data") {
                texts = try await Self.decrypted(folder.path(file), port: port, keys: keys)
            }
            #expect(texts.contains(#"{"secret":"TLSv1_3"}"#), "\(file): \(texts)")
            #expect(texts.contains(#"{"message": "server got the data"}"#), "\(file): \(texts)")
        }
        #expect(try await Self.decrypted(folder.path("clients.pcap"), port: relay.port, keys: keys).contains("TLSv1_2"))
        let attributes = try FileManager.default.attributesOfItem(atPath: keys)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test("that cannot be set up ends the start with status 2, says why, and leaves no files")
    func wrongFiles() async throws {
        let certificates = try await TestCertificates.folder()
        let folder = try ScratchFolder()
        let missing = try await BuiltBinary.run(
            "serve", "--listen", "0:json", "--tls", folder.path("nowhere.pem"), "-o", folder.path("a.tape.jsonl"),
            "--tls-keylog", folder.path("keys"))
        #expect(missing.exit == .status(2), "\(missing)")
        #expect(missing.complaints.contains("cannot read \(folder.path("nowhere.pem")): No such file"), "\(missing)")
        #expect(folder.text("a.tape.jsonl") == nil && folder.text("keys") == nil)

        try folder.write("mine", to: "keys")
        let existing = try await BuiltBinary.run(
            "serve", "--listen", "0:json", "--tls", certificates.path("both.pem"), "--tls-keylog", folder.path("keys"))
        #expect(existing.exit == .status(2), "\(existing)")
        #expect(existing.complaints.contains("keys: the key log exists already"), "\(existing)")
        #expect(folder.text("keys") == "mine")

        let usage = try await BuiltBinary.run("serve", "--listen", "0:json,tls-key=a.key")
        #expect(usage.exit == .status(64), "\(usage)")
        let started = try await BuiltBinary.run(
            "record", "--listen", "0:json", "--start", "touch '\(folder.path("started"))'", "--to-tls-name", "a")
        #expect(started.exit == .status(64), "\(started)")
        #expect(folder.text("started") == nil, "nothing is started where the options are wrong")
    }

    /// What tshark finds in the TLS streams of a capture, as text.
    private static func decrypted(_ capture: String, port: Int, keys: String) async throws -> String {
        let read = try RunningProgram(
            "tshark",
            [
                "-r", capture, "-o", "tls.keylog_file:\(keys)", "-d", "tcp.port==\(port),tls", "-q", "-z",
                "follow,tls,ascii,0", "-z", "follow,tls,ascii,1",
            ])
        // A packet that is half written is no reason to doubt the others.
        _ = try await read.exit()
        return read.output
    }

    private enum Tools {
        static let hasTshark = ["/usr/bin/tshark", "/usr/bin/tcpdump"].allSatisfy {
            FileManager.default.isExecutableFile(atPath: $0)
        }
        static let mayCapture = getuid() == 0
    }
}

@Suite("The certificates of a server that runs", .enabled(if: TestCertificates.canBeMade, "openssl is not installed"))
struct TLSReloadTests {
    @Test("are read again at SIGHUP; bad ones are told of by name, and the good ones stay; connections go on")
    func reload() async throws {
        let certificates = try await TestCertificates.folder()
        let folder = try ScratchFolder()
        for name in ["pem", "key"] {
            try folder.write(certificates.text("server.\(name)") ?? "", to: "now.\(name)")
        }
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none,tls=\(folder.path("now.pem")),tls-key=\(folder.path("now.key"))"])
        let client = try PythonProgram.start(
            text: """
                import os, shutil, signal, ssl
                CERTIFICATES, FOLDER, PROCESS = sys.argv[2:5]
                context = ssl.create_default_context(cafile=CERTIFICATES + '/ca.pem')
                context.check_hostname = False
                def secure():
                    connection = context.wrap_socket(connect())
                    return connection, dict(connection.getpeercert()['subject'][0])['commonName']
                def is_alive(connection):
                    connection.sendall(b'[1]\\n')
                    return connection.recv(100) == b'[1]\\n'
                def install(certificate, key):
                    shutil.copy(CERTIFICATES + '/' + certificate, FOLDER + '/now.pem')
                    shutil.copy(CERTIFICATES + '/' + key, FOLDER + '/now.key')
                    os.kill(int(PROCESS), signal.SIGHUP)
                old, name = secure()
                print(name, is_alive(old))
                install('other.pem', 'other.key')
                while secure()[1] != 'other': pass
                print('other', is_alive(old))
                install('server.pem', 'other.key')
                print(sys.stdin.readline() or 'asked', secure()[1], is_alive(old))
                """, port: server.port, [certificates.path, folder.path, String(server.program.processID)])
        #expect(try await client.exit() == .status(0), "\(client.complaints)")
        #expect(client.output == "server True\nother True\nasked other True\n", "\(server.program.complaints)")
        try await server.program.waitForText("what was read before stays in use")
        #expect(server.program.complaints.contains("certificates and keys were read again; new connections get them"))
        #expect(
            server.program.complaints.contains(
                "the private key in \(folder.path("now.key")) is not that of the first certificate in "
                    + "\(folder.path("now.pem")); what was read before stays in use"), "\(server.program.complaints)")
        #expect(try await server.stop() == .status(0))
    }

    @Test("mean nothing to a server without TLS, which SIGHUP does not end")
    func nothingToReload() async throws {
        let server = try await BuiltServer.start("serve", listen: ["0:json"])
        server.program.signal(SIGHUP)
        try await server.program.waitForText("there is neither a recording to begin anew nor TLS")
        #expect(try await server.stop() == .status(0))
    }

    @Test("are shown in TLS 1.2 and 1.3 alone")
    func versions() async throws {
        let certificates = try await TestCertificates.folder()
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none,tls=\(certificates.path("both.pem"))"], ["--quiet"])
        let client = try await PythonProgram.run(
            text: """
                import subprocess
                for version in '-tls1', '-tls1_1', '-tls1_2', '-tls1_3':
                    client = subprocess.run(
                        ['openssl', 's_client', '-connect', f'127.0.0.1:{PORT}', version, '-cipher', 'ALL:@SECLEVEL=0',
                         '-alpn', 'h2,http/1.1'],
                        stdin=subprocess.DEVNULL, capture_output=True, text=True)
                    print(version, client.returncode == 0, 'No ALPN negotiated' in client.stdout)
                """, port: server.port)
        #expect(
            client.output == "-tls1 False True\n-tls1_1 False True\n-tls1_2 True True\n-tls1_3 True True\n", "\(client)"
        )
        #expect(try await server.stop() == .status(0))
    }
}
