import Foundation
import TestSupport
import Testing

@Suite("record between real programs")
struct RealPeerTests {
    private static let peers = PythonProgram.root + "/Tests/EndToEndTests/Peers"

    /// Runs a client directly and through a relay; what it prints, and what is recorded, must be the same as what passed.
    ///
    /// - Returns: what the comparison says.
    private func compare(
        _ codec: String, port: Int, in folder: String? = nil, _ client: String...
    ) async throws -> String {
        let program = try RunningProgram(
            "python3",
            ["\(Self.peers)/through_relay.py", BuiltBinary.path, codec, String(port)] + client, in: folder)
        #expect(try await program.exit() == .status(0), "\(program.output)\(program.complaints)")
        return program.output
    }

    @Test(
        "Redis: one client, and many with pipelines", .enabled(if: Installed.redis, "redis-server is not installed"),
        arguments: ["raw/chunks", "raw/lines"])
    func redis(codec: String) async throws {
        let folder = try ScratchFolder()
        let port = try UnusedPort.find()
        let server = try RunningProgram(
            "redis-server",
            ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder.path])
        try await server.waitForText("Ready to accept connections")
        try folder.write(
            """
            FLUSHALL
            SET greeting "hello\\r\\nworld"
            GET greeting
            HSET h f1 v1 f2 "\\x00\\xff"
            HGETALL h
            LPUSH l a b c
            LRANGE l 0 -1
            NOSUCH command
            """, to: "commands")
        let one = try await compare(
            codec, port: port, in: folder.path, "sh", "-c", "redis-cli -p {port} < commands")
        #expect(one.contains("status 0, ") && one.contains(" all recorded; faults: 0"), "\(one)")
        let many = try await compare(
            codec, port: port, "sh", "-c",
            "redis-benchmark -p {port} -n 500 -c 10 -P 5 -r 9 -q -t set,get,lpush > /dev/null && redis-cli -p {port} GET no"
        )
        #expect(many.contains("status 0, ") && many.contains(" all recorded; faults: 0"), "\(many)")
    }

    @Test(
        "PostgreSQL: without TLS, and with TLS that begins inside the protocol",
        .enabled(if: Installed.postgres != nil, "PostgreSQL is not installed, or another user than root runs this"),
        .enabled(if: TestCertificates.canBeMade, "openssl is not installed"))
    func postgres() async throws {
        let programs = try #require(Installed.postgres)
        let certificates = try await TestCertificates.folder()
        let folder = try ScratchFolder()
        let port = try UnusedPort.find()
        // It does not run as root, and takes no key that others may read.
        try folder.write(
            """
            set -eu
            cp '\(certificates.path("server.pem"))' '\(certificates.path("server.key"))' .
            chmod 600 server.key
            chown -R postgres .
            runuser -u postgres -- \(programs)/initdb -D data -A trust -U postgres --no-sync > /dev/null
            exec setpriv --reuid postgres --regid postgres --clear-groups --pdeathsig QUIT \(programs)/postgres -D data \
                -p \(port) -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c ssl=on \
                -c ssl_cert_file=$PWD/server.pem -c ssl_key_file=$PWD/server.key
            """, to: "start.sh")
        let server = try RunningProgram("bash", [folder.path("start.sh")], in: folder.path)
        try await server.waitForText("ready to accept connections")
        try folder.write(
            """
            SET client_min_messages = warning;
            DROP TABLE IF EXISTS t;
            CREATE TABLE t (id int PRIMARY KEY, name text, data bytea);
            INSERT INTO t SELECT n, 'name ' || n, decode(md5(n::text), 'hex') FROM generate_series(1, 2000) n;
            SELECT count(*), sum(id) FROM t;
            COPY (SELECT * FROM t ORDER BY id) TO STDOUT;
            SELECT 1 / 0;
            """, to: "queries.sql")
        for mode in ["disable", "prefer", "require"] {
            // With raw/u32be+4 the request for TLS reads as a message, and the hello that follows as the end of messages.
            for codec in ["raw/chunks", "raw/u32be+4"] {
                let outcome = try await compare(
                    codec, port: port, in: folder.path, "psql",
                    "host=127.0.0.1 port={port} user=postgres sslmode=\(mode)", "-X", "-f", "queries.sql")
                #expect(outcome.contains("status 0, ") && outcome.contains(" all recorded;"), "\(outcome)")
                if codec == "raw/chunks" { #expect(outcome.contains("faults: 0"), "\(outcome)") }
            }
        }
        server.signal(SIGQUIT)
        _ = try await server.exit()
    }

    @Test("DNS over TCP: dig asks", .enabled(if: Installed.dns, "dig is not installed"))
    func dns() async throws {
        let server = try await PythonServer.start("Tests/EndToEndTests/Peers/dns_server.py")
        let outcome = try await compare(
            "raw/u16be", port: server.port, "dig", "+tcp", "+keepopen", "@127.0.0.1", "-p", "{port}", "+noall",
            "+answer",
            "+question", "example.test", "A", "nowhere.test", "A")
        #expect(outcome.contains("status 0, ") && outcome.contains(" all recorded; faults: 0"), "\(outcome)")
    }

    @Test(
        "a language server and multiprocessing.connection",
        arguments: [("lsp", "json/content-length"), ("lsp", "raw/chunks"), ("mp", "raw/mp")])
    func python(name: String, codec: String) async throws {
        let server = try await PythonServer.start("Examples/\(name)_server.py")
        let outcome = try await compare(
            codec, port: server.port, "python3", "\(PythonProgram.root)/Examples/\(name)_client.py", "{port}")
        #expect(outcome.contains("status 0, ") && outcome.contains(" all recorded; faults: 0"), "\(outcome)")
    }

    @Test(
        "random bytes in both directions at once: what came, and what is recorded, is what was sent",
        arguments: ["raw/chunks", "raw/u32be"], [false, true])
    func randomBytes(codec: String, usesTLS: Bool) async throws {
        if usesTLS, !TestCertificates.canBeMade { return }
        let count = 16 << 20
        var arguments = ["\(Self.peers)/relay_bytes.py", BuiltBinary.path, codec, String(count), "--pauses"]
        if usesTLS { arguments += ["--tls", try await TestCertificates.folder().path] }
        let program = try RunningProgram("python3", arguments)
        #expect(try await program.exit() == .status(0), "\(program.output)\(program.complaints)")
        #expect(program.output.components(separatedBy: "came, the same; recorded the same\n").count == 3)
    }

    private enum Installed {
        static let redis = ["redis-server", "redis-cli", "redis-benchmark"].allSatisfy { has("/usr/bin/\($0)") }
        static let dns = has("/usr/bin/dig")

        /// Where PostgreSQL's programs are. Only root can run them as the user that they want.
        static let postgres: String? = {
            guard getuid() == 0, has("/usr/bin/psql") else { return nil }
            let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
            return versions.map { "/usr/lib/postgresql/\($0)/bin" }.sorted().last { has("\($0)/initdb") }
        }()

        private static func has(_ path: String) -> Bool { FileManager.default.isExecutableFile(atPath: path) }
    }
}
