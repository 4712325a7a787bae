#!/usr/bin/env python3
"""Sends random bytes through a relay in both directions at once, and compares what left, what came and what was recorded.

    relay_bytes.py TAPEDECK CODEC BYTES [--tls FOLDER] [--pauses]

CODEC is raw/chunks or raw/u32be. --tls speaks TLS on both sides with the server.pem, server.key and ca.pem of a folder.
--pauses lets both readers rest now and then, so that the relay has to wait for them. It prints one line for each direction,
and ends with status 1 where something differs, or where the relay's memory grew with the bytes.
"""
import argparse, hashlib, os, random, re, socket, ssl, struct, subprocess, sys, tempfile, threading, time
from recorded import events

MAXIMUM_MEMORY = 200 << 20


def pieces(seed, total, framed):
    """Random pieces of random sizes, `total` bytes altogether; as frames with a length of four bytes before each."""
    numbers = random.Random(seed)
    left = total
    while left > 0:
        size = min(left, numbers.choice((1, 7, 1000, 4096, 65_536, 200_000)))
        left -= size
        piece = numbers.randbytes(size)
        yield struct.pack('!I', size) + piece if framed else piece


class Side(threading.Thread):
    """Sends its bytes, and hashes those that come, until both have ended."""

    def __init__(self, connect, seed, arguments):
        super().__init__(daemon=True)
        self.connect, self.seed, self.arguments = connect, seed, arguments
        self.sent, self.received, self.failure = hashlib.sha256(), hashlib.sha256(), None
        self.received_bytes = 0
        self.start()

    def run(self):
        try:
            connection = self.connect()
            self.reader = connection
            sender = threading.Thread(target=self.send, args=(connection,), daemon=True)
            sender.start()
            pauses = random.Random(self.seed + 1)
            expected = self.expected()
            while self.received_bytes < expected:
                piece = connection.recv(1 << 18)
                if not piece:
                    break
                self.received.update(piece)
                self.received_bytes += len(piece)
                if self.arguments.pauses and pauses.random() < 0.002:
                    time.sleep(0.05)
            sender.join()
            if isinstance(connection, ssl.SSLSocket):
                connection.unwrap().close()
            else:
                connection.shutdown(socket.SHUT_WR)
                assert connection.recv(1) == b'', 'more bytes than were sent'
                connection.close()
        except BaseException as failure:
            self.failure = failure

    def expected(self):
        other = 3 - self.seed
        return sum(len(piece) for piece in pieces(other, self.arguments.bytes, self.arguments.framed)) \
            if self.arguments.framed else self.arguments.bytes

    def send(self, connection):
        try:
            for piece in pieces(self.seed, self.arguments.bytes, self.arguments.framed):
                connection.sendall(piece)
                self.sent.update(piece)
        except BaseException as failure:
            self.failure = failure


def recorded(path, codec):
    """The hash of the bytes of each side that a recording holds."""
    hashes = {'client': hashlib.sha256(), 'server': hashlib.sha256()}
    for _, side, passed in events(path, codec):
        hashes[side].update(passed)
    return hashes


def memory(process):
    """The most that the process ever held, in bytes."""
    with open(f'/proc/{process}/status') as status:
        return int(re.search(r'VmHWM:\s+(\d+) kB', status.read())[1]) << 10


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('tapedeck')
    parser.add_argument('codec', choices=['raw/chunks', 'raw/u32be'])
    parser.add_argument('bytes', type=int)
    parser.add_argument('--tls')
    parser.add_argument('--pauses', action='store_true')
    arguments = parser.parse_args()
    arguments.framed = arguments.codec == 'raw/u32be'

    listener = socket.create_server(('127.0.0.1', 0))
    with tempfile.TemporaryDirectory() as folder:
        path, port_file = f'{folder}/a.tape.jsonl', f'{folder}/port'
        command = [arguments.tapedeck, 'record', '--listen', f'127.0.0.1:0:{arguments.codec}', '--quiet', '-o', path,
                   '--to', f'127.0.0.1:{listener.getsockname()[1]}', '--port-file', port_file]
        if arguments.tls:
            command += ['--tls', f'{arguments.tls}/server.pem', '--tls-key', f'{arguments.tls}/server.key',
                        '--to-tls', f'{arguments.tls}/ca.pem']
        relay = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        while not os.path.exists(port_file):
            assert relay.poll() is None, 'the relay has ended'
            time.sleep(0.01)
        port = int(open(port_file).read().rsplit(':', 1)[1])

        def accept():
            connection = listener.accept()[0]
            if not arguments.tls:
                return connection
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(f'{arguments.tls}/server.pem', f'{arguments.tls}/server.key')
            return context.wrap_socket(connection, server_side=True)

        def connect():
            connection = socket.create_connection(('127.0.0.1', port))
            if not arguments.tls:
                return connection
            context = ssl.create_default_context(cafile=f'{arguments.tls}/ca.pem')
            return context.wrap_socket(connection, server_hostname='localhost')

        began = time.monotonic()
        server, client = Side(accept, 2, arguments), Side(connect, 1, arguments)
        client.join()
        server.join()
        seconds = time.monotonic() - began
        most = memory(relay.pid)
        relay.terminate()
        status = relay.wait()
        hashes = recorded(path, arguments.codec)

    fits = status == 0
    for name, sender, receiver in (('client', client, server), ('server', server, client)):
        if sender.failure:
            print(f'{name}: {sender.failure!r}')
            fits = False
        same = sender.sent.digest() == receiver.received.digest()
        kept = sender.sent.digest() == hashes[name].digest()
        print(f'from the {name}: {receiver.received_bytes} bytes came, {"the same" if same else "NOT the same"}; '
              f'recorded {"the same" if kept else "NOT the same"}')
        fits = fits and same and kept
    if most > MAXIMUM_MEMORY:
        print(f'the relay held up to {most >> 20} MiB')
        fits = False
    print(f'{2 * arguments.bytes / seconds / 1e6:.0f} MB/s, {most >> 20} MiB at most', file=sys.stderr)
    sys.exit(0 if fits else 1)


main()
