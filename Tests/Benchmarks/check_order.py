#!/usr/bin/env python3
"""Checks a recording made under load against what its clients saw.

    python3 Tests/Benchmarks/check_order.py [--messages N] [--connections N] [--kill] [--codec raw|json] [--binary PATH]

Clients send numbered messages, many at a time, and note what is answered. Then in the file: every answer stands behind its
request, each session's messages are in order, times never go back, and the counts of the end are right. With --kill the
server is killed in the middle: then every answer that a client saw must be in the file, behind its request, and all lines
but a torn last one must be whole. The exit status is 1 where anything is wrong.
"""

import argparse
import collections
import json
import os
import pathlib
import selectors
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Client:
    def __init__(self, port, number, count, codec):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.peer = "%s:%d" % self.socket.getsockname()
        self.number, self.count, self.codec = number, count, codec
        self.sent = self.answered = 0
        self.rest = b""
        self.is_lost = False

    def text(self, sequence):
        return f"client {self.number} message {sequence}"

    def frame(self, sequence):
        text = self.text(sequence).encode()
        return struct.pack(">I", len(text)) + text if self.codec == "raw" else b'{"text":"' + text + b'"}\n'

    def send(self, depth):
        end = min(self.count, self.answered + depth)
        if end > self.sent:
            self.socket.sendall(b"".join(self.frame(n) for n in range(self.sent, end)))
            self.sent = end

    def receive(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionError
        self.rest += data
        offset = 0
        while self.answered < self.count:
            frame = self.frame(self.answered)
            part = self.rest[offset : offset + len(frame)]
            if len(part) < len(frame):
                break
            if part != frame:
                raise SystemExit(f"check_order: client {self.number} got {part!r}, not {frame!r}")
            offset += len(frame)
            self.answered += 1
        self.rest = self.rest[offset:]


def run(arguments, folder):
    port_file, recording = os.path.join(folder, "port"), os.path.join(folder, "order.tape.jsonl")
    command = [
        arguments.binary, "serve", "--listen", f"0:{arguments.codec},greet=none", "--port-file", port_file,
        "--record", recording, "--quiet",
    ]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while not os.path.exists(port_file):
        if server.poll() is not None:
            raise SystemExit("check_order: the server does not start")
        time.sleep(0.01)
    port = int(pathlib.Path(port_file).read_text().split("\n")[0].rsplit(":", 1)[1])
    count = arguments.messages // arguments.connections
    clients = [Client(port, n, count, arguments.codec) for n in range(arguments.connections)]
    selector = selectors.DefaultSelector()
    for client in clients:
        selector.register(client.socket, selectors.EVENT_READ, client)
        client.send(arguments.depth)
    kill_at = count * arguments.connections // 2 if arguments.kill else None
    while any(client.answered < count and not client.is_lost for client in clients):
        for key, _ in selector.select(20):
            client = key.data
            try:
                client.receive()
                client.send(arguments.depth)
            except ConnectionError:
                if kill_at is not None or not arguments.kill:
                    raise SystemExit("check_order: a connection was lost")
                client.is_lost = True
            if client.is_lost or client.answered == count:
                selector.unregister(client.socket)
                client.socket.close()
        if kill_at is not None and sum(client.answered for client in clients) >= kill_at:
            server.send_signal(signal.SIGKILL)
            kill_at = None
    if not arguments.kill:
        server.send_signal(signal.SIGTERM)
    status = server.wait(20)
    if not arguments.kill and status != 0:
        raise SystemExit(f"check_order: the server's exit status is {status}")
    return clients, recording


def verify(clients, recording, is_killed):
    """What is wrong, and what was counted."""
    wrong = []
    data = pathlib.Path(recording).read_bytes()
    *lines, tail = data.split(b"\n")
    if tail and not is_killed:
        wrong.append("the last line is torn")
    by_peer = {client.peer: client for client in clients}
    sessions, next_from = {}, collections.defaultdict(lambda: {"client": 0, "server": 0})
    last_time, messages, end = -1.0, 0, None
    for place, line in enumerate(lines[1:], 2):
        try:
            event = json.loads(line)
        except ValueError:
            wrong.append(f"line {place} is no JSON")
            continue
        if event["t"] < last_time:
            wrong.append(f"line {place}: time goes back")
        last_time = event["t"]
        if "open" in event:
            sessions[event["s"]] = by_peer[event["open"]["peer"]]
        elif "from" in event:
            messages += 1
            client, seen = sessions[event["s"]], next_from[event["s"]]
            text = event["text"] if "text" in event else event["value"]["text"]
            if text != client.text(seen[event["from"]]):
                wrong.append(f"line {place}: {text!r} is not the next of its session")
            seen[event["from"]] += 1
            if seen["server"] > seen["client"]:
                wrong.append(f"line {place}: an answer stands before its request")
        elif "end" in event:
            end = event["end"]
    recorded = {client.number: next_from[number] for number, client in sessions.items()}
    for client in clients:
        there = recorded.get(client.number, {"client": 0, "server": 0})
        if there["server"] < client.answered:
            wrong.append(f"client {client.number} saw {client.answered} answers, the file has {there['server']}")
        if not is_killed and there != {"client": client.count, "server": client.count}:
            wrong.append(f"client {client.number}: the file has {there}")
    if is_killed:
        if end is not None:
            wrong.append("there is an end, though the server was killed")
    elif end != {"sessions": len(clients), "messages": messages}:
        wrong.append(f"the end says {end}; there are {len(clients)} sessions and {messages} messages")
    seen = sum(client.answered for client in clients)
    return wrong, f"{len(lines)} lines, {messages} messages, {seen} answers seen, {len(tail)} bytes of a torn line"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--depth", type=int, default=16)
    parser.add_argument("--codec", choices=["raw", "json"], default="raw")
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--binary", default=str(ROOT / ".build" / "release" / "tapedeck"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tapedeck-order-") as folder:
        clients, recording = run(arguments, folder)
        wrong, summary = verify(clients, recording, arguments.kill)
    print(summary)
    for line in wrong[:20]:
        print("WRONG", line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
