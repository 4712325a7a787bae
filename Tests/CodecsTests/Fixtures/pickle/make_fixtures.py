# -*- coding: utf-8 -*-
"""Writes the pickle fixtures: what CPython writes, and what it means.

    python3 make_fixtures.py PYTHON...      (2.7 and 3.6 to 3.13)

runs every PYTHON on this file to dump the values of `values()` at each of its protocols, and writes beside itself

  corpus.jsonl    one line per pickle: {"name", "python", "protocol", "pickle" (base64), "pj"}. `pj` is the text of the
                  readable notation, made by the reader and writer in pj.py, which share nothing with the Swift code. Equal
                  pickles of one name stand once, with the first Python that wrote them. Names under `hand/` were put together by
                  hand: nothing writes them, so that writing their `pj` again need not give the same bytes.
  verdicts.jsonl  hand-made byte strings: {"name", "pickle", "accepted", "error"}: what the `_pickle` of the python3 that
                  runs this makes of them when every global, call and persistent id gives an object that takes anything.

`pj` is compact JSON (no blanks). A test compares it as JSON tokens: numbers by their text, strings after their escapes.
"""
from __future__ import print_function

import base64
import json
import os
import pickle
import subprocess
import sys

try:
    import _pickle as accelerated
except ImportError:
    import cPickle as accelerated

PYTHON_2 = sys.version_info[0] == 2
if PYTHON_2:
    text_type, long_type = unicode, long
else:
    text_type, long_type = str, int


class Point(object):
    def __init__(self, x, y):
        self.x = x
        self.y = y


class Slotted(object):
    __slots__ = ("a", "b")

    def __getstate__(self):
        return (None, {"a": self.a, "b": self.b})

    def __setstate__(self, state):
        self.a, self.b = state[1]["a"], state[1]["b"]


class Numbers(list):
    pass


class Table(dict):
    pass


class WithArguments(object):
    def __new__(cls, *args, **kwargs):
        made = object.__new__(cls)
        made.args = args
        return made

    def __getnewargs_ex__(self):
        return self.args, {"scale": 2}

    def __getnewargs__(self):
        return self.args


class Reduced(object):
    def __init__(self, *parts):
        self.parts = parts

    def __reduce__(self):
        return Reduced, self.parts, {"seen": True}, iter([1, 2]), iter([("k", "v")])


class SelfInArguments(object):
    def __init__(self):
        self.me = (self,)


if PYTHON_2:
    class OldStyle:
        def __init__(self, value=None):
            self.value = value

        def __getinitargs__(self):
            return (self.value,)


def values():
    yield "none", None
    yield "true", True
    yield "false", False
    for number in (0, 1, -1, 2, 10, 255, 256, 65535, 65536, -255, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**53 - 1, 2**53,
                   1 - 2**53, -2**53, 2**63 - 1, 2**63, -2**63, -2**63 - 1, 2**64, 2**100, -2**100):
        yield "int/%d" % number, number
    yield "int/255-bytes", 2**2039 - 1
    yield "int/256-bytes", 2**2047
    yield "int/300-bytes", -(2**2400) + 12345
    for number in (0.0, -0.0, 1.0, -1.0, 0.1, 1e16, 1e15, 123456789.125, 1e-5, 1e-4, 1e100, 5e-324, 1.7976931348623157e308,
                   float("inf"), float("-inf"), float("nan")):
        yield "float/%r" % number, number
    for name, text in (
        ("empty", u""), ("a", u"a"), ("quote", u"\"'\\/"), ("lines", u"a\nb\r\tc"), ("nul", u"\0\x01\x1f\x7f\x80"),
        ("latin", u"caf\xe9"), ("bmp", u"\u20ac\u3042"), ("astral", u"\U0001f600x"), ("128", u"x" * 128),
        ("129", u"y" * 129), ("255", u"z" * 255), ("256", u"z" * 256), ("wide", u"\xe9" * 200), ("dollar", u"$tag"),
        ("escape", u"\\u0041 \\U00000041 \\"),
    ):
        yield "str/" + name, text
    if not PYTHON_2:
        yield "str/lone-high", u"a\ud800b"
        yield "str/lone-low", u"\udfff"
        yield "str/low-high", u"\udc00\ud800"
        yield "str/high-low", u"\ud83d\ude00"
    for name, data in (
        ("empty", b""), ("text", b"hello\n\t\r"), ("quotes", b"it's \"quoted\" \\ back"), ("binary", b"\x00\xff\x80abc"),
        ("255", b"q" * 255), ("256", b"q" * 256), ("all", bytes(bytearray(range(256)))),
    ):
        yield "bytes/" + name, data
        yield "bytearray/" + name, bytearray(data)
    yield "list/empty", []
    yield "list/one", [1]
    yield "list/few", [1, 2.5, None, True, u"x", b"y"]
    yield "list/1000", [None] * 1000
    yield "list/1001", [True] * 1001
    yield "list/nested", [[], [[]], [[[1]]]]
    for count in range(5):
        yield "tuple/%d" % count, tuple(range(count))
    yield "tuple/nested", ((), (1, (2, (3, (4, 5)))))
    yield "dict/empty", {}
    yield "dict/one", {u"k": 1}
    yield "dict/text", dict([(u"a", 1)])
    yield "dict/int", {1: u"a"}
    yield "dict/tuple", {(1, 2): [3]}
    yield "dict/dollar", {u"$k": 1}
    yield "dict/1001", dict((i, None) for i in range(1001))
    yield "set/empty", set()
    yield "set/one", set([1])
    yield "set/1001", set(range(1001)) if sys.version_info[:2] == (3, 11) else set([2])
    yield "frozenset/empty", frozenset()
    yield "frozenset/one", frozenset([u"x"])
    yield "frozenset/nested", frozenset([frozenset([1])])
    shared = [1]
    yield "shared/list", [shared, shared]
    yield "shared/tuple", [(shared,), shared]
    pair = (1, 2)
    yield "shared/pair", [pair, pair]
    empty = ()
    yield "shared/empty-tuple", [empty, empty]
    name = u"name"
    yield "shared/short-text", [name, name]
    yield "shared/keys", [{u"id": 1}, {u"id": 2}]
    text = u"long" * 40
    yield "shared/long-text", [text, text]
    yield "shared/long-key", [{text: 1}, {text: 2}]
    data = b"long" * 40
    yield "shared/long-bytes", [data, data]
    array = bytearray(b"abc")
    yield "shared/bytearray", [array, array]
    cycle = []
    cycle.append(cycle)
    yield "cycle/list", cycle
    cycle = {}
    cycle[u"me"] = cycle
    yield "cycle/dict", cycle
    cycle = []
    cycle.append((cycle,))
    yield "cycle/tuple-in-list", cycle
    cycle = ([],)
    cycle[0].append(cycle)
    yield "cycle/tuple", cycle
    cycle = ([], 1, 2, 3)
    cycle[0].append(cycle)
    yield "cycle/tuple-4", cycle
    point = Point(1, 2)
    point.x = point
    yield "cycle/object", point
    point = Point(1, 2)
    point.x = frozenset([point])
    yield "cycle/frozenset", point
    yield "cycle/frozenset-first", point.x
    yield "cycle/arguments", SelfInArguments()
    yield "object/point", Point(1, u"y")
    yield "object/points", [Point(1, 2), Point(3, 4)]
    slotted = Slotted()
    slotted.a, slotted.b = 1, 2
    yield "object/slots", slotted
    yield "object/list-subclass", Numbers([1, 2, 3])
    numbers = Numbers([1])
    numbers.label = u"n"
    yield "object/list-with-state", numbers
    yield "object/dict-subclass", Table({u"a": 1})
    yield "object/arguments", WithArguments(1, 2)
    yield "object/reduced", Reduced(1, 2)
    yield "object/class", Point
    yield "object/builtin", len
    yield "object/complex", 1 + 2j
    yield "object/exception", ValueError(u"bad")
    import collections
    import datetime
    import decimal
    yield "object/ordered", collections.OrderedDict([(u"a", 1), (u"b", 2)])
    yield "object/deque", collections.deque([1, 2], 5)
    yield "object/defaultdict", collections.defaultdict(list, {u"a": [1]})
    yield "object/counter", collections.Counter(u"aab")
    yield "object/date", datetime.date(2024, 2, 29)
    yield "object/datetime", datetime.datetime(2024, 2, 29, 1, 2, 3, 4)
    yield "object/timedelta", datetime.timedelta(1, 2, 3)
    yield "object/decimal", decimal.Decimal("1.10")
    yield "object/range", range(3)
    if PYTHON_2:
        yield "object/old-style", OldStyle(1)
        yield "object/old-styles", [OldStyle(1), OldStyle([2])]
        yield "legacy/long", long(5)
        yield "legacy/long-list", [long(0), long(-1), long(2)**70]
        yield "legacy/shared", [b"abc" * 50] * 2
    else:
        import uuid
        yield "object/uuid", uuid.UUID(int=5)
        yield "object/nested-class", collections.OrderedDict.fromkeys
    yield "record", {
        u"id": 17, u"user": u"anna", u"tags": [u"a", u"b"], u"score": 0.5, u"ok": True, u"none": None,
        u"nested": {u"id": 18, u"user": u"bert", u"tags": []},
    }
    yield "records", [{u"id": i, u"name": u"user%d" % i, u"scores": [i * 0.5, i + 1], u"pair": (i, -i)} for i in range(9)]


def dumped():
    version = "%d.%d" % sys.version_info[:2]
    for name, value in values():
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            try:
                data = accelerated.dumps(value, protocol)
            except Exception:
                continue
            yield {"name": name, "python": version, "protocol": protocol,
                   "pickle": base64.b64encode(data).decode("ascii")}
    if sys.version_info >= (3, 8):
        kept = []
        for name, value in (("buffers/one", pickle.PickleBuffer(b"abc")), ("buffers/two", [
                pickle.PickleBuffer(bytearray(b"abc")), pickle.PickleBuffer(b"x")])):
            data = accelerated.dumps(value, 5, buffer_callback=kept.append)
            yield {"name": name, "python": version, "protocol": 5, "pickle": base64.b64encode(data).decode("ascii")}
            data = accelerated.dumps(value, 5)
            yield {"name": name + "-in-band", "python": version, "protocol": 5,
                   "pickle": base64.b64encode(data).decode("ascii")}


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, here)
    import hand_made
    import pj
    seen = set()
    with open(os.path.join(here, "corpus.jsonl"), "w") as output:
        for python in sys.argv[1:]:
            lines = subprocess.check_output([python, os.path.abspath(__file__), "--dump"]).decode("ascii").splitlines()
            for case in map(json.loads, lines):
                key = case["name"], case["protocol"], case["pickle"]
                if key in seen:
                    continue
                seen.add(key)
                case["pj"] = pj.notation(base64.b64decode(case["pickle"]))
                output.write(json.dumps(case) + "\n")
        for name, data in hand_made.accepted():
            error = hand_made.verdict(data)
            if error is not None and not name.endswith(("computed", "computed-arguments", "python-2")):
                # What a call gives here is no class and no tuple; and this Unpickler reads Python 2's text as bytes.
                raise SystemExit("hand/%s: %s" % (name, error))
            output.write(json.dumps({
                "name": "hand/" + name, "python": "hand", "protocol": 5, "pickle": base64.b64encode(data).decode("ascii"),
                "pj": pj.notation(data)}) + "\n")
    with open(os.path.join(here, "verdicts.jsonl"), "w") as output:
        for name, data in hand_made.questions():
            error = hand_made.verdict(data)
            output.write(json.dumps({
                "name": name, "pickle": base64.b64encode(data).decode("ascii"), "accepted": error is None,
                "error": error}) + "\n")


if __name__ == "__main__":
    if "--dump" in sys.argv:
        for case in dumped():
            print(json.dumps(case))
    else:
        main()
