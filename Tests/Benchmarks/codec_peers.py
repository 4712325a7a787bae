"""What CPython and orjson need for the same messages: KIND FILE SECONDS on stdin, nanoseconds on stdout."""
import _pickle
import json
import sys
import time

try:
    import orjson
except ImportError:
    orjson = None


def measure(work, argument, seconds):
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


for line in sys.stdin:
    kind, path, seconds = line.split()
    with open(path, "rb") as file:
        message = file.read()
    if kind == "loads":
        took = measure(_pickle.loads, message, float(seconds))
    elif kind == "dumps":
        # The value that a program has, not one that was loaded: its texts are what it made them.
        import codec_messages
        took = measure(dump, codec_messages.value_of(path), float(seconds))
    elif kind == "json-loads":
        # From bytes, as they come from a socket.
        took = measure(json.loads, message, float(seconds))
    elif kind == "orjson-loads":
        if orjson is None:
            took = float("nan")
        else:
            took = measure(orjson.loads, message, float(seconds))
    else:
        sys.exit("%s is no kind of work" % kind)
    print(took, flush=True)
