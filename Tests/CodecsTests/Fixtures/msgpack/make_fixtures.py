"""Writes the MessagePack fixtures: what the reference packer writes, and what its unpacker makes of hand-made bytes.

    python3 -m venv venv && venv/bin/pip install msgpack==1.2.4
    venv/bin/python make_fixtures.py

writes beside itself

  corpus.jsonl    one line per payload: {"name", "payload" (base64), "readable", "exact"}. `readable` is the text of the value
                  notation, made here from what `msgpack.Unpacker` gives; `exact` says whether `msgpack.packb` of that gives
                  the payload back.
  verdicts.jsonl  {"name", "payload", "end"}: where `msgpack.Unpacker` says that the first value ends; null where it wants
                  more bytes; "error" where it refuses.
"""
import base64
import json
import os
import random
import re
import struct

import msgpack


class Pairs(list):
    """A map as its pairs: order and repetition count."""


class Single:
    """A float of 32 bits; the unpacker does not tell it from one of 64."""

    def __init__(self, bits):
        self.bits = bits


def unpack(payload):
    unpacker = msgpack.Unpacker(
        object_pairs_hook=Pairs, strict_map_key=False, unicode_errors='surrogateescape', timestamp=0,
        ext_hook=msgpack.ExtType, max_buffer_size=0)
    unpacker.feed(payload)
    value = unpacker.unpack()
    assert unpacker.tell() == len(payload)
    return value


def single(bits):
    """The shortest decimal text that reads back as the same 32 bits."""
    number = struct.unpack('>f', struct.pack('>I', bits))[0]
    if number != number:
        return '"nan"' if bits == 0x7FC00000 else '"0x%08x"' % bits
    if number in (float('inf'), float('-inf')):
        return '"inf"' if number > 0 else '"-inf"'
    for digits in range(1, 10):
        text = '%.*e' % (digits - 1, number)
        try:
            if struct.pack('>f', float(text)) == struct.pack('>I', bits):
                # Python's own repr of a float with these digits has the right form.
                return repr(float(text))
        except OverflowError:
            pass  # Rounded up, beyond the largest.
    raise AssertionError(bits)


def string(text):
    text = json.dumps(text, ensure_ascii=False)
    return re.sub('[\ud800-\udfff]', lambda found: '\\u%04x' % ord(found[0]), text)


def plain(data):
    return all(0x20 <= byte < 0x7F or byte in (9, 10, 13) for byte in data)


def content(data):
    return string(data.decode()) if plain(data) else '{"$b64":"%s"}' % base64.b64encode(data).decode()


def readable(value):
    if value is None or value is True or value is False:
        return {None: 'null', True: 'true', False: 'false'}[value]
    if isinstance(value, Single):
        return '{"$float32":%s}' % single(value.bits)
    if isinstance(value, int):
        return str(value) if abs(value) < 2 ** 53 else '{"$int":"%d"}' % value
    if isinstance(value, float):
        if value != value:
            bits = struct.unpack('>Q', struct.pack('>d', value))[0]
            return '{"$float":"%s"}' % ('nan' if bits == 0x7FF8 << 48 else '0x%016x' % bits)
        return '{"$float":"%s"}' % value if value in (float('inf'), float('-inf')) else repr(value)
    if isinstance(value, str):
        data = value.encode('utf-8', 'surrogateescape')
        try:
            return string(data.decode('utf-8', 'surrogatepass'))
        except UnicodeDecodeError:
            return '{"$str2":%s}' % content(data)
    if isinstance(value, bytes):
        return '{"$bytes":%s}' % content(value) if plain(value) else content(value)
    if isinstance(value, msgpack.ExtType):
        return '{"$ext":[%d,%s]}' % (value.code, content(value.data))
    if isinstance(value, msgpack.Timestamp):
        return '{"$ext":[-1,%s]}' % content(value.to_bytes())
    if isinstance(value, Pairs):
        keys = [key for key, _ in value]
        texts = [readable(key) for key in keys]
        if all(isinstance(key, str) and text[0] == '"' and not key.startswith('$') for key, text in zip(keys, texts)):
            if len(set(keys)) == len(keys):
                return '{%s}' % ','.join('%s:%s' % (text, readable(item)) for text, (_, item) in zip(texts, value))
        return '{"$dict":[%s]}' % ','.join('[%s,%s]' % (readable(key), readable(item)) for key, item in value)
    return '[%s]' % ','.join(map(readable, value))


def pack(value):
    return msgpack.packb(value, unicode_errors='surrogateescape')


def packed():
    """Names and values that the packer writes."""
    edges = [0, 1, 127, 128, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 63 - 1, 2 ** 63,
             2 ** 64 - 1, -1, -32, -33, -128, -129, -32768, -32769, -2 ** 31, -2 ** 31 - 1, -2 ** 53, -2 ** 63]
    for number in edges:
        yield 'int %d' % number, number
    for number in [0.0, -0.0, 1.0, 0.1, 1.5, 1e16, 1e-5, 5e-324, 1.7976931348623157e308, 123456789.123,
                   float('inf'), float('-inf'), float('nan')]:
        yield 'float %r' % number, number
    yield 'nil', None
    yield 'true', True
    yield 'false', False
    for count in [0, 1, 31, 32, 255, 256, 300]:
        yield 'str of %d' % count, 'x' * count
    yield 'str beyond ASCII', 'grüße, 世界 😀'
    yield 'str of quotes', 'a "quote", a \\ and\na line'
    for count in [0, 1, 255, 256]:
        yield 'bin of %d' % count, bytes(range(256))[:count] if count else b''
    yield 'bin of text', b'plain text\n'
    for count in [0, 1, 15, 16, 40]:
        yield 'array of %d' % count, list(range(count))
        yield 'map of %d' % count, {str(number): number for number in range(count)}
    yield 'map of any keys', {1: 'a', -1: 'b', None: 'c', True: 'd', 1.5: 'e', b'f': 'f', 'g': 'g'}
    yield 'map with a tag', {'$tag': 1}
    for count in [0, 1, 2, 3, 4, 8, 16, 17, 255, 256]:
        yield 'ext of %d' % count, msgpack.ExtType(count % 100, b'\0' + b'x' * (count - 1) if count else b'')
    yield 'ext of text', msgpack.ExtType(5, b'some text')
    for seconds, nanoseconds in [(0, 0), (2 ** 32 - 1, 0), (1700000000, 123456789), (2 ** 34, 1), (-1, 999999999)]:
        yield 'timestamp %d.%09d' % (seconds, nanoseconds), msgpack.Timestamp(seconds, nanoseconds)
    yield 'a request', {'jsonrpc': '2.0', 'id': 7, 'method': 'sum', 'params': [1, 2.5, None, {'deep': [[], {}]}]}
    yield 'MessagePack-RPC', [0, 12, 'method', ['argument', b'\0\1', {'key': [True, False]}]]
    nested = []
    for _ in range(60):
        nested = [nested]
    yield 'nested', nested
    yield 'long', ['x' * 50] * 400


def hand_made():
    """Names, payloads and what they mean (None: what the unpacker says)."""
    for bits in [0x3FC00000, 0x3DCCCCCD, 0x00000000, 0x80000000, 0x00000001, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000,
                 0x7F800001, 0xFFC12345, 0x4B800000]:
        yield 'float32 %08x' % bits, b'\xca' + struct.pack('>I', bits), Single(bits)
    yield 'float32 in an array', b'\x92\xca\x3f\xc0\0\0\1', [Single(0x3FC00000), 1]
    yield 'nan with bits', b'\xcb\x7f\xf8\0\0\0\0\x0a\xbc', None
    yield 'uint64 of 1', b'\xcf' + struct.pack('>Q', 1), None
    yield 'int64 of -1', b'\xd3' + struct.pack('>q', -1), None
    yield 'int8 of 5', b'\xd0\5', None
    yield 'int16 of -2', b'\xd1\xff\xfe', None
    yield 'int32 of 70000', b'\xd2' + struct.pack('>i', 70000), None
    yield 'uint8 of 1', b'\xcc\1', None
    yield 'uint16 of 1', b'\xcd\0\1', None
    yield 'uint32 of 1', b'\xce\0\0\0\1', None
    yield 'str8 of 2', b'\xd9\2hi', None
    yield 'str16 of 2', b'\xda\0\2hi', None
    yield 'str32 of 2', b'\xdb\0\0\0\2hi', None
    yield 'bin16 of 2', b'\xc5\0\2hi', None
    yield 'bin32 of 2', b'\xc6\0\0\0\2hi', None
    yield 'array16 of 2', b'\xdc\0\2\1\2', None
    yield 'array32 of 1', b'\xdd\0\0\0\1\xc0', None
    yield 'map16 of 1', b'\xde\0\1\xa1a\1', None
    yield 'map32 of 1', b'\xdf\0\0\0\1\xa1a\1', None
    yield 'ext8 of 1', b'\xc7\1\x05x', None
    yield 'ext8 of 0', b'\xc7\0\x05', None
    yield 'ext16 of 1', b'\xc8\0\1\x05x', None
    yield 'ext32 of 1', b'\xc9\0\0\0\1\x05x', None
    yield 'ext of a negative type', b'\xd4\x85x', msgpack.ExtType(5, b'x')
    yield 'map with a key twice', b'\x82\xa1a\1\xa1a\2', None
    yield 'map with a map as key', b'\x81\x81\xa1a\1\2', None
    yield 'map with an array as key', b'\x81\x92\1\2\3', None
    yield 'str that is not UTF-8', b'\xa3a\xffb', None
    yield 'str with an overlong form', b'\xa2\xc0\xaf', None
    yield 'str with a surrogate', b'\xa3\xed\xa0\x80', None
    yield 'key that is not UTF-8', b'\x81\xa1\xff\1', None


def corpus():
    for name, value in packed():
        payload = pack(value)
        yield name, payload, readable(unpack(payload)), True
    for name, payload, value in hand_made():
        if name == 'ext of a negative type':
            yield name, payload, '{"$ext":[-123,"x"]}', True
            continue
        value = unpack(payload) if value is None else value
        try:
            smallest = pack(as_packable(value)) == payload
        except (TypeError, ValueError):
            smallest = False
        yield name, payload, readable(value), smallest or bool(holds_single(value)) or name.startswith('map with a')


def as_packable(value):
    if isinstance(value, Pairs):
        return dict((key, as_packable(item)) for key, item in value)
    return value


def holds_single(value):
    return isinstance(value, Single) or isinstance(value, list) and any(holds_single(item) for item in value)


def verdict(payload):
    unpacker = msgpack.Unpacker(
        object_pairs_hook=Pairs, strict_map_key=False, raw=True, timestamp=0, ext_hook=msgpack.ExtType,
        max_buffer_size=0)
    unpacker.feed(payload)
    try:
        unpacker.skip()
        return unpacker.tell()
    except msgpack.OutOfData:
        return None
    except Exception:
        return 'error'


def spoilt(payloads):
    """The payloads cut short, with a byte more, and with bytes changed."""
    chance = random.Random(20240901)
    for name, payload in payloads:
        yield name, payload
        yield name + ' and more', payload + b'\xc0\x01'
        if len(payload) > 1:
            yield name + ' cut', payload[:chance.randrange(1, len(payload))]
        for _ in range(3):
            changed = bytearray(payload)
            for _ in range(chance.randrange(1, 3)):
                changed[chance.randrange(min(len(changed), 24))] = chance.randrange(256)
            yield name + ' changed', bytes(changed)
    for first in range(256):
        yield 'first byte %02x' % first, bytes([first]) + b'\0\0\0\1\2\3\4\5\6'


def write(name, lines):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    with open(path, 'w', encoding='ascii') as file:
        for line in lines:
            file.write(json.dumps(line) + '\n')


def main():
    cases = list(corpus())
    write('corpus.jsonl', (
        {'name': name, 'payload': base64.b64encode(payload).decode(), 'readable': text, 'exact': exact}
        for name, payload, text, exact in cases))
    short = [(name, payload) for name, payload, _, _ in cases if len(payload) <= 64]
    write('verdicts.jsonl', (
        {'name': name, 'payload': base64.b64encode(payload).decode(), 'end': verdict(payload)}
        for name, payload in spoilt(short)))


if __name__ == '__main__':
    main()
