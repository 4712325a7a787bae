#!/usr/bin/env python3
"""Leaves a server running, and looks whether its memory, descriptors and threads stay what they were.

    python3 Tests/Benchmarks/soak_server.py [--binary PATH] [--seconds 120] [--verbose]

One server has three ports: an echo of raw bytes, JSON over TLS, and JSON that a child answers; it records all of them. Each round
brings short connections with messages, some that are reset in the midst of one, TLS handshakes, a child that is killed and
started again, and a SIGHUP with the recording moved away, other certificates' files read and faults changed. The figures
are taken behind each round, when nobody is connected. What grows over the second half of the rounds is a leak: the exit status is 1
then.

Needs the openssl program.
"""

import argparse
import json
import os
import pathlib
import signal
import socket
import ssl
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import crowd

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SETTINGS = """\
serve:
  listen:
    - 0:raw
    - {{port: 0, codec: json, greet: none, tls: cert.pem, tls-key: key.pem{fault}}}
    - {{port: 0, codec: json, greet: none, reply: 'exec:exec python3 {child}'}}
  record: soak.tape.jsonl
  port-file: ports
  quiet: true
"""


class Soak:
    def __init__(self, binary):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tapedeck-soak-"))
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=soak", "-addext", "subjectAltName=IP:127.0.0.1"],
            cwd=self.folder, check=True, capture_output=True)
        self.tls = ssl.create_default_context(cafile=self.folder / "cert.pem")
        self.settings("")
        self.log = open(self.folder / "log", "w")
        self.process = subprocess.Popen(
            [binary, "serve", "--config", str(self.folder / "tapedeck.yaml")], stdout=subprocess.DEVNULL, stderr=self.log)
        ports = self.folder / "ports"
        self.wait("a start", ports.exists)
        self.raw, self.json, self.exec = [int(line.rsplit(":", 1)[1]) for line in ports.read_text().splitlines()]
        self.counts = dict.fromkeys(("connections", "messages", "handshakes", "resets", "restarts", "reloads"), 0)

    def settings(self, fault):
        child = ROOT / "Examples" / "exec" / "echo.py"
        (self.folder / "tapedeck.yaml").write_text(SETTINGS.format(fault=fault, child=child))

    def told(self):
        return (self.folder / "log").read_text()

    def wait(self, what, holds):
        deadline = time.monotonic() + 60
        while not holds():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"soak_server: no {what}: {self.told()[-2000:]}")
            time.sleep(0.002)

    def children(self):
        """All of them: the one that answers, and the one that watches over it."""
        found = []
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            try:
                found += pathlib.Path(f"/proc/{self.process.pid}/task/{task}/children").read_text().split()
            except FileNotFoundError:
                pass
        return found

    def answering(self):
        """The children that answer."""
        found = []
        for child in self.children():
            try:
                if b"echo.py" in pathlib.Path(f"/proc/{child}/cmdline").read_bytes():
                    found.append(child)
            except FileNotFoundError:
                pass
        return found

    def talk(self, port, count, wrap=lambda connection: connection):
        with wrap(crowd.connect(port)) as connection:
            stream = connection.makefile("rwb")
            for number in range(count):
                line = json.dumps({"n": number, "text": "x" * 50}).encode() + b"\n"
                stream.write(line)
                stream.flush()
                if stream.readline() != line:
                    raise SystemExit("soak_server: a wrong answer")
            stream.close()
        self.counts["connections"] += 1
        self.counts["messages"] += 2 * count

    def round(self, number):
        for _ in range(100):
            with crowd.connect(self.raw) as connection:
                for _ in range(20):
                    crowd.echo(connection)
            self.counts["connections"] += 1
            self.counts["messages"] += 40
        for place in range(50):
            connection = crowd.connect(self.raw)
            connection.sendall(crowd.FRAME[: 2 * place + 1])
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        self.counts["connections"] += 50
        self.counts["resets"] += 50
        for _ in range(20):
            self.talk(self.json, 5, lambda connection: self.tls.wrap_socket(connection, server_hostname="127.0.0.1"))
            self.counts["handshakes"] += 1
        self.talk(self.exec, 20)
        self.restart_child()
        self.reload(number)

    def restart_child(self):
        children = self.answering()
        if len(children) != 1:
            raise SystemExit(f"soak_server: {len(children)} children that answer instead of one")
        os.kill(int(children[0]), signal.SIGKILL)
        self.wait("new child", lambda: self.answering() not in ([], children))
        # It answers, so it has started.
        self.talk(self.exec, 1)
        self.counts["restarts"] += 1

    def reload(self, number):
        before = self.told().count("from now on")
        os.rename(self.folder / "soak.tape.jsonl", self.folder / "moved.tape.jsonl")
        self.settings(", fault: duplicate@100000" if number % 2 == 0 else "")
        self.process.send_signal(signal.SIGHUP)
        self.wait("reload", lambda: self.told().count("from now on") > before)
        os.unlink(self.folder / "moved.tape.jsonl")
        self.counts["reloads"] += 1

    def figures(self):
        """Resident bytes, descriptors, threads and children, with nobody connected."""
        quiet = crowd.descriptors(self.process.pid)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            time.sleep(0.02)
            now = crowd.descriptors(self.process.pid)
            if now >= quiet and now == crowd.descriptors(self.process.pid):
                break
            quiet = now
        process = self.process.pid
        return crowd.resident(process), crowd.descriptors(process), crowd.threads(process), len(self.children())

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=str(ROOT / ".build" / "release" / "tapedeck"))
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--verbose", action="store_true", help="the figures of each round")
    arguments = parser.parse_args()
    soak = Soak(arguments.binary)
    found = []
    end = time.monotonic() + arguments.seconds
    while time.monotonic() < end or len(found) < 12:
        soak.round(len(found))
        found.append(soak.figures())
        if arguments.verbose:
            print(len(found), *found[-1], flush=True)
    status = soak.stop()
    # The first rounds fill caches and the allocator's arenas.
    half = found[len(found) // 2 :]
    third = max(len(half) // 3, 1)
    first, last = half[:third], half[-third:]
    grown = statistics.median(one[0] for one in last) - statistics.median(one[0] for one in first)
    print(f"{len(found)} rounds:", ", ".join(f"{count:,} {name}" for name, count in soak.counts.items()))
    checks = [
        (grown <= 1 << 20, f"resident: {found[0][0] / 1e6:.1f} MB, in the second half "
         f"{min(one[0] for one in half) / 1e6:.1f} to {max(one[0] for one in half) / 1e6:.1f} MB, "
         f"{grown / 1024:+,.0f} KiB from its first third to its last (≤ 1,024)"),
        (statistics.median(one[1] for one in last) <= statistics.median(one[1] for one in found[:third]),
         f"descriptors: {found[0][1]}, then {sorted({one[1] for one in half})}"),
        (max(one[2] for one in last) <= max(one[2] for one in first),
         f"threads: {found[0][2]}, then {sorted({one[2] for one in half})}"),
        (len({one[3] for one in found}) == 1, f"children: {sorted({one[3] for one in found})}"),
        (status == 0, f"status {status}"),
    ]
    for holds, text in checks:
        print("holds " if holds else "MISSED", text)
    return 0 if all(holds for holds, _ in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
