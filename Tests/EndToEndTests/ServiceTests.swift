import Foundation
import TestSupport
import Testing

@Suite("A server as a service, from outside")
struct ServiceTests {
    /// Python that starts tapedeck with sockets that listen already and with somebody to notify.
    private static let launcher = """
        import os, signal, subprocess
        BINARY, FOLDER = sys.argv[2:4]
        class Manager:
            def __init__(self, address):
                self.address = address
                self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                self.socket.bind('\\0' + address[1:] if address[0] == '@' else address)
                self.socket.settimeout(100)
            def next(self): return self.socket.recv(65536).decode()
        def listener():
            one = socket.socket()
            one.bind(('127.0.0.1', 0))
            one.listen(16)
            return one
        def start(sockets, names, manager, *arguments, pid=None, output=subprocess.PIPE):
            def prepare():
                # To high numbers first, so that none stands in the way of another.
                copies = [os.dup2(one.fileno(), 100 + place) for place, one in enumerate(sockets)]
                for place, copy in enumerate(copies): os.dup2(copy, 3 + place, inheritable=True)
                os.environ['LISTEN_PID'] = str(pid or os.getpid())
                os.environ['LISTEN_FDS'] = str(len(sockets))
                os.environ['LISTEN_FDNAMES'] = ':'.join(names)
                if manager: os.environ['NOTIFY_SOCKET'] = manager.address
            return subprocess.Popen(
                ['setpriv', '--pdeathsig', 'KILL', '--', BINARY, 'serve', *arguments], preexec_fn=prepare,
                close_fds=False, stdout=subprocess.DEVNULL, stderr=output, text=True)
        def echo(port, message):
            connection = socket.create_connection(('127.0.0.1', port), timeout=100)
            connection.sendall(message)
            return exactly(connection, len(message)) == message

        """

    private func run(_ text: String) async throws -> String {
        let folder = try ScratchFolder()
        let program = try PythonProgram.start(text: Self.launcher + text, port: 0, [BuiltBinary.path, folder.path])
        #expect(try await program.exit() == .status(0), "\(program.complaints)")
        return program.output
    }

    @Test("takes over sockets by name or number, and tells when it is ready and when it stops")
    func activation() async throws {
        let output = try await run(
            """
            for address in FOLDER + '/notify', '@tapedeck-test-%d' % os.getpid():
                manager = Manager(address)
                sockets = [listener() for _ in range(4)]
                process = start(
                    sockets, ['other', 'web', 'web', ''], manager, '--listen', 'systemd:web:json,greet=none',
                    '--listen', 'fd:6:raw')
                ready = manager.next()
                ports = [one.getsockname()[1] for one in sockets]
                print(ready.splitlines()[0], all('127.0.0.1:%d' % port in ready for port in ports[1:]))
                print(echo(ports[1], b'{"a":1}\\n'), echo(ports[2], b'[2]\\n'), echo(ports[3], b'\\0\\0\\0\\1x'))
                process.send_signal(signal.SIGHUP)
                print(manager.next().split('=')[0], manager.next().splitlines()[0])
                process.send_signal(signal.SIGTERM)
                print(manager.next().splitlines()[0], process.wait())
                complaints = process.stderr.read()
                print(complaints.count('listening on'))
            """)
        let once = "READY=1 True\nTrue True True\nRELOADING READY=1\nSTOPPING=1 0\n3\n"
        #expect(output == once + once)
    }

    @Test("changes the faults of the right sockets where one name stands for several")
    func faults() async throws {
        let output = try await run(
            """
            PATH = FOLDER + '/tapedeck.yaml'
            def settings(web, last):
                with open(PATH, 'w') as file:
                    file.write('serve:\\n  listen:\\n    - {systemd: web, codec: json, greet: none%s}\\n'
                               '    - {fd: 5, codec: json, greet: none%s}\\n  port-file: %s/ports\\n' % (web, last, FOLDER))
            settings('', '')
            sockets = [listener() for _ in range(3)]
            log = FOLDER + '/log'
            process = start(sockets, ['web', 'web', 'last'], None, '--config', PATH, output=open(log, 'w'))
            while not os.path.exists(FOLDER + '/ports'): pass
            def answers():
                found = []
                for one in sockets:
                    connection = socket.create_connection(one.getsockname(), timeout=100)
                    connection.sendall(b'1\\n')
                    connection.shutdown(socket.SHUT_WR)
                    found.append(rest(connection).count(b'1'))
                return found
            def reload(web, last, told):
                settings(web, last)
                process.send_signal(signal.SIGHUP)
                while open(log).read().count('from now on') < told: pass
                return answers()
            print(answers(), reload('', ', fault: duplicate', 1), reload(', fault: duplicate', '', 4))
            process.send_signal(signal.SIGTERM)
            print(process.wait())
            """)
        #expect(output == "[1, 1, 1] [1, 1, 2] [2, 2, 1]\n0\n")
    }

    @Test("refuses a socket that is not there, is not meant for it, or does not listen, by its name")
    func refusals() async throws {
        let output = try await run(
            """
            def refused(*arguments, **more):
                process = start(*arguments, **more)
                print(process.wait(), process.stderr.read().strip().split('\\n')[0])
            one = listener()
            refused([one], ['web'], None, '--listen', 'systemd:wbe:json')
            refused([one], ['web'], None, '--listen', 'systemd:web:json', pid=1)
            refused([one], ['web'], None, '--listen', 'fd:90:json')
            refused([socket.socket()], ['web'], None, '--listen', 'systemd:web:json')
            unix = socket.socket(socket.AF_UNIX)
            refused([unix], ['web'], None, '--listen', 'fd:3:json')
            refused([one], ['web'], None, '--listen', 'fd:2:json')
            refused([one], ['web'], None, '--listen', 'systemd::json')
            """)
        #expect(
            output == """
                2 tapedeck: no socket has the name "wbe"; there are: web
                2 tapedeck: no socket has the name "web"; none was handed over (LISTEN_FDS)
                2 tapedeck: descriptor 90 is not open
                2 tapedeck: descriptor 3 does not listen: systemd must have Accept=no
                2 tapedeck: descriptor 3 is no TCP socket
                64 tapedeck: --listen 'fd:2:json': "fd:2": behind fd: stands the number of an open descriptor, from 3
                64 tapedeck: --listen 'systemd::json': "systemd:": behind systemd: stands the socket's name (FileDescriptorName=)

                """)
    }

    @Test("writes each line of its log as JSON that Python reads, whatever a client sends")
    func structuredLog() async throws {
        let output = try await run(
            """
            process = start(
                [], [], None, '--listen', '0:json', '--listen', '0:pickle', '--log-format', 'json', '--record',
                FOLDER + '/a.tape.jsonl', '--port-file', FOLDER + '/ports', '--max-connections', '2',
                output=open(FOLDER + '/log', 'w'))
            while not os.path.exists(FOLDER + '/ports'): pass
            first, second = [int(line.rsplit(':', 1)[1]) for line in open(FOLDER + '/ports')]
            def connect_to(port):
                connection = socket.create_connection(('127.0.0.1', port), timeout=100)
                connection.recv(100)
                return connection
            bad = connect_to(first)
            bad.sendall(b'{"a":\\x1b[31m\\r\\n"}\\n')
            rest(bad)
            bad.close()
            def greeted(port):
                # The place of one that has just gone may not be free yet.
                while True:
                    connection = socket.create_connection(('127.0.0.1', port), timeout=100)
                    if connection.recv(100): return connection
            evil = greeted(second)
            evil.sendall(b'cposix\\nsystem\\n(S"echo"\\ntR.')
            evil.recv(100)
            keep = greeted(first)
            rest(connect_to(first))
            process.send_signal(signal.SIGTERM)
            print(process.wait())
            lines = [json.loads(line) for line in open(FOLDER + '/log')]
            assert all({'time', 'level', 'event', 'message'} <= line.keys() for line in lines)
            assert all({'session', 'peer', 'port'} <= line.keys() for line in lines
                       if line['event'] in ('open', 'close', 'problem', 'danger'))
            assert all(line['time'].endswith('Z') for line in lines)
            print(*sorted({(line['event'], line['level']) for line in lines}), sep='\\n')
            print(sorted({line['how'] for line in lines if line['event'] == 'close'}))
            """)
        #expect(
            output == """
                0
                ('close', 'info')
                ('danger', 'warning')
                ('draining', 'info')
                ('listening', 'info')
                ('open', 'info')
                ('problem', 'warning')
                ('server', 'error')
                ('summary', 'info')
                ['error', 'limit', 'shutdown']

                """)
    }

    @Test("without standard streams, its log and console go into no file or socket that it opens")
    func withoutStreams() async throws {
        let folder = try ScratchFolder()
        let path = folder.path("a.tape.jsonl")
        let server = try await BuiltServer.start(
            "serve", listen: ["0:json,greet=none"], ["--record", path], shell: "exec <&- >&- 2>&-")
        for descriptor in 0...2 {
            let place = "/proc/\(server.program.processID)/fd/\(descriptor)"
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: place) == "/dev/null")
        }
        let client = try await PythonProgram.run(
            text: """
                connection = connect()
                connection.sendall(b'{"a":1}\\n{bad\\n')
                assert rest(connection) == b'{"a":1}\\n'
                """, port: server.port)
        #expect(client.exit == .status(0), "\(client)")
        #expect(try await server.stop() == .status(0))
        let check = try await BuiltBinary.run("check", path)
        #expect(check.exit == .status(0), "\(check)")
    }
}
