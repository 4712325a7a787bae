#!/usr/bin/env python3
"""Replays recordings of a hundred thousand and of a million messages, and says what memory that takes.

    python3 Tests/Benchmarks/replay_memory.py [--binary PATH] [--only WORD]... [--messages N]

A recording is read as it is replayed, so the larger one is to take no more memory than the smaller, but for identifiers. Each
word that looks like one is hashed when the recording is read for the first time (8 bytes each, in a table that doubles); what a
server issued and clients sent back may come again at any time, so it is kept, up to a million of them. The exit status is 1
where a replay takes more, or finds a difference.
"""

import argparse
import hashlib
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Requests that a client sends before it waits for their answers.
BURST = 50
# What a larger recording may take more, in bytes: anyway, for each message (its hashes: half of the messages have a number of
# nine digits that no other has), and for each identifier that comes back.
SLACK, PER_MESSAGE, PER_IDENTIFIER = 4 << 20, 16, 260


class Recording:
    """Writes the recording of clients that come one after the other."""

    def __init__(self, path, codec):
        self.file = open(path, "w", buffering=1 << 20)
        self.file.write(
            '{"tapedeck":1,"created":"2026-11-22T10:00:00.000000Z","tool":"tapedeck 0.1.0",'
            '"ports":[{"listen":"127.0.0.1:12000","codec":"%s"}]}\n' % codec)
        self.microseconds = 0
        self.messages = 0

    def event(self, session, text):
        self.microseconds += 20
        self.file.write('{"t":%d.%06d,"s":%d,%s}\n' % (*divmod(self.microseconds, 1_000_000), session, text))

    def message(self, session, side, form):
        self.messages += 1
        self.event(session, '"from":"%s",%s' % (side, form))

    def end(self, sessions):
        self.file.write('{"t":%d.%06d,"end":{"sessions":%d,"messages":%d}}\n' % (
            *divmod(self.microseconds, 1_000_000), sessions, self.messages))
        self.file.close()


def token(seed, number):
    return hashlib.md5(b"%s %d" % (seed, number)).hexdigest()[:24]


def record(path, kind, sessions, messages):
    """So many messages in so many sessions; identifiers: how many of them come back."""
    recording = Recording(path, "raw/u32be" if kind == "raw" else "json/lines")
    bursts = messages // (2 * BURST * sessions)
    issued, number = ["none"] * BURST, 0
    for session in range(1, sessions + 1):
        recording.event(session, '"open":{"port":12000,"peer":"127.0.0.1:%d"}' % (32_768 + session % 28_000))
        for _ in range(bursts):
            if kind == "identifiers":
                forms = ['"value":{"op":"next","token":"%s","text":"hello, is there anybody?"}' % one for one in issued]
                issued = [token(b"recorded", number + place) for place in range(BURST)]
                answers = ['"value":{"token":"%s","text":"here you are, and come again"}' % one for one in issued]
            elif kind == "json":
                forms = answers = [
                    '"value":{"message":"hello, is there anybody?","number":%d,"tags":["a","b"],"ratio":0.25}'
                    % (number + place) for place in range(BURST)]
            else:
                forms = answers = ['"text":"%s"' % ("message %09d " % (number + place)).ljust(100, "x")
                                   for place in range(BURST)]
            number += BURST
            for form in forms:
                recording.message(session, "client", form)
            for form in answers:
                recording.message(session, "server", form)
        recording.event(session, '"eof":"client"')
        recording.event(session, '"close":"clean"')
    recording.end(sessions)
    # The last answers never come back.
    return number - BURST if kind == "identifiers" else 0


class Issuer:
    """Answers each line with a token that no recording has."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.count = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as lines:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in lines:
                text = '{"token":"%s","text":"here you are, and come again"}\n' % token(b"present", self.count)
                self.count += 1
                connection.sendall(text.encode())

    def stop(self):
        self.listener.close()


class Echo:
    """Our own server, that says what it was told."""

    def __init__(self, binary, codec, folder):
        port_file = pathlib.Path(folder, "port")
        port_file.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [binary, "serve", "--listen", f"0:{codec},greet=none", "--port-file", port_file, "--quiet"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not (port_file.exists() and port_file.read_text().endswith("\n")):
            if self.process.poll() is not None:
                raise SystemExit("replay_memory: the server does not start")
            time.sleep(0.01)
        self.port = int(port_file.read_text().split("\n")[0].rsplit(":", 1)[1])

    def stop(self):
        self.process.terminate()
        self.process.wait()


def replay(binary, path, port):
    """The most memory that was resident, in bytes; seconds; and what was said."""
    start = time.monotonic()
    process = subprocess.Popen(
        [binary, "replay", path, "--target", f"127.0.0.1:{port}"], stdout=subprocess.PIPE, text=True)
    most = 0
    # The replay listens for a while after its last message, so that the last look is behind what takes most.
    while process.poll() is None:
        for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                most = int(line.split()[1]) << 10
        time.sleep(0.03)
    return most, time.monotonic() - start, process.stdout.read(), process.returncode


def check(binary, title, kind, sessions, messages):
    """Whether ten times the messages take the same memory."""
    taken = []
    with tempfile.TemporaryDirectory(prefix="tapedeck-memory-") as folder:
        for count in (messages // 10, messages):
            path = pathlib.Path(folder, f"{count}.tape.jsonl")
            identifiers = record(path, kind, sessions, count)
            server = Issuer() if kind == "identifiers" else Echo(binary, kind, folder)
            most, seconds, said, status = replay(binary, path, server.port)
            server.stop()
            taken.append((most, identifiers))
            print("%-28s %9s messages  %6.1f MB resident at most  %6.1f s" % (
                title, format(count, ","), most / 1e6, seconds), flush=True)
            # The last answers' tokens did not come back, so that they differ.
            if status != (1 if identifiers else 0) or identifiers and f"({identifiers} answers" not in said:
                print(said[-2_000:])
                return False
    (before, known), (after, more) = taken
    allowed = SLACK + PER_MESSAGE * (messages - messages // 10) + PER_IDENTIFIER * (more - known)
    if more:
        print("%28s %9.0f bytes for each identifier that comes back" % ("", (after - before) / (more - known)))
    if after - before > allowed:
        print(f"MISSED: {title} takes {(after - before) / 1e6:.1f} MB more, of {allowed / 1e6:.1f} MB")
    return after - before <= allowed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=str(ROOT / ".build" / "release" / "tapedeck"))
    parser.add_argument("--only", action="append", help="checks with this word in their title only")
    parser.add_argument("--messages", type=int, default=1_000_000, help="of the larger recording")
    arguments = parser.parse_args()
    checks = [
        ("raw, 100 sessions", "raw", 100), ("raw, one session", "raw", 1), ("json, 100 sessions", "json", 100),
        ("identifiers, 100 sessions", "identifiers", 100),
    ]
    chosen = [one for one in checks if not arguments.only or any(word in one[0] for word in arguments.only)]
    return 0 if all([check(arguments.binary, *one, arguments.messages) for one in chosen]) else 1


if __name__ == "__main__":
    sys.exit(main())
