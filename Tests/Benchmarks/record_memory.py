#!/usr/bin/env python3
"""Records a hundred thousand and a million messages, answered and relayed, and says what memory that takes.

    python3 Tests/Benchmarks/record_memory.py [--binary PATH] [--only WORD]... [--messages N]

Whatever is recorded is handed on as it passes, so a million messages are to take no more than a tenth of them. Each kind runs in
two processes of its own, and the most that each ever had resident is compared. The exit status is 1 where the larger one took
more, or a message is not in the recording.
"""

import argparse
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SLACK = 4 << 20
# Messages that are sent before their answers are read, on each of the connections.
BURST, CONNECTIONS = 500, 4
RAW = struct.pack(">I", 100) + b"m" * 100
JSON = json.dumps({"message": "hello, is there anybody?", "password": "open sesame", "number": 17}).encode() + b"\n"
PLAIN, COMPRESSED = "recording.tape.jsonl", "recording.tape.jsonl.zst"

# Title, codec, message, relayed, recording, options.
KINDS = [
    ("raw, answered", "raw", RAW, False, PLAIN, []),
    ("JSON, answered", "json", JSON, False, PLAIN, []),
    ("raw, relayed", "raw", RAW, True, PLAIN, []),
    ("JSON, relayed", "json", JSON, True, PLAIN, []),
    ("raw, relayed, durability none", "raw", RAW, True, PLAIN, ["--durability", "none"]),
    ("raw, relayed, durability disk", "raw", RAW, True, PLAIN, ["--durability", "disk"]),
    ("JSON, relayed, compressed", "json", JSON, True, COMPRESSED, []),
    ("JSON, relayed, redacted", "json", JSON, True, PLAIN, ["--redact", "defaults"]),
    ("JSON, relayed, rotated", "json", JSON, True, PLAIN, ["--rotate", "4MiB"]),
    ("JSON, relayed, and its packets", "json", JSON, True, PLAIN,
     ["--capture", "{folder}/packets.pcapng", "--capture-from", "sockets"]),
]


class Recorder:
    """A tapedeck that records, and how it is reached."""

    def __init__(self, binary, codec, folder, recording, upstream, options):
        port_file = pathlib.Path(folder, "port")
        self.told = open(os.path.join(folder, "told"), "w+")
        to = f",to=127.0.0.1:{upstream}" if upstream else ",greet=none"
        options = [option.replace("{folder}", folder) for option in options]
        self.process = subprocess.Popen(
            [binary, "serve", "--listen", f"0:{codec}{to}", "--port-file", port_file, "--quiet", "--record",
             os.path.join(folder, recording), *options], stdout=subprocess.DEVNULL, stderr=self.told)
        while not port_file.exists():
            if self.process.poll() is not None:
                self.fail("it does not start")
            time.sleep(0.01)
        self.port = int(port_file.read_text().split("\n")[0].rsplit(":", 1)[1])

    def most_resident(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return 0

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(120) != 0:
            self.fail(f"it ended with {self.process.returncode}")

    def fail(self, what):
        self.told.seek(0)
        raise SystemExit(f"record_memory: {what}: {self.told.read()}")


def echo_server():
    """An upstream in this process; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection):
        while piece := connection.recv(1 << 18):
            connection.sendall(piece)
        connection.close()

    def accept():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def converse(port, message, count):
    """Sends messages and reads as many back."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        while count > 0:
            burst = min(count, BURST)
            connection.sendall(message * burst)
            left = len(message) * burst
            while left > 0:
                piece = connection.recv(1 << 18)
                if not piece:
                    raise SystemExit("record_memory: the connection ended early")
                left -= len(piece)
            count -= burst


def recorded_messages(folder, binary):
    """How many messages the recording holds, as its ends say."""
    total = 0
    for path in pathlib.Path(folder).glob("recording*"):
        command = ["zstd", "-dcq", path] if path.suffix == ".zst" else ["cat", path]
        reading = subprocess.Popen(command, stdout=subprocess.PIPE)
        total += sum(1 for line in reading.stdout if b'"from":' in line)
        reading.wait()
    return total


def measure(binary, kind, messages, upstream):
    """What was resident at most, the seconds it took, and how many messages stand in the recording."""
    _, codec, message, is_relayed, recording, options = kind
    with tempfile.TemporaryDirectory(prefix="tapedeck-memory-") as folder:
        recorder = Recorder(binary, codec, folder, recording, upstream if is_relayed else None, options)
        started = time.monotonic()
        clients = [
            threading.Thread(target=converse, args=(recorder.port, message, messages // 2 // CONNECTIONS))
            for _ in range(CONNECTIONS)
        ]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        seconds = time.monotonic() - started
        resident = recorder.most_resident()
        recorder.stop()
        return resident, seconds, recorded_messages(folder, binary)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=str(ROOT / ".build" / "release" / "tapedeck"))
    parser.add_argument("--only", action="append", help="kinds with this word in their title only")
    parser.add_argument("--messages", type=int, default=1_000_000, help="of the larger recording")
    arguments = parser.parse_args()
    upstream = echo_server()
    failed = False
    print("| messages of about 100 bytes | %s | %s | takes |" % (
        format(arguments.messages // 10, ","), format(arguments.messages, ",")))
    print("|---|---|---|---|")
    for kind in KINDS:
        if arguments.only and not any(word in kind[0] for word in arguments.only):
            continue
        few, _, _ = measure(arguments.binary, kind, arguments.messages // 10, upstream)
        many, seconds, found = measure(arguments.binary, kind, arguments.messages, upstream)
        wanted = arguments.messages // 2 // CONNECTIONS * CONNECTIONS * 2
        note = ""
        if many > few + SLACK:
            note += " **grows**"
        if found != wanted:
            note += f" **{found} of {wanted} recorded**"
        failed = failed or bool(note)
        print("| %s | %.1f MB | %.1f MB | %.1f s |%s" % (kind[0], few / 1e6, many / 1e6, seconds, note), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
