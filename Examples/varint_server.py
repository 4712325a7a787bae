#!/usr/bin/env python3
"""Messages behind a varint of their length, as protobuf streams have it: answers each with its size and SHA-256.

Run it:  python3 Examples/varint_server.py 12006          (tapedeck speaks it as raw/varint)
"""
import hashlib
import socket
import sys
import threading


def read_message(stream):
    """The next message; None at the end."""
    length = shift = 0
    while True:
        byte = stream.read(1)
        if not byte:
            return None
        # Seven bits a byte, the lowest first; the highest bit says that more follow.
        length |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            return stream.read(length)


def write_message(stream, message):
    header = bytearray()
    length = len(message)
    while length >= 0x80:
        header.append(length & 0x7F | 0x80)
        length >>= 7
    header.append(length)
    stream.write(bytes(header) + message)
    stream.flush()


def serve(connection):
    with connection, connection.makefile('rwb') as stream:
        while (message := read_message(stream)) is not None:
            write_message(stream, f'{len(message)} bytes, {hashlib.sha256(message).hexdigest()}'.encode())


def main():
    with socket.create_server(('127.0.0.1', int(sys.argv[1])), backlog=10) as listener:
        print(f'listening on port {listener.getsockname()[1]}', flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        pass
