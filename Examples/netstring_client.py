#!/usr/bin/env python3
"""Stores texts behind netstrings and asks for them again: with a comma, with a line break, with none at all.

Run it:  python3 Examples/netstring_client.py 12005
"""
import socket
import sys

from netstring_server import read_message, write_message

MESSAGES = [b'set greeting hello, world', b'get greeting', b'set poem two\nlines', b'get poem', b'get nothing']


def main():
    with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as connection:
        with connection.makefile('rwb') as stream:
            for message in MESSAGES:
                write_message(stream, message)
                print(message, '->', read_message(stream))


if __name__ == '__main__':
    main()
