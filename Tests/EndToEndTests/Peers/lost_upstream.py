#!/usr/bin/env python3
"""A client says all at once, and the server behind the relay is gone before any of it can be sent there: how does that end?

    lost_upstream.py BINARY SESSIONS

Prints how often which end was recorded.
"""
import collections, json, os, pathlib, signal, socket, struct, subprocess, sys, tempfile, time

binary, sessions = sys.argv[1], int(sys.argv[2])
message = struct.pack('>I', 5) + b'hello'

with tempfile.TemporaryDirectory() as folder, socket.create_server(('127.0.0.1', 0), backlog=1000) as listener:
    library = folder + '/lost.so'
    subprocess.run(
        ['cc', '-shared', '-fPIC', '-o', library, pathlib.Path(__file__).parent / 'lost_send.c'], check=True)
    port, path, ports = listener.getsockname()[1], folder + '/a.tape.jsonl', pathlib.Path(folder, 'ports')
    relay = subprocess.Popen(
        [binary, 'record', '--listen', f'0:raw,to=127.0.0.1:{port}', '-o', path, '--port-file', ports, '--quiet'],
        env=dict(os.environ, LD_PRELOAD=library, LOST_PORT=str(port)))
    while not (ports.exists() and ports.read_text().endswith('\n')):
        assert relay.poll() is None
        time.sleep(0.01)
    relayed = int(ports.read_text().split()[0].rsplit(':', 1)[1])
    for _ in range(sessions):
        # What the client says is all there when the relay takes it in.
        relay.send_signal(signal.SIGSTOP)
        with socket.create_connection(('127.0.0.1', relayed)) as client:
            try:
                client.sendall(message)
                client.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it was quicker than the signal
            relay.send_signal(signal.SIGCONT)
            try:
                assert client.recv(1) == b''
            except ConnectionResetError:
                pass
    relay.send_signal(signal.SIGTERM)
    assert relay.wait(60) == 0
    lines = [json.loads(line) for line in open(path)]
    ends = collections.Counter(line['close'] for line in lines if 'close' in line)
    print(*(f'{how}: {count}' for how, count in sorted(ends.items())), sep='\n')
