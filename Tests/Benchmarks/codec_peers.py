"""What CPython and orjson need for the same messages: KIND FILE SECONDS on stdin, nanoseconds on stdout."""
import _pickle
import json
import sys
import time

import codec_messages

try:
    import orjson
except ImportError:
    orjson = None


def measure(work, argument, seconds):
    # The first time finds no memory yet, and is not counted.
    work(argument)
    count = 1
    while True:
        loop = range(count)
        began = time.process_time_ns()
        for _ in loop:
            work(argument)
        took = time.process_time_ns() - began
        if took >= seconds * 1e9:
            return took / count
        count = max(count * 2, int(count * min(1.1 * seconds * 1e9 / max(took, 1), 100)))


def dump(value):
    return _pickle.dumps(value, 4)


# Read from bytes, as they come from a socket; written is the value that a program has, not one that was loaded: its
# texts are what it made them.
READERS = {"loads": _pickle.loads, "json-loads": json.loads}
WRITERS = {"dumps": dump, "json-dumps": codec_messages.write_json}
if orjson is not None:
    READERS["orjson-loads"] = orjson.loads
    WRITERS["orjson-dumps"] = orjson.dumps
VALUES = {}

for line in sys.stdin:
    kind, path, seconds = line.split()
    if kind in READERS:
        with open(path, "rb") as file:
            took = measure(READERS[kind], file.read(), float(seconds))
    elif kind in WRITERS:
        if path not in VALUES:
            VALUES[path] = codec_messages.value_of(path)
        took = measure(WRITERS[kind], VALUES[path], float(seconds))
    else:
        sys.exit("%s is no kind of work" % kind)
    print(took, flush=True)
