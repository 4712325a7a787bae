#!/usr/bin/env python3
"""The lab client: learns its id, sends a few dicts, each in another pickle protocol, and reads the answers.

Run it:  python3 Examples/lab_client.py 12000
"""
import pickle
import socket
import sys

MESSAGES = [
    {'message': 'hello'},
    {'message': 'numbers', 'values': [0, -1, 2 ** 70, 1.5]},
    {'message': 'nested', 'list': [[], [1, [2, [3]]]], 'dict': {'a': {'b': None}}},
    {'message': 'text and bytes', 'text': 'grüße, 世界', 'bytes': b'\x00\xff'},
    {'message': 'a tuple, a set', 'tuple': (1, 'two', True), 'set': {3}},
    {'message': 'bye'},
]


def main():
    with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as connection:
        with connection.makefile('rwb') as stream:
            print('my id is', pickle.load(stream)['clientid'])
            for protocol, message in enumerate(MESSAGES):
                pickle.dump(message, stream, protocol=protocol)
                stream.flush()
                print(f'sent {message} (protocol {protocol}), got {pickle.load(stream)}')


if __name__ == '__main__':
    main()
