#!/usr/bin/env python3
"""Sends messages behind a varint of their length: none, short ones, and ones whose length takes two and three bytes.

Run it:  python3 Examples/varint_client.py 12006
"""
import socket
import sys

from varint_server import read_message, write_message


def main():
    with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as connection:
        with connection.makefile('rwb') as stream:
            for message in [b'hello', b'', b'x' * 127, b'y' * 128, bytes(range(256)) * 80]:
                write_message(stream, message)
                print(len(message), 'bytes ->', read_message(stream)[:80])


if __name__ == '__main__':
    main()
