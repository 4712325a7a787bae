#!/usr/bin/env python3
"""Measures how long servers take to start, and what ten thousand connections cost them, in the same run.

    python3 Tests/Benchmarks/bench_connections.py [--quick] [--only WORD]... [--binary PATH] [--write FILE]

A start is the time until the first answer; it is measured with ten ports, too. Connections are opened one after the
other with a message on each, for the memory that they take; then all at once, with a client from before that goes on
asking meanwhile. Both with a thousand and with ten thousand. Rounds alternate, ratios are those of one round, and their
median counts; what others disturbed is measured again (disturbance.py). With goals missed the exit status is 1.

--quick takes one round of connections, without uvloop, and four of starts. --write puts the tables into a Markdown
file, between the lines <!-- connections --> and <!-- /connections -->, or at its end.
"""

import argparse
import os
import sys
import tempfile
import time

import bench_page
import crowd
import peers
from rounds import Rounds, ratio, spread
from servers import REQUESTS, Commands, Server

FEW, MANY = 1_000, 10_000
GOAL_START_MS, GOAL_BYTES, GOAL_STORM_SECONDS, GOAL_ANSWER_MS = 15, 5_120, 10, 1_000
# A start is short: so many of them for each round of connections.
STARTS = 4


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        cores = sorted(os.sched_getaffinity(0))
        self.core = cores[0]
        # This process is the load.
        os.sched_setaffinity(0, {cores[-1]})
        self.rounds = Rounds(1 if arguments.quick else 3, cores)
        self.starts = Rounds(STARTS * self.rounds.count, cores)
        self.temporary = tempfile.TemporaryDirectory(prefix="tapedeck-bench-")
        self.folder = self.temporary.name
        self.commands = Commands(arguments.binary)
        self.page = bench_page.Page("connections")

    def is_wanted(self, title):
        return not self.arguments.only or any(word in title for word in self.arguments.only)

    def run(self):
        if self.is_wanted("start to first answer"):
            self.start()
        if self.is_wanted("10,000 connections"):
            self.connections()
        self.temporary.cleanup()
        if self.arguments.write:
            more = f", of starts {self.starts.count}"
            self.page.write(self.arguments.write, bench_page.brackets(self.rounds.count, "the first row", more))
        return 1 if self.page.missed else 0

    def start(self):
        """How long it takes from the start of a server to the first answer that it gives; also with ten ports."""
        servers = {
            "C epoll": self.commands.c_echo("lines"),
            "tapedeck": self.commands.tapedeck("json"),
            "tapedeck, recording": self.commands.recorded("json"),
            "Python threads": self.commands.threads("json"),
        }
        ten = {
            "tapedeck": self.commands.tapedeck("json", ports=10),
            "tapedeck, recording": self.commands.recorded("json", ports=10),
        }
        times = {name: [] for name in servers}
        times_of_ten = {name: [] for name in ten}
        for _ in self.starts:
            for commands, found in ((servers, times), (ten, times_of_ten)):
                for name, command in commands.items():
                    found[name].append(self.starts.take(lambda: self.time_start(command)))
        self.page.table("start to first answer", "median", "least")
        first = next(iter(times.values()))
        for name, found in times.items():
            told = "1" if found is first else f"{ratio(found, first):.1f}"
            median, least, *_ = spread(found)
            self.page.row(name, f"{bench_page.duration(median)} ({told})", bench_page.duration(least))
        self.page.say()
        in_ms = spread(seconds * 1e3 for seconds in times["tapedeck"])
        self.page.judge("ms until tapedeck's first answer", in_ms, GOAL_START_MS, at_most=True, form=".1f")
        self.page.say()
        self.page.growth(
            "start to first answer", "one port", "ten ports", {name: (times[name], times_of_ten[name]) for name in ten},
            bench_page.duration)
        self.page.say(self.starts.told())
        self.page.say()

    def time_start(self, command):
        request = REQUESTS["json"]
        start = time.monotonic()
        with Server(command, self.folder, self.core, pause=0) as server:
            with crowd.connect(server.port) as client:
                client.sendall(request)
                crowd.exact(client, len(request))
            return time.monotonic() - start

    def connections(self):
        """What connections cost, open and opened all at once."""
        if not crowd.allow_descriptors(MANY):
            self.page.say(f"{MANY:,} connections are more than this machine allows a process.")
            return
        servers = {
            "C epoll": self.commands.c_echo(),
            "tapedeck": self.commands.tapedeck("raw"),
            "tapedeck, recording": self.commands.recorded("raw"),
            "uvloop": None if self.arguments.quick else self.commands.uvloop("raw"),
        }
        servers = {name: command for name, command in servers.items() if command}
        found = {name: {FEW: [], MANY: []} for name in servers}
        for _ in self.rounds:
            for name, command in servers.items():
                for count in (FEW, MANY):
                    found[name][count].append(self.rounds.take(lambda: self.crowd(command, count)))
        self.page.table(
            f"{MANY:,} connections", "memory of each", "all at once: answered", "in", "slowest answer to another")
        ours = {}
        for name, counts in found.items():
            each, answered, seconds, slowest = (spread(one[key] for one in counts[MANY]) for key in MEASURES)
            self.page.row(
                name, told(each, ",.0f", "bytes"), f"{answered.least:,}", told(seconds, ".2f", "s"),
                told(slowest, ".0f", "ms"))
            if name.startswith("tapedeck"):
                ours[name] = (each, answered, seconds, slowest)
        self.page.say()
        for name, (each, answered, seconds, slowest) in ours.items():
            self.page.judge(f"bytes for each connection, {name}", each, GOAL_BYTES, at_most=True, form=",.0f")
            self.page.check(
                answered.least == MANY and seconds.most <= GOAL_STORM_SECONDS and slowest.most <= GOAL_ANSWER_MS,
                f"{name}: all that connect at once are answered within 10 s, and another client within one")
        self.page.say()
        for what, key, show in (
            ("memory of each connection", "bytes", lambda each: f"{each:,.0f} bytes"),
            ("all at once, for each connection", "seconds", bench_page.duration),
        ):
            growth = {
                name: tuple(
                    [one[key] / (count if key == "seconds" else 1) for one in counts[count]] for count in (FEW, MANY))
                for name, counts in found.items()
            }
            self.page.growth(what, f"{FEW:,} connections", f"{MANY:,}", growth, show)
        self.page.say(self.rounds.told())

    def crowd(self, command, count):
        with Server(command, self.folder, self.core) as server:
            clients, each = crowd.fill(server.port, server.process.pid, count)
            close(clients)
        with Server(command, self.folder, self.core) as server:
            clients, answered, seconds, delays = crowd.storm(server.port, count)
            close(clients)
        return dict(zip(MEASURES, (each, answered, seconds, max(delays) * 1e3)))


MEASURES = ("bytes", "answered", "seconds", "slowest_ms")


def told(found, form, unit):
    extent = f" ({found.least:{form}} to {found.most:{form}})" if found.count > 1 else ""
    return f"{found.median:{form}} {unit}{extent}"


def close(clients):
    for client in clients:
        client.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one round, and no uvloop")
    parser.add_argument("--only", action="append", help="tables with this word in their title only: start, connections")
    parser.add_argument("--binary", default=peers.BINARY)
    parser.add_argument("--write", metavar="FILE", help="put the tables into this Markdown file")
    return Bench(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
