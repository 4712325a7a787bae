#!/usr/bin/env python3
"""Runs a client against its server twice, directly and through a relay, and compares what it prints; and compares what a
witness between client and relay saw pass with what the relay recorded.

    through_relay.py TAPEDECK CODEC SERVER_PORT CLIENT [ARGUMENT …]

{port} in the client's arguments is replaced. It ends with status 1 where something differs.
"""
import json, os, shlex, socket, subprocess, sys, tempfile, threading, time
from recorded import events

tapedeck, codec, server_port, *client = sys.argv[1:]


def run(port):
    finished = subprocess.run(
        [argument.replace('{port}', str(port)) for argument in client], stdin=subprocess.DEVNULL, timeout=60,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return finished.returncode, finished.stdout


class Witness(threading.Thread):
    """Passes bytes on and keeps them, by connection and direction; ends of halves and resets are passed on as well."""

    def __init__(self, target):
        super().__init__(daemon=True)
        self.target = target
        self.listener = socket.create_server(('127.0.0.1', 0))
        # By its own address on the relay's side.
        self.seen = {}
        self.pumps = []
        self.start()

    def run(self):
        while True:
            client = self.listener.accept()[0]
            server = socket.create_connection(('127.0.0.1', self.target))
            seen = {'client': bytearray(), 'server': bytearray()}
            self.seen['%s:%d' % server.getsockname()] = seen
            for side, source, sink in (('client', client, server), ('server', server, client)):
                pump = threading.Thread(target=self.pump, args=(source, sink, seen[side]), daemon=True)
                pump.start()
                self.pumps.append(pump)

    @staticmethod
    def pump(source, sink, seen):
        try:
            while piece := source.recv(1 << 16):
                seen += piece
                sink.sendall(piece)
        except OSError:
            pass
        try:
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def main():
    direct = run(server_port)
    with tempfile.TemporaryDirectory() as folder:
        path, port_file = f'{folder}/a.tape.jsonl', f'{folder}/port'
        relay = subprocess.Popen(
            [tapedeck, 'record', '--listen', f'127.0.0.1:0:{codec}', '--to', f'127.0.0.1:{server_port}', '--quiet', '-o',
             path, '--port-file', port_file], stderr=subprocess.PIPE, text=True)
        while not os.path.exists(port_file):
            assert relay.poll() is None, relay.stderr.read()
            time.sleep(0.01)
        witness = Witness(int(open(port_file).read().rsplit(':', 1)[1]))
        relayed = run(witness.listener.getsockname()[1])
        for pump in witness.pumps:
            pump.join(60)
        relay.terminate()
        complaints = relay.communicate()[1]
        kept, faults = {}, 0
        for session, side, passed in events(path, codec):
            kept.setdefault((session, side), bytearray()).extend(passed)
        peers = {}
        with open(path) as lines:
            for line in lines:
                event = json.loads(line)
                faults += 'error' in event or 'partial' in event
                if 'open' in event:
                    peers[event['open']['peer']] = event['s']
    seen = {(peers.get(peer), side): passed for peer, sides in witness.seen.items()
            for side, passed in sides.items() if passed}
    total = {side: sum(len(sides[side]) for sides in witness.seen.values()) for side in ('client', 'server')}
    fits = direct == relayed and seen == kept and relay.returncode == 0
    print(f'{shlex.join(client)}: status {relayed[0]}, {len(relayed[1])} bytes printed, '
          f'{"the same" if direct == relayed else "NOT the same"} as without a relay')
    print(f'{len(witness.seen)} connections, {total["client"]} bytes from the client, {total["server"]} from the server, '
          f'{"all" if seen == kept else "NOT as"} recorded; faults: {faults}')
    if not fits:
        print(f'directly: {str(direct)[-500:]}\nrelayed: {str(relayed)[-500:]}\n{complaints}')
    sys.exit(0 if fits else 1)


main()
