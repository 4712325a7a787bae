#!/usr/bin/env python3
"""Measures import and export beside the plainest reader of captures there can be, tcpflow and tshark, in the same run.

    python3 Tests/Benchmarks/bench_import.py [--quick] [--binary PATH] [--write FILE]

The capture is written by make_capture.c: two hundred connections at a time, messages behind four bytes of length.
pcap_loop.c reads it with libpcap's own loop and counts; tcpflow writes what each side sent into a file of its own;
tshark counts (-q -z io,stat,0), in one round, since it takes long. tapedeck cuts it into messages and writes the
recording.

The file is in the page cache, nothing is bound to a core, and rounds alternate; ratios are those of one round, and
their median counts. What others disturbed is measured again (disturbance.py). Import and export of ten times as much, a
gigabyte, are to take as much of the processor for each byte, and no more memory. With goals missed the exit status is
1.

--quick takes one round of a fifth of the sizes, and no tshark. --write puts the tables into a Markdown file, between
the lines <!-- import --> and <!-- /import -->, or at its end.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import bench_page
import peers
import timed
from rounds import Rounds, ratio, spread

GOAL_LOOP, GOAL_TCPFLOW = 5.0, 3.0
MEGABYTES, FEW, MANY = 300, 100, 1_000
LOOP, TSHARK = "libpcap's loop, C", "tshark -z io,stat"


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.rounds = Rounds(1 if arguments.quick else 5)
        self.part = 5 if arguments.quick else 1
        self.temporary = tempfile.TemporaryDirectory(prefix="tapedeck-bench-")
        self.folder = pathlib.Path(self.temporary.name)
        self.page = bench_page.Page("import")
        self.make_capture = peers.compile_c("make_capture")
        self.pcap_loop = peers.compile_c("pcap_loop", "-lpcap")

    def prepare(self, name, megabytes):
        """A capture, and the recording of it for export."""
        capture, recording = self.folder / f"{name}.pcap", self.folder / f"{name}.tape.jsonl"
        subprocess.run([self.make_capture, capture, str(megabytes // self.part)], check=True)
        timed.run(self.imports(capture, recording))
        return capture, recording

    def imports(self, capture, recording):
        return [self.arguments.binary, "import", capture, "--port", "12000:raw", "-o", recording]

    def run(self, command):
        """Seconds of wall and of processor time, and what was resident at most, in MB."""
        def measure():
            for leftover in ("out.tape.jsonl", "out.pcapng", "flows"):
                path = self.folder / leftover
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
            return timed.run(command)
        return self.rounds.take(measure)

    def ways(self, capture, recording):
        ways = {
            LOOP: [self.pcap_loop, capture],
            "tapedeck import": self.imports(capture, self.folder / "out.tape.jsonl"),
            "tapedeck export": [self.arguments.binary, "export", recording, "-o", self.folder / "out.pcapng"],
        }
        if shutil.which("tcpflow"):
            ways["tcpflow"] = ["tcpflow", "-q", "-o", self.folder / "flows", "-r", capture]
        return ways

    def all(self):
        self.beside_others()
        self.growth()
        self.page.say()
        self.page.say(self.rounds.told())
        self.temporary.cleanup()
        if self.arguments.write:
            how = bench_page.brackets(self.rounds.count, "libpcap's loop", " (tshark: one)")
            self.page.write(self.arguments.write, how)
        return 1 if self.page.missed else 0

    def beside_others(self):
        capture, recording = self.prepare("capture", MEGABYTES)
        ways = self.ways(capture, recording)
        found = {way: [] for way in ways}
        for _ in self.rounds:
            for way, command in ways.items():
                found[way].append(self.run(command))
        if shutil.which("tshark") and not self.arguments.quick:
            # In the first round alone, since it takes long.
            found[TSHARK] = [self.run(["tshark", "-q", "-z", "io,stat,0", "-r", capture])]
        walls = {way: [run[0] for run in runs] for way, runs in found.items()}
        self.page.table(f"{os.path.getsize(capture) / 1e6:.0f} MB", "seconds (to C)", "CPU", "resident")
        for way, runs in found.items():
            wall, cpu, resident = (spread(run[kind] for run in runs).median for kind in range(3))
            told = "1" if way == LOOP else f"{ratio(walls[way], walls[LOOP]):.1f}"
            self.page.row(way, f"{wall:.2f} ({told})", f"{cpu:.2f}", f"{resident:.0f} MB")
        self.page.say()
        self.page.judge(
            "seconds, tapedeck import / libpcap's loop", ratio(walls["tapedeck import"], walls[LOOP]), GOAL_LOOP,
            at_most=True)
        if "tcpflow" in walls:
            self.page.judge(
                "seconds, tcpflow / tapedeck import", ratio(walls["tcpflow"], walls["tapedeck import"]), GOAL_TCPFLOW)
        self.page.say()
        capture.unlink()
        recording.unlink()

    def growth(self):
        """The processor's time is to grow with what is read, memory is not. What passes is the disk's time once that is
        behind."""
        sizes, commands, cpu, memory = [], [], {}, {}
        for name, megabytes in (("few", FEW), ("many", MANY)):
            capture, recording = self.prepare(name, megabytes)
            sizes.append(os.path.getsize(capture))
            commands.append(self.ways(capture, recording))
        # Three rounds of a gigabyte are enough.
        for _ in range(min(self.rounds.count, 3)):
            for way in ("tapedeck import", "tapedeck export"):
                for place, ways in enumerate(commands):
                    _, seconds, resident = self.run(ways[way])
                    cpu.setdefault(way, ([], []))[place].append(seconds / sizes[place])
                    memory.setdefault(way, ([], []))[place].append(resident)
        titles = (f"{size / 1e6:,.0f} MB" for size in sizes)
        self.page.growth("CPU of a byte of the capture", *titles, cpu, lambda each: f"{each * 1e9:.2f} ns")
        for way, (few, many) in memory.items():
            self.page.check_memory(way, few, many)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one round of a fifth of the size, and no tshark")
    parser.add_argument("--binary", default=peers.BINARY)
    parser.add_argument("--write", metavar="FILE", help="put the tables into this Markdown file")
    return Bench(parser.parse_args()).all()


if __name__ == "__main__":
    sys.exit(main())
