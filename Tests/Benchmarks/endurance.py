#!/usr/bin/env python3
"""Treats a server badly, and says what that did to its memory, descriptors, CPU and other clients.

    python3 Tests/Benchmarks/endurance.py [--binary PATH] [--only WORD]...

Each check prints its figures beside what is wanted; the exit status is 1 where one is missed.
"""

import argparse
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

import crowd
from crowd import FRAME, echo, exact

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Server:
    def __init__(self, binary, *options, listen="0:raw", limit=None):
        self.folder = tempfile.TemporaryDirectory(prefix="tapedeck-endurance-")
        self.recording = os.path.join(self.folder.name, "e.tape.jsonl")
        port_file = os.path.join(self.folder.name, "port")
        self.errors = open(os.path.join(self.folder.name, "errors"), "w+")
        options = [option.replace("{recording}", self.recording) for option in options]
        command = [binary, "serve", "--listen", listen, "--port-file", port_file, "--quiet", *options]
        if limit:
            command = ["prlimit", f"--nofile={limit}:{limit}", *command]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=self.errors)
        while not os.path.exists(port_file):
            if self.process.poll() is not None:
                raise SystemExit("endurance: the server does not start: " + self.told())
            time.sleep(0.01)
        self.port = int(pathlib.Path(port_file).read_text().split("\n")[0].rsplit(":", 1)[1])

    def told(self):
        self.errors.seek(0)
        return self.errors.read()

    def connect(self):
        return crowd.connect(self.port)

    def resident(self):
        return crowd.resident(self.process.pid)

    def descriptors(self):
        return crowd.descriptors(self.process.pid)

    def threads(self):
        return crowd.threads(self.process.pid)

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            parts = file.read().rsplit(")", 1)[1].split()
        return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        """Seconds and status of a SIGTERM."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = "killed"
        return time.monotonic() - start, status


class Checks:
    def __init__(self, binary):
        self.binary, self.missed = binary, 0

    def say(self, holds, text):
        self.missed += not holds
        print(f"  {'holds ' if holds else 'MISSED'} {text}")

    def idle_connections(self):
        count = 10_000
        if not self.descriptors_for(count):
            return
        for options in ([], ["--record", "{recording}"]):
            server = Server(self.binary, *options, limit=count + 200)
            clients, each = crowd.fill(server.port, server.process.pid, count)
            idle = server.cpu()
            time.sleep(1)
            idle = server.cpu() - idle
            seconds, status = server.stop()
            self.say(each <= 5_120, f"{each:,.0f} resident bytes for each of {count:,} connections {options} (≤ 5,120)")
            self.say(idle <= 0.02, f"{idle:.2f} s CPU in a second of silence")
            self.say(status == 0 and seconds < 5, f"SIGTERM with all of them open: {seconds:.2f} s, status {status}")
            for client in clients:
                client.close()

    def descriptors_for(self, count):
        if crowd.allow_descriptors(count):
            return True
        print(f"  left out: {count:,} descriptors are not allowed")
        return False

    def connect_storm(self):
        count = 10_000
        if not self.descriptors_for(count):
            return
        for options in ([], ["--record", "{recording}"]):
            server = Server(self.binary, *options, limit=count + 200)
            clients, answered, seconds, delays = crowd.storm(server.port, count)
            self.say(answered == count, f"{answered:,} of {count:,} that connect at once are answered, in {seconds:.2f} s {options}")
            self.say(max(delays) < 1, f"another client's slowest answer of {len(delays)} meanwhile: {max(delays) * 1e3:.1f} ms")
            ticks = []
            for task in os.listdir(f"/proc/{server.process.pid}/task"):
                with open(f"/proc/{server.process.pid}/task/{task}/stat") as file:
                    name, rest = file.read().split("(", 1)[1].rsplit(")", 1)
                if name.startswith("NIO-ELT"):
                    ticks.append(sum(map(int, rest.split()[11:13])))
            cores = len(os.sched_getaffinity(server.process.pid))
            self.say(
                len(ticks) == cores and min(ticks) * 4 >= max(ticks),
                f"ticks of the {len(ticks)} event loops on {cores} cores: {sorted(ticks)}")
            for client in clients:
                client.close()
            seconds, status = server.stop()
            self.say(status == 0, f"SIGTERM: {seconds:.2f} s, status {status}")

    def half_messages(self):
        count = 5_000
        if not self.descriptors_for(count):
            return
        server = Server(self.binary, "--record", "{recording}", "--frame-timeout", "5s", limit=count + 200)
        before = server.resident()
        start = time.monotonic()
        clients = [server.connect() for _ in range(count)]
        for client in clients:
            client.sendall(FRAME[:50])
        with server.connect() as other:
            delay = echo(other)
        grown = (server.resident() - before) / (1 << 20)
        self.say(delay < 1, f"a fresh client's answer beside {count:,} half messages: {delay * 1e3:.1f} ms, {grown:.1f} MiB more")
        ended = 0
        for client in clients:
            client.settimeout(30)
            ended += client.recv(1) == b""
        seconds = time.monotonic() - start
        self.say(ended == count, f"{ended:,} of them are closed {seconds:.1f} s after the first began (--frame-timeout 5s)")
        for client in clients:
            client.close()
        server.stop()

    def clients_that_never_read(self):
        for options in ([], ["--record", "{recording}"]):
            server = Server(self.binary, *options)
            with server.connect() as first:
                echo(first)
            before = server.resident()
            clients = [server.connect() for _ in range(8)]
            many = FRAME * 600
            for client in clients:
                client.setblocking(False)
            sent, quiet = [0] * len(clients), time.monotonic()
            while time.monotonic() - quiet < 1:
                for place, client in enumerate(clients):
                    try:
                        sent[place] += client.send(many[sent[place] % len(many) :])
                        quiet = time.monotonic()
                    except BlockingIOError:
                        pass
            grown = (server.resident() - before) / (1 << 20)
            with server.connect() as other:
                delay = max(echo(other) for _ in range(100))
            self.say(grown < 48, f"8 clients that never read, {sum(sent) >> 20} MiB sent: {grown:.1f} MiB more (< 48) {options}")
            self.say(delay < 1, f"another client's slowest answer of 100 meanwhile: {delay * 1e3:.1f} ms")
            late = clients[0]
            late.settimeout(5)
            late.shutdown(socket.SHUT_WR)
            received = b"".join(iter(lambda: late.recv(1 << 20), b""))
            whole = (FRAME * (sent[0] // len(FRAME) + 1))[: sent[0] // len(FRAME) * len(FRAME)]
            self.say(received == whole, f"one reads after all: {len(received):,} of {len(whole):,} bytes, in order")
            for client in clients:
                client.close()
            server.stop()

    def short_connections(self):
        server = Server(self.binary, "--record", "{recording}")
        figures = []
        for count in (500, 5_000):
            delays = []
            for _ in range(count):
                with server.connect() as client:
                    delays.append(echo(client))
            time.sleep(0.2)
            delays.sort()
            figures.append((server.descriptors(), server.threads(), server.resident(), delays[len(delays) // 2]))
        (d1, t1, m1, p1), (d2, t2, m2, p2) = figures
        self.say(d2 <= d1, f"descriptors after 500 and 5,500 short connections: {d1}, {d2}")
        self.say(t2 <= t1, f"threads: {t1}, {t2}")
        self.say(m2 - m1 < 2 << 20, f"resident: {m1 / 1e6:.1f} MB, {m2 / 1e6:.1f} MB")
        self.say(p2 < 2 * p1, f"median answer: {p1 * 1e6:.0f} µs, {p2 * 1e6:.0f} µs")
        server.stop()

    def resets(self):
        server = Server(self.binary, "--record", "{recording}")
        with server.connect() as first:
            echo(first)
        before = server.descriptors(), server.resident()
        with server.connect() as witness:
            delays = []
            for number in range(5_000):
                client = server.connect()
                client.sendall(FRAME[: number % len(FRAME)] if number % 3 else FRAME * 50)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
                if number % 50 == 0:
                    delays.append(echo(witness))
            slowest = max(delays)
        time.sleep(0.3)
        after = server.descriptors(), server.resident()
        self.say(after[0] <= before[0], f"descriptors before and after 5,000 resets: {before[0]}, {after[0]}")
        self.say(after[1] - before[1] < 4 << 20, f"resident: {before[1] / 1e6:.1f} MB, {after[1] / 1e6:.1f} MB")
        self.say(slowest < 1, f"another client's slowest answer meanwhile: {slowest * 1e3:.1f} ms")
        seconds, status = server.stop()
        self.say(status == 0, f"SIGTERM: {seconds:.2f} s, status {status}")

    def no_descriptors(self):
        server = Server(self.binary, "--record", "{recording}", limit=40)
        clients = [server.connect() for _ in range(60)]
        served = 0
        for client in clients:
            client.settimeout(0.3)
            try:
                echo(client)
                served += 1
            except TimeoutError:
                break
        cpu = server.cpu()
        time.sleep(1)
        cpu = server.cpu() - cpu
        clients[0].settimeout(5)
        echo(clients[0])
        self.say(0 < served < 40, f"with 40 descriptors {served} of 60 clients are served, the first still is")
        self.say(cpu < 0.1, f"{cpu:.2f} s CPU in a second with clients waiting")
        told = server.told().count("have to wait")
        self.say(told == 1, f"it said so {told} times")
        for client in clients[:served]:
            client.close()
        answered = 0
        for place, client in enumerate(clients[served:]):
            client.settimeout(5)
            if place > 0:
                client.sendall(FRAME)
            exact(client, len(FRAME))
            client.close()
            answered += 1
        self.say(answered == 60 - served, f"when those left, {answered} of {60 - served} others were served")
        seconds, status = server.stop()
        self.say(status == 0, f"SIGTERM: {seconds:.2f} s, status {status}")

    def sigterm(self):
        server = Server(self.binary, "--record", "{recording}")
        idle = [server.connect() for _ in range(50)]
        for client in idle:
            echo(client)
        seconds, status = server.stop()
        ends = [client.recv(1) for client in idle]
        self.say(status == 0 and seconds < 2, f"SIGTERM with 50 idle clients: {seconds:.2f} s, status {status}")
        self.say(all(end == b"" for end in ends), "each of them read a FIN")
        server = Server(self.binary, "--record", "{recording}")
        busy = [server.connect() for _ in range(16)]
        for client in busy:
            client.sendall(FRAME * 400)
        server.process.send_signal(signal.SIGTERM)
        whole = 0
        for client in busy:
            data = b""
            try:
                while part := client.recv(1 << 20):
                    data += part
            except ConnectionResetError:
                data += b"reset"
            whole += data == FRAME * 400
        seconds, status = server.stop()
        end = pathlib.Path(server.recording).read_text().splitlines()[-1]
        self.say(whole == 16, f"SIGTERM behind 400 requests: {whole} of 16 clients got all answers and a FIN")
        self.say(status == 0 and '"messages":12800}' in end, f"status {status}, the recording ends with {end}")
        server = Server(self.binary, "--record", "{recording}")
        with server.connect() as client:
            echo(client)
            client.settimeout(0.01)
            start = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            while server.process.poll() is None and time.monotonic() - start < 15:
                try:
                    client.sendall(FRAME)
                    client.recv(1 << 16)
                except (TimeoutError, ConnectionError):
                    pass
            seconds = time.monotonic() - start
        status = server.process.poll()
        self.say(status == 0 and seconds < 6, f"SIGTERM with a client that never stops: {seconds:.2f} s, status {status}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=str(ROOT / ".build" / "release" / "tapedeck"))
    parser.add_argument("--only", action="append")
    arguments = parser.parse_args()
    checks = Checks(arguments.binary)
    for check in (
        checks.idle_connections, checks.connect_storm, checks.half_messages, checks.clients_that_never_read,
        checks.short_connections, checks.resets, checks.no_descriptors, checks.sigterm,
    ):
        name = check.__name__.replace("_", " ")
        if not arguments.only or any(word in name for word in arguments.only):
            print(name)
            check()
            sys.stdout.flush()
    return 1 if checks.missed else 0


if __name__ == "__main__":
    sys.exit(main())
