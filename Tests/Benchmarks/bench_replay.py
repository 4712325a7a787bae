#!/usr/bin/env python3
"""Measures what a replay costs, beside a small client in C that does the same work, in the same run.

    python3 Tests/Benchmarks/bench_replay.py [--quick] [--only WORD]... [--binary PATH] [--write FILE]

The recordings are real ones: `tapedeck serve` echoes what the C client sends, one session after the other, and records
it. Both then replay that against an echo server in C, which has one core, and they the other: the C client sends the
same messages and compares the bytes of every answer; tapedeck does all that it does by default, in the recorded order
over all sessions. In that order a session begins when the server has ended the one before, so the goal is laid beside
the C client that waits for that, too; beside it stands the one that closes and goes on.

Rounds alternate; ratios are those of one round, and their median counts. What others disturbed is measured again
(disturbance.py). Time is that of the processes from their start to their end, less what they take for a recording of
one session. What a session takes is compared with ten times as many, and what a message takes with ten times as many in
each session. With goals missed the exit status is 1.

--quick takes one round with a fifth of the sessions. --write puts the tables into a Markdown file, between the lines
<!-- replay --> and <!-- /replay -->, or at its end.
"""

import argparse
import json
import math
import os
import pathlib
import struct
import sys
import tempfile

import bench_page
import peers
import timed
from rounds import Rounds, ratio, spread
from servers import Server

GOAL = 0.45

# Codec, messages a session, sessions.
ROWS = [("raw", 1, 10_000), ("raw", 10, 3_000), ("json", 1, 10_000), ("json", 10, 3_000)]
# Whose CPU is told, whether that is a message, then messages a session and sessions, beside ten times of one of them.
GROWTH = [("session", False, (1, 1_000), (1, 10_000)), ("message", True, (100, 40), (1_000, 40))]


def message(codec, session, number):
    """A message of about a hundred bytes, as it is sent; each one is another."""
    if codec == "raw":
        payload = b"session %07d message %04d " % (session, number)
        return struct.pack(">I", 100) + payload.ljust(100, b"abcdefghij"[number % 10:][:1])
    value = {"message": "hello, is there anybody?", "number": number, "of": session, "tags": ["a", "b"], "ratio": 0.25}
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.part = 5 if arguments.quick else 1
        cores = sorted(os.sched_getaffinity(0))
        self.server_core, self.client_core = cores[0], cores[-1]
        self.rounds = Rounds(1 if arguments.quick else 5, {self.server_core, self.client_core})
        self.temporary = tempfile.TemporaryDirectory(prefix="tapedeck-bench-")
        self.folder = self.temporary.name
        self.page = bench_page.Page("replay")
        self.client = peers.compile_c("replay_client")
        self.echo = peers.compile_c("echo_epoll")
        self.replay = [arguments.binary, "replay", "{recording}", "--target", "127.0.0.1:{port}"]

    def record(self, codec, messages, sessions):
        """A script for the C client, and the recording of its going through it."""
        script = pathlib.Path(self.folder, f"{codec}-{messages}-{sessions}.script")
        recording = script.with_suffix(".tape.jsonl")
        if recording.exists():
            return script, recording
        with open(script, "wb") as file:
            for session in range(1, sessions + 1):
                for number in range(messages):
                    bytes_ = message(codec, session, number)
                    file.write(struct.pack(">I", len(bytes_)) + bytes_)
        listen = f"0:{codec},greet=none"
        command = [
            self.arguments.binary, "serve", "--listen", listen, "--port-file", "{port-file}", "--quiet", "--record",
            recording]
        with Server(command, self.folder, self.server_core, keeps=True) as server:
            timed.run([self.client, server.port, script, messages], self.client_core, tells=True)
        return script, recording

    def take(self, command, codec, messages, sessions):
        """What all sessions take, and each of them without what the start and one session take."""
        def once(count):
            script, recording = self.record(codec, messages, count)
            echo = [self.echo, "{port-file}", *(["lines"] if codec == "json" else [])]
            with Server(echo, self.folder, self.server_core) as server:
                words = {"{port}": server.port, "{script}": script, "{recording}": recording}
                ready = list(map(str, command))
                for word, value in words.items():
                    ready = [part.replace(word, str(value)) for part in ready]
                return timed.run(ready, self.client_core, tells=True)

        def measure():
            start, start_cpu, _ = once(1)
            wall, cpu, _ = once(sessions)
            # A machine that stood still for the first of them says nothing.
            rate = (sessions - 1) / (wall - start) if wall > start else math.nan
            return {
                "rate": rate, "with_start": sessions / wall, "cpu": (cpu - start_cpu) / (sessions - 1), "start": start}

        # The recordings are made first.
        self.record(codec, messages, 1), self.record(codec, messages, sessions)
        return self.rounds.take(measure)

    def row(self, codec, messages, sessions):
        ways = {
            "C client": [self.client, "{port}", "{script}", messages, "ends"],
            "C client, no ends awaited": [self.client, "{port}", "{script}", messages],
            "tapedeck": self.replay,
            "tapedeck, `--independent`": [*self.replay, "--independent"],
        }
        found = {way: [] for way in ways}
        for _ in self.rounds:
            for way, command in ways.items():
                found[way].append(self.take(command, codec, messages, sessions))

        def ratios(measure, way):
            return ratio(*([one[measure] for one in found[which]] for which in (way, "C client")))

        def told(measure, way, form=".2f"):
            return "1" if way == "C client" else f"{ratios(measure, way):{form}}"

        for way, all_ in found.items():
            medians = {measure: spread(one[measure] for one in all_).median for measure in all_[0]}
            self.page.row(
                f"{codec}, {messages}", way, f"{medians['rate']:,.0f} ({told('rate', way)})", told("with_start", way),
                f"{medians['cpu'] * 1e6:.0f} µs ({told('cpu', way, '.1f')})", f"{medians['start'] * 1e3:.0f} ms")
        return f"sessions/s, {codec}, {messages} a session, tapedeck / C client", ratios("rate", "tapedeck")

    def growth(self):
        for piece, is_message, *sizes in GROWTH:
            sizes = [(messages, sessions // self.part) for messages, sessions in sizes]
            found = {}
            for codec in ("raw", "json"):
                found[f"tapedeck, {codec}"] = taken = ([], [])
                # They take long.
                for _ in range(min(self.rounds.count, 3)):
                    for place, (messages, sessions) in enumerate(sizes):
                        cpu = self.take(self.replay, codec, messages, sessions)["cpu"]
                        taken[place].append(cpu / messages if is_message else cpu)
            titles = (f"{sessions:,} sessions of {messages:,}" for messages, sessions in sizes)
            self.page.growth(f"CPU of a {piece}", *titles, found, bench_page.duration)

    def all(self):
        self.page.table(
            "messages a session", "client", "sessions/s (to C)", "with start and end", "CPU a session",
            "of one session")
        judged = []
        for codec, messages, sessions in ROWS:
            if not self.arguments.only or any(word in f"{codec}, {messages}" for word in self.arguments.only):
                judged.append(self.row(codec, messages, sessions // self.part))
        self.page.say()
        for what, found in judged:
            self.page.judge(what, found, GOAL)
        self.page.say()
        if not self.arguments.only or "growth" in self.arguments.only:
            self.growth()
        self.page.say(self.rounds.told())
        self.temporary.cleanup()
        if self.arguments.write:
            how = bench_page.brackets(self.rounds.count, "the C client that awaits ends")
            self.page.write(self.arguments.write, how)
        return 1 if self.page.missed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one round with a fifth of the sessions")
    parser.add_argument("--only", action="append", help="rows with this word in their title only: raw, 10, growth")
    parser.add_argument("--binary", default=peers.BINARY)
    parser.add_argument("--write", metavar="FILE", help="put the tables into this Markdown file")
    return Bench(parser.parse_args()).all()


if __name__ == "__main__":
    sys.exit(main())
