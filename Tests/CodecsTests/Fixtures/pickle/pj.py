"""The readable notation (PJ) of a pickle, made by a plain reader and writer: what the Swift code is checked against.

Written from PICKLE's table of the notation and from Lib/pickle.py; runs nothing that a pickle names.
"""
import base64
import codecs
import math
import pickle
import struct


class Node(object):
    """A value of the graph. `ops` is what was done to it after it was made."""

    def __init__(self, kind, value=None, parts=()):
        self.kind = kind
        self.value = value
        self.parts = list(parts)
        self.ops = []

    def operate(self, kind, parts):
        if kind != "state" and self.ops and self.ops[-1][0] == kind:
            self.ops[-1][1].extend(parts)
        else:
            self.ops.append((kind, list(parts)))


OPAQUE = {"global", "ext", "pers", "buffer", "call", "new", "newex", "inst", "obj"}
MARK = object()


class Reader(object):
    def __init__(self, data):
        self.data = data
        self.at = 0
        self.stack = []
        self.memo = {}
        self.buffers = 0

    def take(self, count):
        if count < 0 or self.at + count > len(self.data):
            raise ValueError("truncated")
        taken = self.data[self.at:self.at + count]
        self.at += count
        return taken

    def line(self):
        end = self.data.index(b"\n", self.at)
        taken = self.data[self.at:end]
        self.at = end + 1
        return taken

    def number(self, count, signed=False):
        return int.from_bytes(self.take(count), "little", signed=signed)

    def push(self, kind, value=None, parts=()):
        self.stack.append(Node(kind, value, parts))

    def marked(self):
        at = len(self.stack) - 1
        while self.stack[at] is not MARK:
            at -= 1
        taken = self.stack[at + 1:]
        del self.stack[at:]
        return taken

    def read(self):
        while True:
            opcode = self.take(1)
            if opcode == b".":
                return self.stack.pop()
            getattr(self, "op_%02x" % opcode[0])()

    # --- numbers
    def op_4e(self): self.push("none")
    def op_88(self): self.push("bool", True)
    def op_89(self): self.push("bool", False)
    def op_4a(self): self.push("int", self.number(4, True))
    def op_4b(self): self.push("int", self.number(1))
    def op_4d(self): self.push("int", self.number(2))
    def op_8a(self): self.push("int", int.from_bytes(self.take(self.number(1)), "little", signed=True))
    def op_8b(self): self.push("int", int.from_bytes(self.take(self.number(4)), "little", signed=True))

    def op_49(self):
        line = self.line()
        if line in (b"00", b"01"):
            self.push("bool", line == b"01")
        else:
            self.push("int", int(line, 8 if line.lstrip(b"+-")[:1] == b"0" and line.strip(b"+-").isdigit() else 0))

    def op_4c(self):
        line = self.line()
        self.push("int", int(line[:-1] if line.endswith(b"L") else line, 0))

    def op_46(self): self.push("float", float(self.line()))
    def op_47(self): self.push("float", struct.unpack(">d", self.take(8))[0])
    # --- text and bytes
    def op_53(self): self.push("str2", codecs.escape_decode(self.line()[1:-1])[0])
    def op_54(self): self.push("str2", self.take(self.number(4, True)))
    def op_55(self): self.push("str2", self.take(self.number(1)))
    def op_56(self): self.push("str", self.line().decode("raw-unicode-escape"))
    def op_58(self): self.push("str", self.take(self.number(4)).decode("utf-8", "surrogatepass"))
    def op_8c(self): self.push("str", self.take(self.number(1)).decode("utf-8", "surrogatepass"))
    def op_8d(self): self.push("str", self.take(self.number(8)).decode("utf-8", "surrogatepass"))
    def op_42(self): self.push("bytes", self.take(self.number(4)))
    def op_43(self): self.push("bytes", self.take(self.number(1)))
    def op_8e(self): self.push("bytes", self.take(self.number(8)))
    def op_96(self): self.push("bytearray", self.take(self.number(8)))

    def op_97(self):
        self.push("buffer", (self.buffers, False))
        self.buffers += 1

    def op_98(self):
        top = self.stack[-1]
        if top.kind == "buffer":
            self.stack[-1] = Node("buffer", (top.value[0], True))
        else:
            assert top.kind == "bytes"

    # --- containers
    def op_28(self): self.stack.append(MARK)
    def op_30(self): self.stack.pop()
    def op_31(self): self.marked()
    def op_32(self): self.stack.append(self.stack[-1])
    def op_29(self): self.push("tuple")
    def op_5d(self): self.push("list")
    def op_7d(self): self.push("dict")
    def op_8f(self): self.push("set")
    def op_74(self): self.push("tuple", parts=self.marked())
    def op_6c(self): self.push("list", parts=self.marked())
    def op_64(self): self.push("dict", parts=self.marked())
    def op_91(self): self.push("frozenset", parts=self.marked())
    def op_85(self): self.wrap(1)
    def op_86(self): self.wrap(2)
    def op_87(self): self.wrap(3)

    def wrap(self, count):
        parts = self.stack[-count:]
        del self.stack[-count:]
        self.push("tuple", parts=parts)

    def add(self, own, kind, parts):
        if not parts:
            return
        target = self.stack[-1]
        if target.kind == own:
            target.parts.extend(parts)
        else:
            assert target.kind in OPAQUE, (kind, target.kind)
            target.operate(kind, parts)

    def op_61(self): self.add("list", "append", [self.stack.pop()])
    def op_65(self): self.add("list", "append", self.marked())
    def op_75(self): self.add("dict", "items", self.marked())
    def op_90(self): self.add("set", "add", self.marked())

    def op_73(self):
        parts = self.stack[-2:]
        del self.stack[-2:]
        self.add("dict", "items", parts)

    # --- objects
    def op_63(self): self.push("global", parts=[Node("str", self.line().decode("utf-8")) for _ in range(2)])

    def op_93(self):
        names = [Node("str", part.value.decode("ascii")) if part.kind == "str2" else part for part in self.stack[-2:]]
        del self.stack[-2:]
        self.push("global", parts=names)

    def op_82(self): self.push("ext", self.number(1))
    def op_83(self): self.push("ext", self.number(2))
    def op_84(self): self.push("ext", self.number(4))
    def op_50(self): self.push("pers", parts=[Node("str", self.line().decode("ascii"))])
    def op_51(self): self.push("pers", parts=[self.stack.pop()])

    def made(self, kind, count):
        parts = self.stack[-count:]
        del self.stack[-count:]
        self.push(kind, parts=parts)

    def op_52(self): self.made("call", 2)
    def op_81(self): self.made("new", 2)
    def op_92(self): self.made("newex", 3)

    def op_69(self):
        cls = Node("global", parts=[Node("str", self.line().decode("ascii")) for _ in range(2)])
        self.push("inst", parts=[cls, Node("tuple", parts=self.marked())])

    def op_6f(self):
        parts = self.marked()
        self.push("obj", parts=[parts[0], Node("tuple", parts=parts[1:])])

    def op_62(self):
        state = self.stack.pop()
        if self.stack[-1].kind in OPAQUE:
            self.stack[-1].operate("state", [state])
        else:
            assert state.kind == "none"

    # --- memo and framing
    def op_67(self): self.stack.append(self.memo[int(self.line())])
    def op_68(self): self.stack.append(self.memo[self.number(1)])
    def op_6a(self): self.stack.append(self.memo[self.number(4)])
    def op_70(self): self.memo[int(self.line())] = self.stack[-1]
    def op_71(self): self.memo[self.number(1)] = self.stack[-1]
    def op_72(self): self.memo[self.number(4)] = self.stack[-1]
    def op_94(self): self.memo[len(self.memo)] = self.stack[-1]
    def op_80(self): self.take(1)
    def op_95(self): self.take(8)


def can_be_shared(node):
    """Whether a second meeting of this node is written as a reference."""
    if node.ops or node.kind in ("list", "dict", "set", "bytearray", "call", "new", "newex", "inst", "obj"):
        return True
    if node.kind in ("tuple", "frozenset"):
        return bool(node.parts)
    if node.kind == "global":  # one with computed names: else the text could grow without bound
        return any(part.kind != "str" for part in node.parts)
    if node.kind == "pers":
        return can_be_shared(node.parts[0]) and node.parts[0].kind not in ("str", "bytes", "str2")
    return node.kind in ("str", "bytes", "str2") and len(node.value) > 128


def all_parts(node):
    """The node's parts in the order in which they are written."""
    for part in node.parts:
        yield part
    for _, parts in node.ops:
        for part in parts:
            yield part


class Writer(object):
    def __init__(self, root):
        self.shared = set()
        self.numbers = {}
        seen = set()
        pending = [root]
        while pending:
            node = pending.pop()
            if id(node) in seen:
                if can_be_shared(node):
                    self.shared.add(id(node))
                continue
            seen.add(id(node))
            pending.extend(all_parts(node))

    def write(self, node):
        if id(node) in self.shared:
            if id(node) in self.numbers:
                return '{"$ref":%d}' % self.numbers[id(node)]
            number = self.numbers[id(node)] = len(self.numbers) + 1
            return '{"$def":%d,"v":%s}' % (number, self.plain(node))
        return self.plain(node)

    def plain(self, node):
        return getattr(self, "w_" + node.kind)(node)

    def many(self, nodes):
        return "[" + ",".join(map(self.write, nodes)) + "]"

    def pairs(self, nodes):
        return "[" + ",".join("[%s,%s]" % (self.write(nodes[i]), self.write(nodes[i + 1])) for i in range(0, len(nodes), 2)) + "]"

    def w_none(self, node): return "null"
    def w_bool(self, node): return "true" if node.value else "false"

    def w_int(self, node):
        if abs(node.value) < 2**53:
            return str(node.value)
        if abs(node.value).bit_length() > 14284:
            return '{"$int":"%s0x%x"}' % ("-" if node.value < 0 else "", abs(node.value))
        return '{"$int":"%d"}' % node.value

    def w_float(self, node):
        value = node.value
        if math.isinf(value):
            return '{"$float":"%s"}' % value
        if value != value:
            bits = struct.unpack(">Q", struct.pack(">d", value))[0]
            return '{"$float":"%s"}' % ("nan" if bits == 0x7FF8000000000000 else "0x%016x" % bits)
        return repr(value)

    def w_str(self, node):
        if splits_pair(node.value):
            return '{"$wtf8":"%s"}' % base64.b64encode(node.value.encode("utf-8", "surrogatepass")).decode("ascii")
        return quoted(node.value)

    def w_bytes(self, node):
        if is_text(node.value):
            return '{"$bytes":%s}' % quoted(node.value.decode("ascii"))
        return '{"$b64":"%s"}' % base64.b64encode(node.value).decode("ascii")

    def tagged_bytes(self, tag, data):
        if is_text(data):
            return '{"%s":%s}' % (tag, quoted(data.decode("ascii")))
        return '{"%s":{"$b64":"%s"}}' % (tag, base64.b64encode(data).decode("ascii"))

    def w_bytearray(self, node): return self.tagged_bytes("$bytearray", node.value)
    def w_str2(self, node): return self.tagged_bytes("$str2", node.value)
    def w_list(self, node): return self.many(node.parts)
    def w_tuple(self, node): return '{"$tuple":%s}' % self.many(node.parts)
    def w_set(self, node): return '{"$set":%s}' % self.many(node.parts)
    def w_frozenset(self, node): return '{"$frozenset":%s}' % self.many(node.parts)

    def w_dict(self, node):
        keys = node.parts[::2]
        plain = all(key.kind == "str" and not key.value.startswith("$") and not splits_pair(key.value)
                    and id(key) not in self.shared for key in keys)
        if plain and len(set(key.value for key in keys)) == len(keys):
            return "{" + ",".join("%s:%s" % (quoted(node.parts[i].value), self.write(node.parts[i + 1]))
                                  for i in range(0, len(node.parts), 2)) + "}"
        return '{"$dict":%s}' % self.pairs(node.parts)

    def names(self, node):
        module, name = node.parts
        if all(part.kind == "str" and ":" not in part.value for part in node.parts):
            if not splits_pair(module.value + ":" + name.value):
                return quoted(module.value + ":" + name.value)
        return self.many(node.parts)

    def callee(self, node):
        return self.names(node) if node.kind == "global" and not node.ops else self.write(node)

    def arguments(self, node):
        if node.kind == "tuple" and id(node) not in self.shared:
            return '"args":' + self.many(node.parts)
        return '"args*":' + self.write(node)

    def later(self, node):
        order = ["append", "items", "add", "state"]
        kinds = [order.index(kind) for kind, _ in node.ops]
        members = []
        for kind, parts in node.ops:
            if kind == "state":
                members.append('"state":' + self.write(parts[0]))
            else:
                members.append('"%s":%s' % (kind, self.pairs(parts) if kind == "items" else self.many(parts)))
        if kinds == sorted(set(kinds)):
            return "".join("," + member for member in members)
        return ',"ops":[' + ",".join("{" + member + "}" for member in members) + "]"

    def w_global(self, node): return '{"$global":%s%s}' % (self.names(node), self.later(node))
    def w_ext(self, node): return '{"$ext":%d%s}' % (node.value, self.later(node))
    def w_pers(self, node): return '{"$pers":%s%s}' % (self.write(node.parts[0]), self.later(node))

    def w_buffer(self, node):
        return '{"$buffer":%d%s%s}' % (node.value[0], ',"readonly":true' if node.value[1] else "", self.later(node))

    def made(self, tag, node):
        return '{"%s":%s,%s' % (tag, self.callee(node.parts[0]), self.arguments(node.parts[1]))

    def w_call(self, node): return self.made("$call", node) + self.later(node) + "}"
    def w_new(self, node): return self.made("$new", node) + self.later(node) + "}"
    def w_inst(self, node): return self.made("$inst", node) + self.later(node) + "}"
    def w_obj(self, node): return self.made("$obj", node) + self.later(node) + "}"

    def w_newex(self, node):
        return self.made("$new", node) + ',"kwargs":' + self.write(node.parts[2]) + self.later(node) + "}"


def is_text(data):
    return all(0x20 <= byte <= 0x7E or byte in (9, 10, 13) for byte in data)


def splits_pair(text):
    return any("\ud800" <= first <= "\udbff" and "\udc00" <= second <= "\udfff" for first, second in zip(text, text[1:]))


SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
ESCAPED = set(range(0x20)) | set(range(0x7F, 0xA0)) | {0x61C, 0x200E, 0x200F, 0x2028, 0x2029} | set(range(0x202A, 0x202F)) \
    | set(range(0x2066, 0x206A)) | set(range(0xD800, 0xE000))


def quoted(text):
    return '"' + "".join(SHORT.get(c) or ("\\u%04x" % ord(c) if ord(c) in ESCAPED else c) for c in text) + '"'


def notation(data):
    """The notation of the pickle at the start of `data`."""
    root = Reader(data).read()
    return Writer(root).write(root)
