#!/usr/bin/env python3
"""Measures the functions that every message passes: the codecs' and the recorder's, with ordo-one/benchmark.

    python3 Tests/Benchmarks/bench_micro.py [--write FILE]

Micro/ is a package of its own, so that the product does not depend on what measures it. Needs Swift alone. How often
these paths ask for memory is counted by allocations.py: this library's own counts say nothing on Linux with Swift 6.3.

--write puts the table into a Markdown file, between the lines <!-- micro --> and <!-- /micro -->, or at its end.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import bench_page
import codec_messages

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parent.parent / ".build-bench" / "micro"

# A thousand times each, so that microseconds of a sample are nanoseconds of one.
WAYS = ("find and read", "the text of a line", "read and record")


def measure(folder, swift):
    """Nanoseconds of each benchmark: of the samples the median, and the least."""
    codec_messages.write(folder)
    exported = pathlib.Path(folder, "exported")
    exported.mkdir()
    subprocess.run(
        [swift, "package", "--package-path", HERE / "Micro", "--scratch-path", BUILD, "--allow-writing-to-directory",
         exported, "benchmark", "--format", "jmh", "--path", exported, "--no-progress", "--quiet"],
        check=True, env=dict(os.environ, MESSAGES=folder, BENCHMARK_DISABLE_JEMALLOC="1"), stdout=sys.stderr)
    found = {}
    for path in exported.glob("*.json"):
        for entry in json.loads(path.read_text()):
            message, way = entry["benchmark"].rsplit("HotPaths.", 1)[1].replace("_", " ").split(": ")
            times = entry["secondaryMetrics"]["Time (wall clock)"]["scorePercentiles"]
            found.setdefault(message, {})[way] = (times["50.0"], times["0.0"])
    return found


def table(page, found):
    page.table("nanoseconds of a message, median (least)", *WAYS)
    # By size, then by codec.
    for message in sorted(found, key=lambda name: (name.split(", ")[::-1])):
        page.row(message, *(f"{median:,.0f} ({least:,.0f})" for median, least in map(found[message].get, WAYS)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", metavar="FILE", help="put the table into this Markdown file")
    arguments = parser.parse_args()
    page = bench_page.Page("micro")
    with tempfile.TemporaryDirectory(prefix="tapedeck-bench-") as folder:
        table(page, measure(folder, os.environ.get("SWIFT", "swift")))
    if arguments.write:
        page.write(arguments.write, "medians of the samples of half a second.")


if __name__ == "__main__":
    sys.exit(main())
