#!/usr/bin/env python3
"""Measures the server against peers that do the same work, in the same run.

    python3 Tests/Benchmarks/bench.py [--quick] [--rounds N] [--seconds S] [--only WORD]... [--binary PATH] [--json FILE]
        [--write FILE]

The server runs on one core, the load (and a relay's upstream) on another. Rounds alternate between the servers, so that
what else the machine does meets all of them; the median of the rounds counts, and only ratios within one run mean
anything. With goals missed the exit status is 1.

Needs a C compiler. uvloop, orjson and mitmproxy are installed into .build-bench/ if that works; they, Go, haproxy and socat
are left out where they cannot be had.

--write puts the tables into a Markdown file, between the lines <!-- servers --> and <!-- /servers --> (starts and connections: between
<!-- connections --> and <!-- /connections -->), or at its end.
"""

import argparse
import datetime
import json
import math
import os
import pathlib
import pickle
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import bench_page
import crowd

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / ".build-bench"

RAW = bytes(range(32, 127)) + b"hello"
VALUE = {"message": "hello, is there anybody?", "id": 1042, "tags": ["a", "b"], "ratio": 0.25, "ok": True, "to": None}
REQUESTS = {
    "raw": struct.pack(">I", len(RAW)) + RAW,
    "json": json.dumps(VALUE, separators=(",", ":")).encode() + b"\n",
    "pickle": pickle.dumps(VALUE, protocol=4),
}


class Server:
    """A server process on the first core."""

    def __init__(self, command, folder, core, pause=0.01):
        self.recording = None
        port_file = os.path.join(folder, "port")
        if os.path.exists(port_file):
            os.unlink(port_file)
        command = [part.replace("{port-file}", port_file).replace("{folder}", folder) for part in command]
        for part in command:
            if part.endswith(".jsonl"):
                self.recording = part
        if self.recording and os.path.exists(self.recording):
            os.unlink(self.recording)
        self.process = subprocess.Popen(
            ["taskset", "-c", str(core), *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        while True:
            try:
                text = pathlib.Path(port_file).read_text()
                if text.endswith("\n"):
                    break
            except FileNotFoundError:
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("bench: does not start: " + " ".join(command))
            time.sleep(pause)
        self.port = int(text.split("\n")[0].rsplit(":", 1)[1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.recording:
            os.unlink(self.recording)


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        cores = sorted(os.sched_getaffinity(0))
        self.server_core, self.load_core = cores[0], cores[-1]
        self.rounds = arguments.rounds or (1 if arguments.quick else 7)
        self.seconds = arguments.seconds or (0.4 if arguments.quick else 2.0)
        self.folder = tempfile.mkdtemp(prefix="tapedeck-bench-")
        self.results = []
        self.lines = []
        self.missed = 0
        self.disturbed = 0
        BUILD.mkdir(exist_ok=True)
        for name in ("load", "echo_epoll", "relay_copy"):
            self.compile(name)
        self.go = self.build_go()
        self.venv = self.make_venv()
        for name, request in REQUESTS.items():
            pathlib.Path(self.folder, name).write_bytes(request)

    def compile(self, name):
        source = HERE / f"{name}.c"
        subprocess.run(["cc", "-O2", "-o", BUILD / name, source], check=True)

    def build_go(self):
        if not shutil.which("go"):
            return None
        program = BUILD / "go_peer"
        subprocess.run(["go", "build", "-o", program, HERE / "go_peer.go"], check=True)
        return str(program)

    def make_venv(self):
        python = BUILD / "venv" / "bin" / "python"
        if not python.exists():
            made = subprocess.run([sys.executable, "-m", "venv", BUILD / "venv"], capture_output=True)
            if made.returncode == 0:
                for package in ("uvloop", "orjson", "mitmproxy"):
                    subprocess.run([python, "-m", "pip", "install", "-q", package], capture_output=True)
        works = python.exists() and subprocess.run([python, "-c", "import uvloop, orjson"], capture_output=True)
        return str(python) if works and works.returncode == 0 else None

    # Commands of servers.

    def tapedeck(self, codec, *options, quiet=True):
        listen = f"0:{codec}" if ",to=" in codec else f"0:{codec},greet=none"
        quiet = ["--quiet"] if quiet else []
        return [self.arguments.binary, "serve", "--listen", listen, "--port-file", "{port-file}", *quiet, *options]

    def recorded(self, codec, *options):
        return self.tapedeck(codec, "--record", "{folder}/bench.tape.jsonl", *options)

    def c_echo(self):
        return [str(BUILD / "echo_epoll"), "{port-file}"]

    def go_peer(self, *words):
        return self.go and [self.go, "{port-file}", *words]

    def threads(self, payload):
        return [sys.executable, str(HERE / "python_threads.py"), "{port-file}", payload]

    def uvloop(self, payload):
        return [self.venv, str(HERE / "uvloop_server.py"), "{port-file}", payload] if self.venv else None

    def relay_peer(self, kind):
        """Another relay in front of the upstream; None where it is not to be had."""
        program = shutil.which(kind) or shutil.which(kind, path=BUILD / "venv" / "bin")
        return program and [sys.executable, str(HERE / "relay_peer.py"), "{port-file}", kind, "{upstream}", program]

    # Measuring.

    def load(self, server, request, connections, depth, seconds=None):
        """What a round measured. One in which the machine gave the load no time is done again."""
        for _ in range(5):
            measured = self.load_once(server, request, connections, depth, seconds)
            if all(math.isfinite(figure) for figure in measured.values()) and measured["rate"] > 0:
                return measured
            self.disturbed += 1
        raise SystemExit("bench: the machine is too busy")

    def load_once(self, server, request, connections, depth, seconds):
        command = [
            "taskset", "-c", str(self.load_core), str(BUILD / "load"), str(server.port), str(connections), str(depth),
            str(seconds or self.seconds), os.path.join(self.folder, request), str(server.process.pid),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise SystemExit(f"bench: {done.stderr.strip()}")
        return json.loads(done.stdout.replace("inf", "Infinity").replace("-nan", "NaN").replace("nan", "NaN"))

    def row(self, title, request, connections, depth, servers, goals, upstream=False):
        """Measures servers in turn. `goals`: (measure, first, second, least or most, bound)."""
        if self.arguments.only and not any(word in title for word in self.arguments.only):
            return
        servers = {name: command for name, command in servers.items() if command}
        rounds = {name: [] for name in servers}
        behind = None
        if upstream:
            folder = os.path.join(self.folder, "upstream")
            os.makedirs(folder, exist_ok=True)
            behind = Server(self.c_echo(), folder, self.load_core)
        for _ in range(self.rounds):
            for name, command in servers.items():
                port = str(behind.port) if behind else ""
                server = Server([part.replace("{upstream}", port) for part in command], self.folder, self.server_core)
                try:
                    rounds[name].append(self.load(server, request, connections, depth))
                finally:
                    server.stop()
        if behind:
            behind.stop()
        medians = {
            name: {key: statistics.median(one[key] for one in all) for key in all[0]} for name, all in rounds.items()
        }
        self.show(title, depth, rounds, medians, goals)
        self.results.append({"row": title, "servers": medians, "rounds": rounds})

    def show(self, title, depth, rounds, medians, goals):
        def ratios(measure, name, peer):
            """What a round had to what another server had in that round: the median, the least and the most."""
            found = [one[measure] / other[measure] for one, other in zip(rounds[name], rounds[peer]) if other[measure]]
            return (statistics.median(found), min(found), max(found)) if found else (math.nan, math.nan, math.nan)

        def told(measure, name, digits=2):
            median, least, most = ratios(measure, name, first)
            if name == first:
                return "(1)"
            return f"({median:.{digits}f}; {least:.{digits}f} to {most:.{digits}f})"

        self.say(f"| {title} | msg/s | CPU | p50 | p99 |" if depth == 1 else f"| {title} | msg/s | CPU |")
        self.say("|---|---|---|---|---|" if depth == 1 else "|---|---|---|")
        first = next(iter(medians))
        for name, one in medians.items():
            # A program that starts another for each client has no time of its own.
            cpu = f"{one['cpu_us']:.2f} µs {told('cpu_us', name)}" if one["cpu_us"] > 0 else ""
            line = f"| {name} | {one['rate']:,.0f} {told('rate', name)} | {cpu} |"
            if depth == 1:
                line += f" {one['p50_us']:.1f} µs {told('p50_us', name, 3)} | {one['p99_us']:.0f} µs |"
            self.say(line)
        self.say("")
        for measure, name, peer, kind, bound in goals:
            if name not in medians or peer not in medians:
                continue
            ratio, least, most = ratios(measure, name, peer)
            holds = ratio >= bound if kind == "least" else ratio <= bound
            self.missed += not holds
            sign = "≥" if kind == "least" else "≤"
            self.say(
                f"- {'holds' if holds else 'MISSED'}: {measure} {name} / {peer} = {ratio:.3f} ({sign} {bound}; "
                f"{least:.3f} to {most:.3f})")
        self.say("")

    def say(self, line):
        print(line, flush=True)
        self.lines.append(line)

    def run(self):
        self.echo()
        self.codecs()
        self.recording()
        self.relay()
        self.mock()
        self.growth()
        if self.disturbed > 0:
            self.say(f"Disturbed rounds that were done again: {self.disturbed}.")
        messages, self.lines = self.lines, []
        self.start()
        self.connections()
        if self.arguments.json:
            pathlib.Path(self.arguments.json).write_text(json.dumps(self.results, indent=1) + "\n")
        if self.arguments.write:
            head = "Measured %s on %s; medians of %d rounds" % (
                datetime.date.today().isoformat(), bench_page.machine(), self.rounds)
            if messages:
                rounds = (
                    f"{head} of {self.seconds} s, 100-byte messages; in brackets: to the first row of the same round, "
                    "the median and the range.")
                bench_page.write_section(self.arguments.write, "servers", [rounds, "", *messages])
            if self.lines:
                head = f"{head}, of starts three times as many."
                bench_page.write_section(self.arguments.write, "connections", [head, "", *self.lines])
        shutil.rmtree(self.folder)

    def echo(self):
        raw = self.tapedeck("raw")
        servers = {
            "C epoll": self.c_echo(),
            "tapedeck": raw,
            "tapedeck, printing": self.tapedeck("raw", quiet=False),
            "Go": self.go_peer("echo"),
            "uvloop": self.uvloop("raw"),
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
                "Python threads": self.threads(payload),
                "tapedeck": self.tapedeck(payload),
                "tapedeck, recording": self.recorded(payload),
            }
            goals = [("rate", "tapedeck", "Python threads", "least", 5.0)]
            if payload == "json":
                servers["uvloop, orjson"] = self.uvloop(payload)
                goals.append(("rate", "tapedeck", "uvloop, orjson", "least", 1.0))
            self.row(f"{payload} echo 16 x 16", payload, 16, 16, servers, goals)
            del servers["tapedeck, recording"]
            self.row(f"{payload} echo depth 1", payload, 1, 1, servers, [])

    def recording(self):
        for codec in REQUESTS:
            servers = {"unrecorded": self.tapedeck(codec), "recorded": self.recorded(codec)}
            for durability in ("none", "disk"):
                servers[f"recorded, durability {durability}"] = self.recorded(codec, "--durability", durability)
            # The goals are for messages whose codec costs nothing.
            deep = [("rate", "recorded", "unrecorded", "least", 0.60)]
            single = [(measure, "recorded", "unrecorded", "most", 1.10) for measure in ("p50_us", "cpu_us")]
            is_raw = codec == "raw"
            self.row(f"recorded {codec} echo 16 x 16", codec, 16, 16, servers, deep if is_raw else [])
            self.row(f"recorded {codec} echo depth 1", codec, 1, 1, servers, single if is_raw else [])

    def conversation(self):
        """A recording in which the request of JSON was echoed, for a mock."""
        path = os.path.join(self.folder, "asked.tape.jsonl")
        command = self.tapedeck("json", "--record", path)
        server = Server(command, self.folder, self.server_core)
        # It is used later.
        server.recording = None
        with crowd.connect(server.port) as client:
            client.sendall(REQUESTS["json"])
            crowd.exact(client, len(REQUESTS["json"]))
        server.stop()
        return path

    def mock_command(self):
        # Not a name that ends like the recording that a server writes, which is removed.
        path = os.path.join(self.folder, "asked")
        if not os.path.exists(path):
            os.rename(self.conversation(), path)
        return [self.arguments.binary, "mock", path, "--listen", "0", "--port-file", "{port-file}", "--quiet"]

    def mock(self):
        servers = {
            "Python threads, echo": self.threads("json"),
            "tapedeck, echo": self.tapedeck("json"),
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
            "raw echo": ("raw", self.tapedeck("raw")),
            "json echo": ("json", self.tapedeck("json")),
            "pickle echo": ("pickle", self.tapedeck("pickle")),
            "raw echo, recorded": ("raw", self.recorded("raw")),
            "json echo, recorded": ("json", self.recorded("json")),
            "relay": ("raw", self.tapedeck(relay)),
            "relay, recorded": ("raw", self.recorded(relay)),
            "mock": ("json", self.mock_command()),
        }
        folder = os.path.join(self.folder, "upstream")
        os.makedirs(folder, exist_ok=True)
        behind = Server(self.c_echo(), folder, self.load_core)
        found = {name: ([], []) for name in kinds}
        for _ in range(self.rounds):
            for name, (request, command) in kinds.items():
                command = [part.replace("{upstream}", str(behind.port)) for part in command]
                for place, connections in enumerate((16, 160)):
                    server = Server(command, self.folder, self.server_core)
                    try:
                        found[name][place].append(self.load(server, request, connections, 16)["cpu_us"])
                    finally:
                        server.stop()
        behind.stop()
        self.say("| growth: CPU of a message | 16 connections x 16 | 160 x 16 | ratio |")
        self.say("|---|---|---|---|")
        for name, (few, many) in found.items():
            few, many = statistics.median(few), statistics.median(many)
            self.say(f"| {name} | {few:.2f} µs | {many:.2f} µs | {many / few:.2f} |")
            self.results.append({"row": "growth", "server": name, "few": few, "many": many})
        self.say("")

    def relay(self):
        relay = "raw,to=127.0.0.1:{upstream}"
        servers = {
            "C copy": [str(BUILD / "relay_copy"), "{port-file}", "{upstream}"],
            "tapedeck": self.tapedeck(relay),
            "tapedeck, recording": self.recorded(relay),
            "Go": self.go_peer("relay", "{upstream}"),
            **{kind: self.relay_peer(kind) for kind in ("haproxy", "socat", "mitmdump")},
        }
        self.row(
            "relay depth 1", "raw", 1, 1, servers, [("p50_us", "tapedeck", "C copy", "most", 1.10)], upstream=True)
        self.row(
            "relay 16 x 16", "raw", 16, 16, servers,
            [
                ("rate", "tapedeck", "C copy", "least", 0.85),
                ("rate", "tapedeck", "Go", "least", 1.0),
                ("rate", "tapedeck, recording", "C copy", "least", 0.60),
                ("rate", "tapedeck, recording", "mitmdump", "least", 15),
            ],
            upstream=True)

    # What is counted otherwise than in messages.

    def is_wanted(self, title):
        return not self.arguments.only or any(word in title for word in self.arguments.only)

    def check(self, holds, text):
        self.missed += not holds
        self.say(f"- {'holds' if holds else 'MISSED'}: {text}")

    def start(self):
        """How long it takes from the start of a server to the first answer that it gives."""
        if not self.is_wanted("start to first answer"):
            return
        request = REQUESTS["json"]
        servers = {
            "C epoll": [*self.c_echo(), "lines"],
            "tapedeck": self.tapedeck("json"),
            "tapedeck, recording": self.recorded("json"),
            "Python threads": self.threads("json"),
        }
        times = {name: [] for name in servers}
        for _ in range(3 * self.rounds):
            for name, command in servers.items():
                start = time.monotonic()
                server = Server(command, self.folder, self.server_core, pause=0)
                with crowd.connect(server.port) as client:
                    client.sendall(request)
                    crowd.exact(client, len(request))
                times[name].append((time.monotonic() - start) * 1e3)
                server.stop()
        self.say("| start to first answer | median | least |")
        self.say("|---|---|---|")
        medians = {name: statistics.median(found) for name, found in times.items()}
        for name, found in times.items():
            self.say(f"| {name} | {medians[name]:.1f} ms | {min(found):.1f} ms |")
            self.results.append({"row": "start to first answer", "server": name, "ms": medians[name]})
        self.say("")
        self.check(medians["tapedeck"] <= 15, f"tapedeck starts within 15 ms: {medians['tapedeck']:.1f} ms")
        self.say("")

    def connections(self):
        """What ten thousand connections cost, open and opened all at once."""
        count = 10_000
        if not self.is_wanted("10,000 connections") or not crowd.allow_descriptors(count):
            return
        servers = {
            "C epoll": self.c_echo(),
            "tapedeck": self.tapedeck("raw"),
            "tapedeck, recording": self.recorded("raw"),
            "uvloop": self.uvloop("raw"),
        }
        self.say("| 10,000 connections | memory of each | all at once: answered | in | slowest answer to another |")
        self.say("|---|---|---|---|---|")
        found = {}
        for name, command in servers.items():
            if command is None:
                continue
            server = Server(command, self.folder, self.server_core)
            clients, each = crowd.fill(server.port, server.process.pid, count)
            for client in clients:
                client.close()
            server.stop()
            server = Server(command, self.folder, self.server_core)
            clients, answered, seconds, delays = crowd.storm(server.port, count)
            for client in clients:
                client.close()
            server.stop()
            found[name] = {"bytes": each, "answered": answered, "seconds": seconds, "slowest_ms": max(delays) * 1e3}
            self.results.append({"row": "10,000 connections", "server": name, **found[name]})
            self.say(
                f"| {name} | {each:,.0f} bytes | {answered:,} | {seconds:.2f} s | {max(delays) * 1e3:.0f} ms |")
        self.say("")
        for name in ("tapedeck", "tapedeck, recording"):
            one = found[name]
            self.check(one["bytes"] <= 5_120, f"{name}: {one['bytes']:,.0f} bytes for each connection (≤ 5,120)")
            self.check(
                one["answered"] == count and one["seconds"] <= 10 and one["slowest_ms"] <= 1_000,
                f"{name}: all that connect at once are answered within 10 s, and another client within one")
        self.say("")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--rounds", type=int, help="how often each server is measured (7; quick: 1)")
    parser.add_argument("--seconds", type=float, help="how long each time (2, quick: 0.4)")
    parser.add_argument("--only", action="append", help="rows with this word in their title only")
    parser.add_argument("--binary", default=str(ROOT / ".build" / "release" / "tapedeck"))
    parser.add_argument("--json", help="write the medians to this file")
    parser.add_argument("--write", metavar="FILE", help="write the tables into this Markdown file")
    bench = Bench(parser.parse_args())
    bench.run()
    return 1 if bench.missed else 0


if __name__ == "__main__":
    sys.exit(main())
