"""A chat room in JSON lines that is right, or wrong in the one way it is told: room_server.py PORT [WAY].

It greets each client with its port and a token, lets those that show their token in, passes on what they say, and counts.
"""
import json
import os
import secrets
import selectors
import signal
import socket
import struct
import sys
import time

PORT, WAY = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "right"
selector = selectors.DefaultSelector()
clients, members, said = [], [], []


class Client:
    def __init__(self, connection, port):
        self.connection, self.port = connection, port
        self.token, self.unread, self.held = secrets.token_hex(5), b"", b""

    def send(self, data):
        if WAY == "slow":
            time.sleep(0.03)
        if WAY == "glued":
            self.held += data
        elif WAY == "dripping":
            for byte in data:
                self.connection.sendall(bytes([byte]))
        else:
            self.connection.sendall(data)

    def flush(self):
        self.connection.sendall(self.held)
        self.held = b""

    def forget(self):
        """Leaves the connection open, and never looks at it again."""
        if self in members:
            members.remove(self)
        clients.remove(self)
        selector.unregister(self.connection)

    def close(self, reset=False):
        if self in clients:
            self.forget()
            if reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.flush()
            self.connection.close()


def line(value):
    separators = (", ", ": ") if WAY == "spaced" else (",", ":")
    if WAY == "other order" and isinstance(value, dict):
        value = dict(reversed(value.items()))
    return json.dumps(value, separators=separators).encode() + b"\n"


def other_than(client):
    return next((other for other in clients if other is not client), client)


def swap_late(client, value):
    """Keeps the answer back until the next one has gone."""
    client.late = line(value)


def then_late(client, value):
    client.send(line(value) + client.late)


def end(status):
    print("no idea what to do", flush=True)
    os._exit(status)


def die(number):
    print("about to fall", flush=True)
    os.kill(os.getpid(), number)


def instead(**changes):
    return lambda client, value: client.send(line(value | changes))


def data(text):
    return lambda client, value: client.send(text)


def without(key):
    return lambda client, value: client.send(line({k: v for k, v in value.items() if k != key}))


def nothing(client, value):
    pass


# What is done in the place of sending: by the way, and by what is sent how often.
WAYS = {
    "value": {"say 1": instead(n=7)},
    "type": {"say 1": instead(n="1")},
    "float": {"say 1": instead(n=1.0)},
    "boolean": {"say 1": instead(ok=1)},
    "false": {"say 1": instead(ok=False)},
    "null": {"tally 1": instead(topic="")},
    "key missing": {"say 1": without("n")},
    "key too many": {"say 1": instead(debug=True)},
    "key renamed": {"say 1": lambda client, value: client.send(line({"ok": True, "N": 1}))},
    "list reversed": {"join 2": lambda client, value: client.send(line(value | {"members": value["members"][::-1]}))},
    "list short": {"history 1": lambda client, value: client.send(line(value | {"lines": value["lines"][1:]}))},
    "list long": {"history 1": lambda client, value: client.send(line(value | {"lines": ["?"] + value["lines"]}))},
    "capital": {"said 1": instead(said="Hello")},
    "rounded": {"tally 1": instead(big=12345678901234567000)},
    "nearly": {"tally 1": instead(ratio=1.5000000000000002)},
    "nested": {"tally 1": instead(by={"first": 1, "second": 3})},
    "missing": {"say 2": nothing},
    "missing push": {"joined 1": nothing},
    "extra": {"say 1": lambda client, value: client.send(line(value) + line("more"))},
    "early": {"say 1": lambda client, value: client.send(line({"lines": [], "more": 0}) + line(value))},
    "duplicated": {"say 1": lambda client, value: client.send(line(value) * 2)},
    "swapped": {"say 2": swap_late, "say 3": then_late},
    "wrong session": {"said 1": lambda client, value: other_than(client).send(line(value))},
    "both sessions": {
        "said 1": lambda client, value: (client.send(line(value)), other_than(client).send(line(value)))
    },
    "wrong port": {"welcome 1": lambda client, value: client.send(line(value | {"welcome": client.port + 1}))},
    "wrong id": {"joined 1": lambda client, value: client.send(line({"joined": client.port}))},
    "token of another": {"token 1": lambda client, value: client.send(line({"token": other_than(client).token}))},
    "token changes": {"token 1": lambda client, value: client.send(line({"token": secrets.token_hex(5)}))},
    "stateful": {"say 1": instead(n=2), "say 2": instead(n=3), "say 3": instead(n=4)},
    "stale": {"history 1": instead(lines=["hello", "and you?"])},
    "truncated": {"say 1": lambda client, value: (client.send(line(value)[:9]), client.close())},
    "half a message": {"say 1": data(b'{"ok":tr')},
    "without its end": {"say 2": lambda client, value: client.send(line(value)[:-1])},
    "closes early": {"say 1": lambda client, value: client.close()},
    "closes after": {"say 1": lambda client, value: (client.send(line(value)), client.close())},
    "closes the other": {"say 1": lambda client, value: (client.send(line(value)), other_than(client).close())},
    "resets": {"say 1": lambda client, value: client.close(reset=True)},
    "never closes": {"bye 1": lambda client, value: (client.send(line(value)), client.forget())},
    "hangs": {"say 1": lambda client, value: time.sleep(60)},
    "silent": {"welcome 1": nothing},
    "crashes": {"say 1": lambda client, value: end(3)},
    "killed": {"say 1": lambda client, value: die(signal.SIGABRT)},
    "no JSON": {"say 1": data(b"ok 1\n")},
    "another protocol": {"say 1": data(b"HTTP/1.1 400 Bad Request\r\n\r\n")},
    "no UTF-8": {"say 1": data(b'{"ok":true,"n":"\xff\xfe"}\n')},
    "deaf after the end": {"tally 1": nothing},
}
counts = {}


def say(kind, client, value):
    counts[kind] = counts.get(kind, 0) + 1
    send = WAYS.get(WAY, {}).get(f"{kind} {counts[kind]}")
    send(client, value) if send else client.send(line(value))


def answer(client, request):
    if "join" in request:
        right = request["token"] == client.token
        if right:
            members.append(client)
        say("join", client, {"ok": right, "members": [member.port for member in members]})
        for member in members:
            if member is not client:
                say("joined", member, {"joined": client.port})
    elif "token" in request:
        say("token", client, {"token": client.token})
    elif "say" in request:
        said.append(request["say"])
        say("say", client, {"ok": True, "n": len(said)})
        for member in members:
            if member is not client:
                say("said", member, {"said": request["say"], "by": client.port})
    elif "history" in request:
        say("history", client, {"lines": said[-request["history"]:], "more": len(said) - request["history"]})
    elif "tally" in request:
        by = {"first": 1, "second": 2}
        say("tally", client, {"by": by, "ratio": 1.5, "big": 12345678901234567890, "topic": None})
    elif "quit" in request:
        say("bye", client, {"bye": client.port})
        client.close()


def read(client):
    try:
        received = client.connection.recv(65536)
    except ConnectionError:
        received = b""
    client.unread += received
    while b"\n" in client.unread:
        request, client.unread = client.unread.split(b"\n", 1)
        answer(client, json.loads(request))
    if client.held:
        client.flush()
    if not received and client in clients:
        client.close()
        for member in members:
            say("left", member, {"left": client.port})
            if member.held:
                member.flush()
    for other in clients:
        if other.held:
            other.flush()


listener = socket.create_server(("127.0.0.1", PORT), backlog=10)
selector.register(listener, selectors.EVENT_READ)
while True:
    for key, _ in selector.select():
        if key.fileobj is listener:
            connection, (_, port) = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client = Client(connection, port)
            clients.append(client)
            selector.register(connection, selectors.EVENT_READ, client)
            say("welcome", client, {"welcome": port, "token": client.token})
            client.flush()
        elif key.data in clients:
            read(key.data)
