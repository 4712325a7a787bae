#!/usr/bin/env python3
"""Sends messages behind their length (four bytes, big-endian): text, nothing, bytes.

Run it:  python3 Examples/framed_client.py 12002
"""
import socket
import sys

from framed_server import read_message, write_message


def main():
    with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as connection:
        with connection.makefile('rwb') as stream:
            for message in [b'hello', 'grüße'.encode(), b'', bytes(range(32)), b'two\nlines']:
                write_message(stream, message)
                print(message, '->', read_message(stream))


if __name__ == '__main__':
    main()
