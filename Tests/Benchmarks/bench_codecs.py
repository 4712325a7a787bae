#!/usr/bin/env python3
"""Measures the codecs beside CPython's own, orjson and simdjson, in the same run.

    python3 Tests/Benchmarks/bench_codecs.py [--quick] [--only WORD]... [--write FILE]

Each peer is a process that does one kind of work on one message over and over and says what it took of its own processor
time. They take turns, on the same core; the median of the rounds counts, and only ratios within one run mean anything. With
goals missed the exit status is 1.

--write puts the table into a Markdown file, between the lines <!-- codecs --> and <!-- /codecs -->, or at its end.

Needs the Swift compiler, and for their columns: orjson (installed into .build-bench/ if that works), a C++ compiler and
libsimdjson-dev.
"""

import argparse
import datetime
import math
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile

import bench_page
import codec_messages

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parent.parent / ".build-bench"
SIZES = ("100B", "9KB", "650KB")

# What is measured: the kind, the peer that it is laid beside, and the goals as ratios for the three sizes.
PICKLE = [
    ("pickle-scan", "end of the message", "loads", (12, 6, 15)),
    ("pickle-decode", "decode", "loads", (5, 2.5, 6)),
    ("pickle-text", "decode, and its notation", "loads", (2.5, 1.5, 2.5)),
    ("pickle-line", "the same, and the proof that the bytes come back", "loads", None),
    ("pickle-encode", "encode", "dumps", None),
]
JSON = [
    ("json-tape", "validate, and a tape", "json-loads", (12, 7, 8)),
    ("json-line", "the same, and its text for a recording", "json-loads", None),
    ("simdjson-tape", "simdjson's DOM", "json-loads", None),
    ("orjson-loads", "orjson.loads", "json-loads", None),
]
PEERS = {
    "loads": "CPython's C pickle.loads", "dumps": "CPython's C pickle.dumps", "json-loads": "CPython's json.loads",
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
        self.rounds = 1 if arguments.quick else 9
        self.seconds = 0.05 if arguments.quick else 0.2
        BUILD.mkdir(exist_ok=True)
        self.core = sorted(os.sched_getaffinity(0))[-1]
        self.swift = Worker([self.build_swift()], self.core)
        self.python = Worker([self.make_venv(), HERE / "codec_peers.py"], self.core)
        simdjson = self.build_simdjson()
        self.simdjson = Worker([simdjson], self.core) if simdjson else None
        self.lines = []
        self.missed = []

    def build_swift(self):
        swift = os.environ.get("SWIFT", "swift")
        command = [swift, "build", "-c", "release", "--package-path", HERE, "--scratch-path", BUILD / "swift"]
        subprocess.run(command, check=True, stdout=sys.stderr)
        return BUILD / "swift" / "release" / "work"

    def make_venv(self):
        python = BUILD / "venv" / "bin" / "python"
        if not python.exists():
            made = subprocess.run([sys.executable, "-m", "venv", BUILD / "venv"], capture_output=True)
            if made.returncode != 0:
                return sys.executable
        if subprocess.run([python, "-c", "import orjson"], capture_output=True).returncode != 0:
            subprocess.run([python, "-m", "pip", "install", "-q", "orjson"], capture_output=True)
        return python

    def build_simdjson(self):
        """Where the compiler or the library is missing, its row is."""
        program = BUILD / "json_simdjson"
        if not shutil.which("c++"):
            return None
        # simdjson picks its kernel for the processor when it runs.
        made = subprocess.run(
            ["c++", "-O3", "-o", program, HERE / "json_simdjson.cpp", "-lsimdjson"], capture_output=True)
        return program if made.returncode == 0 else None

    def worker(self, kind):
        if kind.startswith("simdjson"):
            return self.simdjson
        return self.swift if kind in {row[0] for row in PICKLE + JSON} and "orjson" not in kind else self.python

    def measure(self, rows, path):
        """The median nanoseconds of each kind, and of each peer of one."""
        kinds = [row[0] for row in rows] + sorted({row[2] for row in rows})
        found = {kind: [] for kind in kinds}
        for number in range(self.rounds):
            # Each round begins with another one.
            for kind in kinds[number % len(kinds):] + kinds[:number % len(kinds)]:
                worker = self.worker(kind)
                found[kind].append(worker.ask(kind, path, self.seconds) if worker else math.nan)
        return {kind: statistics.median(times) for kind, times in found.items()}

    def say(self, line):
        print(line, flush=True)
        self.lines.append(line)

    def run(self):
        folder = tempfile.mkdtemp(prefix="tapedeck-bench-")
        sizes = codec_messages.write(folder)
        for title, suffix, rows in (("Pickle, protocol 4", "pickle", PICKLE), ("JSON", "json", JSON)):
            rows = [row for row in rows if not self.arguments.only or any(word in row[0] for word in self.arguments.only)]
            if not rows:
                continue
            columns = ["%s B" % format(sizes["%s.%s" % (size, suffix)], ",") for size in SIZES]
            medians = [self.measure(rows, os.path.join(folder, "%s.%s" % (size, suffix))) for size in SIZES]
            self.say("")
            self.say("| %s | %s | goals | beside |" % (title, " | ".join(columns)))
            self.say("|---|" + "---|" * (len(SIZES) + 2))
            for kind, what, peer, goals in rows:
                ratios = [median[peer] / median[kind] for median in medians]
                cells = ["x%.1f (%s)" % (ratio, self.time(median[kind])) for ratio, median in zip(ratios, medians)]
                if all(math.isnan(ratio) for ratio in ratios):
                    cells = ["not there"] * len(SIZES)
                goal = " / ".join("x%g" % goal for goal in goals) if goals else ""
                self.say("| %s | %s | %s | %s |" % (what, " | ".join(cells), goal, PEERS[peer]))
                for size, ratio, bound in zip(SIZES, ratios, goals or ()):
                    if ratio < bound:
                        self.missed.append("%s, %s: x%.2f of x%g" % (what, size, ratio, bound))
            for peer in sorted({row[2] for row in rows}):
                times = " | ".join("1 (%s)" % self.time(median[peer]) for median in medians)
                self.say("| %s | %s | | |" % (PEERS[peer], times))
        self.say("")
        for missed in self.missed:
            self.say("Missed: " + missed + ".")
        shutil.rmtree(folder)
        for worker in (self.swift, self.python, self.simdjson):
            if worker:
                worker.stop()
        if self.arguments.write:
            self.write(self.arguments.write)
        return 1 if self.missed else 0

    @staticmethod
    def time(nanoseconds):
        if nanoseconds < 1e3:
            return "%.0f ns" % nanoseconds
        return "%.1f µs" % (nanoseconds / 1e3) if nanoseconds < 1e6 else "%.2f ms" % (nanoseconds / 1e6)

    def write(self, path):
        head = "Measured %s on %s, CPython %s; medians of %d rounds." % (
            datetime.date.today().isoformat(), bench_page.machine(), platform.python_version(), self.rounds)
        bench_page.write_section(path, "codecs", [head, *self.lines])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--only", action="append", help="kinds with this word only: pickle, json, scan, line")
    parser.add_argument("--write", metavar="FILE", help="put the table into this Markdown file")
    return Bench(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
