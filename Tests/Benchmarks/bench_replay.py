#!/usr/bin/env python3
"""Measures what a replay costs, beside a small client in C that does the same work, in the same run.

    python3 Tests/Benchmarks/bench_replay.py [--quick] [--only WORD]... [--binary PATH] [--write FILE]

The recordings are real ones: `tapedeck serve` echoes what the C client sends, one session after the other, and records it. Both
then replay that against an echo server in C, which has one core, and they the other: the C client sends the same messages and
compares the bytes of every answer; tapedeck does all that it does by default, in the recorded order over all sessions. In that
order a session begins when the server has ended the one before, so the goal is laid beside the C client that waits for that,
too; beside it stands the one that closes and goes on.

Rounds alternate; the median counts, and only ratios within one run mean anything. Time is that of the processes from their
start to their end, less what they take for a recording of one session. With goals missed the exit status is 1.

--write puts the table into a Markdown file, between the lines <!-- replay --> and <!-- /replay -->, or at its end.
"""

import argparse
import datetime
import json
import os
import pathlib
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import bench_page

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / ".build-bench"
GOAL = 0.45

# Codec, messages a session, sessions.
ROWS = [("raw", 1, 10_000), ("raw", 10, 3_000), ("json", 1, 10_000), ("json", 10, 3_000)]


def message(codec, session, number):
    """A message of about a hundred bytes, as it is sent; each one is another."""
    if codec == "raw":
        payload = b"session %07d message %04d " % (session, number)
        return struct.pack(">I", 100) + payload.ljust(100, b"abcdefghij"[number % 10:][:1])
    value = {"message": "hello, is there anybody?", "number": number, "of": session, "tags": ["a", "b"], "ratio": 0.25}
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


class Server:
    """A server process on its own core, whose port stands in a file."""

    def __init__(self, command, folder, core):
        port_file = pathlib.Path(folder, "port")
        port_file.unlink(missing_ok=True)
        command = ["taskset", "-c", str(core), *[str(part).replace("{port-file}", str(port_file)) for part in command]]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not (port_file.exists() and port_file.read_text().endswith("\n")):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("bench: does not start: " + " ".join(command))
            time.sleep(0.01)
        self.port = port_file.read_text().split("\n")[0].rsplit(":", 1)[1]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.rounds = 1 if arguments.quick else 5
        self.part = 5 if arguments.quick else 1
        cores = sorted(os.sched_getaffinity(0))
        self.server_core, self.client_core = cores[0], cores[-1]
        self.folder = tempfile.mkdtemp(prefix="tapedeck-bench-")
        self.lines = []
        self.missed = []
        BUILD.mkdir(exist_ok=True)
        for name in ("replay_client", "echo_epoll"):
            subprocess.run(["cc", "-O2", "-o", BUILD / name, HERE / f"{name}.c"], check=True)

    def record(self, codec, messages, sessions):
        """A script for the C client, and the recording of its going through it."""
        script = pathlib.Path(self.folder, f"{codec}-{messages}-{sessions}.script")
        with open(script, "wb") as file:
            for session in range(1, sessions + 1):
                for number in range(messages):
                    bytes_ = message(codec, session, number)
                    file.write(struct.pack(">I", len(bytes_)) + bytes_)
        recording = script.with_suffix(".tape.jsonl")
        listen = f"0:{codec},greet=none"
        command = [
            self.arguments.binary, "serve", "--listen", listen, "--port-file", "{port-file}", "--quiet", "--record",
            recording]
        server = Server(command, self.folder, self.server_core)
        self.run([BUILD / "replay_client", server.port, script, str(messages)])
        server.stop()
        return script, recording

    def run(self, command):
        """Seconds from start to end, and of processor time."""
        start = time.monotonic()
        process = subprocess.Popen(
            ["taskset", "-c", str(self.client_core), *map(str, command)], stdout=subprocess.PIPE, text=True)
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        if status != 0:
            raise SystemExit(f"bench: {' '.join(map(str, command))}: {output[:2000]}")
        return seconds, usage.ru_utime + usage.ru_stime

    def row(self, codec, messages, sessions):
        sessions //= self.part
        scripts = [self.record(codec, messages, count) for count in (1, sessions)]
        echo = [BUILD / "echo_epoll", "{port-file}", *(["lines"] if codec == "json" else [])]
        replay = [self.arguments.binary, "replay", "{recording}", "--target", "127.0.0.1:{port}"]
        ways = {
            "C client": [BUILD / "replay_client", "{port}", "{script}", messages, "ends"],
            "C client, no ends awaited": [BUILD / "replay_client", "{port}", "{script}", messages],
            "tapedeck": replay,
            "tapedeck, `--independent`": [*replay, "--independent"],
        }
        taken = {way: ([], []) for way in ways}
        for _ in range(self.rounds):
            for way, command in ways.items():
                for number, (script, recording) in enumerate(scripts):
                    server = Server(echo, self.folder, self.server_core)
                    words = {"{port}": server.port, "{script}": script, "{recording}": recording}
                    ready = [str(part) for part in command]
                    for word, value in words.items():
                        ready = [part.replace(word, str(value)) for part in ready]
                    taken[way][number].append(self.run(ready))
                    server.stop()
        self.show(codec, messages, sessions, taken)

    def show(self, codec, messages, sessions, taken):
        first = None
        for way, (one, all_) in taken.items():
            wall, cpu = (statistics.median(run[kind] for run in all_) for kind in (0, 1))
            start, start_cpu = (statistics.median(run[kind] for run in one) for kind in (0, 1))
            rate = (sessions - 1) / (wall - start)
            each = (cpu - start_cpu) / (sessions - 1) * 1e6
            first = first or (rate, sessions / wall, each)
            self.say("| %s, %d | %s | %s (%.2f) | %.2f | %.0f µs (%.1f) | %.0f ms |" % (
                codec, messages, way, format(rate, ",.0f"), rate / first[0], sessions / wall / first[1], each,
                each / first[2], start * 1e3))
            if way == "tapedeck" and rate / first[0] < GOAL:
                self.missed.append("%s, %d a session: %.2f of %.2f" % (codec, messages, rate / first[0], GOAL))

    def say(self, line):
        print(line, flush=True)
        self.lines.append(line)

    def all(self):
        self.say("| messages a session | client | sessions/s (to C) | with start and end | CPU a session | of one session |")
        self.say("|---|---|---|---|---|---|")
        for codec, messages, sessions in ROWS:
            if self.arguments.only and not any(word in f"{codec}, {messages}" for word in self.arguments.only):
                continue
            self.row(codec, messages, sessions)
        self.say("")
        for missed in self.missed:
            self.say("Missed: " + missed + ".")
        shutil.rmtree(self.folder)
        if self.arguments.write:
            head = "Measured %s on %s; medians of %d rounds. Goal: %.2f of the C client's sessions per second." % (
                datetime.date.today().isoformat(), bench_page.machine(), self.rounds, GOAL)
            bench_page.write_section(self.arguments.write, "replay", [head, "", *self.lines])
        return 1 if self.missed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--only", action="append", help="rows with this word in their title only: raw, json, 10")
    parser.add_argument("--binary", default=str(ROOT / ".build" / "release" / "tapedeck"))
    parser.add_argument("--write", metavar="FILE", help="put the table into this Markdown file")
    return Bench(parser.parse_args()).all()


if __name__ == "__main__":
    sys.exit(main())
