#!/usr/bin/env python3
"""A chat: what one client sends reaches all the others, and the sender learns how many that were.

Run it:  python3 Examples/chat_server.py 12000
"""
import pickle
import socket
import sys
import threading

streams = {}  # client id -> its stream
lock = threading.Lock()  # one message at a time, so that they never mix


def send(client_id, message):
    pickle.dump(message, streams[client_id])
    streams[client_id].flush()


def serve(connection, client_id):
    with connection, connection.makefile('rwb') as stream:
        with lock:
            streams[client_id] = stream
            send(client_id, {'clientid': client_id})
        try:
            while True:
                text = pickle.load(stream)['text']
                with lock:
                    others = [other for other in streams if other != client_id]
                    for other in others:
                        send(other, {'from': client_id, 'text': text})
                    send(client_id, {'delivered': len(others)})
        except EOFError:
            with lock:
                del streams[client_id]


def main():
    with socket.create_server(('127.0.0.1', int(sys.argv[1])), backlog=10) as listener:
        print(f'listening on port {listener.getsockname()[1]}', flush=True)
        while True:
            connection, (_, client_port) = listener.accept()
            threading.Thread(target=serve, args=(connection, client_port), daemon=True).start()


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        pass
