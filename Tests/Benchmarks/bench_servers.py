#!/usr/bin/env python3
"""Measures the server against peers that do the same work, in the same run.

    python3 Tests/Benchmarks/bench_servers.py [--quick] [--rounds N] [--seconds S] [--only WORD]... [--binary PATH]
        [--json FILE] [--write FILE]

The server runs on one core, the load (and a relay's upstream) on another. Rounds alternate between the servers, so that
what else the machine does meets all of them; ratios are those of one round, and their median counts. What others
disturbed is measured again (disturbance.py). With goals missed the exit status is 1.

Needs a C compiler. uvloop, orjson and mitmproxy are installed into .build-bench/ if that works; they, Go, haproxy and
socat are left out where they cannot be had.

--quick takes one round, and leaves out what BRIEF names. --write puts the tables into a Markdown file, between the
lines <!-- servers --> and <!-- /servers -->, or at its end.
"""

import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import crowd
import peers
from bench_page import Page, brackets
from rounds import Rounds, ratio
from servers import REQUESTS, Commands, Server

# What --quick leaves out: rows whose title, and servers whose name, has one of these.
BRIEF = (
    "recorded json echo depth 1", "recorded pickle echo depth 1", "raw echo, recorded, durability", "durability none",
    "socat", "mitmdump",
)

# What it starts for each client goes without leaving its time to anybody, so that it would pass for what others took.
UNWATCHED = "socat"


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        cores = sorted(os.sched_getaffinity(0))
        self.server_core, self.load_core = cores[0], cores[-1]
        self.rounds = Rounds(arguments.rounds or (1 if arguments.quick else 5), {self.server_core, self.load_core})
        self.seconds = arguments.seconds or (0.4 if arguments.quick else 0.8)
        self.temporary = tempfile.TemporaryDirectory(prefix="tapedeck-bench-")
        self.folder = self.temporary.name
        self.results = []
        self.page = Page("servers")
        for name in ("load", "relay_copy"):
            peers.compile_c(name)
        self.commands = Commands(arguments.binary)
        peers.python_with("mitmproxy")
        for name, request in REQUESTS.items():
            pathlib.Path(self.folder, name).write_bytes(request)

    # Measuring.

    def is_wanted(self, title):
        if self.arguments.quick and any(word in title for word in BRIEF):
            return False
        return not self.arguments.only or any(word in title for word in self.arguments.only)

    def start(self, command, behind):
        command = [part.replace("{upstream}", str(behind.port)) for part in command]
        return Server(command, self.folder, self.server_core)

    def upstream(self):
        """The server that relays pass messages on to, beside the load."""
        folder = os.path.join(self.folder, "upstream")
        os.makedirs(folder, exist_ok=True)
        return Server(self.commands.c_echo(), folder, self.load_core)

    def load(self, command, request, connections, depth, behind, is_watched=True):
        """What a round measured, with a server of its own."""
        def measure():
            with self.start(command, behind) as server:
                return self.load_once(server, request, connections, depth)
        return self.rounds.take(measure, is_watched)

    def load_once(self, server, request, connections, depth):
        command = [
            "taskset", "-c", str(self.load_core), str(peers.BUILD / "load"), str(server.port), str(connections),
            str(depth), str(self.seconds), os.path.join(self.folder, request), str(server.process.pid),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise SystemExit(f"bench: {done.stderr.strip()}")
        found = json.loads(done.stdout.replace("inf", "Infinity").replace("-nan", "NaN").replace("nan", "NaN"))
        # Where the machine gave it no time there was no message.
        return dict(found, rate=found["rate"] or math.nan)

    def row(self, title, request, connections, depth, servers, goals):
        """Measures servers in turn. `goals`: (measure, first, second, least or most, bound)."""
        if not self.is_wanted(title):
            return
        servers = {name: command for name, command in servers.items() if command}
        if self.arguments.quick:
            servers = {name: command for name, command in servers.items() if not any(word in name for word in BRIEF)}
        found = {name: [] for name in servers}
        with self.upstream() as behind:
            for _ in self.rounds:
                for name, command in servers.items():
                    found[name].append(self.load(command, request, connections, depth, behind, name != UNWATCHED))
        medians = {
            name: {key: statistics.median(one[key] for one in all_) for key in all_[0]} for name, all_ in found.items()
        }
        self.show(title, depth, found, medians, goals)
        self.results.append({"row": title, "servers": medians, "rounds": found})

    def show(self, title, depth, found, medians, goals):
        def ratios(measure, name, peer):
            return ratio(*([one[measure] for one in found[which]] for which in (name, peer)))

        def told(measure, name, form=".2f"):
            return "(1)" if name == first else f"({ratios(measure, name, first):{form}})"

        self.page.table(title, "msg/s", "CPU", *(("p50", "p99") if depth == 1 else ()))
        first = next(iter(medians))
        for name, one in medians.items():
            # A program that starts another for each client has no time of its own.
            cpu = f"{one['cpu_us']:.2f} µs {told('cpu_us', name)}" if one["cpu_us"] > 0 else ""
            cells = [name, f"{one['rate']:,.0f} {told('rate', name)}", cpu]
            if depth == 1:
                cells += [f"{one['p50_us']:.1f} µs {told('p50_us', name, '.3f')}", f"{one['p99_us']:.0f} µs"]
            self.page.row(*cells)
        self.page.say()
        goals = [goal for goal in goals if goal[1] in found and goal[2] in found]
        for measure, name, peer, kind, bound in goals:
            self.page.judge(
                f"{measure} {name} / {peer}", ratios(measure, name, peer), bound, at_most=kind == "most", form=".3f")
        if goals:
            self.page.say()

    def run(self):
        self.echo()
        self.codecs()
        self.recording()
        self.relay()
        self.mock()
        self.growth()
        self.page.say(self.rounds.told())
        self.temporary.cleanup()
        if self.arguments.json:
            pathlib.Path(self.arguments.json).write_text(json.dumps(self.results, indent=1) + "\n")
        if self.arguments.write:
            more = f" of {self.seconds} s, 100-byte messages"
            self.page.write(self.arguments.write, brackets(self.rounds.count, "the first row", more))
        return 1 if self.page.missed else 0

    # What is measured.

    def echo(self):
        raw = self.commands.tapedeck("raw")
        servers = {
            "C epoll": self.commands.c_echo(),
            "tapedeck": raw,
            "tapedeck, printing": self.commands.tapedeck("raw", quiet=False),
            "Go": self.commands.go_peer("echo"),
            "uvloop": self.commands.uvloop("raw"),
        }
        self.row(
            "raw echo 16 x 16", "raw", 16, 16, servers,
            [
                ("rate", "tapedeck", "C epoll", "least", 0.75),
                ("rate", "tapedeck", "Go", "least", 1.0),
                ("rate", "tapedeck, printing", "tapedeck", "least", 0.90),
                ("rate", "tapedeck", "uvloop", "least", 1.0),
            ])
        self.row(
            "raw echo depth 1", "raw", 1, 1, servers,
            [
                ("p50_us", "tapedeck", "C epoll", "most", 1.05),
                ("p50_us", "tapedeck, printing", "tapedeck", "most", 1.05),
            ])

    def codecs(self):
        for payload in ("json", "pickle"):
            servers = {
                "Python threads": self.commands.threads(payload),
                "tapedeck": self.commands.tapedeck(payload),
                "tapedeck, recording": self.commands.recorded(payload),
            }
            goals = [("rate", "tapedeck", "Python threads", "least", 5.0)]
            if payload == "json":
                servers["uvloop, orjson"] = self.commands.uvloop(payload)
                goals.append(("rate", "tapedeck", "uvloop, orjson", "least", 1.0))
            self.row(f"{payload} echo 16 x 16", payload, 16, 16, servers, goals)
            del servers["tapedeck, recording"]
            self.row(f"{payload} echo depth 1", payload, 1, 1, servers, [])

    def recording(self):
        for codec in REQUESTS:
            servers = {"unrecorded": self.commands.tapedeck(codec), "recorded": self.commands.recorded(codec)}
            for durability in ("none", "disk"):
                options = ("--durability", durability)
                servers[f"recorded, durability {durability}"] = self.commands.recorded(codec, *options)
            # The goals are for messages whose codec costs nothing.
            deep = [("rate", "recorded", "unrecorded", "least", 0.60)]
            single = [(measure, "recorded", "unrecorded", "most", 1.10) for measure in ("p50_us", "cpu_us")]
            is_raw = codec == "raw"
            if is_raw:
                servers |= {"C epoll": self.commands.c_echo(), "C epoll, writing as much": self.commands.c_recorder()}
            self.row(f"recorded {codec} echo 16 x 16", codec, 16, 16, servers, deep if is_raw else [])
            self.row(f"recorded {codec} echo depth 1", codec, 1, 1, servers, single if is_raw else [])

    def relay(self):
        relay = "raw,to=127.0.0.1:{upstream}"
        servers = {
            "C copy": [str(peers.BUILD / "relay_copy"), "{port-file}", "{upstream}"],
            "tapedeck": self.commands.tapedeck(relay),
            "tapedeck, recording": self.commands.recorded(relay),
            "Go": self.commands.go_peer("relay", "{upstream}"),
            **{kind: self.commands.relay_peer(kind) for kind in ("haproxy", "socat", "mitmdump")},
        }
        self.row("relay depth 1", "raw", 1, 1, servers, [("p50_us", "tapedeck", "C copy", "most", 1.10)])
        self.row(
            "relay 16 x 16", "raw", 16, 16, servers,
            [
                ("rate", "tapedeck", "C copy", "least", 0.85),
                ("rate", "tapedeck", "Go", "least", 1.0),
                ("rate", "tapedeck, recording", "C copy", "least", 0.60),
                ("rate", "tapedeck, recording", "mitmdump", "least", 15),
            ])

    def mock_command(self):
        """A mock of a recording in which the request of JSON was echoed."""
        path = os.path.join(self.folder, "asked.tape.jsonl")
        # A server takes the recording that its command ends with away with it, and a mock would.
        kept = os.path.join(self.folder, "asked")
        if not os.path.exists(kept):
            command = self.commands.tapedeck("json", "--record", path)
            with Server(command, self.folder, self.server_core, keeps=True) as server:
                with crowd.connect(server.port) as client:
                    client.sendall(REQUESTS["json"])
                    crowd.exact(client, len(REQUESTS["json"]))
            os.rename(path, kept)
        return self.commands.mock(kept)

    def mock(self):
        servers = {
            "Python threads, echo": self.commands.threads("json"),
            "tapedeck, echo": self.commands.tapedeck("json"),
            "tapedeck mock": self.mock_command(),
        }
        for title, connections, depth in (("mock json 16 x 16", 16, 16), ("mock json depth 1", 1, 1)):
            self.row(title, "json", connections, depth, servers, [])

    def growth(self):
        """The same with ten times as many connections: what a message takes then."""
        if not self.is_wanted("growth"):
            return
        relay = "raw,to=127.0.0.1:{upstream}"
        kinds = {
            "raw echo": ("raw", self.commands.tapedeck("raw")),
            "json echo": ("json", self.commands.tapedeck("json")),
            "pickle echo": ("pickle", self.commands.tapedeck("pickle")),
            "raw echo, recorded": ("raw", self.commands.recorded("raw")),
            "raw echo, recorded, durability none": ("raw", self.commands.recorded("raw", "--durability", "none")),
            "raw echo, recorded, durability disk": ("raw", self.commands.recorded("raw", "--durability", "disk")),
            "json echo, recorded": ("json", self.commands.recorded("json")),
            "pickle echo, recorded": ("pickle", self.commands.recorded("pickle")),
            "relay": ("raw", self.commands.tapedeck(relay)),
            "relay, recorded": ("raw", self.commands.recorded(relay)),
            "mock": ("json", self.mock_command()),
        }
        if self.arguments.quick:
            kinds = {name: kind for name, kind in kinds.items() if not any(word in name for word in BRIEF)}
        found = {name: ([], []) for name in kinds}
        with self.upstream() as behind:
            for _ in self.rounds:
                for name, (request, command) in kinds.items():
                    for place, connections in enumerate((16, 160)):
                        found[name][place].append(self.load(command, request, connections, 16, behind)["cpu_us"])
        self.page.growth("CPU of a message", "16 connections x 16", "160 x 16", found, lambda cpu: f"{cpu:.2f} µs")
        self.results.append({"row": "growth", "rounds": found})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one short round of most rows")
    parser.add_argument("--rounds", type=int, help="how often each server is measured (5; quick: 1)")
    parser.add_argument("--seconds", type=float, help="how long each time (0.8, quick: 0.4)")
    parser.add_argument("--only", action="append", help="rows with this word in their title only")
    parser.add_argument("--binary", default=peers.BINARY)
    parser.add_argument("--json", help="write the medians to this file")
    parser.add_argument("--write", metavar="FILE", help="put the tables into this Markdown file")
    return Bench(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
