#!/usr/bin/env python3
"""Becomes another relay between a port of its choice and one of this machine, on one core, as its users would start it.

    python3 relay_peer.py PORT_FILE haproxy|socat|mitmdump UPSTREAM_PORT [PROGRAM]

The port is written into PORT_FILE as tapedeck does it, as soon as the relay listens.
"""

import os
import pathlib
import socket
import sys
import tempfile
import time

HAPROXY = """
global
  nbthread 1
  maxconn 1000
defaults
  mode tcp
  timeout connect 10s
  timeout client 10m
  timeout server 10m
listen relay
  bind 127.0.0.1:%s
  server upstream 127.0.0.1:%s
"""


def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def command(kind, port, upstream, program):
    if kind == "haproxy":
        with tempfile.NamedTemporaryFile("w", suffix=".cfg", delete=False) as file:
            file.write(HAPROXY % (port, upstream))
        return [program or "haproxy", "-q", "-db", "-f", file.name]
    if kind == "socat":
        listen = f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,nodelay"
        return [program or "socat", listen, f"TCP:127.0.0.1:{upstream},nodelay"]
    # It keeps what passed, as a recorder does.
    return [
        program or "mitmdump", "-q", "--mode", f"reverse:tcp://127.0.0.1:{upstream}", "--listen-host", "127.0.0.1",
        "--listen-port", str(port), "--save-stream-file", os.devnull]


def listens(port):
    """Whether anybody listens at the port, from the kernel's table: a connection would be relayed."""
    address = "0100007F:%04X" % port
    lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(fields[1] == address and fields[3] == "0A" for fields in map(str.split, lines))


def main():
    port_file, kind, upstream, *program = sys.argv[1:]
    port = unused_port()
    # The relay keeps this process' number, whose processor time is measured; a child waits for it.
    if os.fork() == 0:
        deadline = time.monotonic() + 30
        while not listens(port):
            if time.monotonic() > deadline:
                os._exit(1)
            time.sleep(0.01)
        pathlib.Path(port_file).write_text(f"127.0.0.1:{port}\n")
        os._exit(0)
    words = command(kind, port, upstream, *program or [None])
    os.execvp(words[0], words)


if __name__ == "__main__":
    main()
