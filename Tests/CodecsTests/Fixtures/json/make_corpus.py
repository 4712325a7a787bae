"""Makes corpus.txt: JSON texts, good and spoilt, with what CPython's json says of each.

A line is `no BASE64` for a text that is refused, or `ok BASE64 VALUES HASH`: how many values it holds (keys are values, too)
and the FNV-1a hash of all its strings (UTF-8, a lone surrogate as three bytes, each behind a zero byte), in order.
"""

import base64
import json
import pathlib
import random

SEEDS = [
    r'{"message":"hi","id":3,"ok":true,"none":null,"list":[1,-2.5,3e10,1E-2,0,-0,1.0]}',
    r'["\u00e9","\ud83d\ude00","\ud800","\udc00\ud800","\"\\\/\b\f\n\r\t","\u0000",""]',
    '{"naïve":"café","日本":["語","😀"],"a":{"b":{"c":[[],{},[{}]]}}}',
    ' [ 1 , 2 , { "a" : false } ] \r\n\t',
    '{"a":1,"a":2,"\\u0061":3}',
    "123456789012345678901234567890.5e-12",
    '"plain text that is longer than eight bytes"',
    "null",
]
SPOIL = [b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"0", b"-", b".", b"e", b"u", b" ", b"\n", b"\x00", b"\x1f", b"\x7f",
         b"\x80", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\xe2\x80\xa8", b"\\u12", b"true", b"NaN", b"//"]


def refuse(name):
    raise ValueError(name)


def judge(text):
    values = 0
    digest = 0xCBF29CE484222325
    try:
        value = json.loads(text.decode("utf-8"), parse_constant=refuse, parse_int=lambda t: ("number", t),
                           parse_float=lambda t: ("number", t), object_pairs_hook=lambda pairs: ("map", pairs))
    except (ValueError, RecursionError):
        return None
    stack = [value]
    while stack:
        value = stack.pop()
        values += 1
        if isinstance(value, str):
            for byte in b"\0" + value.encode("utf-8", "surrogatepass"):
                digest = (digest ^ byte) * 0x100000001B3 % 2**64
        elif isinstance(value, list):
            stack.extend(reversed(value))
        elif isinstance(value, tuple) and value[0] == "map":
            for key, entry in reversed(value[1]):
                stack.extend((entry, key))
    return values, digest


def main():
    random.seed(8259)
    texts = [seed.encode() for seed in SEEDS]
    while len(texts) < 3000:
        text = bytearray(random.choice(SEEDS).encode())
        for _ in range(random.randint(1, 3)):
            at = random.randrange(len(text) + 1)
            match random.randrange(4):
                case 0: text[at:at] = random.choice(SPOIL)
                case 1: del text[at:at + random.randint(1, 3)]
                case 2: text[at:at + 1] = random.choice(SPOIL)
                case 3: text[at:at] = text[at:at + random.randint(1, 6)]
        texts.append(bytes(text))
    lines = []
    for text in texts:
        verdict = judge(text)
        encoded = base64.b64encode(text).decode() or "-"
        lines.append(f"ok {encoded} {verdict[0]} {verdict[1]:016x}" if verdict else f"no {encoded}")
    path = pathlib.Path(__file__).with_name("corpus.txt")
    path.write_text("\n".join(lines) + "\n")
    print(len(lines), sum(line.startswith("ok") for line in lines))


main()
