"""Pickles that no pickler writes, and what the C unpickler of CPython makes of them."""
import _pickle
import io
import struct


def counted(opcode, width, data):
    return opcode + len(data).to_bytes(width, "little") + data


def accepted():
    """Pickles whose notation is part of the corpus."""
    point = b"c__main__\nPoint\n"
    yield "ext1", b"\x80\x02\x82\x01."
    yield "ext2", b"\x80\x02\x83\x01\x01."
    yield "ext4", b"\x80\x02\x84\x01\x00\x01\x00."
    yield "persid", b"Pabc 1\n."
    yield "binpersid", b"K\x05Q."
    yield "binpersid-tuple", b"](K\x01K\x02\x86Qq\x00h\x00e."
    yield "buffers", b"\x80\x05](\x97\x97\x98\x97e."
    yield "readonly-bytes", b"\x80\x05C\x01a\x98."
    yield "inst", b"(K\x01K\x02i__main__\nPoint\n."
    yield "inst-build", b"(i__main__\nPoint\nq\x00}(U\x01xK\x01ub."
    yield "obj", b"(" + point + b"K\x01o."
    yield "obj-computed", b"(" + point + b")RK\x01o."
    yield "dup", b"]K\x012\x86\x85."
    yield "dup-list", b"]2\x86."
    yield "pop-mark-value", b"K\x05(0."
    yield "popped", b"K\x05K\x060."
    yield "pop-mark", b"K\x05(K\x01K\x021."
    yield "leftovers", b"K\x01K\x02K\x03."
    yield "behind-mark", b"K\x01(K\x02."
    yield "bytes-behind-stop", b"K\x01.junk"
    yield "no-frame", b"\x80\x04K\x01."
    yield "empty-frame", b"\x80\x04\x95" + bytes(8) + b"K\x01."
    yield "frames", b"\x80\x04\x95\x02" + bytes(7) + b"K\x01\x95\x01" + bytes(7) + b"."
    yield "frame-inside-stop", b"\x80\x04\x95\x05" + bytes(7) + b"K\x01.ab"
    yield "proto-late", b"K\x01\x80\x04."
    yield "memoize-after-gap", b"]q\x05(K\x07\x94K\x08\x94h\x01h\x02h\x05e."
    yield "put-overwrites", b"](K\x01q\x00K\x02q\x00h\x00e."
    yield "put-far", b"](K\x01r\x00\x00\x10\x00j\x00\x00\x10\x00e."
    yield "put-text", b"](I5\np007\ng7\ng+7\ng 7\ne."
    yield "int-text", b"](I1\nI001\nI01\nI00\nI0\nI-5\nI+7\nI 8 \nI010\nI0x1F\nI0b11\nI0o17\nI1_000\nI" + b"9" * 30 + b"\ne."
    yield "long-text", b"](L5L\nL-5L\nL0L\nL12345678901234567890L\nL0x10\nL-123456789012345678901234567890L\nL00L\ne."
    yield "long-4300", b"L" + b"7" * 4300 + b"L\n."
    yield "long-hex", b"L0x" + b"7" * 4300 + b"L\n."
    yield "long-bytes", b"](\x8a\x00\x8a\x01\xff\x8a\x02\x00\x00\x8a\x08" + b"\xff" * 8 + b"\x8a\x09" + b"\xff" * 8 + b"\x00" \
        b"\x8a\x0a" + bytes(10) + b"\x8a\x09" + bytes(8) + b"\x80\x8b\x02\x00\x00\x00\x01\x02\x8b\x00\x00\x00\x00e."
    yield "long-big", b"\x8b\x00\x08\x00\x00" + b"\x01" * 2048 + b"."
    yield "float-text", b"](F1\nF1.\nF.5\nF-0\nF1e5\nF1E-5\nFinf\nF-inf\nFnan\nF+Infinity\nF-nan\nF1e-400\nF3.14159\ne."
    yield "float-nan-bits", b"](G\x7f\xf8\x00\x00\x00\x00\x0a\xbcG\xff\xf8" + bytes(6) + b"G\x7f\xf0\x00\x00\x00\x00\x00\x01e."
    yield "string-text", b"](S''\nS'a'\nS\"b\"\nS'\\x41\\n\\t\\\\\\'\\\"\\101\\7\\q\\0'\nS'\xe9'\nS'it's'\ne."
    yield "string-bytes", b"](U\x03a\xffbT\x02\x00\x00\x00okU\x00e."
    yield "unicode-text", b"](V\nVabc\nV\\u20ac\nV\\U0001f600\nV\xe9\nV\\\\u0041\nV\\n\\q\nV\\ud83d\\ude00\nV\\ud800\nVa\\u005cb\ne."
    yield "binunicode8", b"](\x8d\x02" + bytes(7) + b"okX\x02\x00\x00\x00ok\x8c\x02oke."
    yield "surrogates", b"](" + counted(b"\x8c", 1, b"\xed\xa0\x80") + counted(b"\x8c", 1, b"a\xed\xbf\xbf") + \
        counted(b"\x8c", 1, b"\xed\xa0\xbd\xed\xb8\x80") + b"e."
    yield "stack-global", b"\x80\x04\x8c\x02os\x8c\x06system\x93."
    yield "stack-global-python-2", b"\x80\x04U\x02osU\x06system\x93."
    yield "stack-global-shared", b"\x80\x04](\x8c\x02os\x94\x8c\x06system\x94\x93h\x00h\x01\x93e."
    yield "stack-global-computed", b"\x80\x04c__main__\nf\n)R\x8c\x06system\x93."
    yield "global-colon", b"\x80\x04\x8c\x03a:b\x8c\x01c\x93."
    yield "call-computed", b"c__main__\nf\n)R)R."
    yield "call-computed-arguments", b"c__main__\nf\nc__main__\ng\n)RR."
    yield "call-shared-arguments", b"](K\x01\x85q\x00c__main__\nf\nh\x00Rh\x00e."
    yield "call-ops", point + b")R(K\x01K\x02e(K\x03K\x04u(K\x05\x90K\x06b."
    yield "call-ops-out-of-order", point + b")RK\x06bK\x01aK\x02a(K\x03K\x04uK\x05a."
    yield "call-ops-shared", b"](" + point + b")Rq\x00}bh\x00e."
    yield "new-ex", point + b"(K\x01t}\x8c\x01aK\x02s\x92."
    yield "new-ex-computed", point + b"c__main__\nf\n)Rc__main__\ng\n)R\x92."
    yield "global-ops", b"](c__main__\nf\nq\x00}bh\x00e."
    yield "persistent-ops", b"](Pid\nq\x00K\x01ah\x00e."
    yield "build-none-on-list", b"]Nb."
    yield "appends-nothing", b"K\x05(e."
    yield "setitems-nothing", b"K\x05(u."
    yield "additems-nothing", b"K\x05(\x90."
    yield "keys", b"}(K\x01K\x0aG\x3f\xf0" + bytes(6) + b"K\x0b\x88K\x0cK\x01K\x0du."
    yield "dict-duplicates", b"}(\x8c\x01aK\x01\x8c\x01aK\x02u."
    yield "dict-opcode", b"(\x8c\x01aK\x01d."
    yield "list-opcode", b"(K\x01K\x02l."
    yield "set-duplicates", b"\x8f(K\x01K\x01\x90."
    yield "frozenset-empty", b"(\x91."
    yield "tuple-key", b"}K\x01K\x02\x86K\x01s."
    yield "laughs", b"](K\x01e" + b"".join(b"q%c](h%ch%ce" % (i, i, i) for i in range(40)) + b"."


def questions():
    """Byte strings to be accepted or refused."""
    for name, data in accepted():
        yield name, data
    for opcode in range(256):
        yield "alone/%02x" % opcode, bytes([opcode])
        yield "alone-stop/%02x" % opcode, bytes([opcode]) + b"."
        yield "after-none/%02x" % opcode, b"N" + bytes([opcode]) + b"."
        yield "after-mark/%02x" % opcode, b"N(" + bytes([opcode]) + b"."
        yield "zeros/%02x" % opcode, b"N" + bytes([opcode]) + bytes(12) + b"."
        yield "line/%02x" % opcode, b"N" + bytes([opcode]) + b"\n\n."
        yield "empty-list/%02x" % opcode, b"]]" + bytes([opcode]) + b"."
        yield "marked/%02x" % opcode, b"](N" + bytes([opcode]) + b"."
        yield "marked-pair/%02x" % opcode, b"}(NN" + bytes([opcode]) + b"."
        yield "global-tuple/%02x" % opcode, b"cm\nn\n)" + bytes([opcode]) + b"."
        yield "global-tuple-dict/%02x" % opcode, b"cm\nn\n)}" + bytes([opcode]) + b"."
        yield "none-tuple/%02x" % opcode, b"N)" + bytes([opcode]) + b"."
        yield "global-list/%02x" % opcode, b"cm\nn\n]" + bytes([opcode]) + b"."
        yield "below-mark/%02x" % opcode, b"NNN(" + bytes([opcode]) + b"N."
        yield "one-above-mark/%02x" % opcode, b"]]](N" + bytes([opcode]) + b"."
    for key in (b"N", b"K\x01", b"]", b"}", b"\x8f", b"(\x91", b")", b"]\x85", b"]\x85\x85", b"K\x01]\x86", b"\x96" + bytes(8),
                b"C\x00", b"cm\nn\n", b"(]\x85\x91", b"(]\x91"):
        yield "key/%r" % key, b"}" + key + b"Ns."
        yield "element/%r" % key, b"\x8f(" + key + b"\x90."
        yield "frozen/%r" % key, b"(" + key + b"\x91."
        yield "dict/%r" % key, b"(" + key + b"Nd."
        yield "on/%r/append" % key, key + b"Na."
        yield "on/%r/setitem" % key, key + b"NNs."
        yield "on/%r/add" % key, key + b"(N\x90."
        yield "on/%r/build" % key, key + b"}b."
        yield "on/%r/build-none" % key, key + b"Nb."
        yield "on/%r/build-slots" % key, key + b"N}\x86b."
        yield "on/%r/build-slot" % key, key + b"N}\x8c\x01aNs\x86b."
        yield "on/%r/call" % key, key + b")R."
        yield "on/%r/new" % key, key + b")\x81."
        yield "on/%r/obj" % key, b"(" + key + b"o."
        yield "on/%r/readonly" % key, key + b"\x98."
        yield "arguments/%r" % key, b"cm\nn\n" + key + b"R."
        yield "arguments-new/%r" % key, b"cm\nn\n" + key + b"\x81."
        yield "keywords/%r" % key, b"cm\nn\n)" + key + b"\x92."
        yield "stack-global/%r" % key, b"\x8c\x01a" + key + b"\x93."
    for text in (b"", b" ", b"1", b"01", b"00", b"001", b"1L", b"L", b"0x", b"0x1", b"08", b"0_8", b"1__0", b"_1", b"1_", b"+1",
                 b"--1", b"+ 1", b"1.0", b"1e5", b"abc", b"\xff", b"1\0x", b"0o8", b"0b2", b"\x0b1", b"1 ", b"1\r", b"-", b"0L",
                 b"00L", b"010L", b"0x_f", b"-0x10L", b"9" * 4300, b"9" * 4301, b"-" + b"9" * 4301, b"0x" + b"f" * 5000,
                 b"0" * 5000, b"9223372036854775807", b"9223372036854775808", b"-9223372036854775808", b"0777", b"-010", b"0X1f"):
        yield "int/%r" % text[:20] + str(len(text)), b"I" + text + b"\n."
        yield "long/%r" % text[:20] + str(len(text)), b"L" + text + b"\n."
        yield "get/%r" % text[:20] + str(len(text)), b"Np1\np01\n0g" + text + b"\n."
        if not text.strip(b"-").isdigit() or len(text) < 4:
            yield "put/%r" % text[:20] + str(len(text)), b"Np" + text + b"\n."
    for text in (b"", b" ", b"1", b"1.0", b" 1", b"1 ", b"1e", b"1e5", b"1e400", b"-1e400", b"1e-400", b"inf", b"INF", b"infin",
                 b"infinity", b"nan", b"NaN", b"-nan", b"nan(1)", b".", b"1.", b".5", b"-.5", b"+.5e-3", b"1_0", b"0x1p3", b"1\0z", b"--1",
                 b"e5", b"1e+", b"1d5", b"i", b"\0"):
        yield "float/%r" % text, b"F" + text + b"\n."
    for text in (b"", b"'", b"''", b"\"\"", b"'\"", b"a", b"'a", b"a'", b"'\\'", b"'\\\\'", b"'\\x4'", b"'\\x'", b"'\\xg0'",
                 b"'\\8'", b"'\\777'", b"' ' ", b"'\\u0041'", b"'\xff'"):
        yield "string/%r" % text, b"S" + text + b"\n."
    for text in (b"\\", b"\\u", b"\\u12", b"\\u123g", b"\\u1234", b"\\U0010ffff", b"\\U00110000", b"\\U1234", b"\\\\u12", b"\\\\\\u12",
                 b"\xff", b"\\ud800", b"\0", b"\\x", b"a\\"):
        yield "unicode/%r" % text, b"V" + text + b"\n."
    for text in (b"a", b"\x80", b"\xc0\x80", b"\xc1\xbf", b"\xc2\x80", b"\xc2", b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xe0\xa0\x80",
                 b"\xed\x9f\xbf", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0", b"\xef\xbf\xbf", b"\xf0\x80\x80\x80",
                 b"\xf0\x8f\xbf\xbf", b"\xf0\x90\x80\x80", b"\xf4\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80",
                 b"\xff", b"abcdefg\x80", b"abcdefgh\x80", b"abcdefgh\xc3\xa9", b"abcdefg\xc3\xa9", b"abcdefg\xc3", b"\xed\xa0\x80\xc3",
                 b"\xe2\x82", b"\xe2\x28\xa1", b"\xf0\x9f\x98\x80", b"\xf0\x9f\x98", b"\xf8\x88\x80\x80\x80"):
        yield "utf8/%r" % text, counted(b"X", 4, text) + b"."
        yield "utf8-global/%r" % text, b"c" + text + b"\nn\n."
        yield "utf8-inst/%r" % text, b"(i" + text + b"\nn\n."
        yield "utf8-persid/%r" % text, b"P" + text + b"\n."
    for code in (b"\x82\x00", b"\x82\x01", b"\x83\x00\x00", b"\x83\xff\xff", b"\x84\x00\x00\x00\x00", b"\x84\xff\xff\xff\xff",
                 b"\x84\x00\x00\x00\x80", b"\x84\xff\xff\xff\x7f"):
        yield "ext/%r" % code, code + b"."
    for protocol in range(8):
        yield "proto/%d" % protocol, b"\x80" + bytes([protocol]) + b"N."
    for opcode, width in ((b"X", 4), (b"B", 4), (b"T", 4), (b"\x8b", 4), (b"\x8d", 8), (b"\x8e", 8), (b"\x96", 8), (b"\x95", 8)):
        for claimed in (1, 100, 2**31 - 1, 2**31, 2**32 - 1, 2**60, 2**63 - 1, 2**63, 2**64 - 1):
            if claimed < 2**(8 * width):
                yield "claims/%02x/%d" % (opcode[0], claimed), opcode + claimed.to_bytes(width, "little") + b"."
    yield "memoize/empty", b"\x94."
    yield "memoize/below-mark", b"N(\x94N."
    yield "put/below-mark", b"N(q\x00N."
    yield "get/missing", b"h\x00."
    yield "get/gap", b"Nq\x05h\x04."
    yield "get/missing-4", b"j\xff\xff\xff\xff."
    yield "odd/dict", b"(Nd."
    yield "odd/setitems", b"}(Nu."
    yield "empty", b""
    yield "just-stop", b"."


class Anything(object):
    def __new__(cls, *args, **kwargs):
        return object.__new__(cls)

    def __init__(self, *args, **kwargs):
        pass

    def __call__(self, *args, **kwargs):
        return Anything()

    @classmethod
    def extend(cls, items):
        pass

    append = add = __setstate__ = extend

    def __setitem__(self, key, value):
        pass


class Flexible(type):
    """A class whose class objects take anything, too."""

    def __call__(cls, *args, **kwargs):
        return type.__call__(Made)

    def extend(cls, items):
        pass

    append = add = __setstate__ = extend

    def __setitem__(cls, key, value):
        pass


class Made(str, metaclass=Flexible):
    """What a call gives: text that can be called and changed."""

    def __new__(cls, *args, **kwargs):
        return str.__new__(cls)

    def __call__(self, *args, **kwargs):
        return Made()

    def extend(self, items):
        pass

    append = add = __setstate__ = extend

    def __setitem__(self, key, value):
        pass


class Inert(_pickle.Unpickler):
    def find_class(self, module, name):
        return Flexible(name.replace("\0", "_") or "n", (Anything,), {})

    def persistent_load(self, name):
        return Anything()


def verdict(data):
    """None when the C unpickler takes the bytes, else the name of the error."""
    import copyreg
    for code in (1, 257, 65537, 65535, 2**31 - 1):
        if code not in copyreg._inverted_registry:
            copyreg._inverted_registry[code] = ("m%d" % code, "n")
    try:
        Inert(io.BytesIO(data), encoding="bytes", buffers=iter([bytearray(b"x")] * 100)).load()
    except RecursionError:
        raise
    except Exception as error:
        return type(error).__name__ + ": " + str(error)[:60]
    return None
