#!/usr/bin/env python3
"""Orders from the shop and prints the invoices.

Run it:  python3 Examples/json_client.py 12001
"""
import json
import socket
import sys

ORDERS = [
    {'pen': 3},
    {'pen': 8, 'book': 2},
    {'stamp': 1, 'book': 1},
    {'Füller': 1},
]


def main():
    with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as connection:
        with connection.makefile('rw', encoding='utf-8', newline='\n') as stream:
            for number, items in enumerate(ORDERS, start=1):
                stream.write(json.dumps({'order': number, 'items': items}, ensure_ascii=False) + '\n')
                stream.flush()
                print(json.loads(stream.readline()))


if __name__ == '__main__':
    main()
