"""Prints pickles of plain values, made by the Python that runs this (2.7 or any 3), for `fuzz --examples`.

A line is `NAME PROTOCOL BASE64`, with `loose` behind it where this Python chose its opcodes otherwise than those of today:
Python 2 always; 3.6 in protocol 0 (`L1L`) and in frames of less than four bytes.
"""
import base64
import pickle
import random
import sys

SEED = int(sys.argv[1]) if len(sys.argv) > 1 else 1
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 300
chance = random.Random(SEED)
TEXTS = [u"", u"a", u"id", u"message", u"caf\u00e9", u"\u65e5\u672c", u"\U0001f600", u"\ud800", u"line\nbreak", u"q\\uote'\"",
         u"x" * 128, u"y" * 129, u"z" * 255, u"w" * 256, u"\u00ff", u"\x00", u"tab\t\x1a"]
BLOBS = [b"", b"b", b"bytes", b"\x00\xff", b"x" * 255, b"x" * 256, b"a\nb'\\"]


def number():
    if chance.random() < 0.4:
        return chance.choice((0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**53, 2**63, -2**63, 2**64))
    return chance.getrandbits(chance.randrange(1, 700)) * chance.choice((1, -1))


def scalar():
    kind = chance.randrange(6)
    if kind == 0: return chance.choice((None, True, False))
    if kind == 1: return number()
    if kind == 2: return chance.choice((0.0, -0.0, 1.0, 0.1, 1e16, 1e22, 5e-324, float("inf"), float("-inf"), chance.uniform(-1e9, 1e9)))
    if kind == 3: return chance.choice(BLOBS)
    return chance.choice(TEXTS)


def key():
    return chance.choice((scalar, lambda: chance.choice(TEXTS), lambda: (chance.choice(TEXTS), number())))()


def value(depth, seen):
    if depth == 0 or chance.random() < 0.35: return scalar()
    if seen and chance.random() < 0.1: return chance.choice(seen)
    count = chance.choice((0, 1, 2, 3, 4, 8))
    kind = chance.randrange(6)
    if kind < 2: made = []
    elif kind < 4: made = {}
    elif kind == 4: made = tuple(value(depth - 1, seen) for _ in range(count))
    else: made = chance.choice((set, frozenset))(key() for _ in range(count))
    if type(made) is list:
        seen.append(made)
        made.extend(value(depth - 1, seen) for _ in range(count))
    if type(made) is dict:
        seen.append(made)
        for _ in range(count): made[key()] = value(depth - 1, seen)
    return made


version = sys.version_info[:2]
for index in range(COUNT):
    made = value(chance.randrange(6), [])
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        data = pickle.dumps(made, protocol)
        loose = version < (3, 0) or version == (3, 6) and (protocol == 0 or protocol == 4 and len(data) < 16)
        print("%d.%d/%d/%d %d %s%s" % (version[0], version[1], SEED, index, protocol,
                                       base64.b64encode(data).decode("ascii"), " loose" if loose else ""))
