#!/usr/bin/env python3
"""Tries the ways in which connections end, through a relay, and prints what each side saw.

    relay_ends.py PORT UPSTREAM CLIENT SERVER FOLDER

The relay listens on PORT and connects to UPSTREAM, where this program listens. CLIENT and SERVER are plain or TLS.
"""
import socket, sys, threading, time
from tls_peer import wrapped

port, upstream, client_kind, server_kind, folder = int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:6]
listener = socket.create_server(('127.0.0.1', upstream), reuse_port=True)
MANY = bytes(8 << 20)


def pair():
    """A client and the server's connection for it, both ready."""
    found = []
    accepting = threading.Thread(
        target=lambda: found.append(wrapped(listener.accept()[0], server_kind, folder, True)), daemon=True)
    accepting.start()
    client = wrapped(socket.create_connection(('127.0.0.1', port)), client_kind, folder, False)
    accepting.join(60)
    return client, found[0]


def sending(side):
    def send():
        side.sendall(MANY)
        side.finish()
    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    return thread


client, server = pair()
client.sendall(b'question')
client.finish()
print('the server reads to the end:', *server.rest())
thread = sending(server)
time.sleep(0.2)  # the relay has to wait for the client, which reads late
print('a client that had ended reads all:', *client.rest())
thread.join()

client, server = pair()
thread = sending(server)
time.sleep(0.2)
client.finish()
print('a client that ends meanwhile reads all:', *client.rest())
thread.join()
print('and the server its end:', *server.rest())

client, server = pair()
server.finish()
print('the client reads the end:', *client.rest())
client.sendall(b'more')
client.finish()
print('and the server what comes after it:', *server.rest())

for name in 'client', 'server':
    client, server = pair()
    resets, reads = (client, server) if name == 'client' else (server, client)
    resets.sendall(b'last words')
    # Its bytes are on the other side; had they not left, the reset would take them along.
    count = len(reads.recv(100))
    resets.reset()
    print(f'the {name} resets, behind {count} bytes:', *reads.rest())
    client, server = pair()
    cuts, reads = (client, server) if name == 'client' else (server, client)
    cuts.sendall(b'last words')
    cuts.cut()
    print(f'the {name} only says FIN:', *reads.rest())
    reads.cut()

client, server = pair()
client.finish()
server.rest()
server.sendall(b'last words')
server.cut()
print('the client has ended, and the server only says FIN:', *client.rest())

# A server that is gone for good: whoever goes on sending to it learns that, as without a relay.
client, server = pair()
server.finish()
server.cut()
print('a client whose server is gone:', client.rest()[0], end=' ')
try:
    while True:
        client.sendall(MANY)
except (ConnectionResetError, BrokenPipeError):
    print('reset')
