#!/usr/bin/env python3
"""A shop that speaks JSON, a line a message: an order comes in, the invoice goes out.

Run it:  python3 Examples/json_server.py 12001
"""
import json
import socket
import sys
import threading

CENTS = {'pen': 125, 'book': 1990, 'stamp': 85}


def discount(pieces):
    """Per cent off: ten from ten pieces on."""
    return 10 if pieces >= 10 else 0


def answer(order):
    unknown = [name for name in order['items'] if name not in CENTS]
    if unknown:
        return {'order': order['order'], 'error': f'we have no {unknown[0]}'}
    pieces = sum(order['items'].values())
    cents = sum(CENTS[name] * count for name, count in order['items'].items())
    total = cents * (100 - discount(pieces)) // 100
    return {'order': order['order'], 'invoice': {'pieces': pieces, 'total': total / 100, 'currency': 'EUR'}}


def serve(connection):
    # Not one file for both: a text file that is written to forgets what it has read ahead, so that of two orders which
    # arrive together the second would be lost.
    with connection, connection.makefile('r', encoding='utf-8', newline='\n') as orders:
        for line in orders:
            connection.sendall((json.dumps(answer(json.loads(line))) + '\n').encode())


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
