#!/usr/bin/env python3
"""Makes the captures that the tests of `tapedeck import` read, and what a receiver took of each.

Packets are scapy's (pip install scapy); the files around them are written here, since they are what is odd in some.
Run it in this folder. It writes captures/NAME.pcap or .pcapng and captures.jsonl: a line for each with the connections in
the order in which they open, for each side the bytes and gaps in their order, and how the connection ended.

    python3 make_captures.py
"""
import json
import os
import random
import struct

from scapy.all import (CookedLinux, CookedLinuxV2, Dot1AD, Dot1Q, Ether, fragment, fragment6, IP, IPv6, IPv6ExtHdrDestOpt,
                       IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, PPP, PPPoE, Raw, TCP, UDP, conf)

conf.verb = 0
CLIENT, SERVER = ('10.0.0.1', 40000), ('10.0.0.2', 12000)
CLIENT6, SERVER6 = ('fd00::1', 40000), ('fd00::2', 12000)
ETHERNET, RAW, NULL, LOOP, SLL, SLL2 = 1, 101, 0, 108, 113, 276
lines = []


def text(number, count):
    """Bytes that tell where they belong."""
    return ''.join(f'{number}:{index:05d};' for index in range(count // 8 + 2)).encode()[:count]


class Talk:
    """One connection; each call gives one packet."""

    def __init__(self, client=CLIENT, server=SERVER, isn=(1000, 5000), scale=7):
        self.ends = {'c': client, 's': server}
        self.next = {'c': isn[0], 's': isn[1]}
        self.scale = scale
        self.v6 = ':' in client[0]
        self.number = 0

    def other(self, side): return 's' if side == 'c' else 'c'

    def raw(self, side, flags, payload=b'', seq=None, ack=None, window=502, options=None):
        source, target = self.ends[side], self.ends[self.other(side)]
        self.number += 1
        ip = IPv6(src=source[0], dst=target[0]) if self.v6 else IP(src=source[0], dst=target[0], id=self.number)
        tcp = TCP(sport=source[1], dport=target[1], flags=flags, window=window, options=options or [],
                  seq=(self.next[side] if seq is None else seq) % 2**32,
                  ack=((self.next[self.other(side)] if ack is None else ack) % 2**32) if 'A' in flags else 0)
        return ip / tcp / Raw(payload) if payload else ip / tcp

    def syn(self, payload=b''):
        packet = self.raw('c', 'S', payload, options=[('MSS', 1460), ('WScale', self.scale)])
        self.next['c'] += 1
        return packet

    def synack(self, ack=None):
        packet = self.raw('s', 'SA', ack=ack, options=[('MSS', 1460), ('WScale', self.scale)])
        self.next['s'] += 1
        return packet

    def open(self): return [self.syn(), self.synack(), self.raw('c', 'A')]

    def send(self, side, payload, flags='PA'):
        packet = self.raw(side, flags, payload)
        self.next[side] += len(payload) + ('F' in flags)
        return packet

    def ack(self, side): return self.raw(side, 'A')

    def fin(self, side): return self.send(side, b'', 'FA')

    def close(self): return [self.fin('c'), self.fin('s'), self.ack('c')]


# What files are made of.

def framed(packet, link):
    if link == ETHERNET: return bytes(Ether(src='02:00:00:00:00:01', dst='02:00:00:00:00:02') / packet)
    if link == RAW: return bytes(packet)
    version6 = isinstance(packet, IPv6)
    if link == NULL: return struct.pack('<I', 30 if version6 else 2) + bytes(packet)
    if link == LOOP: return struct.pack('>I', 24 if version6 else 2) + bytes(packet)
    proto = 0x86DD if version6 else 0x0800
    if link == SLL: return bytes(CookedLinux(pkttype=0, lladdrtype=1, lladdrlen=6, proto=proto)) + bytes(packet)
    if link == SLL2: return bytes(CookedLinuxV2(pkttype=0, proto=proto, ifindex=1, lladdrtype=1)) + bytes(packet)
    raise ValueError(link)


def all_framed(packets, link): return [p if isinstance(p, bytes) else framed(p, link) for p in packets]


def pcap(packets, link=ETHERNET, order='<', magic=0xA1B2C3D4, snap=None, times=None, modified=False):
    data = struct.pack(order + 'IHHiIII', magic, 2, 4, 0, 0, snap or 262144, link)
    for index, frame in enumerate(all_framed(packets, link)):
        time = times[index] if times else 1_700_000_000_000_000_000 + index * 1_000_000
        unit = 1 if magic == 0xA1B23C4D else 1000
        kept = frame[:snap] if snap else frame
        data += struct.pack(order + 'IIII', time // 10**9, time % 10**9 // unit, len(kept), len(frame))
        if modified: data += struct.pack(order + 'IHBB', 1, 0x0800, 0, 0)
        data += kept
    return data


def option(order, code, value): return struct.pack(order + 'HH', code, len(value)) + value + b'\0' * (-len(value) % 4)


def block(order, kind, body):
    body += b'\0' * (-len(body) % 4)
    return struct.pack(order + 'II', kind, len(body) + 12) + body + struct.pack(order + 'I', len(body) + 12)


def section(order='<'): return block(order, 0x0A0D0D0A, struct.pack(order + 'IHHq', 0x1A2B3C4D, 1, 0, -1))


def interface(order, link, options=b'', snap=0):
    return block(order, 1, struct.pack(order + 'HHI', link, 0, snap) + options + (option(order, 0, b'') if options else b''))


def enhanced(order, number, frame, ticks, kept=None):
    kept = frame if kept is None else kept
    return block(order, 6, struct.pack(order + 'IIIII', number, ticks >> 32, ticks & 0xFFFFFFFF, len(kept), len(frame)) + kept)


def case(name, data, streams, **more):
    """`streams`: for each connection {'c': [bytes or gap, …], 's': […], 'close': …}."""
    with open(os.path.join('captures', name), 'wb') as file: file.write(data)
    line = {'file': name, 'streams': [
        {'client': [piece if isinstance(piece, int) else piece.decode('latin-1') for piece in stream.get('c', [])],
         'server': [piece if isinstance(piece, int) else piece.decode('latin-1') for piece in stream.get('s', [])],
         'close': stream.get('close', 'clean')} for stream in streams], **more}
    lines.append(json.dumps(line))


def plain(talk, request=b'hello from the client', answer=b'and hello back'):
    packets = talk.open() + [talk.send('c', request), talk.ack('s'), talk.send('s', answer), talk.ack('c')] + talk.close()
    return packets, [{'c': [request], 's': [answer]}]


def make_links():
    for name, link in [('ethernet', ETHERNET), ('raw', RAW), ('null', NULL), ('loop', LOOP), ('cooked1', SLL), ('cooked2', SLL2)]:
        for version, talk in [('4', Talk()), ('6', Talk(CLIENT6, SERVER6))]:
            packets, streams = plain(talk)
            case(f'link-{name}-ip{version}.pcap', pcap(packets, link), streams)
    packets, streams = plain(Talk())
    case('link-null-big-endian.pcap', pcap([struct.pack('>I', 2) + bytes(p) for p in packets], NULL), streams)
    tagged = [bytes(Ether() / Dot1Q(vlan=5) / p) for p in packets]
    case('link-vlan.pcap', pcap(tagged), streams)
    case('link-qinq.pcap', pcap([bytes(Ether() / Dot1AD(vlan=5) / Dot1Q(vlan=6) / p) for p in packets]), streams)
    case('link-pppoe.pcap', pcap([bytes(Ether() / PPPoE(sessionid=1) / PPP(proto=0x21) / p) for p in packets]), streams)
    case('link-unknown.pcap', pcap([bytes(20)] * 3, 105), [])
    for link, number in [('ip4', 228), ('ip6', 229)]:
        packets, streams = plain(Talk() if link == 'ip4' else Talk(CLIENT6, SERVER6))
        case(f'link-{link}.pcap', pcap([bytes(p) for p in packets], number), streams)


def make_clocks():
    packets, streams = plain(Talk())
    case('nanoseconds.pcap', pcap(packets, magic=0xA1B23C4D), streams)
    case('big-endian.pcap', pcap(packets, order='>'), streams)
    case('nanoseconds-big-endian.pcap', pcap(packets, magic=0xA1B23C4D, order='>'), streams)
    case('modified.pcap', pcap(packets, magic=0xA1B2CD34, modified=True), streams)
    times = [1_700_000_000_000_000_000 + (10 - i if i % 3 == 1 else i) * 10**9 for i in range(len(packets))]
    case('clock-backwards.pcap', pcap(packets, times=times), streams)
    for name, order in [('little', '<'), ('big', '>')]:
        # Four interfaces with four clocks; each packet comes from the next one.
        data = section(order)
        start = 1_700_000_000
        clocks = [(b'', 10**6, 0), (option(order, 9, b'\x09'), 10**9, 0), (option(order, 9, b'\x8A'), 2**10, 0),
                  (option(order, 9, b'\x03') + option(order, 14, struct.pack(order + 'q', start)), 10**3, start)]
        for options, _, _ in clocks: data += interface(order, ETHERNET, options)
        for index, frame in enumerate(all_framed(packets, ETHERNET)):
            _, units, offset = clocks[index % 4]
            data += enhanced(order, index % 4, frame, (start - offset) * units + index * units // 4)
        case(f'clocks-{name}.pcapng', data, streams, times=[index / 4 for index in range(len(packets))])
    frames = all_framed(packets, ETHERNET)
    data = section('<') + interface('<', ETHERNET)
    for index, frame in enumerate(frames):
        if index % 2: data += block('<', 3, struct.pack('<I', len(frame)) + frame)
        else: data += block('<', 2, struct.pack('<HHIIII', 0, 0, 0, 0, len(frame), len(frame)) + frame)
    case('old-blocks.pcapng', data, streams)
    data = section('<') + interface('<', ETHERNET) + interface('<', RAW)
    for index, packet in enumerate(packets):
        data += enhanced('<', index % 2, framed(packet, RAW if index % 2 else ETHERNET), index)
    case('two-link-types.pcapng', data, streams)
    data = b''
    for order in '<>':
        data += section(order) + interface(order, ETHERNET)
        half = frames[:5] if order == '<' else frames[5:]
        data += b''.join(enhanced(order, 0, frame, 10**6 + index) for index, frame in enumerate(half))
    case('two-sections.pcapng', data, streams)
    secrets = b'CLIENT_RANDOM ' + b'ab' * 32 + b' ' + b'cd' * 48 + b'\n'
    data = section('<') + interface('<', ETHERNET) + block('<', 10, struct.pack('<II', 0x544C534B, len(secrets)) + secrets)
    data += block('<', 4, b'\0' * 4) + block('<', 0x40000BAD, b'anything') + b''.join(enhanced('<', 0, f, 1) for f in frames)
    case('other-blocks.pcapng', data, streams, secrets=secrets.decode())


def make_damage():
    packets, streams = plain(Talk())
    whole = pcap(packets)
    frames = all_framed(packets, ETHERNET)
    upto = lambda count: len(pcap(packets[:count]))
    request = [{'c': [b'hello from the client'], 's': [], 'close': 'shutdown'}]
    case('cut.pcap', whole[:upto(5) + 10], request, ending='cut')
    case('cut-in-packet.pcap', whole[:upto(5) + 30], request, ending='cut')
    lie = whole[:upto(5) + 8] + struct.pack('<II', 0x7FFFFFFF, 0x7FFFFFFF) + whole[upto(5) + 16:]
    case('two-gigabytes.pcap', lie, request, ending='damaged')
    head = section('<') + interface('<', ETHERNET)
    blocks = [enhanced('<', 0, f, i) for i, f in enumerate(frames)]
    ng = head + b''.join(blocks)
    case('cut.pcapng', (head + b''.join(blocks[:6]))[:-5], request, ending='cut')
    case('block-lies.pcapng', head + b''.join(blocks[:5]) + struct.pack('<II', 6, 0x7FFFFFFC) + blocks[5][8:],
         [{'c': [b'hello from the client'], 's': [b'and hello back'], 'close': 'shutdown'}], ending='cut')
    wrong = blocks[5][:-4] + struct.pack('<I', 4)
    case('block-end-lies.pcapng', head + b''.join(blocks[:5]) + wrong + b''.join(blocks[6:]), 
         [{'c': [b'hello from the client'], 's': [b'and hello back'], 'close': 'shutdown'}], ending='damaged')
    bad = block('<', 6, struct.pack('<IIIII', 0, 0, 0, 0x7FFFFFFF, 0x7FFFFFFF) + frames[4])
    nowhere = block('<', 6, struct.pack('<IIIII', 9, 0, 0, len(frames[4]), len(frames[4])) + frames[4])
    case('packet-lies.pcapng', head + b''.join(blocks[:4]) + bad + nowhere + b''.join(blocks[4:]), streams, unreadable=2)
    case('not-aligned.pcapng', head + b''.join(blocks[:5]) + struct.pack('<II', 6, 33) + bytes(60), request, ending='damaged')
    # Headers that contradict themselves stand among a good session.
    ip = bytes(Talk().send('c', b'evil'))
    evil = [bytes([0x43]) + ip[1:], ip[:2] + struct.pack('>H', 19) + ip[4:], ip[:2] + struct.pack('>H', 9999) + ip[4:],
            ip[:32] + b'\x10' + ip[33:], ip[:32] + b'\xF0' + ip[33:], b'\x60' + bytes(10), b'\x45' + bytes(5), b'', b'\x99' * 60]
    ether = bytes(Ether())[:12] + b'\x08\x00'
    mixed = []
    for index, frame in enumerate(frames): mixed += [frame, ether + evil[index % len(evil)]]
    mixed.append(bytes(Ether())[:12] + b'\x81\x00\x00\x01' * 12 + b'\x08\x00' + ip)
    case('malformed.pcap', pcap(mixed), streams)


def make_streams():
    one, two, three = text(1, 700), text(2, 700), text(3, 700)
    answer = b'the answer'

    def finish(talk): return [talk.ack('s'), talk.send('s', answer), talk.ack('c')] + talk.close()

    t = Talk(); head = t.open(); a, b, c = t.send('c', one), t.send('c', two), t.send('c', three); tail = finish(t)
    case('in-order.pcap', pcap(head + [a, b, c] + tail), [{'c': [one + two + three], 's': [answer]}])
    case('reordered.pcap', pcap(head + [c, a, b] + tail), [{'c': [one + two + three], 's': [answer]}])
    case('retransmitted.pcap', pcap(head + [a, b, a, c, b, c, a] + tail + [tail[1]]), [{'c': [one + two + three], 's': [answer]}])
    case('lost.pcap', pcap(head + [a, c] + tail), [{'c': [one, 700, three], 's': [answer]}])
    case('lost-first.pcap', pcap(head + [b, c] + tail), [{'c': [700, two + three], 's': [answer]}])
    case('lost-last.pcap', pcap(head + [a, b] + tail), [{'c': [one + two, 700], 's': [answer]}])
    case('lost-unacknowledged.pcap', pcap(head + [a, c]), [{'c': [one, 700, three], 's': [], 'close': 'shutdown'}])
    case('acknowledged-before.pcap', pcap(head + [tail[0], a, b, c] + tail[1:]), [{'c': [one + two + three], 's': [answer]}])
    case('twice-each.pcap', pcap([p for p in head + [a, b, c] + tail for _ in range(2)]), [{'c': [one + two + three], 's': [answer]}])
    again = t.raw('c', 'PA', text(1, 700)[350:] + two[:350], seq=1001 + 350)
    case('retransmitted-otherwise.pcap', pcap(head + [a, again, b, c] + tail), [{'c': [one + two + three], 's': [answer]}])
    other = t.raw('c', 'PA', b'X' * 350 + two, seq=1001 + 350)
    case('overlap.pcap', pcap(head + [a, other, c] + tail), [{'c': [one + two + three], 's': [answer]}], conflicts=1)
    ahead = t.raw('c', 'PA', b'Y' * 200 + three[:300], seq=1001 + 1200)
    case('overlap-ahead.pcap', pcap(head + [b, ahead, a, c] + tail), [{'c': [one + two + three], 's': [answer]}], conflicts=1)
    case('overlap-both-ends.pcap', pcap(head + [a, c, t.raw('c', 'PA', b'Z' * 100 + two + b'Z' * 100, seq=1001 + 600)] + tail),
         [{'c': [one + two + three], 's': [answer]}], conflicts=2)
    u = Talk(); cut = u.open() + [u.send('c', one), u.send('c', two), u.send('c', three[:20]), u.ack('s')]
    case('snap-96.pcap', pcap(cut, snap=96),
         [{'c': [one[:42], 658, two[:42], 658, three[:20]], 's': [], 'close': 'shutdown'}])
    padded = all_framed(head + [a, b, c] + tail, ETHERNET)
    case('padding.pcap', pcap([f + b'\0' * max(0, 64 - len(f)) for f in padded]), [{'c': [one + two + three], 's': [answer]}])
    zero = []
    for packet in [a, b, c]:
        data = bytearray(bytes(packet)); data[2:4] = b'\0\0'; zero.append(bytes(Ether()) [:12] + b'\x08\x00' + bytes(data))
    case('length-0.pcap', pcap(all_framed(head, ETHERNET) + zero + all_framed(tail, ETHERNET)), [{'c': [one + two + three], 's': [answer]}])
    bad = Talk(); bad_head = bad.open(); p = bad.send('c', one); p[TCP].chksum = 0x1234
    case('checksum.pcap', pcap(bad_head + [p, bad.send('c', two + three)] + finish(bad)), [{'c': [one + two + three], 's': [answer]}], wrongChecksums=1)
    far = [t.raw('c', 'PA', b'far away ' * 50, seq=1001 + 2**30 + i * 450) for i in range(30)]
    case('far-ahead.pcap', pcap(head + [a] + far + [b] + far + [c] + tail), [{'c': [one + two + three], 's': [answer]}])


def make_connections():
    one, two = text(1, 700), text(2, 700)
    t = Talk(isn=(2**32 - 300, 2**32 - 5)); packets, streams = plain(t, one, two)
    case('wrap.pcap', pcap(packets), streams)
    t = Talk(); syn = t.syn(); packets = [syn, syn, syn, t.synack(), t.ack('c'), t.send('c', one), t.ack('s')] + t.close()
    case('syn-again.pcap', pcap(packets), [{'c': [one], 's': []}])
    t = Talk(); packets = t.open() + [t.send('c', one), t.ack('s')]
    packets += [t.raw('c', 'A', seq=t.next['c'] - 1), t.raw('c', 'A', b'\0', seq=t.next['c'] - 1), t.ack('s')]
    packets += [t.send('c', two), t.ack('s')] + t.close()
    case('keep-alive.pcap', pcap(packets), [{'c': [one + two], 's': []}])
    t = Talk(); packets = t.open() + [t.send('c', one), t.raw('s', 'A', window=0)]
    packets += [t.raw('c', 'A', two[:1]), t.raw('s', 'A', window=0), t.raw('c', 'A', two[:1]), t.raw('s', 'A', window=502)]
    packets += [t.send('c', two), t.ack('s')] + t.close()
    case('window-probe.pcap', pcap(packets), [{'c': [one + two], 's': []}])
    t = Talk(); syn = t.syn(one); t.next['c'] += 700
    packets = [syn, t.synack(), t.ack('c'), t.send('s', two), t.ack('c')] + t.close()
    case('data-in-syn.pcap', pcap(packets), [{'c': [one], 's': [two]}])
    t = Talk(); syn = t.syn(one); packets = [syn, t.synack(), t.ack('c'), t.send('c', one), t.ack('s'), t.send('s', two), t.ack('c')] + t.close()
    case('data-in-syn-refused.pcap', pcap(packets), [{'c': [one], 's': [two]}])
    t = Talk(); packets = t.open() + [t.send('c', one, 'FPA'), t.ack('s'), t.send('s', two), t.ack('c'), t.fin('s'), t.ack('c')]
    case('half-close.pcap', pcap(packets), [{'c': [one], 's': [two]}])
    t = Talk(); packets = t.open() + [t.send('c', one), t.fin('c'), t.raw('c', 'PA', two), t.ack('s'), t.fin('s'), t.ack('c')]
    case('after-fin.pcap', pcap(packets), [{'c': [one], 's': []}])
    t = Talk(); packets = t.open() + [t.send('c', one), t.ack('s')]
    fin = t.fin('c'); fin2 = t.raw('s', 'FA', ack=t.next['c'] - 1); t.next['s'] += 1
    case('both-close.pcap', pcap(packets + [fin, fin2, t.ack('s'), t.ack('c')]), [{'c': [one], 's': []}])
    t = Talk(); packets = t.open() + [t.send('c', one), t.ack('s'), t.send('s', two), t.raw('c', 'R')]
    case('reset.pcap', pcap(packets), [{'c': [one], 's': [two], 'close': 'reset'}])
    t = Talk(); packets = t.open() + [t.send('c', one), t.ack('s'), t.raw('s', 'R', seq=77), t.raw('s', 'R', seq=t.next['s'] + 9000)]
    packets += [t.send('c', two), t.ack('s')] + t.close()
    case('reset-forged.pcap', pcap(packets), [{'c': [one + two], 's': []}])
    t = Talk(); packets = [t.syn(), t.raw('s', 'RA', seq=0)]
    u = Talk(client=('10.0.0.1', 40001)); more, streams = plain(u)
    case('refused.pcap', pcap(packets + more), streams)
    # Both call each other; the lower port is the server's where nothing else tells.
    t = Talk(); c = t.syn(); s = t.raw('s', 'S', options=[('MSS', 1460), ('WScale', 7)]); t.next['s'] += 1
    packets = [c, s, t.raw('c', 'SA', seq=1000), t.raw('s', 'SA', seq=5000), t.send('c', one), t.ack('s'), t.send('s', two), t.ack('c')] + t.close()
    case('both-open.pcap', pcap(packets), [{'c': [one], 's': [two]}])
    # The ports are used again: after a close, after a reset, and without an end in the capture.
    t = Talk(); first, streams = plain(t, one, two)
    u = Talk(isn=(70_000, 90_000)); second = u.open() + [u.send('c', two), u.ack('s'), u.raw('c', 'RA')]
    v = Talk(isn=(170_000, 190_000)); third = v.open() + [v.send('c', one), v.ack('s')]
    w = Talk(isn=(270_000, 290_000)); fourth, more = plain(w, two, one)
    case('port-again.pcap', pcap(first + second + third + fourth), streams + [
        {'c': [two], 's': [], 'close': 'reset'}, {'c': [one], 's': [], 'close': 'shutdown'}] + more)
    # Joined in the middle.
    t = Talk(); t.open(); t.send('c', b'before'); packets = [t.send('c', one), t.ack('s'), t.send('s', two), t.ack('c')] + t.close()
    case('middle.pcap', pcap(packets), [{'c': [one], 's': [two]}], joined=1)
    case('middle-server-first.pcap', pcap(packets[2:]), [{'c': [], 's': [two]}], joined=1)
    # One direction only.
    t = Talk(); packets, _ = plain(t, one, two); 
    way = lambda port: [p for p in packets if p[TCP].sport == port]
    case('client-only.pcap', pcap(way(40000)), [{'c': [one], 's': [700], 'close': 'shutdown'}])
    case('server-only.pcap', pcap(way(12000)), [{'c': [700], 's': [two], 'close': 'shutdown'}])
    # A flood of SYNs around a good one.
    t = Talk(); good, streams = plain(t, one, two)
    flood = [IP(src=f'172.16.{i // 250}.{i % 250 + 1}', dst=SERVER[0]) / TCP(sport=1024 + i, dport=12000, flags='S', seq=i) for i in range(300)]
    packets = []
    for index, packet in enumerate(good): packets += flood[index * 30:index * 30 + 30] + [packet]
    case('flood.pcap', pcap(packets), streams)
    # Answers before questions are told apart by order, not by time.
    t = Talk(); u = Talk(client=('10.0.0.3', 40000)); a, b = plain(t, one, two), plain(u, two, one)
    mixed = [p for pair in zip(a[0], b[0]) for p in pair]
    case('two-at-once.pcap', pcap(mixed), a[1] + b[1])
    noise = [IP(src='10.0.0.1', dst='10.0.0.2') / UDP(sport=1, dport=12000) / Raw(b'no TCP'), bytes(Ether(type=0x0806)) + bytes(28)]
    case('other-protocols.pcap', pcap([p for packet in a[0] for p in [packet] + noise]), a[1])


def make_fragments():
    big, answer = text(1, 5000), b'answer'
    t = Talk(); head = t.open(); p = t.send('c', big); tail = [t.ack('s'), t.send('s', answer), t.ack('c')] + t.close()
    pieces = fragment(p, 1000)
    streams = [{'c': [big], 's': [answer]}]
    case('fragments.pcap', pcap(head + pieces + tail), streams)
    case('fragments-reversed.pcap', pcap(head + pieces[::-1] + tail), streams)
    case('fragments-twice.pcap', pcap(head + pieces[:3] + pieces + tail), streams)
    u = Talk(); h2 = u.open(); first, lost, last = u.send('c', text(2, 1000)), u.send('c', text(3, 3000)), u.send('c', text(4, 1000))
    gone = fragment(lost, 1000); tail2 = [u.ack('s'), u.send('s', answer), u.ack('c')] + u.close()
    case('fragment-lost.pcap', pcap(h2 + [first] + gone[:1] + gone[2:] + [last] + tail2),
         [{'c': [text(2, 1000), 3000, text(4, 1000)], 's': [answer]}])
    evil = gone[1].copy(); evil[IP].frag -= 2; del evil[IP].chksum
    case('fragments-overlap.pcap', pcap(h2 + [first] + gone[:1] + [evil] + gone[1:] + [last] + tail2),
         [{'c': [text(2, 1000), 3000, text(4, 1000)], 's': [answer]}], tshark=False)
    t = Talk(CLIENT6, SERVER6); head = t.open(); p = t.send('c', big)
    p6 = IPv6(src=CLIENT6[0], dst=SERVER6[0]) / IPv6ExtHdrFragment(id=77) / p[TCP]
    pieces = fragment6(p6, 1280)
    tail = [t.ack('s'), t.send('s', answer), t.ack('c')] + t.close()
    case('fragments6.pcap', pcap(head + pieces + tail), streams)
    case('fragments6-reversed.pcap', pcap(head + pieces[::-1] + tail), streams)
    t = Talk(CLIENT6, SERVER6); packets, streams = plain(t)
    def extended(p, *headers):
        ip = p.copy(); tcp = ip[TCP]; q = IPv6(src=ip.src, dst=ip.dst)
        for header in headers: q = q / header
        return q / tcp
    packets = [extended(p, IPv6ExtHdrHopByHop(), IPv6ExtHdrDestOpt()) if i % 2 else extended(p, IPv6ExtHdrFragment(id=5), IPv6ExtHdrDestOpt())
               for i, p in enumerate(packets)]
    case('extensions6.pcap', pcap(packets), streams)
    noise = random.Random(1)
    floods = []
    for index in range(200):
        piece = IP(src='172.16.0.1', dst=SERVER[0], id=index, flags='MF', frag=noise.randrange(100), proto=6) / Raw(bytes(64))
        floods.append(piece)
    t = Talk(); packets, streams = plain(t)
    case('fragment-flood.pcap', pcap(floods + packets), streams)


def main():
    os.makedirs('captures', exist_ok=True)
    for name in os.listdir('captures'): os.unlink(os.path.join('captures', name))
    for make in [make_links, make_clocks, make_damage, make_streams, make_connections, make_fragments]: make()
    with open('captures.jsonl', 'w') as file: file.write('\n'.join(lines) + '\n')


if __name__ == '__main__': main()
