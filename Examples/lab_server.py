#!/usr/bin/env python3
"""The lab server: greets every client with its id and answers whatever it is sent. Many clients at once.

Run it:  python3 Examples/lab_server.py 12000

pickle.load runs what a pickle tells it to run: fine among friends on 127.0.0.1, never on an open port.
"""
import pickle
import socket
import sys
import threading


def serve(connection, client_id):
    with connection, connection.makefile('rwb') as stream:
        pickle.dump({'clientid': client_id}, stream)
        stream.flush()
        while True:
            try:
                data = pickle.load(stream)
            except EOFError:
                print(f'client {client_id} has left', flush=True)
                return
            print(f'client {client_id} sent {data!r}', flush=True)
            pickle.dump({'message': 'server got the data'}, stream)
            stream.flush()


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
