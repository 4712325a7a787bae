"""A server that answers {"q":N} with {"a":N}, greets with the client's port, and is wrong in the one way it is told."""
import json
import os
import socket
import struct
import sys
import threading
import time

port, way = int(sys.argv[1]), sys.argv[2]
clients = []


def line(value):
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def drip(client, data):
    for byte in data:
        client.sendall(bytes([byte]))


def answer(client, number):
    right = line({"a": number})
    if number != 1:
        return client.sendall(right)
    if way == "slow":
        time.sleep(0.15)
        return client.sendall(right)
    if way == "drip":
        return drip(client, right)
    if way == "never":
        return None
    if way == "missing":
        return None
    if way == "elsewhere":
        other = next(c for c in clients if c is not client)
        return other.sendall(right)
    if way == "early close":
        return client.shutdown(socket.SHUT_RDWR)
    if way == "reset":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return os.close(client.detach())
    if way == "truncated":
        client.sendall(right[:4])
        return client.shutdown(socket.SHUT_RDWR)
    if way == "half":
        return client.sendall(right[:4])
    if way == "crash":
        print("about to fail", flush=True)
        os._exit(3)
    client.sendall(
        {
            "value": line({"a": 9}),
            "type": line({"a": 1.0}),
            "key": line({"a": 1, "b": 2}),
            "extra": right + line("more"),
            "extra before": line("more") + right,
            "duplicate": right + right,
            "garbage": b"no json at all\n",
            "binary": bytes(range(128, 160)) + b"\n",
            "spaces": b'{ "a" : 1 }\n',
            "empty": b"{}\n",
        }.get(way, right)
    )


def serve(client, peer):
    try:
        client.sendall(line({"clientid": peer + 1 if way == "client id" else peer}))
        held = b""
        for text in client.makefile("rb"):
            number = json.loads(text)["q"]
            if way == "coalesced":
                held += line({"a": number})
                if number > 2:
                    client.sendall(held)
                    held = b""
                continue
            answer(client, number)
            if way == "late extra" and number == 3:
                client.sendall(line("ps"))
        if way == "closes late":
            time.sleep(0.3)
        if way == "never closes":
            time.sleep(5)
        client.close()
    except (OSError, ValueError):
        pass


listener = socket.create_server(("127.0.0.1", port), backlog=10)
if way == "crash at once":
    sys.exit(4)
while True:
    client, (_, peer) = listener.accept()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    clients.append(client)
    threading.Thread(target=serve, args=(client, peer), daemon=True).start()
