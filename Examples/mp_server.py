#!/usr/bin/env python3
"""A calculator behind multiprocessing.connection, as two Python programs talk: calls come in, results go out.

Run it:  python3 Examples/mp_server.py 12003          (tapedeck speaks it as pickle/mp)

recv() runs what a pickle tells it to run: fine among friends on 127.0.0.1, never on an open port.
"""
import operator
import sys
import threading
from multiprocessing.connection import Listener

OPERATIONS = {'add': operator.add, 'multiply': operator.mul, 'join': lambda *parts: b''.join(parts)}


def serve(connection):
    with connection:
        try:
            while True:
                name, arguments = connection.recv()
                try:
                    connection.send(('ok', OPERATIONS[name](*arguments)))
                except Exception as error:
                    connection.send(('failed', type(error).__name__))
        except EOFError:
            pass


def main():
    with Listener(('127.0.0.1', int(sys.argv[1])), backlog=10) as listener:
        print(f'listening on port {listener.address[1]}', flush=True)
        while True:
            threading.Thread(target=serve, args=(listener.accept(),), daemon=True).start()


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        pass
