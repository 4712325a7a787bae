"""Writes frames.jsonl beside itself: what a socket carries in every codec, made by Python and not by tapedeck.

    python3 make_frames.py        (3.8 or later; the checked-in file was made by 3.11)

Each line is {"codec", "name", "frame" (base64 of one frame), "form", "protocol", "raw"}: under which key a recording
keeps the message, which pickle protocol it notes (null for the port's own, 4), and whether it must keep the very bytes
beside the form, because nobody would write the message like that again.
"""
import base64
import io
import json
import os
import pickle
import pickletools
import struct
import sys

sys.setrecursionlimit(20000)


def varint(number):
    encoded = b""
    while number >= 0x80:
        encoded += bytes([number & 0x7F | 0x80])
        number >>= 7
    return encoded + bytes([number])


PREFIXES = {
    "u8": lambda n: struct.pack("B", n), "u16be": lambda n: struct.pack(">H", n), "u16le": lambda n: struct.pack("<H", n),
    "u32be": lambda n: struct.pack(">I", n), "u32le": lambda n: struct.pack("<I", n),
    "u64be": lambda n: struct.pack(">Q", n), "u64le": lambda n: struct.pack("<Q", n), "varint": varint,
    # multiprocessing.connection: Connection._send_bytes
    "mp": lambda n: struct.pack("!i", n),
}
LONGEST = {"u8": 255, "u16be": 65535, "u16le": 65535}

rows = []


def add(codec, name, frame, form="value", raw=False, protocol=None):
    rows.append({"codec": codec, "name": name, "frame": base64.b64encode(frame).decode(), "form": form,
                 "protocol": protocol, "raw": raw})


def add_prefixed(payload_name, name, payload, form="value", raw=False, protocol=None):
    for framing, prefix in PREFIXES.items():
        if framing == "mp" and payload_name == "json":
            continue
        if len(payload) <= LONGEST.get(framing, 1 << 40):
            add(payload_name + "/" + framing, name, prefix(len(payload)) + payload, form, raw, protocol)


def content_length(payload):
    return b"Content-Length: %d\r\n\r\n" % len(payload) + payload


def netstring(payload):
    return b"%d:%s," % (len(payload), payload)


# JSON, as json.dumps writes it.
VALUES = [
    {"message": "hi", "id": 3}, [], {}, "", "é 日本 😀", "quote \" backslash \\ slash / tab \t", 0, -1, 2**80, 1.5, 1e300,
    None, True, [[1, [2, [3]]]], {"a": {"b": [None, False]}, "": 0}, "\u2028\u202e\x7f\x85", list(range(300)), "x" * 70000,
]
TEXTS = [json.dumps(v) for v in VALUES] + [json.dumps(v, ensure_ascii=False) for v in VALUES[4:5] + VALUES[15:16]]
TEXTS += [json.dumps(VALUES[0], separators=(",", ":")), '{"a":1,"a":2}', "1.0", "1e400", "-0", '"\\ud800"']
# RFC 8259, section 13.
RFC = """{
        "Image": {
            "Width":  800,
            "Height": 600,
            "Title":  "View from 15th Floor",
            "Thumbnail": {
                "Url":    "http://www.example.com/image/481989943",
                "Height": 125,
                "Width":  100
            },
            "Animated" : false,
            "IDs": [116, 943, 234, 38793]
          }
      }"""
for index, text in enumerate(TEXTS):
    payload, name = text.encode(), "dumps/%d" % index
    add("json/lines", name, payload + b"\n")
    add("json/nul", name, payload + b"\0")
    add("json/rs", name, b"\x1e" + payload + b"\n")
    add("json/concat", name, payload if text[0] in '{["' else payload + b"\n")
    add("json/content-length", name, content_length(payload))
    add("json/netstring", name, netstring(payload))
    add_prefixed("json", name, payload)
for name, payload in ("several lines", RFC.encode()), ("indented", json.dumps(VALUES[0], indent=2).encode()):
    add("json/nul", name, payload + b"\0", raw=True)
    add("json/rs", name, b"\x1e" + payload + b"\n", raw=True)
    add("json/concat", name, payload, raw=True)
    add("json/content-length", name, content_length(payload), raw=True)
    add("json/netstring", name, netstring(payload), raw=True)
    add_prefixed("json", name, payload, raw=True)
for name, payload in ("blank before", b' {"a": 1}'), ("blank behind", b'{"a": 1} '), ("tab", b'{"a":\t1}'):
    add("json/lines", name, payload + b"\n", raw=True)
    add("json/netstring", name, netstring(payload), raw=True)
    add_prefixed("json", name, payload, raw=True)
add("json/lines", "CRLF", b'{"a": 1}\r\n', raw=True)
add("json/lines", "empty line before", b'\n{"a": 1}\n', raw=True)
add("json/nul", "empty frame before", b'\0{"a": 1}\0', raw=True)
add("json/concat", "space before", b' {"a": 1}', raw=True)
add("json/content-length", "another case", b"content-length: 2\r\n\r\n[]", raw=True)
add("json/content-length", "a second header",
    b"Content-Length: 2\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n[]", raw=True)
for depth, form in (512, "value"), (513, "base64"), (5000, "base64"):
    add("json/lines", "depth %d" % depth, b"[" * depth + b"]" * depth + b"\n", form)

# Bytes.
BYTES = [(b"hello", "text"), ("é 日本 😀".encode(), "text"), (b'quote " backslash \\ tab \t', "text"), (b"", "text"),
         (b"\0", "base64"), (b"\xff\xfe", "base64"), (b"\x1b[31m", "base64"), ("\u202e".encode(), "base64"),
         ("\x85".encode(), "base64"), (b"\xed\xa0\x80", "base64"), (b"\x7f", "base64"), (bytes(range(256)), "base64"),
         (b"x" * 70000, "text")]
for index, (payload, form) in enumerate(BYTES):
    name = "bytes/%d" % index
    add_prefixed("raw", name, payload, form)
    add("raw/netstring", name, netstring(payload), form)
    add("raw/content-length", name, content_length(payload), form)
    if payload:
        add("raw/chunks", name, payload, form)
    if b"\n" not in payload:
        add("raw/lines", name, payload + b"\n", form)
    if b"\0" not in payload:
        add("raw/nul", name, payload + b"\0", form)
add_prefixed("raw", "line breaks", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "text")
add("raw/chunks", "line breaks", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "text")
add("raw/lines", "CRLF", b"PING\r\n", "text", raw=True)
add("raw/mp", "the long form of a short length", struct.pack("!i", -1) + struct.pack("!Q", 2) + b"hi", "text", raw=True)

# Pickles, as CPython dumps them.
PICKLED = [
    ("none", None), ("true", True), ("int", 3), ("big", 2**70), ("negative", -(2**40)), ("float", 0.1), ("text", "hi é 日本"),
    ("long text", "x" * 300), ("bytes", b"plain"), ("binary", bytes(range(256))), ("list", [1, 2.0, "three"]),
    ("tuple", (1, (2, ()))), ("set", {7}), ("dict", {"message": "hi", "id": 3}), ("other keys", {1: "a", (2,): "b"}),
    ("equal keys", [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]), ("shared", [[1]] * 3), ("many", list(range(3000))),
    ("control", "\x1b[2J\u202e"), ("complex", 1 + 2j),
]
cycle = []
cycle.append(cycle)
PICKLED.append(("cycle", cycle))
for name, value in PICKLED:
    for protocol in range(6):
        payload = pickle.dumps(value, protocol)
        # Protocols 0 and 1 say of themselves no more than what they hold.
        noted = None if protocol == 4 else protocol
        if protocol < 2:
            noted = -1
        add("pickle/stream", "%s/%d" % (name, protocol), payload, protocol=noted)
        if protocol in (2, 4):
            add_prefixed("pickle", "%s/%d" % (name, protocol), payload, protocol=noted)
for name, value in ("list", [1, "two", [3]]), ("dict", {"message": ["hi", "hi"]}), ("shared", ["x" * 300] * 2):
    output = io.BytesIO()
    pickler = pickle.Pickler(output, 4)
    pickler.fast = True
    pickler.dump(value)
    add("pickle/stream", "no memo/" + name, output.getvalue(), raw=True)
    add("pickle/stream", "optimized/" + name, pickletools.optimize(pickle.dumps(value, 4)), raw=True)
for depth, form in (500, "value"), (600, "base64"), (900, "base64"):
    nested = None
    for _ in range(depth):
        nested = [nested]
    add("pickle/stream", "depth %d" % depth, pickle.dumps(nested, 4), form)

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "frames.jsonl"), "w") as output:
    for row in rows:
        if len(row["frame"]) > 2000 and row["codec"] not in ("json/lines", "raw/u32be", "pickle/stream"):
            continue
        output.write(json.dumps(row) + "\n")
