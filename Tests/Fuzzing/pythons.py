"""What one Python (2.7 or any 3, the one that runs this) has to say about pickles of plain values.

    pythons.py make SEED COUNT      prints pickles of random values, in every protocol, for `fuzz --examples`
    pythons.py load FILE            loads what `fuzz --examples` wrote of them, and compares with what it loads of its own
    pythons.py notation FILE        compares the readable text with that of pj.py (any Python 3)

A line of `make` is `NAME PROTOCOL BASE64`, with `loose` behind it where this Python chose its opcodes otherwise than those of today:
Python 2 always; 3.6 in protocol 0 (`L1L`) and in frames of less than four bytes. A line of `fuzz --examples` is `= NAME PROTOCOL
THEIRS OURS TEXT`, the last three in base64.
"""
import base64
import os
import pickle
import random
import sys

chance = random.Random()
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


def make(seed, count):
    version = sys.version_info[:2]
    chance.seed(seed)
    for index in range(count):
        made = value(chance.randrange(6), [])
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            data = pickle.dumps(made, protocol)
            loose = version < (3, 0) or version == (3, 6) and (protocol == 0 or protocol == 4 and len(data) < 16)
            print("%d.%d/%d/%d %d %s%s" % (version[0], version[1], seed, index, protocol,
                                           base64.b64encode(data).decode("ascii"), " loose" if loose else ""))


def shape(value, seen):
    """A text that is the same for equal values: types, signs of zeros, and which lists and dicts are one object."""
    kind = type(value)
    if kind in (list, dict):
        if id(value) in seen: return "#%d" % seen[id(value)]
        seen[id(value)] = len(seen)
    if kind in (list, tuple): return "%s(%s)" % (kind.__name__, ",".join([shape(part, seen) for part in value]))
    if kind in (set, frozenset): return "%s(%s)" % (kind.__name__, ",".join(sorted([shape(part, {}) for part in value])))
    if kind is dict:
        pairs = [shape(key, seen) + ":" + shape(part, seen) for key, part in value.items()]
        return "dict(%s)" % ",".join(pairs)
    # An int and a long of Python 2 are one number.
    if kind.__name__ == "long": return "int" + repr(value)[:-1]
    return kind.__name__ + repr(value)


def answers(path):
    for line in open(path):
        fields = line.split()
        if fields and fields[0] == "=":
            yield [fields[1], int(fields[2])] + [base64.b64decode(field) for field in fields[3:6]]


def load(path):
    count = 0
    different = 0
    for name, protocol, theirs, ours, _ in answers(path):
        count += 1
        expected = shape(pickle.loads(theirs), {})
        try:
            found = shape(pickle.loads(ours), {})
        except Exception as error:
            found = "%s: %s" % (type(error).__name__, error)
        if found != expected:
            different += 1
            if different <= 20: print("%s, protocol %d loads as another value: %s, not %s" % (name, protocol, found[:300], expected[:300]))
    return count, different


def notation(path):
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../CodecsTests/Fixtures/pickle"))
    import pj
    count = 0
    different = 0
    for name, protocol, theirs, _, text in answers(path):
        count += 1
        expected = pj.notation(theirs)
        if expected != text.decode("utf-8"):
            different += 1
            if different <= 20: print("%s, protocol %d reads as %s, not %s" % (name, protocol, text.decode("utf-8")[:300], expected[:300]))
    return count, different


if sys.argv[1] == "make":
    make(int(sys.argv[2]), int(sys.argv[3]))
else:
    count, different = {"load": load, "notation": notation}[sys.argv[1]](sys.argv[2])
    sys.exit(different > 0 or count == 0)
