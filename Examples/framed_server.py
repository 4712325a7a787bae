#!/usr/bin/env python3
"""Messages behind their length (four bytes, big-endian): answers each in capitals.

Run it:  python3 Examples/framed_server.py 12002
"""
import socket
import struct
import sys
import threading


def read_message(stream):
    """The next message; None at the end."""
    header = stream.read(4)
    if len(header) < 4:
        return None
    (length,) = struct.unpack('>I', header)
    return stream.read(length)


def write_message(stream, message):
    stream.write(struct.pack('>I', len(message)) + message)
    stream.flush()


def serve(connection):
    with connection, connection.makefile('rwb') as stream:
        while (message := read_message(stream)) is not None:
            write_message(stream, message.upper())


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
