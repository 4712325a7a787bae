import Foundation
import TestSupport
import Testing

@Suite("The metrics of a server, from outside")
struct MetricsTests {
    /// Starts a server with metrics, and gives the port of those.
    private func start(_ listen: [String], _ arguments: [String] = []) async throws -> (BuiltServer, Int) {
        let server = try await BuiltServer.start("serve", listen: listen, arguments + ["--metrics", "0", "--quiet"])
        let address = try await server.program.wait(for: "address of the metrics") {
            server.program.complaints.firstMatch(of: /metrics at http:\/\/127\.0\.0\.1:(\d+)\/metrics/)?.1
        }
        return (server, Int(address) ?? 0)
    }

    private static let fetch = """
        import http.client
        METRICS = int(sys.argv[2])
        def fetch(path, method='GET', body=None):
            connection = http.client.HTTPConnection('127.0.0.1', METRICS, timeout=60)
            connection.request(method, path, body)
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode()
        def samples():
            found = {}
            for line in fetch('/metrics')[2].splitlines():
                if not line.startswith('#'):
                    name, number = line.rsplit(' ', 1)
                    found[name] = float(number)
            return found

        """

    private func run(_ text: String, _ server: BuiltServer, _ metrics: Int) async throws -> String {
        let program = try PythonProgram.start(
            text: Self.fetch + text, port: server.port, [String(metrics)] + server.ports.dropFirst().map(String.init))
        #expect(try await program.exit() == .status(0), "\(program.complaints)")
        return program.output
    }

    @Test("count connections, messages, bytes, errors and limits of each port, and the recording's writes")
    func counts() async throws {
        let folder = try ScratchFolder()
        let (server, metrics) = try await start(
            ["0:raw", "0:json,greet=none"], ["--record", folder.path("a.tape.jsonl"), "--max-frame", "1000"])
        let text = try await run(
            """
            message = struct.pack('>I', 5) + b'hello'
            first = connect()
            for _ in range(3):
                first.sendall(message)
                assert exactly(first, 9) == message
            bad = socket.create_connection(('127.0.0.1', int(sys.argv[3])), timeout=60)
            bad.sendall(b'nonsense\\n')
            assert rest(bad) == b''
            bad.close()
            long = connect()
            long.sendall(struct.pack('>I', 5000))
            assert rest(long) == b''
            long.close()
            now = samples()
            while sum(number for name, number in now.items() if 'tapedeck_connections{' in name) != 1: now = samples()
            here = {name.replace(str(PORT), 'A').replace(sys.argv[3], 'B'): number for name, number in now.items()}
            for name in sorted(here):
                if ('"A"' in name or '"B"' in name) and here[name]: print(name, int(here[name]))
            print(now['tapedeck_recording_messages_total'], now['tapedeck_recording_failed'], now['tapedeck_accepting'])
            assert now['tapedeck_recording_write_seconds_count'] > 0
            assert now['tapedeck_recording_write_seconds_bucket{le="+Inf"}'] == now['tapedeck_recording_write_seconds_count']
            assert now['process_resident_memory_bytes'] > 1e6 and now['process_open_fds'] > 5
            assert now['process_start_time_seconds'] > 1.7e9
            assert now['tapedeck_build_info{version="0.1.0"}'] == 1
            """, server, metrics)
        #expect(
            text == """
                tapedeck_bytes_total{port="A",codec="raw/u32be",from="client"} 31
                tapedeck_bytes_total{port="A",codec="raw/u32be",from="server"} 27
                tapedeck_bytes_total{port="B",codec="json/lines",from="client"} 9
                tapedeck_closed_total{port="A",codec="raw/u32be",how="limit"} 1
                tapedeck_closed_total{port="B",codec="json/lines",how="error"} 1
                tapedeck_connections_total{port="A",codec="raw/u32be"} 2
                tapedeck_connections_total{port="B",codec="json/lines"} 1
                tapedeck_connections{port="A",codec="raw/u32be"} 1
                tapedeck_errors_total{port="A",codec="raw/u32be",kind="framing"} 1
                tapedeck_errors_total{port="B",codec="json/lines",kind="payload"} 1
                tapedeck_limits_total{port="A",codec="raw/u32be",limit="frame"} 1
                tapedeck_messages_total{port="A",codec="raw/u32be",from="client"} 3
                tapedeck_messages_total{port="A",codec="raw/u32be",from="server"} 3
                8.0 0.0 1.0

                """)
        #expect(try await server.stop() == .status(0))
    }

    @Test("are a page in Prometheus' format, in which each family is told of before its samples, once")
    func format() async throws {
        let (server, metrics) = try await start(["0:raw", "0:json"])
        let text = try await run(
            """
            import re
            status, headers, page = fetch('/metrics')
            print(status, headers['Content-Type'])
            label = r'[a-z_]+="(?:[^"\\\\\\n]|\\\\["\\\\n])*"'
            sample = re.compile(r'([a-z_]+)(?:\\{%s(?:,%s)*\\})? (?:[0-9.eE+-]+)$' % (label, label))
            families, seen, current = {}, set(), None
            assert page.endswith('\\n')
            for line in page.splitlines():
                if line.startswith('# HELP '): current = line.split()[2]; assert current not in families, line
                elif line.startswith('# TYPE '):
                    _, _, name, kind = line.split()
                    assert name == current
                    families[name] = kind
                else:
                    name = sample.match(line)[1]
                    if families.get(current) == 'histogram':
                        assert name in [current + end for end in ('_bucket', '_sum', '_count')], line
                    else: assert name == current, line
                    assert families[current] != 'counter' or current.endswith('_total'), line
                    assert line.rsplit(' ', 1)[0] not in seen, line
                    seen.add(line.rsplit(' ', 1)[0])
            print(len(families) > 15)
            """, server, metrics)
        #expect(text == "200 text/plain; version=0.0.4; charset=utf-8\nTrue\n")
        #expect(try await server.stop() == .status(0))
    }

    @Test("answer GET and HEAD of three pages and nothing else, however wrong the client")
    func hostile() async throws {
        let (server, metrics) = try await start(["0:raw"])
        let text = try await run(
            """
            print([fetch(path)[0] for path in ('/healthz', '/readyz', '/metrics?x=1', '/', '/metrics/../etc/passwd')])
            print(fetch('/healthz')[2], end='')
            status, headers, body = fetch('/metrics', 'HEAD')
            print(status, int(headers['Content-Length']) > 1000, repr(body))
            status, headers, _ = fetch('/metrics', 'POST', b'x' * 1000)
            print(status, headers['Allow'])
            def raw(sent):
                connection = socket.create_connection(('127.0.0.1', METRICS), timeout=60)
                try:
                    connection.sendall(sent)
                    return rest(connection)[:12]
                except OSError: return b''
            print(raw(b'nonsense\\r\\n\\r\\n'))
            print(raw(b'GET /healthz HTTP/1.1\\r\\nHost: a\\r\\n' + b'X: ' + b'y' * 100_000 + b'\\r\\n\\r\\n'))
            print(raw(b'GET /healthz HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' * 3))
            # Places are few, and requests that do not end lose theirs.
            halves = [socket.create_connection(('127.0.0.1', METRICS), timeout=60) for _ in range(100)]
            for half in halves:
                try: half.sendall(b'GET /met')
                except OSError: pass
            ended = 0
            for half in halves:
                try: ended += half.recv(1) == b''
                except OSError: ended += 1
            print(ended, fetch('/healthz')[0])
            """, server, metrics)
        #expect(
            text == """
                [200, 200, 200, 404, 404]
                ok
                200 True ''
                405 GET, HEAD
                b'HTTP/1.1 400'
                b''
                b'HTTP/1.1 200'
                100 200

                """)
        #expect(try await server.stop() == .status(0))
    }

    @Test("say that no client should come while the server drains")
    func readiness() async throws {
        let (server, metrics) = try await start(["0:raw"], ["--drain", "60s"])
        let text = try await run(
            """
            import os, signal
            print(fetch('/readyz')[0])
            # Half a message: its connection gets time to end it.
            connection = connect()
            connection.sendall(struct.pack('>I', 5) + b'ab')
            while not any(count == 6 for name, count in samples().items() if 'bytes_total' in name): pass
            os.kill(\(server.program.processID), signal.SIGTERM)
            while fetch('/readyz')[0] == 200: pass
            print(fetch('/readyz')[2], end='')
            print(fetch('/healthz')[0])
            """, server, metrics)
        #expect(text == "200\nno clients are accepted\n200\n")
        #expect(try await server.program.exit() == .status(0))
    }

    @Test("need an address that is free")
    func busy() async throws {
        let (server, metrics) = try await start(["0:raw"])
        let second = try await BuiltBinary.run("serve", "--listen", "0:raw", "--metrics", String(metrics))
        #expect(second.exit == .status(2))
        #expect(second.complaints.contains("cannot listen on 127.0.0.1:\(metrics): another program"), "\(second)")
        #expect(try await server.stop() == .status(0))
    }
}
