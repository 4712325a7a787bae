#!/usr/bin/env python3
"""Compares what `tapedeck import` makes of pathological captures with what was sent, and with tshark and tcpflow.

    reassembly.py BINARY [COUNT [SEED]]

Each capture has some connections at once, made with scapy. On the way to whoever captures, segments are sent again, cut otherwise,
overlapped, put out of order and left out; sequence numbers begin near their end, handshakes and ends are missing. The receiver
acknowledges what it has; what the capture lost it does not have to lack. tapedeck is to give every byte that the capture has,
in order, and a gap of the right length for each hole. Where a capture lacks nothing, tshark's "follow" and tcpflow are
to say the same as what was sent; how often they do not is told, since then one of the two is wrong: tshark's word against ours
is a failure.

The first failure keeps its capture and ends with status 1; the seed that is named makes the same captures again.
"""

import base64
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

from scapy.all import IP, TCP, Ether, Raw, wrpcap

SERVER, SERVER_PORT = "10.9.0.1", 9000
MISSING = re.compile(rb"\[(\d+) bytes missing in capture file\]\x00?")


class Direction:
    """One side's bytes, and how far the other side has them."""

    def __init__(self, random, data):
        self.data = data
        self.first = random.choice([random.randrange(1 << 32), (1 << 32) - random.randrange(1, 3_000)])
        self.has = [False] * len(data)
        self.acknowledged = 0
        self.captured = bytearray(len(data))

    def number(self, position):
        return (self.first + 1 + position) % (1 << 32)

    def arrive(self, start, end):
        for place in range(start, end):
            self.has[place] = True
        while self.acknowledged < len(self.data) and self.has[self.acknowledged]:
            self.acknowledged += 1


class Conversation:
    """The packets of one connection, in the order in which they were captured."""

    def __init__(self, random, number):
        self.random = random
        self.client = ("10.9.%d.%d" % (random.randrange(1, 250), random.randrange(1, 250)), 20_000 + number)
        self.sides = [Direction(random, self.make_data()) for _ in range(2)]
        self.packets = []
        self.is_lossy = random.random() < 0.4
        self.begin()
        bursts = sum([self.cut(side) for side in (0, 1)], [])
        random.shuffle(bursts)
        # Each side's bursts in their own order.
        queues = [sorted((burst for burst in bursts if burst[0] == side), key=lambda burst: burst[1]) for side in (0, 1)]
        for side, _, _ in bursts:
            self.send(*queues[side].pop(0))
        self.finish()

    def make_data(self):
        return bytes(self.random.randbytes(self.random.choice([0, 1, 50, 700, 4_000])))

    def packet(self, side, flags, position, payload=b""):
        here, there = self.sides[side], self.sides[1 - side]
        ends = (self.client, (SERVER, SERVER_PORT))
        (source, source_port), (target, target_port) = ends if side == 0 else ends[::-1]
        acknowledged = there.number(there.acknowledged) if "A" in flags else 0
        layers = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src=source, dst=target) / TCP(
            sport=source_port, dport=target_port, flags=flags, seq=here.number(position), ack=acknowledged, window=60_000)
        self.packets.append(layers / Raw(payload) if payload else layers)

    def begin(self):
        self.packet(0, "S", -1)
        self.packet(1, "SA", -1)
        self.packet(0, "A", 0)

    def cut(self, side):
        """Pieces of one to three segments."""
        bursts, position, length = [], 0, len(self.sides[side].data)
        while position < length:
            end = min(length, position + self.random.choice([1, 9, 200, 1_000]))
            bursts.append((side, position, end))
            position = end
        return bursts

    def send(self, side, start, end):
        """Some bytes, in segments that meet with everything on their way."""
        random, direction = self.random, self.sides[side]
        segments, position = [], start
        while position < end:
            stop = min(end, position + random.randrange(1, 400))
            segments.append((position, stop))
            position = stop
        if random.random() < 0.3:
            random.shuffle(segments)
        if random.random() < 0.3:
            # Again, in other pieces, some of what came before along with it.
            again = max(0, start - random.randrange(0, 300))
            segments.insert(random.randrange(len(segments) + 1), (again, random.randrange(again + 1, end + 1)))
        for from_, to in segments:
            # What the capture lost and the receiver has is a hole, whatever comes later.
            lost = [place for place in range(from_, to) if direction.has[place] and not direction.captured[place]]
            from_ = lost[-1] + 1 if lost else from_
            if from_ == to:
                continue
            if not (self.is_lossy and random.random() < 0.05):
                self.packet(side, random.choice(["A", "PA"]), from_, direction.data[from_:to])
                direction.captured[from_:to] = b"\1" * (to - from_)
            direction.arrive(from_, to)
            if random.random() < 0.7:
                self.packet(1 - side, "A", self.sent(1 - side))
        # What did not arrive in order would be sent again until it did.
        self.packet(1 - side, "A", self.sent(1 - side))

    def sent(self, side):
        direction = self.sides[side]
        return max((place + 1 for place, has in enumerate(direction.has) if has), default=0)

    def finish(self):
        if self.random.random() < 0.2:
            return
        first = self.random.randrange(2)
        for side in (first, 1 - first):
            self.packet(side, "FA", len(self.sides[side].data))
        self.packet(first, "A", len(self.sides[first].data) + 1)

    def expected(self, side):
        """What the capture has of a side: bytes, and the lengths of holes."""
        pieces, direction = [], self.sides[side]
        for place, byte in enumerate(direction.data):
            if direction.captured[place]:
                if not pieces or isinstance(pieces[-1], int):
                    pieces.append(b"")
                pieces[-1] += bytes([byte])
            else:
                if not pieces or isinstance(pieces[-1], bytes):
                    pieces.append(0)
                pieces[-1] += 1
        return pieces


def joined(pieces):
    result = []
    for piece in pieces:
        if result and type(result[-1]) is type(piece):
            result[-1] += piece
        elif piece:
            result.append(piece)
    return result


def of_tapedeck(binary, capture, folder):
    """Per client's port: what each side sent, by its recording."""
    recording = folder / "out.tape.jsonl"
    recording.unlink(missing_ok=True)
    run = subprocess.run(
        [binary, "import", capture, "--port", f"{SERVER_PORT}:raw/chunks", "-o", recording], capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"import: status {run.returncode}: {run.stderr}")
    ports, found = {}, {}
    for line in recording.read_text().splitlines()[1:]:
        event = json.loads(line)
        if "open" in event:
            ports[event["s"]] = int(event["open"]["peer"].rsplit(":", 1)[1])
            found[ports[event["s"]]] = ([], [])
        if "gap" in event:
            gap = event["gap"]
            found[ports[event["s"]]][gap["from"] == "server"].append(gap["bytes"])
        elif "from" in event:
            bytes_ = event["text"].encode() if "text" in event else base64.b64decode(event["base64"])
            found[ports[event["s"]]][event["from"] == "server"].append(bytes_)
    return {port: [joined(side) for side in sides] for port, sides in found.items()}


def of_tshark(capture, count):
    command = ["tshark", "-r", capture, "-q"]
    for stream in range(count):
        command += ["-z", f"follow,tcp,raw,{stream}"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = {}
    for part in text.split("Follow: tcp,raw")[1:]:
        nodes = re.findall(r"Node \d: \S+:(\d+)", part)
        sides = [[], []]
        for line in part.split("\n"):
            if re.fullmatch(r"\t?[0-9a-f]+", line):
                sides[line.startswith("\t")].append(bytes.fromhex(line.strip()))
        pieces = []
        for side in sides:
            split = MISSING.split(b"".join(side))
            pieces.append(joined([int(piece) if place % 2 else piece for place, piece in enumerate(split)]))
        if int(nodes[0]) == SERVER_PORT:
            nodes, pieces = nodes[::-1], pieces[::-1]
        found[int(nodes[0])] = pieces
    return found


def of_tcpflow(capture, folder):
    flows = folder / "flows"
    shutil.rmtree(flows, ignore_errors=True)
    subprocess.run(["tcpflow", "-q", "-o", flows, "-r", capture], check=True, capture_output=True)
    found = {}
    for path in flows.iterdir():
        ends = re.fullmatch(r"[\d.]+\.(\d{5})-[\d.]+\.(\d{5})", path.name)
        if ends:
            source, target = map(int, ends.groups())
            port, side = (target, 1) if source == SERVER_PORT else (source, 0)
            found.setdefault(port, [[], []])[side] = joined([path.read_bytes()])
    return found


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    binary, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100
    first = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tapedeck-reassembly-"))
    capture = folder / "capture.pcap"
    connections = holes = wrong_tcpflow = wrong_tshark = 0
    print(f"seed {first}", flush=True)
    for seed in range(first, first + count):
        chance = random.Random(seed)
        conversations = [Conversation(chance, number) for number in range(chance.randrange(1, 6))]
        queues, packets = [list(one.packets) for one in conversations], []
        while any(queues):
            packets.append(chance.choice([queue for queue in queues if queue]).pop(0))
        for number, packet in enumerate(packets):
            packet.time = 1_700_000_000 + number / 1_000
        wrpcap(str(capture), packets)
        ours = of_tapedeck(binary, capture, folder)
        theirs, flows = of_tshark(capture, len(conversations)), of_tcpflow(capture, folder)
        for one in conversations:
            port = one.client[1]
            expected = [one.expected(side) for side in (0, 1)]
            connections += 1
            has_holes = any(isinstance(piece, int) for side in expected for piece in side)
            holes += has_holes
            if ours.get(port) != expected:
                print(f"seed {seed}, client's port {port}: {capture}")
                for side, name in enumerate(("client", "server")):
                    for who, pieces in (("sent", expected), ("tapedeck", ours.get(port, [[], []])),
                                        ("tshark", theirs.get(port, [[], []]))):
                        shape = [piece if isinstance(piece, int) else f"{len(piece)} bytes" for piece in pieces[side]]
                        print(f"  {name}, {who}: {shape}")
                return 1
            if not has_holes:
                wrong_tshark += theirs.get(port, [[], []]) != expected
                wrong_tcpflow += flows.get(port, [[], []]) != expected
    shutil.rmtree(folder)
    print(
        f"{connections} connections, {holes} with holes: every byte and every gap as it was sent; of the whole ones tshark had "
        f"{wrong_tshark} otherwise, tcpflow {wrong_tcpflow}")
    return 1 if wrong_tshark else 0


if __name__ == "__main__":
    sys.exit(main())
