#!/usr/bin/env python3
"""Measures what is done with a recording of a gigabyte, beside the plainest readers of such a file, and with a tenth of
it.

    python3 Tests/Benchmarks/bench_files.py [--quick] [--binary PATH] [--write FILE]

The recordings are imported from captures that make_capture.c writes. `wc -l` only finds the lines; CPython's json reads
each of them, as a script would that somebody writes instead. Output goes to /dev/null. Rounds alternate; ratios are
those of one round, and their median counts. What others disturbed is measured again (disturbance.py).

What a byte takes of the processor is laid beside that of a tenth of the file, and memory has to stay what it was: with
half as much again and 16 MB more, the exit status is 1.

--quick takes one round of a hundred megabytes and ten. --write puts the tables into a Markdown file, between the lines
<!-- files --> and <!-- /files -->, or at its end.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import bench_page
import peers
import timed
from rounds import Rounds, ratio, spread

READ_LINES = "import json, sys\nfor line in open(sys.argv[1], 'rb'): json.loads(line)"
SCRIPT = "CPython's json, each line"


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.rounds = Rounds(1 if arguments.quick else 3)
        self.temporary = tempfile.TemporaryDirectory(prefix="tapedeck-bench-")
        self.folder = pathlib.Path(self.temporary.name)
        self.page = bench_page.Page("files")
        self.make_capture = peers.compile_c("make_capture")

    def recording(self, name, megabytes):
        capture, path = self.folder / "capture.pcap", self.folder / f"{name}.tape.jsonl"
        subprocess.run([self.make_capture, capture, str(megabytes)], check=True)
        subprocess.run(
            [self.arguments.binary, "import", capture, "--port", "12000:raw", "-o", path], check=True,
            capture_output=True)
        capture.unlink()
        return path

    def ways(self, recording):
        binary = self.arguments.binary
        return {
            SCRIPT: [sys.executable, "-c", READ_LINES, recording],
            "wc -l": ["wc", "-l", recording],
            "tapedeck check": [binary, "check", recording],
            "tapedeck show": [binary, "show", recording],
            "tapedeck show --stats": [binary, "show", "--stats", recording],
            "tapedeck show --session 1": [binary, "show", "--session", "1", recording],
        }

    def all(self):
        # Of the capture; its recording is shorter.
        small, large = (12, 117) if self.arguments.quick else (117, 1_170)
        recordings = [self.recording(name, size) for name, size in (("small", small), ("large", large))]
        sizes = [os.path.getsize(path) for path in recordings]
        # For each way what the small and the large one took: seconds, processor time, memory.
        found = {way: ([], []) for way in self.ways(recordings[0])}
        for _ in self.rounds:
            for way in found:
                for place, recording in enumerate(recordings):
                    command = self.ways(recording)[way]
                    found[way][place].append(self.rounds.take(lambda: timed.run(command)))
        self.show(found, sizes)
        self.temporary.cleanup()
        if self.arguments.write:
            self.page.write(self.arguments.write, bench_page.brackets(self.rounds.count, "CPython's json"))
        return 1 if self.page.missed else 0

    def show(self, found, sizes):
        self.page.table(f"{sizes[1] / 1e6:,.0f} MB", "seconds (to CPython)", "MB/s", "resident")
        walls = {way: [run[0] for run in many] for way, (_, many) in found.items()}
        for way, (_, many) in found.items():
            wall, resident = (spread(run[kind] for run in many).median for kind in (0, 2))
            told = "1" if way == SCRIPT else f"{ratio(walls[way], walls[SCRIPT]):.2f}"
            self.page.row(way, f"{wall:.2f} ({told})", f"{sizes[1] / 1e6 / wall:,.0f}", f"{resident:.0f} MB")
        self.page.say()
        each = {
            way: tuple([run[1] / size for run in runs] for runs, size in zip(both, sizes))
            for way, both in found.items()
        }
        titles = (f"{size / 1e6:,.0f} MB" for size in sizes)
        self.page.growth("CPU of a byte", *titles, each, lambda seconds: f"{seconds * 1e9:.2f} ns")
        for way, both in found.items():
            if way.startswith("tapedeck"):
                self.page.check_memory(way, *([run[2] for run in runs] for runs in both))
        self.page.say()
        self.page.say(self.rounds.told())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the size, and one round")
    parser.add_argument("--binary", default=peers.BINARY)
    parser.add_argument("--write", metavar="FILE", help="put the tables into this Markdown file")
    return Bench(parser.parse_args()).all()


if __name__ == "__main__":
    sys.exit(main())
