"""Reads what `fuzz --verdicts scan.pickle` prints, and asks CPython's unpicklers which names they would import from each case.

Whatever `find_class` is asked for, by the C or the Python unpickler, alone or one pickle after another, the scan must name.
"""
import base64
import os
import resource
import sys
import warnings
import _pickle
import pickle

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../CodecsTests/Fixtures/pickle"))
import record_names

warnings.simplefilter("ignore")
# A buffer that is given away while it is in use.
sys.unraisablehook = lambda _: None
sys.setrecursionlimit(2000)
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))


def shown(text):
    """As the scan has it: what is no UTF-8 becomes U+FFFD."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


compared = named = different = 0
for line in sys.stdin:
    fields = line.split()
    if not fields:
        continue
    data = base64.b64decode(fields[0])
    ours = set()
    for field in fields[1:]:
        module, name = field.split(":")
        ours.add((base64.b64decode(module).decode(), base64.b64decode(name).decode()))
    try:
        found = set(record_names.names(_pickle.Unpickler, data)) | set(record_names.names(pickle._Unpickler, data))
    except MemoryError:
        continue
    compared += 1
    named += bool(found)
    missing = {(shown(module), shown(name)) for module, name in found} - ours
    if missing:
        different += 1
        if different <= 40:
            print("not named: %s: %s" % (sorted(missing), fields[0][:400]))
print("%d compared, %d import something, %d with a name that the scan lacks" % (compared, named, different))
sys.exit(different > 0 or named == 0)
