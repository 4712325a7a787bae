#!/usr/bin/env python3
"""Counts how often each hot path asks for memory per message, and fails where one does more often than it used to.

    python3 Tests/Benchmarks/allocations.py BINARY debug|release [--only WORD]... [--update]

A preloaded malloc counts (malloc_count.c). A server is asked the same number of times twice and the second time counts, so that
neither its start nor its first messages do; a command works on a short and on a long recording, and the difference counts. What
is allowed stands in allocations.json: a release build allocates nothing for a message that it serves, relays or records; a debug
build does here and there what the optimizer takes away, but as often each time, with one version of Swift; with another the counts are only told.
--update writes what was counted there.
"""

import argparse
import json
import os
import pathlib
import pickle
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ALLOWED = HERE / "allocations.json"
# Reads and timers are not the same number each time, least of all on a busy machine; one more for each message is above that.
MARGIN, SHARE = 0.6, 0.01
DEPTH, MESSAGES, SHORT, LONG = 16, 4_800, 800, 4_800

VALUE = {"message": "hello, is there anybody?", "id": 1042, "tags": ["a", "b"], "ratio": 0.25, "ok": True, "to": None}
REQUESTS = {
    "raw": struct.pack(">I", 100) + bytes(range(32, 127)) + b"hello",
    "json": json.dumps(VALUE, separators=(",", ":")).encode() + b"\n",
    "pickle": pickle.dumps(VALUE, protocol=4),
}


class Program:
    """tapedeck with its mallocs counted."""

    def __init__(self, bench, *arguments):
        self.bench = bench
        self.counts = pathlib.Path(bench.folder, f"counts-{bench.next_number()}")
        self.command = [bench.binary, *map(str, arguments)]
        environment = dict(os.environ, LD_PRELOAD=str(bench.library), COUNT_FILE=str(self.counts))
        self.process = subprocess.Popen(
            self.command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def numbers(self):
        return [int(line) for line in self.counts.read_text().split()] if self.counts.exists() else []

    def count(self):
        """How often it has asked for memory until now."""
        before = len(self.numbers())
        self.process.send_signal(signal.SIGUSR2)
        deadline = time.monotonic() + 30
        while len(self.numbers()) == before:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("allocations: does not count: " + " ".join(self.command))
            time.sleep(0.005)
        return self.numbers()[-1]

    def finish(self, statuses=(0,)):
        """How often it had asked for memory when it ended."""
        complaint = self.process.communicate(timeout=120)[1]
        if self.process.returncode not in statuses:
            raise SystemExit(f"allocations: {' '.join(self.command)}: {complaint.decode(errors='replace')}")
        return self.numbers()[-1]


class Server(Program):
    def __init__(self, bench, *arguments):
        port_file = pathlib.Path(bench.folder, f"port-{bench.next_number()}")
        super().__init__(bench, *arguments, "--port-file", port_file)
        deadline = time.monotonic() + 30
        while not (port_file.exists() and port_file.read_text().endswith("\n")):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("allocations: does not start: " + " ".join(self.command))
            time.sleep(0.01)
        self.port = int(port_file.read_text().split("\n")[0].rsplit(":", 1)[1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.finish()


def ask(client, request, count):
    """Sends `count` requests, a few at a time, and reads answers of the same length."""
    for _ in range(count // DEPTH):
        client.sendall(request * DEPTH)
        rest = len(request) * DEPTH
        while rest > 0:
            got = len(client.recv(rest))
            if got == 0:
                raise SystemExit("allocations: the server closed the connection")
            rest -= got


class Bench:
    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.binary = str(pathlib.Path(arguments.binary).resolve())
        self.number = 0
        self.found = {}
        self.library = pathlib.Path(folder, "malloc_count.so")
        compiler = next(filter(shutil.which, ("cc", "clang", "gcc")), "cc")
        subprocess.run(
            [compiler, "-O2", "-shared", "-fPIC", "-o", self.library, HERE / "malloc_count.c"], check=True)

    def next_number(self):
        self.number += 1
        return self.number

    def is_wanted(self, name):
        return not self.arguments.only or any(word in name for word in self.arguments.only)

    def served(self, name, request, *arguments):
        """A server's path: what it asks for while it answers, without start and first messages."""
        if not self.is_wanted(name):
            return
        server = Server(self, *arguments)
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            ask(client, request, MESSAGES)
            before = server.count()
            ask(client, request, MESSAGES)
            after = server.count()
        server.stop()
        self.found[name] = (after - before) / MESSAGES

    def worked(self, name, command, messages, statuses=(0,)):
        """A command's path: the difference between much and little work, where a request and its answer are two messages."""
        if not self.is_wanted(name):
            return
        short, long = (Program(self, *command(self.recordings[size])).finish(statuses) for size in (SHORT, LONG))
        self.found[name] = (long - short) / (messages * (LONG - SHORT))

    def record(self):
        """Recordings of a short and of a long conversation."""
        self.recordings = {}
        for size in (SHORT, LONG):
            path = pathlib.Path(self.folder, f"{size}.tape.jsonl")
            server = Server(self, "serve", "--listen", "0:json,greet=none", "--record", path, "--quiet")
            with socket.create_connection(("127.0.0.1", server.port)) as client:
                ask(client, REQUESTS["json"], size // DEPTH * DEPTH)
            server.stop()
            self.recordings[size] = path

    def run(self):
        for codec, request in REQUESTS.items():
            serve = ["serve", "--quiet", "--listen", f"0:{codec},greet=none"]
            self.served(f"serve {codec}", request, *serve)
            path = pathlib.Path(self.folder, f"{codec}.tape.jsonl")
            self.served(f"record {codec}", request, *serve, "--record", path)
        for codec in ("raw", "json"):
            upstream = Server(self, "serve", "--quiet", "--listen", f"0:{codec},greet=none")
            relay = ["serve", "--quiet", "--listen", f"0:{codec},to=127.0.0.1:{upstream.port}"]
            self.served(f"relay {codec}", REQUESTS[codec], *relay)
            path = pathlib.Path(self.folder, f"relayed-{codec}.tape.jsonl")
            self.served(f"relay {codec}, recorded", REQUESTS[codec], *relay, "--record", path)
            upstream.stop()
        self.record()
        recording = self.recordings[SHORT]
        self.served("mock json", REQUESTS["json"], "mock", recording, "--listen", "0", "--quiet")
        target = Server(self, "serve", "--quiet", "--listen", "0:json,greet=none")
        self.worked(
            "replay json", lambda path: ["replay", path, "--target", f"127.0.0.1:{target.port}", "--quiet"], 2)
        target.stop()
        self.worked("show", lambda path: ["show", path], 2)
        self.worked("check", lambda path: ["check", path], 2)
        capture = lambda path: path.with_suffix(".pcapng")
        self.worked("export", lambda path: ["export", path, "-o", capture(path)], 2)
        if self.is_wanted("import"):
            for path in self.recordings.values():
                if not capture(path).exists():
                    subprocess.run([self.binary, "export", path, "-o", capture(path)], check=True, capture_output=True)
        self.worked(
            "import",
            lambda path: ["import", capture(path), "--codec", "json", "-o", path.with_suffix(".imported.jsonl")], 2)


def swift_version():
    said = subprocess.run([os.environ.get("SWIFT", "swift"), "--version"], capture_output=True, text=True).stdout
    found = re.search(r"Swift version (\S+)", said)
    return found and found[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("binary")
    parser.add_argument("build", choices=["debug", "release"])
    parser.add_argument("--only", action="append", help="paths with this word in their name only")
    parser.add_argument("--update", action="store_true", help="write what was counted as what is allowed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tapedeck-allocations-") as folder:
        bench = Bench(arguments, folder)
        bench.run()
    allowed = json.loads(ALLOWED.read_text()) if ALLOWED.exists() else {}
    known = allowed.setdefault(arguments.build, {})
    version = swift_version()
    worse = 0
    for name, count in bench.found.items():
        most = known.get(name)
        is_worse = most is None or count > most * (1 + SHARE) + MARGIN
        worse += is_worse
        said = "" if not is_worse else "  not known yet" if most is None else f"  MORE than {most:g}"
        print(f"{name:<22} {count:6.2f} a message{said}", flush=True)
    if arguments.update:
        allowed["swift"] = version
        known.update({name: round(count, 2) for name, count in bench.found.items()})
        ALLOWED.write_text(json.dumps(allowed, indent=2) + "\n")
        return 0
    if worse == 0:
        return 0
    if allowed.get("swift") != version:
        print(f"with Swift {version}; what is allowed was counted with {allowed.get('swift')}, so this fails nothing")
        return 0
    print("more memory is asked for than before; where that has to be, --update says so", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
