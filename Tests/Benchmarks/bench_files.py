#!/usr/bin/env python3
"""Measures what is done with a recording of a gigabyte, beside the plainest readers of such a file, and with a tenth of it.

    python3 Tests/Benchmarks/bench_files.py [--quick] [--binary PATH] [--write FILE]

The recordings are imported from captures that make_capture.c writes. `wc -l` only finds the lines; CPython's json reads each of
them, as a script would that somebody writes instead. Rounds alternate and the median counts; output goes to /dev/null. With
--quick it is a hundred megabytes and ten, and one round.

Memory has to stay what it was: with a tenth more than 16 MB and a half of it, the exit status is 1.

--write puts the table into a Markdown file, between the lines <!-- files --> and <!-- /files -->, or at its end.
"""

import argparse
import datetime
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import bench_page
import timed

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / ".build-bench"
READ_LINES = "import json, sys\nfor line in open(sys.argv[1], 'rb'): json.loads(line)"


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.rounds = 1 if arguments.quick else 3
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tapedeck-bench-"))
        self.lines, self.missed = [], []
        BUILD.mkdir(exist_ok=True)
        subprocess.run(["cc", "-O2", "-o", BUILD / "make_capture", HERE / "make_capture.c"], check=True)

    def recording(self, name, megabytes):
        capture, path = self.folder / "capture.pcap", self.folder / f"{name}.tape.jsonl"
        subprocess.run([BUILD / "make_capture", capture, str(megabytes)], check=True)
        subprocess.run(
            [self.arguments.binary, "import", capture, "--port", "12000:raw", "-o", path], check=True,
            capture_output=True)
        capture.unlink()
        return path

    def ways(self, recording):
        binary = self.arguments.binary
        return {
            "wc -l": ["wc", "-l", recording],
            "CPython's json, each line": [sys.executable, "-c", READ_LINES, recording],
            "tapedeck check": [binary, "check", recording],
            "tapedeck show": [binary, "show", recording],
            "tapedeck show --stats": [binary, "show", "--stats", recording],
            "tapedeck show --session 1": [binary, "show", "--session", "1", recording],
        }

    def all(self):
        small, large = (10, 100) if self.arguments.quick else (106, 1_060)
        recordings = [self.recording(name, size) for name, size in (("small", small), ("large", large))]
        sizes = [os.path.getsize(path) / 1e6 for path in recordings]
        taken = {way: ([], []) for way in self.ways(recordings[0])}
        for _ in range(self.rounds):
            for place, recording in enumerate(recordings):
                for way, command in self.ways(recording).items():
                    taken[way][place].append(timed.run(command))
        self.say(
            f"| {sizes[1]:,.0f} MB | seconds | MB/s | resident | of {sizes[0]:,.0f} MB | resident | CPU for each byte, to that |")
        self.say("|---|---|---|---|---|---|---|")
        for way, (few, many) in taken.items():
            before, cpu_before, memory_before = (statistics.median(run[kind] for run in few) for kind in range(3))
            wall, cpu, memory = (statistics.median(run[kind] for run in many) for kind in range(3))
            grown = cpu / cpu_before / (sizes[1] / sizes[0])
            self.say(
                f"| {way} | {wall:.2f} | {sizes[1] / wall:,.0f} | {memory:.0f} MB | {before:.2f} | {memory_before:.0f} MB | "
                f"{grown:.2f} |")
            if way.startswith("tapedeck") and memory > 1.5 * memory_before + 16:
                self.missed.append(way)
        for way in self.missed:
            self.say(f"\n- MISSED: {way} takes more memory for more")
        shutil.rmtree(self.folder)
        if self.arguments.write:
            head = "Measured %s on %s; medians of %d rounds." % (
                datetime.date.today().isoformat(), bench_page.machine(), self.rounds)
            bench_page.write_section(self.arguments.write, "files", [head, "", *self.lines])
        return 1 if self.missed else 0

    def say(self, line):
        print(line, flush=True)
        self.lines.append(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the size, and one round")
    parser.add_argument("--binary", default=str(ROOT / ".build" / "release" / "tapedeck"))
    parser.add_argument("--write", metavar="FILE", help="put the table into this Markdown file")
    return Bench(parser.parse_args()).all()


if __name__ == "__main__":
    sys.exit(main())
