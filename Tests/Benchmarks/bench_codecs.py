#!/usr/bin/env python3
"""Measures the codecs beside CPython's own, orjson and simdjson, in the same run.

    python3 Tests/Benchmarks/bench_codecs.py [--quick] [--only WORD]... [--write FILE]

Each peer is a process that does one kind of work on one message over and over and says what it took of its own
processor time. They take turns, on the same core; ratios are those of one round, and their median counts. A round that
others disturbed is measured again (disturbance.py). What a byte takes is laid beside that of a message ten times as
long. With goals missed the exit status is 1.

--quick takes one round of a twentieth of a second for each. --write puts the tables into a Markdown file, between the
lines <!-- codecs --> and <!-- /codecs -->, or at its end.

Needs the Swift compiler, and for their rows: orjson (installed into .build-bench/ if that works), a C++ compiler and
libsimdjson-dev.
"""

import argparse
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

import bench_page
import codec_messages
import peers
from rounds import Rounds, ratio, spread

SIZES = ("100B", "9KB", "650KB")
# Beside the last of the sizes.
TEN_TIMES = "6500KB"

# What is measured: the kind, the peer that it is laid beside, and the goals as ratios for the three sizes.
PICKLE = [
    ("pickle-scan", "end of the message", "loads", (12, 6, 15)),
    ("pickle-decode", "decode", "loads", (5, 2.5, 6)),
    ("pickle-text", "decode, and its notation", "loads", (2.5, 1.5, 2.5)),
    ("pickle-line", "the same, and the proof that the bytes come back", "loads", None),
    ("pickle-encode", "encode", "dumps", None),
]
# The end of a message is that of a line; what decodes JSON checks it and makes a tape of it.
JSON = [
    ("json-scan", "end of the message", "json-loads", None),
    ("json-tape", "decode: validate, and a tape", "json-loads", (12, 7, 8)),
    ("json-line", "the same, and its text for a recording", "json-loads", None),
    ("simdjson-tape", "simdjson's DOM", "json-loads", None),
    ("orjson-loads", "orjson.loads", "json-loads", None),
    ("json-encode", "encode", "json-dumps", None),
    ("orjson-dumps", "orjson.dumps", "json-dumps", None),
]
PEERS = {
    "loads": "CPython's C pickle.loads", "dumps": "CPython's C pickle.dumps", "json-loads": "CPython's json.loads",
    "json-dumps": "CPython's json.dumps",
}


class Worker:
    """A process that is asked for nanoseconds."""

    def __init__(self, command, core):
        self.process = subprocess.Popen(
            ["taskset", "-c", str(core), *map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, kind, path, seconds):
        self.process.stdin.write("%s %s %s\n" % (kind, path, seconds))
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit("bench: no answer to %s" % kind)
        return float(answer)

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.seconds = 0.05 if arguments.quick else 0.2
        core = sorted(os.sched_getaffinity(0))[-1]
        self.rounds = Rounds(1 if arguments.quick else 7, {core})
        self.page = bench_page.Page("codecs")
        orjson = peers.python_with("orjson")
        simdjson = peers.compile_cxx("json_simdjson", "-lsimdjson")
        self.swift = Worker([self.build_swift()], core)
        self.python = Worker([orjson or sys.executable, peers.HERE / "codec_peers.py"], core)
        # Where one is not to be had, its rows are missing.
        self.orjson = self.python if orjson else None
        self.simdjson = Worker([simdjson], core) if simdjson else None

    def build_swift(self):
        swift, folder = os.environ.get("SWIFT", "swift"), peers.BUILD / "swift"
        command = [swift, "build", "-c", "release", "--package-path", peers.HERE, "--scratch-path", folder]
        subprocess.run(command, check=True, stdout=sys.stderr)
        return folder / "release" / "work"

    def worker(self, kind):
        if kind.startswith("simdjson"):
            return self.simdjson
        if kind.startswith("orjson"):
            return self.orjson
        return self.python if kind in PEERS else self.swift

    def wanted(self, rows):
        words = self.arguments.only
        return [row for row in rows if self.worker(row[0]) and (not words or any(word in row[0] for word in words))]

    def measure(self, kinds, path):
        """For each kind the nanoseconds of each round."""
        def once(number):
            # Each round begins with another one.
            start = number % len(kinds)
            return {kind: self.worker(kind).ask(kind, path, self.seconds) for kind in kinds[start:] + kinds[:start]}

        found = [self.rounds.take(lambda: once(number)) for number in self.rounds]
        return {kind: [one[kind] for one in found] for kind in kinds}

    def run(self):
        with tempfile.TemporaryDirectory(prefix="tapedeck-bench-") as folder:
            sizes = codec_messages.write(folder)
            for title, suffix, rows in (("Pickle, protocol 4", "pickle", PICKLE), ("JSON", "json", JSON)):
                rows = self.wanted(rows)
                if rows:
                    names = [f"{size}.{suffix}" for size in (*SIZES, TEN_TIMES)]
                    self.table(title, rows, folder, [(name, sizes[name]) for name in names])
        self.page.say(self.rounds.told())
        for worker in (self.swift, self.python, self.simdjson):
            if worker:
                worker.stop()
        if self.arguments.write:
            count = f"CPython {platform.python_version()}; {bench_page.medians(self.rounds.count)}"
            how = "how many times as fast as what stands beside it was in the same round, the median and the range"
            self.page.write(self.arguments.write, f"{count}; in brackets: {how}.")
        return 1 if self.page.missed else 0

    def table(self, title, rows, folder, messages):
        """Rows of one format; of the messages' names and sizes the last is only looked at for what a byte takes."""
        beside = sorted({row[2] for row in rows})
        kinds = [row[0] for row in rows] + beside
        found = [self.measure(kinds, pathlib.Path(folder, name)) for name, _ in messages]
        self.page.table(title, *(f"{size:,} B" for _, size in messages[:-1]), "beside")
        for kind, what, peer, _ in rows:
            self.page.row(what, *(self.cell(one, kind, peer) for one in found[:-1]), PEERS[peer])
        for peer in beside:
            self.page.row(PEERS[peer], *(f"{told(one[peer])} (1)" for one in found[:-1]), "")
        self.page.say()
        for kind, what, peer, goals in rows:
            for size, one, bound in zip(SIZES, found, goals or ()):
                self.page.judge(f"{what}, {size}, {PEERS[peer]} / this", ratio(one[peer], one[kind]), bound)
        self.page.say()
        names = {kind: what for kind, what, *_ in rows} | {peer: PEERS[peer] for peer in beside}
        few, many = ([(one, size) for one, (_, size) in zip(found, messages)])[-2:]
        each = {
            what: tuple([time / size for time in one[kind]] for one, size in (few, many))
            for kind, what in names.items()
        }
        self.page.growth(
            f"a byte, {title}", f"{few[1]:,} B", f"{many[1]:,} B", each, lambda nanoseconds: f"{nanoseconds:.3f} ns")

    @staticmethod
    def cell(one, kind, peer):
        return f"{told(one[kind])} (x{ratio(one[peer], one[kind]):.1f})"


def told(nanoseconds):
    return bench_page.duration(spread(nanoseconds).median * 1e-9)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--only", action="append", help="kinds with this word only: pickle, json, scan, line")
    parser.add_argument("--write", metavar="FILE", help="put the tables into this Markdown file")
    return Bench(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
