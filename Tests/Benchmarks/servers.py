"""The servers that are measured, the messages that they are sent, and how they start and end."""

import json
import os
import pathlib
import pickle
import signal
import struct
import subprocess
import sys
import time

import peers

# Seconds that a server may take to start, on a machine that does other things.
PATIENCE = 30

RAW = bytes(range(32, 127)) + b"hello"
VALUE = {"message": "hello, is there anybody?", "id": 1042, "tags": ["a", "b"], "ratio": 0.25, "ok": True, "to": None}
REQUESTS = {
    "raw": struct.pack(">I", len(RAW)) + RAW,
    "json": json.dumps(VALUE, separators=(",", ":")).encode() + b"\n",
    "pickle": pickle.dumps(VALUE, protocol=4),
}


# What a recording of a measurement may take.
RECORDED_BYTES = 512 << 20


def have_memory(folder):
    """Has the system use as much memory as a recording will, and give it back.

    A virtual machine may have given free memory back to its host (free page reporting). Then the first use of a page is a
    fault at the host, and a file is written at a sixth of its speed: whoever records would be measured by that.
    """
    path = os.path.join(folder, "memory")
    some = bytes(1 << 20)
    with open(path, "wb", buffering=0) as file:
        for _ in range(RECORDED_BYTES // len(some)):
            file.write(some)
    os.unlink(path)


class Server:
    """A server process on a core of its own, whose port stands in a file. A recording that it writes ends with it."""

    def __init__(self, command, folder, core, pause=0.01, keeps=False):
        port_file = os.path.join(folder, "port")
        if os.path.exists(port_file):
            os.unlink(port_file)
        command = [str(part).replace("{port-file}", port_file).replace("{folder}", folder) for part in command]
        recordings = [] if keeps else [part for part in command if part.endswith(".jsonl")]
        self.recording = recordings[-1] if recordings else None
        if self.recording:
            if os.path.exists(self.recording):
                os.unlink(self.recording)
            have_memory(folder)
        self.process = subprocess.Popen(
            ["taskset", "-c", str(core), *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.port = self.wait_for_port(pathlib.Path(port_file), pause, " ".join(command))

    def wait_for_port(self, path, pause, command):
        deadline = time.monotonic() + PATIENCE
        while True:
            text = path.read_text() if path.exists() else ""
            if text.endswith("\n"):
                return int(text.split("\n")[0].rsplit(":", 1)[1])
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise SystemExit(f"bench: does not start: {command}")
            # Whoever looks all the time steps back each time: with a real-time priority the server could not begin.
            time.sleep(pause) if pause else os.sched_yield()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.recording:
            os.unlink(self.recording)


class Commands:
    """How each of them is started; None where one is not to be had."""

    def __init__(self, binary):
        self.binary = binary
        self.echo_epoll = str(peers.compile_c("echo_epoll"))
        self.go = peers.compile_go("go_peer")
        self.python = peers.python_with("uvloop", "orjson")

    def tapedeck(self, codec, *options, quiet=True, ports=1):
        listen = f"0:{codec}" if ",to=" in codec else f"0:{codec},greet=none"
        quiet = ["--quiet"] if quiet else []
        return [self.binary, "serve", *ports * ["--listen", listen], "--port-file", "{port-file}", *quiet, *options]

    def recorded(self, codec, *options, ports=1):
        return self.tapedeck(codec, "--record", "{folder}/bench.tape.jsonl", *options, ports=ports)

    def mock(self, recording):
        return [self.binary, "mock", recording, "--listen", "0", "--port-file", "{port-file}", "--quiet"]

    def c_echo(self, *words):
        return [self.echo_epoll, "{port-file}", *words]

    def c_recorder(self):
        """Has no more of recording than the bytes that have to be with the kernel before an answer leaves."""
        return self.c_echo("writing", "{folder}/bench.tape.jsonl")

    def go_peer(self, *words):
        return self.go and [self.go, "{port-file}", *words]

    def threads(self, payload):
        return [sys.executable, str(peers.HERE / "python_threads.py"), "{port-file}", payload]

    def uvloop(self, payload):
        return self.python and [self.python, str(peers.HERE / "uvloop_server.py"), "{port-file}", payload]

    def relay_peer(self, kind):
        """Another relay in front of the upstream."""
        program = peers.program(kind)
        script = str(peers.HERE / "relay_peer.py")
        return program and [sys.executable, script, "{port-file}", kind, "{upstream}", program]
