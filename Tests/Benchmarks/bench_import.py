#!/usr/bin/env python3
"""Measures import and export beside the plainest reader of captures there can be, tcpflow and tshark, in the same run.

    python3 Tests/Benchmarks/bench_import.py [--quick] [--binary PATH] [--write FILE]

The capture is written by make_capture.c: two hundred connections at a time, messages behind four bytes of length. pcap_loop.c reads
it with libpcap's own loop and counts; tcpflow writes what each side sent into a file of its own; tshark counts
(-q -z io,stat,0), in one round, since it takes long. tapedeck cuts it into messages and writes the recording.

The file is in the page cache, nothing is bound to a core, and rounds alternate; the median counts. With goals missed the exit status
is 1.

--write puts the table into a Markdown file, between the lines <!-- import --> and <!-- /import -->, or at its end.
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
GOAL_LOOP, GOAL_TCPFLOW = 5.0, 3.0
MEGABYTES, TIMES = 300, 3.4


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.rounds = 1 if arguments.quick else 7
        self.megabytes = MEGABYTES / 5 if arguments.quick else MEGABYTES
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tapedeck-bench-"))
        self.lines, self.missed = [], []
        BUILD.mkdir(exist_ok=True)
        for name, libraries in (("make_capture", []), ("pcap_loop", ["-lpcap"])):
            subprocess.run(["cc", "-O2", "-o", BUILD / name, HERE / f"{name}.c", *libraries], check=True)

    def capture(self, name, megabytes):
        path = self.folder / name
        subprocess.run([BUILD / "make_capture", path, str(megabytes)], check=True)
        return path

    def run(self, command):
        """Seconds of wall and of processor time, and what was resident at most, in MB."""
        for leftover in ("out.tape.jsonl", "out.pcapng", "flows"):
            path = self.folder / leftover
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        return timed.run(command)

    def ways(self, capture, recording):
        binary = self.arguments.binary
        ways = {
            "libpcap's loop, C": [BUILD / "pcap_loop", capture],
            "tapedeck import": [binary, "import", capture, "--port", "12000:raw", "-o", self.folder / "out.tape.jsonl"],
            "tapedeck export": [binary, "export", recording, "-o", self.folder / "out.pcapng"],
        }
        if shutil.which("tcpflow"):
            ways["tcpflow"] = ["tcpflow", "-q", "-o", self.folder / "flows", "-r", capture]
        return ways

    def all(self):
        capture = self.capture("capture.pcap", int(self.megabytes))
        recording = self.folder / "kept.tape.jsonl"
        self.run([self.arguments.binary, "import", capture, "--port", "12000:raw", "-o", recording])
        taken = {way: [] for way in self.ways(capture, recording)}
        for _ in range(self.rounds):
            for way, command in self.ways(capture, recording).items():
                taken[way].append(self.run(command))
        if shutil.which("tshark") and not self.arguments.quick:
            taken["tshark -z io,stat"] = [self.run(["tshark", "-q", "-z", "io,stat,0", "-r", capture])]
        loop = statistics.median(run[0] for run in taken["libpcap's loop, C"])
        self.say(f"| {os.path.getsize(capture) / 1e6:.0f} MB | seconds (to C) | CPU | resident |")
        self.say("|---|---|---|---|")
        medians = {}
        for way, runs in taken.items():
            medians[way], cpu, resident = (statistics.median(run[kind] for run in runs) for kind in range(3))
            self.say(f"| {way} | {medians[way]:.2f} ({medians[way] / loop:.1f}) | {cpu:.2f} | {resident:.0f} MB |")
        self.judge("tapedeck import / libpcap's loop", medians["tapedeck import"] / loop, GOAL_LOOP, at_most=True)
        if "tcpflow" in medians:
            ratio = medians["tcpflow"] / medians["tapedeck import"]
            self.judge("tcpflow / tapedeck import", ratio, GOAL_TCPFLOW, at_most=False)
        _, cpu, resident = (statistics.median(run[kind] for run in taken["tapedeck import"]) for kind in range(3))
        self.grow(capture, cpu, resident)
        shutil.rmtree(self.folder)
        if self.arguments.write:
            head = "Measured %s on %s; medians of %d rounds." % (
                datetime.date.today().isoformat(), bench_page.machine(), self.rounds)
            bench_page.write_section(self.arguments.write, "import", [head, "", *self.lines])
        return 1 if self.missed else 0

    def grow(self, capture, cpu, resident):
        """The same with more than three times as much: the processor's time is to grow with it, memory is not. (The time that
        passes is the disk's, once that is behind.)"""
        capture.unlink()
        large = self.capture("large.pcap", int(self.megabytes * TIMES))
        output = self.folder / "out.tape.jsonl"
        wall, took, most = self.run([self.arguments.binary, "import", large, "--port", "12000:raw", "-o", output])
        self.say(
            f"\nImport of {os.path.getsize(large) / 1e6:,.0f} MB: {wall:.2f} s, {took:.2f} s of CPU, {took / cpu / TIMES:.2f} of "
            f"that for each byte before; {most:.0f} MB resident ({resident:.0f} MB before).")

    def judge(self, what, ratio, goal, at_most):
        holds = ratio <= goal if at_most else ratio >= goal
        self.say(f"\n- {'holds' if holds else 'MISSED'}: {what} = {ratio:.1f} ({'≤' if at_most else '≥'} {goal:.0f})")
        if not holds:
            self.missed.append(what)

    def say(self, line):
        print(line, flush=True)
        self.lines.append(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one round of a fifth of the size, and no tshark")
    parser.add_argument("--binary", default=str(ROOT / ".build" / "release" / "tapedeck"))
    parser.add_argument("--write", metavar="FILE", help="put the table into this Markdown file")
    return Bench(parser.parse_args()).all()


if __name__ == "__main__":
    sys.exit(main())
