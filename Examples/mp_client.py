#!/usr/bin/env python3
"""Calls the calculator through multiprocessing.connection and prints the results.

Run it:  python3 Examples/mp_client.py 12003
"""
import sys
from multiprocessing.connection import Client

CALLS = [
    ('add', (1, 2)),
    ('multiply', ('ab', 3)),
    ('multiply', (2 ** 40, 2 ** 40)),
    ('join', (b'\x00', b'\xff' * 300)),
    ('add', (1, 'one')),
]


def main():
    with Client(('127.0.0.1', int(sys.argv[1]))) as connection:
        for call in CALLS:
            connection.send(call)
            print(call, '->', connection.recv())


if __name__ == '__main__':
    main()
